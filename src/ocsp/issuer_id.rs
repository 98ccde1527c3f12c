//! How a CertID names an issuer: by the hashes of its name and of its key.

use aws_lc_rs::digest::{
    Algorithm, Digest, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest,
};
use der::asn1::{AnyRef, ObjectIdentifier};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::message::CertId;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// The algorithms that a CertID may use, the one that every client knows first.
///
/// SHA-1 serves as a short name here, not as a protection: both ends know what is hashed (RFC 5280 §4.2.1.2 uses it
/// alike). RFC 6960 §4.3 demands it of servers together with SHA-256.
static ALGORITHMS: [(ObjectIdentifier, &Algorithm); 4] = [
    (
        ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
        &SHA1_FOR_LEGACY_USE_ONLY,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        &SHA256,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        &SHA384,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        &SHA512,
    ),
];

/// The hashes of one issuer under every algorithm, made once.
#[derive(Debug)]
pub(super) struct IssuerId {
    hashes: [Hashes; ALGORITHMS.len()],
}

#[derive(Debug)]
struct Hashes {
    algorithm: ObjectIdentifier,
    name: Digest,
    key: Digest,
}

impl IssuerId {
    /// Hashes an issuer's subject and the octets of its public key, without the BIT STRING around them (RFC 6960 §4.1.1).
    ///
    /// # Errors
    /// Refuses a certificate whose key cannot be read.
    pub(super) fn of(issuer: &Certificate) -> Result<Self> {
        let name = issuer.subject().der();
        let key = key_octets(issuer)?;
        let hashes = ALGORITHMS.each_ref().map(|(oid, algorithm)| Hashes {
            algorithm: *oid,
            name: digest(algorithm, name),
            key: digest(algorithm, &key),
        });
        Ok(Self { hashes })
    }

    /// Says whether a CertID names this issuer. A hash algorithm that is not known here names none.
    pub(super) fn is_named_by(&self, id: &CertId<'_>) -> bool {
        // RFC 5754 §2: parameters are absent, or NULL as many write them.
        let plain = id.hash_algorithm.parameters.is_none_or(AnyRef::is_null);
        plain
            && self.hashes.iter().any(|hashes| {
                hashes.algorithm == id.hash_algorithm.oid
                    && hashes.name.as_ref() == id.issuer_name_hash.as_bytes()
                    && hashes.key.as_ref() == id.issuer_key_hash.as_bytes()
            })
    }

    /// The algorithm, the name's hash and the key's hash that every client knows.
    pub(super) fn common(&self) -> (AlgorithmIdentifierRef<'static>, &[u8], &[u8]) {
        let [first, ..] = &self.hashes;
        let algorithm = AlgorithmIdentifierRef {
            oid: first.algorithm,
            parameters: Some(AnyRef::NULL),
        };
        (algorithm, first.name.as_ref(), first.key.as_ref())
    }
}

/// The value of the subjectPublicKey BIT STRING.
pub(super) fn key_octets(certificate: &Certificate) -> Result<Vec<u8>> {
    let key = SubjectPublicKeyInfoRef::try_from(certificate.facts().public_key.as_slice());
    let key = key.map_err(|_| Error::new(ErrorKind::Malformed, "the public key cannot be read"))?;
    Ok(key.subject_public_key.raw_bytes().to_vec())
}
