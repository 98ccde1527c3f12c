//! Reads what an AlgorithmIdentifier says.
//!
//! Every function returns None when the identifier or its parameters are not what their RFC says they are.

use super::cipher::{Pbes2Cipher, Pkcs12Cipher};
use super::element::{Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use super::hash::Hash;
use super::mac::Mac;
use super::oid;
use super::pbe::Scheme;

/// The longest key that PBMAC1 is derived for: the block of SHA-512, beyond which a longer key has no use.
const LONGEST_MAC_KEY: u32 = 128;

/// An encryption scheme.
pub(super) fn scheme(algorithm: Element<'_>) -> Option<Scheme> {
    let (arcs, mut parameters) = split(algorithm)?;
    if arcs == oid::PBES2 {
        let mut parts = parameters.take(SEQUENCE)?.reader();
        let derivation = pbkdf2(parts.take(SEQUENCE)?)?;
        let (cipher_arcs, mut cipher_parameters) = split(parts.take(SEQUENCE)?)?;
        let (Some(derivation), Some(cipher)) = (
            derivation,
            Pbes2Cipher::ALL
                .into_iter()
                .find(|cipher| cipher.oid() == cipher_arcs),
        ) else {
            return Some(Scheme::Other(oid::dotted(&cipher_arcs)));
        };
        let iv = cipher_parameters.take(OCTET_STRING)?.body;
        let length_fits = derivation
            .key_length
            .is_none_or(|length| usize::try_from(length) == Ok(cipher.key_length()));
        if iv.len() != cipher.block_length() || !length_fits {
            return None;
        }
        return Some(Scheme::Pbes2 {
            prf: derivation.prf,
            salt: derivation.salt,
            iterations: derivation.iterations,
            cipher,
            iv: iv.to_vec(),
        });
    }
    let Some(cipher) = Pkcs12Cipher::ALL
        .into_iter()
        .find(|cipher| cipher.oid() == arcs)
    else {
        return Some(Scheme::Other(oid::dotted(&arcs)));
    };
    let mut parts = parameters.take(SEQUENCE)?.reader();
    Some(Scheme::Pkcs12 {
        cipher,
        salt: parts.take(OCTET_STRING)?.body.to_vec(),
        iterations: iterations(parts.take(INTEGER)?)?,
    })
}

/// The MAC that the DigestInfo's `algorithm` and the fields after it describe (RFC 7292 §4, RFC 9579 §3).
pub(super) fn mac(algorithm: Element<'_>, salt: &[u8], iterations: u32) -> Option<Mac> {
    let (arcs, mut parameters) = split(algorithm)?;
    if arcs == oid::PBMAC1 {
        // The salt and the iterations that matter are in the parameters; those of MacData mean nothing here.
        let mut parts = parameters.take(SEQUENCE)?.reader();
        let derivation = pbkdf2(parts.take(SEQUENCE)?)?;
        let (hmac, _) = split(parts.take(SEQUENCE)?)?;
        let (Some(derivation), Some(hash)) = (derivation, with_hmac(&hmac)) else {
            return Some(Mac::Other(oid::dotted(&hmac)));
        };
        // RFC 9579 §4: the length of the key must be stated.
        let key_length = derivation
            .key_length
            .filter(|n| (1..=LONGEST_MAC_KEY).contains(n))?;
        return Some(Mac::Pbmac1 {
            hash,
            prf: derivation.prf,
            salt: derivation.salt,
            iterations: derivation.iterations,
            key_length: usize::try_from(key_length).ok()?,
        });
    }
    Some(
        match Hash::ALL.into_iter().find(|hash| hash.digest_oid() == arcs) {
            Some(hash) => Mac::Pkcs12 {
                hash,
                salt: salt.to_vec(),
                iterations,
            },
            None => Mac::Other(oid::dotted(&arcs)),
        },
    )
}

struct Pbkdf2 {
    prf: Hash,
    salt: Vec<u8>,
    iterations: u32,
    key_length: Option<u32>,
}

/// RFC 8018 appendix A.2; an inner None is another derivation or another pseudo-random function, such as scrypt's.
fn pbkdf2(algorithm: Element<'_>) -> Option<Option<Pbkdf2>> {
    let (arcs, mut parameters) = split(algorithm)?;
    if arcs != oid::PBKDF2 {
        return Some(None);
    }
    let mut parts = parameters.take(SEQUENCE)?.reader();
    let salt = parts.take(OCTET_STRING)?.body.to_vec();
    let iterations = iterations(parts.take(INTEGER)?)?;
    let key_length = match parts.take_if(INTEGER) {
        Some(length) => Some(length.number()?),
        None => None,
    };
    // HMAC-SHA-1 is the default, and a default is left out.
    let prf = match parts.take_if(SEQUENCE) {
        Some(prf) => with_hmac(&split(prf)?.0),
        None => Some(Hash::Sha1),
    };
    Some(prf.map(|prf| Pbkdf2 {
        prf,
        salt,
        iterations,
        key_length,
    }))
}

/// At least one (RFC 8018 appendix A.2).
pub(super) fn iterations(number: Element<'_>) -> Option<u32> {
    number.number().filter(|iterations| *iterations > 0)
}

fn with_hmac(arcs: &[u64]) -> Option<Hash> {
    Hash::ALL.into_iter().find(|hash| hash.hmac_oid() == arcs)
}

/// The object identifier, and what follows it.
fn split(algorithm: Element<'_>) -> Option<(Vec<u64>, Reader<'_>)> {
    let mut parts = algorithm.reader();
    let arcs = parts.take(OBJECT_IDENTIFIER)?.arcs()?;
    Some((arcs, parts))
}
