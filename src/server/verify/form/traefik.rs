//! Traefik's own: PEM without its first line, its last line and its line ends.
//!
//! Older versions encode it for URLs as well. No digit of base64 is a percent sign, so that decoding changes nothing where it was not.

use super::Fault;
use crate::judge::MAX_CHAIN;
use crate::server::encoded::{base64, percent_decoded};

pub(super) const FIELD: &str = "x-forwarded-tls-client-cert";
/// What Traefik can tell of the certificate besides, which is not looked at.
pub(super) const INFO: &str = "x-forwarded-tls-client-cert-info";

pub(super) fn read(value: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let text = percent_decoded(value).ok_or(Fault::Unreadable)?;
    let parts = text.split(|octet| *octet == b',');
    if parts.clone().count() > MAX_CHAIN {
        return Err(Fault::TooMany);
    }
    let chain: Option<Vec<Vec<u8>>> = parts.map(base64).collect();
    chain.ok_or(Fault::Unreadable)
}
