//! Which CA of ours signed a certificate, and why none did.

use super::Reason;
use crate::certificate::Certificate;
use crate::inventory::Record;

/// The CA of ours that signed the certificate.
pub(super) fn signer<'a>(
    certificate: &Certificate,
    authorities: &'a [Record],
) -> Result<&'a Record, Reason> {
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
pub(super) fn refusal<'a>(
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
