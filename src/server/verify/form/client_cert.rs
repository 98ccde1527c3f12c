//! `Client-Cert` and `Client-Cert-Chain` (RFC 9440 §2): byte sequences of structured fields (RFC 9651 §3.3.5).

use super::Fault;
use crate::judge::MAX_CHAIN;
use crate::server::encoded::base64;

pub(super) const FIELD: &str = "client-cert";
pub(super) const CHAIN: &str = "client-cert-chain";

pub(super) fn read(value: &[u8], chain: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    // A proxy that puts nothing between the colons has nothing.
    let own = match value.is_empty() {
        true => Vec::new(),
        false => byte_sequence(value).ok_or(Fault::Unreadable)?,
    };
    if own.is_empty() {
        return match chain.is_empty() {
            true => Ok(Vec::new()),
            false => Err(Fault::ChainAlone),
        };
    }
    let mut certificates = vec![own];
    if !chain.is_empty() {
        let members = chain.split(|octet| *octet == b',').map(<[u8]>::trim_ascii);
        if members.clone().count() >= MAX_CHAIN {
            return Err(Fault::TooMany);
        }
        for member in members {
            certificates.push(byte_sequence(member).ok_or(Fault::Unreadable)?);
        }
    }
    Ok(certificates)
}

/// Base64 between two colons. Parameters, which the ABNF of these fields does not have, are refused with everything else.
fn byte_sequence(text: &[u8]) -> Option<Vec<u8>> {
    base64(text.strip_prefix(b":")?.strip_suffix(b":")?)
}
