//! What lies behind a login that was refused, or that should have been, as far as it shows.

use time::OffsetDateTime;

use super::facts::Facts;
use super::finding::{About, Finding};
use super::logins::{LoggedIn, Outcome};
use crate::certificate::{Certificate, object_identifier};
use crate::inventory::{Status, Summary};
use crate::login::visit::Visit;

/// What is wrong with a certificate, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// This CA has revoked it, or holds it.
    Revoked,
    /// It has ended, or has not begun.
    NotValidNow,
}

impl Flaw {
    pub(super) fn of(
        certificate: &Certificate,
        known: Option<&Summary>,
        now: OffsetDateTime,
    ) -> Option<Self> {
        if known.is_some_and(|it| it.status == Status::Revoked.as_str()) {
            return Some(Self::Revoked);
        }
        (!certificate.validity().contains(now)).then_some(Self::NotValidNow)
    }

    /// The word of the finding that a server refused the certificate for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Revoked => "refused-as-revoked",
            Self::NotValidNow => "refused-as-not-valid",
        }
    }

    /// Why that is right.
    pub(super) fn fact(self) -> &'static str {
        match self {
            Self::Revoked => "this CA has revoked it",
            Self::NotValidNow => "it is not valid now",
        }
    }

    /// What to do about it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Revoked => {
                "Issue another one: pki issue-client; a hold is lifted by pki unrevoke."
            }
            Self::NotValidNow => {
                "Issue another one: pki renew; where it has not begun, wait, or look at the clocks."
            }
        }
    }
}

/// What lies behind, as far as it shows.
pub(super) fn cause(
    facts: &Facts,
    certificate: &Certificate,
    visit: &Visit,
    told: &LoggedIn,
    flaw: Option<Flaw>,
) -> Option<Finding> {
    let note =
        |word, message: &str, hint: &str| Some(Finding::note(About::Login, word, message, hint));
    if told.outcome == Outcome::Accepted {
        if flaw == Some(Flaw::Revoked) {
            return note(
                "revocation-not-checked",
                "the server let in a certificate that this CA has revoked: it checks no CRL, or an old one",
                "Give the server fresh CRLs and let it check them: pki crl --bundle.",
            );
        }
        if flaw == Some(Flaw::NotValidNow) {
            return note(
                "validity-not-checked",
                "the server let in a certificate that is not valid now: it does not look at the dates, or its clock is wrong",
                "Let the server verify the certificate's validity, and look at both clocks.",
            );
        }
        let is_for_clients = certificate.allows_purpose(object_identifier::CLIENT_AUTH);
        return match is_for_clients {
            true => None,
            false => note(
                "usage-not-checked",
                "the server let in a certificate that is not for clients: it does not look at extKeyUsage",
                "Whoever has a server's certificate of the same CA can log in there: let the server check the purpose sslclient.",
            ),
        };
    }
    // A flaw is cause enough: that it was refused says so already.
    if told.outcome != Outcome::Refused || flaw.is_some() {
        return None;
    }
    let names = visit.request.as_ref().map(|it| &it.acceptable_issuers);
    let issuer_is_named = names
        .is_some_and(|names| (facts.presented_issuers.iter()).any(|issuer| names.contains(issuer)));
    let takes_any = names.is_some_and(Vec::is_empty);
    match (told.alert.as_deref(), told.status) {
        (Some("certificate_expired"), _) => note(
            "crl-expired",
            "the certificate has not expired, and the server says that something has: its copy of a CRL, which locks everybody out",
            "Give the server fresh CRLs, that of the root too: pki crl --bundle.",
        ),
        (Some("unknown_ca"), _) if issuer_is_named => note(
            "crl-may-be-missing",
            "the server names this CA and says that it does not know it: it lacks the CRL of a CA of the chain, or verifies by other CAs than it names, or allows no chain of this length",
            "Give the server the CRL of every CA of the chain (pki crl --bundle); compare its CAs for verifying with those that it names, and its depth with the chain.",
        ),
        // nginx says nothing over HTTP, and Apache's alert for it stands for much else.
        (None, Some(400 | 495)) | (Some("certificate_unknown"), _)
            if issuer_is_named || takes_any =>
        {
            note(
                "crl-may-be-expired",
                "the server does not say why; the certificate is valid now, and a CRL that has ended looks exactly so",
                "See whether others are refused, too; then give the server fresh CRLs: pki crl --bundle.",
            )
        }
        _ => None,
    }
}
