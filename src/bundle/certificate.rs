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

/// The private key in version 1 of PrivateKeyInfo (RFC 5208 §5), without the attributes and the public key that some writers add.
pub(super) fn private_key_info(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (algorithm, key) = private_key_parts(der)?;
    let version = [INTEGER, 1, 0];
    let length = version.len() + algorithm.raw.len() + key.raw.len();
    let header = header(SEQUENCE, length);
    let mut info = Zeroizing::new(Vec::with_capacity(header.len() + length));
    for part in [&header, &version[..], algorithm.raw, key.raw] {
        info.extend_from_slice(part);
    }
    Some(info)
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
