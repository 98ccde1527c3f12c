//! How one TLS handshake is set up: the shared parts once, the client's judge anew for each connection.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::{
    ClientHello, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{KeyLog, NoKeyLog, ServerConfig};

use super::ClientAuth;
use super::verifier::ClientVerifier;
use crate::session::{APPLICATION_PROTOCOLS, Identity, provider};

/// How many sessions can be resumed; the oldest are forgotten.
///
/// They are kept in memory and never in tickets: no ticket key exists that could open recorded sessions later.
const SESSIONS: usize = 4096;

/// What all handshakes of one server share.
pub(super) struct Handshakes {
    pub(super) client_auth: ClientAuth,
    provider: Arc<CryptoProvider>,
    sessions: Arc<dyn StoresServerSessions>,
    key_log: Arc<dyn KeyLog>,
}

impl Handshakes {
    pub(super) fn new(client_auth: ClientAuth, key_log: Option<Arc<dyn KeyLog>>) -> Self {
        Self {
            client_auth,
            provider: provider(),
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            key_log: key_log.unwrap_or_else(|| Arc::new(NoKeyLog)),
        }
    }

    pub(super) fn provider(&self) -> &CryptoProvider {
        &self.provider
    }

    /// The configuration for one connection; rustls gives a verifier no other way to know whom it verifies for.
    pub(super) fn config(
        &self,
        identity: Identity,
        verifier: Arc<ClientVerifier>,
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(identity));
        config.alpn_protocols = APPLICATION_PROTOCOLS.map(<[u8]>::to_vec).into();
        // One server has one mode, so a session can only be resumed under the demands that it began with.
        config.session_storage = self.sessions.clone();
        config.key_log = self.key_log.clone();
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.certified_key())
    }
}
