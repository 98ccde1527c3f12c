//! What only rustls' callbacks see of a handshake, noted down for the report.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{DigitallySignedStruct, SignatureAlgorithm, SignatureScheme};

use crate::certificate::DistinguishedName;
use crate::hexadecimal;
use crate::session::Observed;

/// What was seen of the handshake that is going on; one at a time.
///
/// It lives as long as the client: rustls resumes a session only with the very same verifier and credentials.
#[derive(Debug, Default)]
pub(super) struct Witness(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    server_chain: Vec<CertificateDer<'static>>,
    /// The names in the server's CertificateRequest; nothing, when it made none.
    acceptable_issuers: Option<Vec<String>>,
    signature_scheme: Option<SignatureScheme>,
}

impl Witness {
    pub(super) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    pub(super) fn server_presented(&self, chain: &[CertificateDer<'_>]) {
        self.seen().server_chain = chain
            .iter()
            .map(|certificate| certificate.clone().into_owned())
            .collect();
    }

    pub(super) fn server_chain(&self) -> Vec<CertificateDer<'static>> {
        self.seen().server_chain.clone()
    }

    /// Whether the server asked for a certificate.
    pub(super) fn was_asked(&self) -> bool {
        self.seen().acceptable_issuers.is_some()
    }

    /// Whether the client's key was used.
    pub(super) fn has_signed(&self) -> bool {
        self.seen().signature_scheme.is_some()
    }

    pub(super) fn observed(&self) -> Observed {
        let seen = self.seen();
        Observed {
            signature_scheme: seen.signature_scheme,
            acceptable_issuers: seen.acceptable_issuers.clone().unwrap_or_default(),
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The client's certificate, or none, and who asked for it.
#[derive(Debug)]
pub(super) struct Credentials {
    certified: Option<Arc<CertifiedKey>>,
    witness: Arc<Witness>,
}

impl Credentials {
    pub(super) fn new(identity: Option<Arc<CertifiedKey>>, witness: Arc<Witness>) -> Self {
        let certified = identity.map(|identity| {
            Arc::new(CertifiedKey {
                cert: identity.cert.clone(),
                key: Arc::new(NotingKey {
                    key: identity.key.clone(),
                    witness: witness.clone(),
                }),
                ocsp: None,
            })
        });
        Self { certified, witness }
    }
}

impl ResolvesClientCert for Credentials {
    /// Presents the certificate whatever the server names: what comes of it is for the server to say.
    fn resolve(
        &self,
        acceptable_issuers: &[&[u8]],
        _: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let names = acceptable_issuers.iter().map(|der| {
            DistinguishedName::from_der(der)
                // RFC 4514 §2.4 writes a value without a text form as its BER, in hex.
                .map_or_else(
                    |_| format!("#{}", hexadecimal::encode(der)),
                    |name| name.to_string(),
                )
        });
        self.witness.seen().acceptable_issuers = Some(names.collect());
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}

/// A key that notes how it signs.
#[derive(Debug)]
struct NotingKey {
    key: Arc<dyn SigningKey>,
    witness: Arc<Witness>,
}

impl SigningKey for NotingKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(NotingSigner {
            signer: self.key.choose_scheme(offered)?,
            witness: self.witness.clone(),
        }))
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.key.public_key()
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.key.algorithm()
    }
}

#[derive(Debug)]
struct NotingSigner {
    signer: Box<dyn Signer>,
    witness: Arc<Witness>,
}

impl Signer for NotingSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        self.witness.seen().signature_scheme = Some(self.signer.scheme());
        self.signer.sign(message)
    }

    fn scheme(&self) -> SignatureScheme {
        self.signer.scheme()
    }
}

/// rustls' own verifier of the server, which notes what was presented to it.
#[derive(Debug)]
pub(super) struct ServerWitness {
    verifier: Arc<WebPkiServerVerifier>,
    witness: Arc<Witness>,
}

impl ServerWitness {
    pub(super) fn new(verifier: Arc<WebPkiServerVerifier>, witness: Arc<Witness>) -> Self {
        Self { verifier, witness }
    }
}

impl ServerCertVerifier for ServerWitness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let chain: Vec<_> = std::iter::once(end_entity)
            .chain(intermediates)
            .cloned()
            .collect();
        self.witness.server_presented(&chain);
        (self.verifier).verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        (self.verifier).verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        (self.verifier).verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
