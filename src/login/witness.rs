//! What only rustls' callbacks see of a handshake, noted down for the report.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, SignatureScheme};

use crate::certificate::DistinguishedName;
use crate::hexadecimal;
use crate::session::{Chain, End, Notes, NotingKey, Observed, Requested, Signed};

/// What was seen of the handshake that is going on; one at a time.
///
/// It lives as long as the client: rustls resumes a session only with the very same verifier and credentials.
#[derive(Debug, Default)]
pub(super) struct Witness(Mutex<Observed>);

impl Witness {
    pub(super) fn forget(&self) {
        *self.seen() = Observed::default();
    }

    pub(super) fn server_presented(&self, chain: &[CertificateDer<'_>]) {
        self.seen().server.chain = chain
            .iter()
            .map(|certificate| certificate.clone().into_owned())
            .collect();
    }

    pub(super) fn server_chain(&self) -> Chain {
        self.seen().server.chain.clone()
    }

    /// Whether the server asked for a certificate.
    pub(super) fn was_asked(&self) -> bool {
        self.seen().request.is_some()
    }

    /// Whether the client's key was used.
    pub(super) fn has_signed(&self) -> bool {
        self.seen().client.signed.is_some()
    }

    pub(super) fn observed(&self) -> Observed {
        self.seen().clone()
    }

    fn seen(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes for Witness {
    /// What the client signs; it presented its certificate before.
    fn note(&self, signed: Signed) {
        self.seen().client.signed = Some(signed);
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
                key: Arc::new(NotingKey::new(
                    identity.key.clone(),
                    End::Client,
                    witness.clone(),
                )),
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
        signature_schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let names = acceptable_issuers.iter().map(|der| {
            DistinguishedName::from_der(der)
                // RFC 4514 §2.4 writes a value without a text form as its BER, in hex.
                .map_or_else(
                    |_| format!("#{}", hexadecimal::encode(der)),
                    |name| name.to_string(),
                )
        });
        let requested = Requested {
            acceptable_issuers: names.collect(),
            signature_schemes: signature_schemes.to_vec(),
        };
        let mut seen = self.witness.seen();
        seen.request = Some(Arc::new(requested));
        // Where none of the schemes suits the key, rustls answers with an empty list.
        let fits = |it: &&Arc<CertifiedKey>| it.key.choose_scheme(signature_schemes).is_some();
        if let Some(certified) = self.certified.as_ref().filter(fits) {
            seen.client.chain = certified.cert.as_slice().into();
        }
        drop(seen);
        self.certified.clone()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
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

    fn signed(&self, message: &[u8], scheme: SignatureScheme) {
        let signed = Signed::read(End::Server, scheme, message);
        self.witness.seen().server.signed = Some(signed);
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
        let valid = (self.verifier).verify_tls12_signature(message, certificate, signature)?;
        self.signed(message, signature.scheme);
        Ok(valid)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let valid = (self.verifier).verify_tls13_signature(message, certificate, signature)?;
        self.signed(message, signature.scheme);
        Ok(valid)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
