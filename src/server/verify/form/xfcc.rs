//! `X-Forwarded-Client-Cert`, as Envoy documents it: elements separated by commas, each of them pairs `key=value` separated by
//! semicolons. A value that holds one of these signs stands in double quotes, and a double quote in it behind a backslash.

use super::{Fault, pem};
use crate::certificate::Fingerprint;
use crate::hexadecimal;
use crate::server::encoded::percent_decoded;

pub(super) const FIELD: &str = "x-forwarded-client-cert";

/// What of an element says which certificate it tells of.
#[derive(Default)]
struct Element {
    cert: Option<Vec<u8>>,
    chain: Option<Vec<u8>>,
    hash: Option<Vec<u8>>,
}

pub(super) fn read(value: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    if value.is_empty() {
        return Ok(Vec::new());
    }
    let element = Element::read(value).ok_or(Fault::Unreadable)?;
    let cert = element.cert.ok_or(Fault::Unreadable)?;
    let own = pem::read(&cert)?;
    let [own] = <[Vec<u8>; 1]>::try_from(own).map_err(|_| Fault::Unreadable)?;
    if let Some(hash) = element.hash {
        let digits = std::str::from_utf8(&hash).ok();
        let stated = digits.and_then(hexadecimal::decode);
        if stated.as_deref() != Some(&Fingerprint::of(&own).0) {
            return Err(Fault::Unreadable);
        }
    }
    // The chain begins with the certificate itself.
    let chain = match element.chain {
        Some(chain) => pem::certificates(&percent_decoded(&chain).ok_or(Fault::Unreadable)?)?,
        None => return Ok(vec![own]),
    };
    match chain.first() == Some(&own) {
        true => Ok(chain),
        false => Err(Fault::Unreadable),
    }
}

impl Element {
    /// The one element of a field; nothing where there are more, or a pair that tells of the certificate is there twice.
    fn read(text: &[u8]) -> Option<Self> {
        let mut element = Self::default();
        let mut rest = text;
        loop {
            let (key, value, behind) = pair(rest)?;
            let place = match key.to_ascii_lowercase().as_slice() {
                b"cert" => Some(&mut element.cert),
                b"chain" => Some(&mut element.chain),
                b"hash" => Some(&mut element.hash),
                // The proxy's own name, and what the certificate says itself.
                _ => None,
            };
            if let Some(place) = place
                && place.replace(value).is_some()
            {
                return None;
            }
            match behind.split_first() {
                None => return Some(element),
                Some((b';', behind)) => rest = behind,
                // A comma begins the element of another proxy.
                Some(_) => return None,
            }
        }
    }
}

/// The first pair, its value without quotes, and what stands behind it.
fn pair(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let length = text.iter().position(|octet| *octet == b'=')?;
    let (key, rest) = text.split_at_checked(length)?;
    if key.is_empty() || !key.iter().all(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = rest.strip_prefix(b"=")?;
    if let Some(quoted) = rest.strip_prefix(b"\"") {
        let (value, behind) = unquoted(quoted)?;
        return Some((key, value, behind));
    }
    let is_end = |octet: &u8| matches!(octet, b';' | b',');
    let end = rest.iter().position(is_end).unwrap_or(rest.len());
    let (value, behind) = rest.split_at_checked(end)?;
    match value.contains(&b'"') {
        true => None,
        false => Some((key, value.to_vec(), behind)),
    }
}

/// What stands before the closing quote, and behind it. A backslash that stands before no quote is one.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [b'\\', b'"', behind @ ..] => {
                value.push(b'"');
                behind
            }
            [b'"', behind @ ..] => return Some((value, behind)),
            [octet, behind @ ..] => {
                value.push(*octet);
                behind
            }
            [] => return None,
        };
    }
}
