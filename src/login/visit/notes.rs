//! What only rustls' callbacks see of a visit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, SignatureScheme};

use super::{Identity, Version};
use crate::session::{Exchange, FirstFlight, Recording, provider};

/// What a server asks in its CertificateRequest (RFC 8446 §4.3.2, RFC 5246 §7.4.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The distinguished names that it accepts as issuers, each in DER; empty where it names none.
    pub acceptable_issuers: Vec<Vec<u8>>,
    /// The signature schemes that it accepts, IANA's numbers.
    pub signature_schemes: Vec<u16>,
    /// The kinds of keys that it accepts in TLS 1.2, IANA's ClientCertificateType; none in TLS 1.3.
    pub certificate_types: Vec<u8>,
}

impl Request {
    /// The names of the certificate types: `rsa_sign`, `ecdsa_sign`.
    pub fn type_names(&self) -> Vec<String> {
        let name = |kind: &u8| match kind {
            1 => "rsa_sign".to_owned(),
            2 => "dss_sign".to_owned(),
            64 => "ecdsa_sign".to_owned(),
            other => other.to_string(),
        };
        self.certificate_types.iter().map(name).collect()
    }
}

/// A verifier and a resolver that refuse nothing, and note what they see.
#[derive(Debug)]
pub(super) struct Notes {
    certified: Option<Arc<CertifiedKey>>,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

/// What was seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) server_chain: Vec<Vec<u8>>,
    pub(super) request: Option<Request>,
    pub(super) presented: bool,
    pub(super) version: Option<Version>,
    pub(super) resumed: bool,
    pub(super) is_http2: bool,
}

impl Notes {
    pub(super) fn new(identity: Option<&Identity>) -> Self {
        Self {
            certified: identity.map(Identity::certified_key),
            algorithms: provider().signature_verification_algorithms,
            seen: Mutex::default(),
        }
    }

    /// Another visit begins.
    pub(super) fn forget(&self) {
        *self.lock() = Seen::default();
    }

    /// Adds what rustls does not tell: the version of a handshake that was broken off, and the rest of a TLS 1.2 request. Both
    /// go over the wire in the clear.
    pub(super) fn read(&self, recording: &Recording) {
        let flight = FirstFlight::read(&recording.sent, &recording.received);
        let exchange = Exchange::read(&recording.sent, &recording.received);
        let mut seen = self.lock();
        seen.version = flight.and_then(|flight| Version::of(flight.server.version));
        if let (Some(noted), Some(read)) = (&mut seen.request, exchange.request) {
            noted.certificate_types = read.certificate_types;
        }
    }

    /// Adds what is known behind the handshake.
    pub(super) fn completed(
        &self,
        resumed: bool,
        is_http2: bool,
        server_chain: &[CertificateDer<'_>],
    ) {
        let mut seen = self.lock();
        seen.resumed = resumed;
        seen.is_http2 = is_http2;
        seen.server_chain = server_chain.iter().map(|it| it.to_vec()).collect();
    }

    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Notes {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.lock().server_chain = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.to_vec())
            .collect();
        // Whoever asked for the visit judges it, and sends nothing that must not be known.
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Notes {
    /// Presents the certificate whatever the server names: what comes of it is for the server to say.
    fn resolve(
        &self,
        acceptable_issuers: &[&[u8]],
        signature_schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let can_sign = |certified: &&Arc<CertifiedKey>| {
            certified.key.choose_scheme(signature_schemes).is_some()
        };
        let certified = self.certified.as_ref().filter(can_sign);
        let mut seen = self.lock();
        seen.request = Some(Request {
            acceptable_issuers: acceptable_issuers
                .iter()
                .map(|name| name.to_vec())
                .collect(),
            signature_schemes: signature_schemes
                .iter()
                .map(|scheme| u16::from(*scheme))
                .collect(),
            certificate_types: Vec::new(),
        });
        seen.presented = certified.is_some();
        certified.cloned()
    }

    fn has_certs(&self) -> bool {
        self.certified.is_some()
    }
}
