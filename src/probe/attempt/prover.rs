//! Keys that prove what a certificate says, or pretend to.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::SignatureScheme;
use rustls::sign::{Signer, SigningKey};

use super::super::case::Proof;
use super::super::forge::{Key, KeyKind, SignatureAlgorithm};

/// A key as the handshake uses it, and how it signed.
#[derive(Debug, Clone)]
pub(super) struct Prover {
    /// The key that signs.
    key: Arc<Key>,
    /// What is wrong with the signature; nothing where it is an honest one.
    proof: Option<Proof>,
    signed: Arc<Mutex<Option<SignatureScheme>>>,
}

impl Prover {
    /// One that signs as it should.
    pub(super) fn honest(key: Arc<Key>) -> Self {
        Self {
            key,
            proof: None,
            signed: Arc::default(),
        }
    }

    /// One whose signature proves nothing in this way; where another key is to sign, that is `key`.
    pub(super) fn failing(key: Arc<Key>, proof: Proof) -> Self {
        Self {
            proof: Some(proof),
            ..Self::honest(key)
        }
    }

    /// The scheme that it signed with, where it came so far.
    pub(super) fn signed(&self) -> Option<SignatureScheme> {
        *self.signed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SigningKey for Prover {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let is_offered = |how: &&SignatureAlgorithm| offered.contains(&how.scheme());
        let how = match self.proof {
            // rustls leaves out of a TLS 1.3 request what may not stand in a CertificateVerify there at all, such as SHA-1
            // (RFC 8446 §4.2.3): that counts as not offered, and it is.
            Some(Proof::SchemeNotOffered) => of_last_resort(self.key.kind())
                .iter()
                .find(|how| !is_offered(how)),
            _ => of_kind(self.key.kind()).iter().find(is_offered),
        };
        Some(Box::new(Signing {
            prover: self.clone(),
            how: *how?,
        }))
    }

    fn algorithm(&self) -> rustls::SignatureAlgorithm {
        match self.key.kind() {
            KeyKind::P256 | KeyKind::P384 => rustls::SignatureAlgorithm::ECDSA,
            KeyKind::Rsa(_) => rustls::SignatureAlgorithm::RSA,
            KeyKind::Ed25519 => rustls::SignatureAlgorithm::ED25519,
        }
    }
}

/// What keys of a kind sign with in a handshake, the best first. In TLS 1.3 a curve goes with one hash (RFC 8446 §4.2.3).
fn of_kind(kind: KeyKind) -> &'static [SignatureAlgorithm] {
    use SignatureAlgorithm as A;
    match kind {
        KeyKind::P256 => &[A::EcdsaSha256],
        KeyKind::P384 => &[A::EcdsaSha384],
        KeyKind::Rsa(_) => &[
            A::RsaPssSha256,
            A::RsaPssSha384,
            A::RsaPssSha512,
            A::RsaPkcs1Sha256,
            A::RsaPkcs1Sha384,
            A::RsaPkcs1Sha512,
        ],
        KeyKind::Ed25519 => &[A::Ed25519],
    }
}

/// What keys of a kind can sign with that few servers offer, the rarest first.
fn of_last_resort(kind: KeyKind) -> &'static [SignatureAlgorithm] {
    use SignatureAlgorithm as A;
    match kind {
        // In TLS 1.2 the hash and the curve are independent of each other (RFC 8422 §5.10).
        KeyKind::P256 => &[A::EcdsaSha1, A::EcdsaSha384],
        KeyKind::P384 => &[A::EcdsaSha1, A::EcdsaSha256],
        KeyKind::Rsa(_) => &[
            A::RsaPkcs1Sha1,
            A::RsaPkcs1Sha512,
            A::RsaPkcs1Sha384,
            A::RsaPkcs1Sha256,
        ],
        // It has only one.
        KeyKind::Ed25519 => &[],
    }
}

#[derive(Debug)]
struct Signing {
    prover: Prover,
    how: SignatureAlgorithm,
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let Prover { key, proof, signed } = &self.prover;
        let mut message = message.to_vec();
        if *proof == Some(Proof::OtherTranscript)
            && let Some(last) = message.last_mut()
        {
            // In TLS 1.3 the hash of the transcript ends here (RFC 8446 §4.4.3), in TLS 1.2 the transcript itself (RFC 5246 §7.4.8).
            *last ^= 1;
        }
        *signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.how.scheme());
        key.sign(self.how, &message)
            .map_err(|cause| rustls::Error::General(cause.message().to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.how.scheme()
    }
}
