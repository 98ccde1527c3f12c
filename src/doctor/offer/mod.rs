//! Which client certificate a browser offers when a server asks for one, and why it does not offer another.
//!
//! A pure function of what the server asked ([`Request`]), what the browser has ([`Candidate`]) and the time. The rules are what
//! Chromium and Firefox were seen to do, on Linux, with NSS: `tests/offer` starts both on the same certificates and compares.
//! Where the two differ, [`Browser`] makes the difference here too. `docs/offer.md` shows the table.

mod choice;
mod key;
mod path;
mod reason;

use std::path::PathBuf;

use time::OffsetDateTime;

pub use choice::chosen;
pub use reason::Reason;

use crate::certificate::{Certificate, KeyUsage, object_identifier};
use crate::login::Version;

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

/// A client certificate that a browser has, or would have once it is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The certificate.
    pub certificate: Certificate,
    /// The CA certificates that lie beside it in the same bundle or database, in any order.
    pub chain: Vec<Certificate>,
    /// CA certificates that the browser does not have, but whoever asks knows: they tell a missing certificate of a CA from a CA
    /// that the server does not know.
    pub elsewhere: Vec<Certificate>,
    /// Whether its private key is there.
    pub has_key: bool,
    /// Where it lies.
    pub place: Place,
}

/// Where a candidate lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the inventory of this CA: judged as if its bundle were imported.
    Inventory,
    /// In a bundle, judged as if it were imported.
    Bundle(PathBuf),
    /// In the NSS database of a browser.
    Database {
        /// How the browser chooses; nothing where it is not known whose the database is.
        browser: Option<Browser>,
        /// Whose it is, for people: `Firefox (snap)`.
        owner: String,
        /// The directory with `cert9.db`.
        directory: PathBuf,
    },
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

impl Candidate {
    /// The browsers that may offer it: the one in whose database it lies, and both for what is not imported yet.
    pub fn browsers(&self) -> Vec<Browser> {
        match &self.place {
            Place::Database {
                browser: Some(browser),
                ..
            } => vec![*browser],
            _ => Browser::ALL.to_vec(),
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
/// Where several things are wrong, what lies in the certificate itself is named before what lies in the request.
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
    key::never_offered(certificate, browser)
        .or_else(|| out_of_time(certificate, now))
        .or_else(|| wrong_purpose(certificate))
        .or_else(|| path::not_named(candidate, request))
        .or_else(|| key::no_scheme(certificate, request))
}

fn out_of_time(certificate: &Certificate, now: OffsetDateTime) -> Option<Reason> {
    let validity = certificate.validity();
    if now < validity.not_before {
        return Some(Reason::NotYetValid(validity.not_before));
    }
    (now > validity.not_after).then_some(Reason::Expired(validity.not_after))
}

fn wrong_purpose(certificate: &Certificate) -> Option<Reason> {
    let extensions = certificate.extensions();
    let purposes = &extensions.extended_key_usage;
    let is_for_clients = |purpose: &String| {
        purpose == object_identifier::CLIENT_AUTH
            || purpose == object_identifier::ANY_EXTENDED_KEY_USAGE
    };
    let has_purposes = extensions
        .criticality
        .contains_key(object_identifier::EXTENDED_KEY_USAGE);
    if has_purposes && !purposes.iter().any(is_for_clients) {
        return Some(Reason::WrongExtendedKeyUsage(purposes.clone()));
    }
    let usage = extensions.key_usage?;
    (!usage.allows(KeyUsage::DIGITAL_SIGNATURE)).then_some(Reason::WrongKeyUsage(usage))
}
