//! How one TLS handshake is set up: the shared parts once, the client's judge anew for each connection.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::{
    ClientHello, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{KeyLog, NoKeyLog, ServerConfig};

use super::ClientAuth;
use super::memory::Memory;
use super::verifier::ClientVerifier;
use crate::session::{APPLICATION_PROTOCOLS, End, Identity, Notes, NotingKey, provider};

/// How many sessions can be resumed; the oldest are forgotten.
///
/// They are kept in memory and never in tickets: no ticket key exists that could open recorded sessions later.
pub(super) const SESSIONS: usize = 4096;

/// What all handshakes of one server share.
pub(super) struct Handshakes {
    pub(super) client_auth: ClientAuth,
    provider: Arc<CryptoProvider>,
    sessions: Arc<dyn StoresServerSessions>,
    /// What is remembered of the connections that began them.
    pub(super) memory: Memory,
    key_log: Arc<dyn KeyLog>,
}

/// What one handshake presents.
pub(super) struct Presented(Arc<CertifiedKey>);

impl Handshakes {
    pub(super) fn new(client_auth: ClientAuth, key_log: Option<Arc<dyn KeyLog>>) -> Self {
        Self {
            client_auth,
            provider: provider(),
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            memory: Memory::default(),
            key_log: key_log.unwrap_or_else(|| Arc::new(NoKeyLog)),
        }
    }

    pub(super) fn provider(&self) -> &CryptoProvider {
        &self.provider
    }

    /// Whether the secrets of the sessions are written somewhere.
    pub(super) fn are_logged(&self) -> bool {
        self.key_log.will_log("")
    }

    /// The configuration for one connection; rustls gives a verifier no other way to know whom it verifies for.
    pub(super) fn config(
        &self,
        verifier: Arc<ClientVerifier>,
        presented: Presented,
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(presented));
        config.alpn_protocols = APPLICATION_PROTOCOLS.map(<[u8]>::to_vec).into();
        // One server has one mode, so a session can only be resumed under the demands that it began with.
        config.session_storage = self.sessions.clone();
        config.key_log = self.key_log.clone();
        Ok(Arc::new(config))
    }
}

impl Presented {
    /// An identity with the OCSP answer about its certificate, if there is one (RFC 6066 §8, RFC 8446 §4.4.2.1), which
    /// notes what it signs.
    pub(super) fn stapled(
        identity: &Identity,
        ocsp: Option<Vec<u8>>,
        notes: Arc<dyn Notes>,
    ) -> Self {
        let certified = identity.certified_key();
        Self(Arc::new(CertifiedKey {
            cert: certified.cert.clone(),
            key: Arc::new(NotingKey::new(certified.key.clone(), End::Server, notes)),
            ocsp,
        }))
    }

    /// The chain that is presented.
    pub(super) fn chain(&self) -> Vec<CertificateDer<'static>> {
        self.0.cert.clone()
    }
}

impl ResolvesServerCert for Presented {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("stapled", &self.0.ocsp.is_some())
            .finish_non_exhaustive()
    }
}
