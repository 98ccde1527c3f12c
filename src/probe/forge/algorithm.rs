//! How a key signs: the algorithm, as a certificate names it and as TLS does.

use aws_lc_rs::digest;
use rustls::SignatureScheme;

use super::KeyKind;

/// A signature algorithm, safe or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// ecdsa-with-SHA1 (RFC 3279 §2.2.3).
    EcdsaSha1,
    /// ecdsa-with-SHA256 (RFC 5758 §3.2).
    EcdsaSha256,
    /// ecdsa-with-SHA384.
    EcdsaSha384,
    /// sha1WithRSAEncryption (RFC 3279 §2.2.1).
    RsaPkcs1Sha1,
    /// sha256WithRSAEncryption (RFC 4055 §5).
    RsaPkcs1Sha256,
    /// sha384WithRSAEncryption.
    RsaPkcs1Sha384,
    /// sha512WithRSAEncryption.
    RsaPkcs1Sha512,
    /// RSASSA-PSS with SHA-256, a salt as long and MGF1 with the same (RFC 4055 §3.1).
    RsaPssSha256,
    /// RSASSA-PSS with SHA-384.
    RsaPssSha384,
    /// RSASSA-PSS with SHA-512.
    RsaPssSha512,
    /// id-Ed25519 (RFC 8410 §3), which hashes by itself.
    Ed25519,
}

/// What a signature is made of: the scheme, and the hash where it takes one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    Ecdsa(&'static digest::Algorithm),
    Pkcs1(&'static digest::Algorithm),
    Pss(&'static digest::Algorithm),
    Ed25519,
}

impl SignatureAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 11] = [
        Self::EcdsaSha1,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::RsaPkcs1Sha1,
        Self::RsaPkcs1Sha256,
        Self::RsaPkcs1Sha384,
        Self::RsaPkcs1Sha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::Ed25519,
    ];

    /// The AlgorithmIdentifier in DER by which a certificate names it.
    pub fn identifier(self) -> &'static [u8] {
        match self {
            Self::EcdsaSha1 => b"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01",
            Self::EcdsaSha256 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02",
            Self::EcdsaSha384 => b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03",
            Self::RsaPkcs1Sha1 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00",
            Self::RsaPkcs1Sha256 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00",
            Self::RsaPkcs1Sha384 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00",
            Self::RsaPkcs1Sha512 => b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00",
            Self::RsaPssSha256 => PSS_SHA256,
            Self::RsaPssSha384 => PSS_SHA384,
            Self::RsaPssSha512 => PSS_SHA512,
            Self::Ed25519 => b"\x30\x05\x06\x03\x2b\x65\x70",
        }
    }

    /// The scheme by which TLS names it (RFC 8446 §4.2.3).
    pub fn scheme(self) -> SignatureScheme {
        match self {
            Self::EcdsaSha1 => SignatureScheme::ECDSA_SHA1_Legacy,
            Self::EcdsaSha256 => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::EcdsaSha384 => SignatureScheme::ECDSA_NISTP384_SHA384,
            Self::RsaPkcs1Sha1 => SignatureScheme::RSA_PKCS1_SHA1,
            Self::RsaPkcs1Sha256 => SignatureScheme::RSA_PKCS1_SHA256,
            Self::RsaPkcs1Sha384 => SignatureScheme::RSA_PKCS1_SHA384,
            Self::RsaPkcs1Sha512 => SignatureScheme::RSA_PKCS1_SHA512,
            Self::RsaPssSha256 => SignatureScheme::RSA_PSS_SHA256,
            Self::RsaPssSha384 => SignatureScheme::RSA_PSS_SHA384,
            Self::RsaPssSha512 => SignatureScheme::RSA_PSS_SHA512,
            Self::Ed25519 => SignatureScheme::ED25519,
        }
    }

    /// The algorithm of a scheme; nothing where it is not one of these.
    pub fn of_scheme(scheme: SignatureScheme) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.scheme() == scheme)
    }

    /// The algorithm that a certificate names so; nothing where it is not one of these.
    pub(in crate::probe) fn of_identifier(identifier: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.identifier() == identifier)
    }

    /// Says whether a key of this kind signs so.
    pub(in crate::probe) fn goes_with(self, kind: KeyKind) -> bool {
        match self.method() {
            Method::Ecdsa(_) => matches!(kind, KeyKind::P256 | KeyKind::P384),
            Method::Pkcs1(_) | Method::Pss(_) => matches!(kind, KeyKind::Rsa(_)),
            Method::Ed25519 => kind == KeyKind::Ed25519,
        }
    }

    /// The algorithm with which a CA of this program signs that has such a key.
    pub(in crate::probe) fn of_authority(kind: KeyKind) -> Self {
        match kind {
            KeyKind::P256 => Self::EcdsaSha256,
            KeyKind::P384 => Self::EcdsaSha384,
            KeyKind::Rsa(_) => Self::RsaPkcs1Sha256,
            KeyKind::Ed25519 => Self::Ed25519,
        }
    }

    pub(super) fn method(self) -> Method {
        let (sha1, sha256) = (&digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA256);
        match self {
            Self::EcdsaSha1 => Method::Ecdsa(sha1),
            Self::EcdsaSha256 => Method::Ecdsa(sha256),
            Self::EcdsaSha384 => Method::Ecdsa(&digest::SHA384),
            Self::RsaPkcs1Sha1 => Method::Pkcs1(sha1),
            Self::RsaPkcs1Sha256 => Method::Pkcs1(sha256),
            Self::RsaPkcs1Sha384 => Method::Pkcs1(&digest::SHA384),
            Self::RsaPkcs1Sha512 => Method::Pkcs1(&digest::SHA512),
            Self::RsaPssSha256 => Method::Pss(sha256),
            Self::RsaPssSha384 => Method::Pss(&digest::SHA384),
            Self::RsaPssSha512 => Method::Pss(&digest::SHA512),
            Self::Ed25519 => Method::Ed25519,
        }
    }
}

/// DigestInfo up to the hash itself (RFC 8017 §9.2, note 1).
pub(super) fn digest_info(hash: &'static digest::Algorithm) -> &'static [u8] {
    match hash.output_len() {
        20 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
        32 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        48 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        _ => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    }
}

/// id-RSASSA-PSS with its parameters written out (RFC 4055 §3.1).
const PSS_SHA256: &[u8] = b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\
    \x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\
    \x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20";

/// id-RSASSA-PSS with its parameters written out (RFC 4055 §3.1).
const PSS_SHA384: &[u8] = b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\
    \x01\x65\x03\x04\x02\x02\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\
    \x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30";

/// id-RSASSA-PSS with its parameters written out (RFC 4055 §3.1).
const PSS_SHA512: &[u8] = b"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\
    \x01\x65\x03\x04\x02\x03\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\
    \x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\x40";
