//! Judges a login: one pure function from what was presented, what the inventory knows, and now.
//!
//! A login is accepted by allow-list: exactly this DER is in the inventory, under the client profile and an issuing CA
//! of ours, unrevoked and valid now. The checks of the chain only name the reason of a refusal.

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use time::OffsetDateTime;

use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, KeyUsage};
use crate::inventory::Record;
use crate::profile::Profile;

/// The longest chain whose links are followed; a longer one can only be refused.
pub const MAX_CHAIN: usize = 10;

/// What was decided about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The certificate lets its holder in.
    Accepted,
    /// No certificate was presented.
    NoCertificate,
    /// The certificate lets nobody in.
    Refused(Reason),
}

/// Why a login is refused; where several reasons hold, the first in this order is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is not a readable certificate.
    Malformed,
    /// The issuer's name is not one of ours.
    UnknownIssuer,
    /// The issuer's name is ours, the signature is not.
    BadSignature,
    /// A CA stands in the chain beneath one that allows none.
    PathLength,
    /// A name lies outside the constraints of the CA.
    NameConstraint,
    /// Its keyUsage does not allow signatures.
    WrongKeyUsage,
    /// Its extKeyUsage does not allow TLS client authentication.
    WrongExtendedKeyUsage,
    /// The signature is good, and the inventory does not know it.
    NotIssuedHere,
    /// It was revoked, or is on hold.
    Revoked,
    /// Its notBefore lies ahead.
    NotYetValid,
    /// Its notAfter is past.
    Expired,
}

/// Judges what a client presented, its own certificate first.
///
/// `authorities` are our root and issuing CAs; `record` is the inventory's row for exactly the presented DER.
pub fn judge<D: AsRef<[u8]>>(
    presented: &[D],
    authorities: &[Record],
    record: Option<&Record>,
    now: OffsetDateTime,
) -> Verdict {
    let Some(first) = presented.first() else {
        return Verdict::NoCertificate;
    };
    let Ok(certificate) = Certificate::from_der(first.as_ref()) else {
        return Verdict::Refused(Reason::Malformed);
    };
    let others = presented.iter().skip(1).take(MAX_CHAIN).map(AsRef::as_ref);
    match refusal(&certificate, others, authorities, record, now) {
        Some(reason) => Verdict::Refused(reason),
        None => Verdict::Accepted,
    }
}

fn refusal<'a>(
    certificate: &Certificate,
    others: impl Iterator<Item = &'a [u8]>,
    authorities: &[Record],
    record: Option<&Record>,
    now: OffsetDateTime,
) -> Option<Reason> {
    let authority = match signer(certificate, authorities) {
        Ok(authority) => authority,
        Err(Reason::UnknownIssuer) => {
            return Some(refusal_of_chain(certificate, others, authorities));
        }
        Err(reason) => return Some(reason),
    };
    let extensions = certificate.extensions();
    let constraints = &authority.certificate.extensions().name_constraints;
    if extensions
        .subject_alt_names
        .iter()
        .any(|name| !constraints.permits(name))
    {
        return Some(Reason::NameConstraint);
    }
    // RFC 5280 §4.2.1.3: an absent keyUsage allows everything; in TLS the client signs (RFC 8446 §4.4.2.3).
    if !certificate.allows_usage(KeyUsage::DIGITAL_SIGNATURE) {
        return Some(Reason::WrongKeyUsage);
    }
    if !certificate.allows_purpose(oid::CLIENT_AUTH) {
        return Some(Reason::WrongExtendedKeyUsage);
    }
    let Some(record) = record.filter(|record| record.certificate.der() == certificate.der()) else {
        return Some(Reason::NotIssuedHere);
    };
    if record.profile != Profile::Client {
        return Some(Reason::WrongExtendedKeyUsage);
    }
    if record.is_revoked(now) || authority.is_revoked(now) {
        return Some(Reason::Revoked);
    }
    if now < certificate.validity().not_before {
        return Some(Reason::NotYetValid);
    }
    (!certificate.validity().contains(now) || !authority.certificate.validity().contains(now))
        .then_some(Reason::Expired)
}

/// The CA of ours that signed the certificate.
fn signer<'a>(certificate: &Certificate, authorities: &'a [Record]) -> Result<&'a Record, Reason> {
    let mut named = authorities
        .iter()
        .filter(|authority| authority.certificate.subject().der() == certificate.issuer().der())
        .peekable();
    if named.peek().is_none() {
        return Err(Reason::UnknownIssuer);
    }
    named
        .find(|authority| certificate.is_signed_by(&authority.certificate))
        .ok_or(Reason::BadSignature)
}

/// The reason for a certificate that no CA of ours signed itself: the chain it came with may lead to one all the same.
///
/// Every CA that signs end entities is in the inventory, so each such chain has a link too many. RFC 5280 §6.1.4 (l):
/// it is refused for its length where the CA allows no further CA beneath it.
fn refusal_of_chain<'a>(
    certificate: &Certificate,
    others: impl Iterator<Item = &'a [u8]>,
    authorities: &[Record],
) -> Reason {
    let mut links: Vec<Certificate> = others
        .filter_map(|der| Certificate::from_der(der).ok())
        .collect();
    let mut current = certificate.clone();
    let mut intermediates = 0u32;
    let signs = |link: &Certificate, current: &Certificate| {
        link.subject().der() == current.issuer().der() && current.is_signed_by(link)
    };
    while let Some(position) = links.iter().position(|link| signs(link, &current)) {
        let link = links.swap_remove(position);
        intermediates += 1;
        match signer(&link, authorities) {
            Ok(authority) => {
                let allowed = authority
                    .certificate
                    .extensions()
                    .basic_constraints
                    .and_then(|it| it.path_length);
                return match allowed {
                    Some(allowed) if allowed < intermediates => Reason::PathLength,
                    _ => Reason::NotIssuedHere,
                };
            }
            Err(Reason::BadSignature) => return Reason::BadSignature,
            Err(_) => current = link,
        }
    }
    Reason::UnknownIssuer
}

impl Verdict {
    /// The verdict's word in the server's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NoCertificate => "no-certificate",
            Self::Refused(_) => "refused",
        }
    }

    /// Why it was refused.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Refused(reason) => Some(reason),
            Self::Accepted | Self::NoCertificate => None,
        }
    }
}

impl Reason {
    /// Every reason, in the order in which they go before each other.
    pub const ALL: [Self; 11] = [
        Self::Malformed,
        Self::UnknownIssuer,
        Self::BadSignature,
        Self::PathLength,
        Self::NameConstraint,
        Self::WrongKeyUsage,
        Self::WrongExtendedKeyUsage,
        Self::NotIssuedHere,
        Self::Revoked,
        Self::NotYetValid,
        Self::Expired,
    ];

    /// The reason's word in the server's answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownIssuer => "unknown-issuer",
            Self::BadSignature => "bad-signature",
            Self::PathLength => "path-length",
            Self::NameConstraint => "name-constraint",
            Self::WrongKeyUsage => "wrong-key-usage",
            Self::WrongExtendedKeyUsage => "wrong-extended-key-usage",
            Self::NotIssuedHere => "not-issued-here",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
        }
    }

    /// What is the matter, in one sentence for the person who was refused.
    pub fn message(self) -> &'static str {
        match self {
            Self::Malformed => "What was presented is not a readable certificate.",
            Self::UnknownIssuer => {
                "The certificate was issued by somebody else than this certificate authority."
            }
            Self::BadSignature => {
                "The certificate names this certificate authority as its issuer, but was not signed with its key."
            }
            Self::PathLength => "The certificate was signed by one that may not sign certificates.",
            Self::NameConstraint => {
                "The certificate carries a name that its certificate authority may not certify."
            }
            Self::WrongKeyUsage => {
                "The certificate's key may not be used for signatures, as a login needs."
            }
            Self::WrongExtendedKeyUsage => {
                "The certificate is not meant for logging in as a client."
            }
            Self::NotIssuedHere => {
                "The signature is good, but the inventory does not know this certificate."
            }
            Self::Revoked => "The certificate was revoked.",
            Self::NotYetValid => "The certificate is not valid yet.",
            Self::Expired => "The certificate has expired.",
        }
    }

    /// What to do next, in one sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Malformed => "Import the bundle again, or ask for a new certificate.",
            Self::UnknownIssuer => {
                "Close the browser and choose the certificate of this authority, or import its bundle first."
            }
            Self::BadSignature => {
                "The certificate may come from an earlier authority of the same name: ask for a new one."
            }
            Self::PathLength | Self::NameConstraint | Self::WrongKeyUsage | Self::NotIssuedHere => {
                "Ask the administrator for a certificate made with pki issue-client."
            }
            Self::WrongExtendedKeyUsage => {
                "Choose a client certificate; one for a server or another purpose does not log in."
            }
            Self::Revoked => "Ask the administrator why; a new one is made with pki issue-client.",
            Self::NotYetValid => "Check the clocks of both machines, or wait until it begins.",
            Self::Expired => "Ask the administrator for a new one: pki issue-client makes it.",
        }
    }
}
