//! Whether the server names a CA above a certificate, as far as the browser can see.

use time::OffsetDateTime;

use super::{Browser, Candidate, Reason, Request};
use crate::certificate::{Certificate, DistinguishedName, object_identifier};

/// How many CAs are looked at above a certificate: Chromium's limit.
const DEPTH: usize = 20;
/// The extensions that mozilla::pkix knows, with which Firefox builds its chains; a critical one beyond them makes a certificate of
/// no use to it (RFC 5280 §4.2). In their order: RFC 5280's, RFC 6960's, RFC 7633's, RFC 6962's.
const KNOWN_TO_FIREFOX: [&str; 12] = [
    object_identifier::KEY_USAGE,
    object_identifier::SUBJECT_ALT_NAME,
    object_identifier::BASIC_CONSTRAINTS,
    object_identifier::NAME_CONSTRAINTS,
    "2.5.29.32",
    "2.5.29.36",
    object_identifier::EXTENDED_KEY_USAGE,
    "2.5.29.54",
    object_identifier::AUTHORITY_INFO_ACCESS,
    object_identifier::OCSP_NO_CHECK,
    "1.3.6.1.5.5.7.1.24",
    "1.3.6.1.4.1.11129.2.4.2",
];
/// Netscape's certificate type: mozilla::pkix passes over a critical one where what took its place is there as well.
const NETSCAPE_CERTIFICATE_TYPE: &str = "2.16.840.1.113730.1.1";
const IN_PLACE_OF_NETSCAPES: [&str; 2] = [
    object_identifier::BASIC_CONSTRAINTS,
    object_identifier::EXTENDED_KEY_USAGE,
];

/// How a walk upwards from issuer to issuer ended.
enum End {
    /// At a CA that the server names.
    Named,
    /// At the top: a certificate that is its own issuer.
    Top,
    /// At this issuer, whose certificate is not there.
    Missing(DistinguishedName),
    /// At a certificate that the browser does not take.
    Refused(Reason),
}

/// The reason not to offer it, where it has a critical extension that the browser does not know.
pub(super) fn unknown_extension(certificate: &Certificate, browser: Browser) -> Option<Reason> {
    if browser == Browser::Chromium {
        return None;
    }
    let extensions = &certificate.extensions().criticality;
    let is_replaced = || {
        let mut others = IN_PLACE_OF_NETSCAPES.into_iter();
        others.all(|identifier| extensions.contains_key(identifier))
    };
    let is_known = |identifier: &str| match identifier {
        NETSCAPE_CERTIFICATE_TYPE => is_replaced(),
        other => KNOWN_TO_FIREFOX.contains(&other),
    };
    let mut critical = extensions.iter().filter(|(_, is_critical)| **is_critical);
    let unknown = critical.find(|(identifier, _)| !is_known(identifier));
    unknown.map(|(identifier, _)| Reason::UnknownCriticalExtension(identifier.clone()))
}

/// The reason not to offer it, where no CA that the server names is found above it.
///
/// Names are compared by their DER, as both browsers do; signatures are not looked at. A server that names nobody takes all.
/// Firefox asks more of a CA's certificate on the way: it must be valid now.
pub(super) fn not_named(
    candidate: &Candidate,
    request: &Request,
    browser: Browser,
    now: OffsetDateTime,
) -> Option<Reason> {
    if request.acceptable_issuers.is_empty() {
        return None;
    }
    let refuses = |authority: &Certificate| {
        if browser == Browser::Chromium {
            return None;
        }
        let validity = authority.validity();
        let subject = || authority.subject().clone();
        (!validity.contains(now)).then(|| Reason::IntermediateNotValid(subject(), validity))
    };
    let issuer = || candidate.certificate.issuer().clone();
    match walk(candidate, request, &[&candidate.chain], refuses) {
        End::Named => None,
        End::Refused(reason) => Some(reason),
        End::Top => Some(Reason::IssuerNotNamed(issuer())),
        End::Missing(missing) => {
            let all = [&candidate.chain[..], &candidate.elsewhere];
            match walk(candidate, request, &all, |_| None) {
                End::Top => Some(Reason::IssuerNotNamed(issuer())),
                _ => Some(Reason::IntermediateMissing(missing)),
            }
        }
    }
}

fn walk(
    candidate: &Candidate,
    request: &Request,
    known: &[&[Certificate]],
    refuses: impl Fn(&Certificate) -> Option<Reason>,
) -> End {
    let mut current = &candidate.certificate;
    let mut refused = None;
    for _ in 0..DEPTH {
        let issuer = current.issuer();
        let mut names = request.acceptable_issuers.iter();
        if names.any(|name| name == issuer.der()) {
            return refused.map_or(End::Named, End::Refused);
        }
        if current.is_self_issued() {
            return End::Top;
        }
        let of_issuer = |it: &&&Certificate| it.subject() == issuer;
        let all: Vec<_> = known.iter().copied().flatten().collect();
        // Of several with that name, one that is taken is as good as all.
        let mut above = all.iter().filter(of_issuer);
        let taken = above.clone().find(|it| refuses(it).is_none());
        match taken.or_else(|| above.next()) {
            Some(above) => {
                refused = refused.or_else(|| refuses(above));
                current = above;
            }
            None => return End::Missing(issuer.clone()),
        }
    }
    End::Top
}
