//! Judges a certificate: one pure function from what was presented, what the inventory knows, and a moment.
//!
//! A login is accepted by allow-list: exactly this DER is in the inventory, under the client profile and an issuing CA
//! of ours, unrevoked and valid now. The checks of the chain only name the reason of a refusal. Each check is that for one
//! [`Reason`], in their order; whoever asks for all of them ([`examine`]) is told what the first that fails would have said.

mod chain;
mod check;
mod reason;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;
mod verified;

use std::borrow::Cow;

use time::OffsetDateTime;

pub use check::Check;
pub use reason::Reason;
pub use verified::Verified;

use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, KeyUsage};
use crate::inventory::Record;
use crate::validity::{Validity, to_the_second};

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

/// A certificate and everything by which it is judged.
struct Case<'a> {
    certificate: Cow<'a, Certificate>,
    /// The inventory's row for exactly this DER.
    record: Option<&'a Record>,
    /// The CA of ours that signed it, or why there is none.
    signer: Result<&'a Record, Reason>,
    /// Whether what a login needs is asked for.
    login: bool,
    at: OffsetDateTime,
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
    if presented.is_empty() {
        return Verdict::NoCertificate;
    }
    match Case::new(presented, authorities, record, now) {
        Some(case) => case.verdict(),
        None => Verdict::Refused(Reason::Malformed),
    }
}

/// Says of a certificate of any profile whether it is ours, valid and unrevoked at a moment: every check, and the reason
/// that the first that fails is.
///
/// What a login needs is asked of client certificates only. Those behind the first are its chain, as far as it is known.
pub fn examine<D: AsRef<[u8]>>(
    presented: &[D],
    authorities: &[Record],
    record: Option<&Record>,
    at: OffsetDateTime,
) -> (Option<Reason>, Vec<Check>) {
    match Case::new(presented, authorities, record, at) {
        None => (Some(Reason::Malformed), check::of_malformed()),
        Some(mut case) => {
            case.login = case.record.is_some_and(|it| it.profile.is_client());
            let checks = Reason::ALL.map(|reason| Check::of(reason, &case));
            (case.first_reason(), checks.into())
        }
    }
}

impl<'a> Case<'a> {
    /// Puts together what is known; nothing where the first is no readable certificate.
    fn new<D: AsRef<[u8]>>(
        presented: &[D],
        authorities: &'a [Record],
        record: Option<&'a Record>,
        at: OffsetDateTime,
    ) -> Option<Self> {
        let certificate = Certificate::from_der(presented.first()?.as_ref()).ok()?;
        let others = presented.iter().skip(1).take(MAX_CHAIN).map(AsRef::as_ref);
        let signer = match chain::signer(&certificate, authorities) {
            Err(Reason::UnknownIssuer) => Err(chain::refusal(&certificate, others, authorities)),
            found => found,
        };
        Some(Self {
            record: record.filter(|record| record.certificate.der() == certificate.der()),
            certificate: Cow::Owned(certificate),
            signer,
            login: true,
            at,
        })
    }

    fn verdict(&self) -> Verdict {
        match self.first_reason() {
            Some(reason) => Verdict::Refused(reason),
            None => Verdict::Accepted,
        }
    }

    fn first_reason(&self) -> Option<Reason> {
        let mut reasons = Reason::ALL.into_iter();
        reasons.find(|reason| self.holds(*reason) == Some(true))
    }

    fn signer_validity(&self) -> Option<Validity> {
        let authority = self.signer.ok()?;
        Some(authority.certificate.validity())
    }

    /// Says whether a reason holds; nothing where that is not asked, or cannot be told because an earlier one holds.
    fn holds(&self, reason: Reason) -> Option<bool> {
        let validity = self.certificate.validity();
        match reason {
            Reason::Malformed => Some(self.certificate.unknown_critical_extension().is_some()),
            Reason::UnknownIssuer => Some(self.signer.is_err_and(|it| it == reason)),
            Reason::BadSignature | Reason::PathLength => match self.signer {
                Ok(_) | Err(Reason::NotIssuedHere) => Some(false),
                Err(other) => (other == reason).then_some(true),
            },
            Reason::NameConstraint => {
                let constraints = &self.signer.ok()?.certificate.extensions().name_constraints;
                let mut names = self.certificate.constrained_names();
                Some(names.any(|name| !constraints.permits(&name)))
            }
            // RFC 5280 §4.2.1.3: an absent keyUsage allows everything; in TLS the client signs (RFC 8446 §4.4.3).
            Reason::WrongKeyUsage => self.login.then(|| {
                let signs = KeyUsage::DIGITAL_SIGNATURE;
                !self.certificate.allows_usage(signs)
            }),
            Reason::WrongExtendedKeyUsage => self.login.then(|| {
                let other = self.record.is_some_and(|it| !it.profile.is_client());
                other || !self.certificate.allows_purpose(oid::CLIENT_AUTH)
            }),
            Reason::NotIssuedHere => {
                Some(self.record.is_none() || self.signer.is_err_and(|it| it == reason))
            }
            Reason::Revoked => {
                let mut asked = [Some(self.record?), self.signer.ok()].into_iter().flatten();
                Some(asked.any(|record| record.is_revoked(self.at)))
            }
            // What a CA signed counts as long as the CA does.
            Reason::NotYetValid => {
                let mut begins = [Some(validity), self.signer_validity()]
                    .into_iter()
                    .flatten();
                Some(begins.any(|validity| self.at < validity.not_before))
            }
            Reason::Expired => {
                let mut ends = [Some(validity), self.signer_validity()]
                    .into_iter()
                    .flatten();
                Some(ends.any(|validity| to_the_second(self.at) > validity.not_after))
            }
        }
    }
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
