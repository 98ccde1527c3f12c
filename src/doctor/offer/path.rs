//! Whether the server names a CA above a certificate, as far as the browser can see.

use super::{Candidate, Reason, Request};
use crate::certificate::{Certificate, DistinguishedName};

/// How many CAs are looked at above a certificate: Chromium's limit.
const DEPTH: usize = 20;

/// How a walk upwards from issuer to issuer ended.
enum End {
    /// At a CA that the server names.
    Named,
    /// At the top: a certificate that is its own issuer.
    Top,
    /// At this issuer, whose certificate is not there.
    Missing(DistinguishedName),
}

/// The reason not to offer it, where no CA that the server names is found above it.
///
/// Names are compared by their DER, as both browsers do; signatures are not looked at. A server that names nobody takes all.
pub(super) fn not_named(candidate: &Candidate, request: &Request) -> Option<Reason> {
    if request.acceptable_issuers.is_empty() {
        return None;
    }
    let issuer = || candidate.certificate.issuer().clone();
    match walk(candidate, request, &[&candidate.chain]) {
        End::Named => None,
        End::Top => Some(Reason::IssuerNotNamed(issuer())),
        End::Missing(missing) => {
            let all = [&candidate.chain[..], &candidate.elsewhere];
            match walk(candidate, request, &all) {
                End::Top => Some(Reason::IssuerNotNamed(issuer())),
                End::Named | End::Missing(_) => Some(Reason::IntermediateMissing(missing)),
            }
        }
    }
}

fn walk(candidate: &Candidate, request: &Request, known: &[&[Certificate]]) -> End {
    let mut current = &candidate.certificate;
    for _ in 0..DEPTH {
        let issuer = current.issuer();
        if request
            .acceptable_issuers
            .iter()
            .any(|name| name == issuer.der())
        {
            return End::Named;
        }
        if current.is_self_issued() {
            return End::Top;
        }
        let mut certificates = known.iter().copied().flatten();
        match certificates.find(|it| it.subject() == issuer) {
            Some(above) => current = above,
            None => return End::Missing(issuer.clone()),
        }
    }
    End::Top
}
