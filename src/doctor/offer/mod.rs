//! Which client certificate a browser offers when a server asks for one, and why it does not offer another.
//!
//! A pure function of what the server asked ([`Request`]), what the browser has ([`Candidate`]) and the time. The rules are what
//! Chromium and Firefox were seen to do, on Linux, with NSS: `tests/offer` starts both on the same certificates and compares.
//! Where the two differ, [`Browser`] makes the difference here too. `docs/offer.md` shows the table.

mod answer;
mod candidate;
mod choice;
mod key;
mod path;
mod reason;

use time::OffsetDateTime;

pub use answer::{Answer, answers};
pub use candidate::{Candidate, Order, Place, is_authority};
pub use choice::{Choice, choice};
pub use reason::Reason;

use crate::certificate::{Certificate, KeyUsage, object_identifier};
use crate::login::Version;
use crate::validity::Timeliness;

/// What a server asks in its CertificateRequest (RFC 8446 §4.3.2, RFC 5246 §7.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The distinguished names in `certificate_authorities`, each in DER; empty where the server names none.
    pub acceptable_issuers: Vec<Vec<u8>>,
    /// `signature_algorithms`, the numbers that IANA registers for signature schemes, in the server's order.
    pub signature_schemes: Vec<u16>,
    /// The version of TLS in which it asks.
    pub version: Version,
}

/// How a browser chooses a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Browser {
    /// Chromium, and what is built from it.
    Chromium,
    /// Firefox, and what is built from it.
    Firefox,
}

/// Whether a browser offers a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// It sends it, or shows it to a person among those that fit.
    Offered,
    /// It does not, for this reason.
    Not(Reason),
}

impl Browser {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Chromium, Self::Firefox];

    /// The browser's word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }

    /// The browser's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        }
    }
}

impl Offer {
    /// Says whether it is offered.
    pub fn is_offered(&self) -> bool {
        *self == Self::Offered
    }

    /// Why it is not.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Offered => None,
            Self::Not(reason) => Some(reason),
        }
    }
}

/// Says whether a browser offers this certificate to a server that asks so, and if not, why.
///
/// A certificate that is offered is sent where the browser chooses by itself and no other fits better ([`choice()`]); by default the
/// browser shows a person all that fit. Where several things are wrong, what lies in the certificate itself is named before what
/// lies in the request.
pub fn offer(
    candidate: &Candidate,
    request: &Request,
    browser: Browser,
    now: OffsetDateTime,
) -> Offer {
    match hindrance(candidate, request, browser, now) {
        Some(reason) => Offer::Not(reason),
        None => Offer::Offered,
    }
}

fn hindrance(
    candidate: &Candidate,
    request: &Request,
    browser: Browser,
    now: OffsetDateTime,
) -> Option<Reason> {
    if !candidate.has_key {
        return Some(Reason::NoPrivateKey);
    }
    let certificate = &candidate.certificate;
    key::never_offered(certificate)
        .or_else(|| out_of_time(certificate, now))
        .or_else(|| wrong_purpose(certificate))
        .or_else(|| path::unknown_extension(certificate, browser))
        .or_else(|| path::not_named(candidate, request, browser, now))
        .or_else(|| key::no_scheme(certificate, request, browser))
}

fn out_of_time(certificate: &Certificate, now: OffsetDateTime) -> Option<Reason> {
    let validity = certificate.validity();
    match validity.timeliness(now) {
        Timeliness::Valid => None,
        Timeliness::NotYetValid => Some(Reason::NotYetValid(validity.not_before)),
        Timeliness::Expired => Some(Reason::Expired(validity.not_after)),
    }
}

/// As NSS judges: extKeyUsage and Netscape's certificate type, where one is there, must hold TLS clients; anyExtendedKeyUsage is a
/// purpose among others.
fn wrong_purpose(certificate: &Certificate) -> Option<Reason> {
    let extensions = certificate.extensions();
    let purposes = &extensions.extended_key_usage;
    let is_for_clients = purposes
        .iter()
        .any(|purpose| purpose == object_identifier::CLIENT_AUTH);
    let has_purposes = extensions
        .criticality
        .contains_key(object_identifier::EXTENDED_KEY_USAGE);
    let is_for_others = has_purposes || extensions.netscape_ssl_client == Some(false);
    if is_for_others && !is_for_clients && extensions.netscape_ssl_client != Some(true) {
        return Some(Reason::WrongExtendedKeyUsage(purposes.clone()));
    }
    let usage = extensions.key_usage?;
    (!usage.allows(KeyUsage::DIGITAL_SIGNATURE)).then_some(Reason::WrongKeyUsage(usage))
}

#[cfg(test)]
mod tests;
