//! The three fields of a certificate that put a chain together, and whether a private key is a certificate's.
//!
//! The parsed view of certificates lives a floor above; a bundle needs raw names and keys only.

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

use super::element::{
    BIT_STRING, Element, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, constructed, header,
};
use super::oid;

/// What lies raw in a certificate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    public_key_info: Element<'a>,
}

impl<'a> Fields<'a> {
    /// Walks TBSCertificate (RFC 5280 §4.1); None when it is none.
    pub(super) fn read(certificate: &'a [u8]) -> Option<Self> {
        let mut tbs = Element::only(certificate, SEQUENCE)?
            .reader()
            .take(SEQUENCE)?
            .reader();
        tbs.take_if(constructed(0)); // version
        tbs.take(INTEGER)?; // serialNumber
        tbs.take(SEQUENCE)?; // signature
        let issuer = tbs.take(SEQUENCE)?.raw;
        tbs.take(SEQUENCE)?; // validity
        Some(Self {
            issuer,
            subject: tbs.take(SEQUENCE)?.raw,
            public_key_info: tbs.take(SEQUENCE)?,
        })
    }

    /// What kind of key it is: the raw AlgorithmIdentifier of SubjectPublicKeyInfo.
    pub(super) fn key_algorithm(&self) -> Option<&'a [u8]> {
        Some(self.public_key_info.reader().take(SEQUENCE)?.raw)
    }

    /// The public key without the octet that counts its unused bits.
    fn public_key(&self) -> Option<&'a [u8]> {
        let mut fields = self.public_key_info.reader();
        fields.take(SEQUENCE)?;
        fields.take(BIT_STRING)?.body.strip_prefix(&[0])
    }

    /// Whether a private key with this [`public_key`] is the certificate's; None when they cannot be compared.
    pub(super) fn belongs_to(&self, public_key: Option<&[u8]>) -> Option<bool> {
        let (ours, theirs) = (self.public_key()?, public_key?);
        // A point may be written compressed (RFC 5480 §2.2), which the computed one never is.
        if matches!(ours.first(), Some(2 | 3)) {
            return None;
        }
        Some(ours == theirs)
    }
}

/// The private key in version 1 of PrivateKeyInfo (RFC 5208 §5), without the attributes and the public key that some writers add, and
/// with the numbers of an RSA key as short as DER has them.
pub(super) fn private_key_info(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (algorithm, key) = private_key_parts(der)?;
    let shortened = shortened(der);
    let key = shortened.as_ref().map_or(key.body, |key| key.as_slice());
    let version = [INTEGER, 1, 0];
    let key_header = header(OCTET_STRING, key.len());
    let length = version.len() + algorithm.raw.len() + key_header.len() + key.len();
    let header = header(SEQUENCE, length);
    let mut info = Zeroizing::new(Vec::with_capacity(header.len() + length));
    for part in [&header, &version[..], algorithm.raw, &key_header, key] {
        info.extend_from_slice(part);
    }
    Some(info)
}

/// Whether a private key is an RSA key with a number that begins with more zeros than it needs (X.690 §8.3.2): Mono writes the private
/// exponent as long as the modulus.
pub(super) fn has_long_numbers(der: &[u8]) -> bool {
    let key = private_key_parts(der).map(|(_, key)| key.body.len());
    shortened(der).is_some_and(|shortened| Some(shortened.len()) != key)
}

/// The RSAPrivateKey (RFC 8017 appendix A.1.2) of a private key, no number in it longer than it need be; None where there is none.
fn shortened(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (algorithm, key) = private_key_parts(der)?;
    let kind = algorithm.reader().take(OBJECT_IDENTIFIER)?.arcs()?;
    if kind != oid::RSA && kind != oid::RSA_PSS {
        return None;
    }
    let mut fields = Element::only(key.body, SEQUENCE)?.reader();
    let mut numbers = Zeroizing::new(Vec::with_capacity(key.body.len()));
    while !fields.is_empty() {
        let field = fields.any()?;
        let number = match field.tag {
            INTEGER => shortest(field.body),
            _ => field.body,
        };
        numbers.extend_from_slice(&header(field.tag, number.len()));
        numbers.extend_from_slice(number);
    }
    let header = header(SEQUENCE, numbers.len());
    let mut key = Zeroizing::new(Vec::with_capacity(header.len() + numbers.len()));
    key.extend_from_slice(&header);
    key.extend_from_slice(&numbers);
    Some(key)
}

/// A number without the zeros that DER leaves out.
fn shortest(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number
        && matches!(rest, [0..0x80, ..])
    {
        number = rest;
    }
    number
}

/// What kind of key a private key (PKCS#8 DER) is: its raw AlgorithmIdentifier.
pub(super) fn private_key_algorithm(der: &[u8]) -> Option<&[u8]> {
    private_key_parts(der).map(|(algorithm, _)| algorithm.raw)
}

fn private_key_parts(der: &[u8]) -> Option<(Element<'_>, Element<'_>)> {
    let mut fields = Element::only(der, SEQUENCE)?.reader();
    fields.take(INTEGER)?;
    Some((fields.take(SEQUENCE)?, fields.take(OCTET_STRING)?))
}

/// The public key as a certificate carries it, computed from the private one (PKCS#8 DER); None when its kind is not known here.
pub(super) fn public_key(private_key: &[u8]) -> Option<Vec<u8>> {
    let (algorithm, key) = private_key_parts(private_key)?;
    let mut algorithm = algorithm.reader();
    let kind = algorithm.take(OBJECT_IDENTIFIER)?.arcs()?;
    if kind == oid::RSA || kind == oid::RSA_PSS {
        // RFC 8017 appendix A.1: both kinds of key hold modulus and exponent.
        let mut fields = Element::only(key.body, SEQUENCE)?.reader();
        fields.take(INTEGER)?;
        let (modulus, exponent) = (fields.take(INTEGER)?.raw, fields.take(INTEGER)?.raw);
        let mut public = header(SEQUENCE, modulus.len() + exponent.len());
        public.extend_from_slice(modulus);
        public.extend_from_slice(exponent);
        Some(public)
    } else if kind == oid::EC {
        let curve = algorithm.take(OBJECT_IDENTIFIER)?.arcs()?;
        let (_, curve, length) = [
            (oid::P256, &ECDH_P256, 32),
            (oid::P384, &ECDH_P384, 48),
            (oid::P521, &ECDH_P521, 66),
        ]
        .into_iter()
        .find(|(arcs, ..)| curve == *arcs)?;
        let mut fields = Element::only(key.body, SEQUENCE)?.reader();
        fields.take(INTEGER)?;
        let scalar = padded(fields.take(OCTET_STRING)?.body, length)?;
        let key = agreement::PrivateKey::from_private_key(curve, &scalar).ok()?;
        Some(key.compute_public_key().ok()?.as_ref().to_vec())
    } else if kind == oid::ED25519 {
        let seed = Element::only(key.body, OCTET_STRING)?.body;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        Some(pair.public_key().as_ref().to_vec())
    } else {
        None
    }
}

/// A number in exactly `length` octets: some writers drop leading zeros, some add one (RFC 5915 §3 allows neither).
fn padded(number: &[u8], length: usize) -> Option<Zeroizing<Vec<u8>>> {
    let significant = number.iter().skip_while(|octet| **octet == 0);
    let zeros = length.checked_sub(significant.clone().count())?;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.resize(zeros, 0);
    padded.extend(significant);
    Some(padded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::testing::identity;

    /// The same key, with two zeros before every number.
    fn lengthened(der: &[u8]) -> Option<Vec<u8>> {
        let (algorithm, key) = private_key_parts(der)?;
        let mut fields = Element::only(key.body, SEQUENCE)?.reader();
        let mut numbers = Vec::new();
        while !fields.is_empty() {
            let number = fields.take(INTEGER)?.body;
            numbers.extend(header(INTEGER, number.len() + 2));
            numbers.extend([&[0, 0], number].concat());
        }
        let key = [header(SEQUENCE, numbers.len()), numbers].concat();
        let key = [header(OCTET_STRING, key.len()), key].concat();
        let info = [&[INTEGER, 1, 0], algorithm.raw, &key].concat();
        Some([header(SEQUENCE, info.len()), info].concat())
    }

    #[test]
    fn an_rsa_key_with_needless_zeros_is_the_same_key_without_them() {
        let identity = identity(&rcgen::PKCS_RSA_SHA256, "alice");
        let long = lengthened(&identity.private_key).unwrap_or_default();
        assert!(has_long_numbers(&long));
        assert!(!has_long_numbers(&identity.private_key));
        assert_eq!(private_key_info(&long), Some(identity.private_key));
    }

    #[test]
    fn only_needless_zeros_go() {
        for (number, short) in [
            (&[0][..], &[0][..]),
            (&[0, 0, 0], &[0]),
            (&[0, 0x7f], &[0x7f]),
            (&[0, 0, 0x80], &[0, 0x80]),
            (&[0xff, 0], &[0xff, 0]),
            (&[], &[]),
        ] {
            assert_eq!(shortest(number), short);
        }
    }

    #[test]
    fn a_key_of_another_kind_is_left_as_it_is() {
        let identity = identity(crate::bundle::testing::P256, "alice");
        assert!(!has_long_numbers(&identity.private_key));
        assert_eq!(
            private_key_info(&identity.private_key),
            Some(identity.private_key)
        );
    }
}
