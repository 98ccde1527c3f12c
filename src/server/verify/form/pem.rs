//! PEM, URL-encoded in one field.

use super::Fault;
use crate::judge::MAX_CHAIN;
use crate::server::encoded::{base64, percent_decoded};

pub(super) const FIELD: &str = "x-ssl-client-cert";
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

pub(super) fn read(value: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    let text = percent_decoded(value).ok_or(Fault::Unreadable)?;
    certificates(&text)
}

/// Certificates as PEM (RFC 7468 §5) one after the other, and nothing else.
pub(super) fn certificates(text: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    let mut certificates = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if certificates.len() == MAX_CHAIN {
            return Err(Fault::TooMany);
        }
        let (certificate, behind) = first(rest).ok_or(Fault::Unreadable)?;
        certificates.push(certificate);
        rest = behind;
    }
    Ok(certificates)
}

/// The first certificate, and what stands behind its last line.
fn first(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let body = line_end(text.strip_prefix(BEGIN)?)?;
    let length = body.iter().position(|octet| *octet == b'-')?;
    let (body, rest) = body.split_at_checked(length)?;
    let rest = rest.strip_prefix(END)?;
    let rest = match rest.is_empty() {
        true => rest,
        false => line_end(rest)?,
    };
    let mut digits = Vec::with_capacity(body.len());
    for line in body.split(|octet| *octet == b'\n') {
        digits.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    Some((base64(&digits)?, rest))
}

/// What stands behind the end of a line.
fn line_end(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\n")
        .or_else(|| text.strip_prefix(b"\r\n"))
}
