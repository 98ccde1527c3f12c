//! How one TLS handshake is set up: the shared parts once, the client's judge anew for each connection.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{
    ClientHello, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{KeyLog, NoKeyLog, ServerConfig};

use super::ClientAuth;
use super::verifier::ClientVerifier;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{APPLICATION_PROTOCOLS, provider};

/// How many sessions can be resumed; the oldest are forgotten.
///
/// They are kept in memory and never in tickets: no ticket key exists that could open recorded sessions later.
const SESSIONS: usize = 4096;

/// A server's certificate, those that lead to a root, and its key.
#[derive(Clone)]
pub struct Identity(Arc<CertifiedKey>);

/// Replaces a running server's certificate; handshakes that begin later present the new one.
#[derive(Clone)]
pub struct IdentityHandle(Arc<RwLock<Identity>>);

/// What all handshakes of one server share.
pub(super) struct Handshakes {
    pub(super) client_auth: ClientAuth,
    provider: Arc<CryptoProvider>,
    identity: IdentityHandle,
    sessions: Arc<dyn StoresServerSessions>,
    key_log: Arc<dyn KeyLog>,
}

impl Identity {
    /// Puts a chain, the server's own certificate first, together with its key in PKCS#8.
    ///
    /// # Errors
    /// Refuses a key that cannot be read or is not the certificate's.
    pub fn new(chain: &[Certificate], pkcs8: &[u8]) -> Result<Self> {
        let chain = chain
            .iter()
            .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
            .collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.to_vec()));
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|cause| {
            Error::new(
                ErrorKind::Malformed,
                format!("the server's certificate and key cannot be used: {cause}"),
            )
            .with_hint("Issue the server's certificate again.")
        })?;
        Ok(Self(Arc::new(certified)))
    }
}

impl IdentityHandle {
    /// Presents another certificate from the next handshake on.
    pub fn replace(&self, identity: Identity) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    fn current(&self) -> Identity {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Handshakes {
    pub(super) fn new(
        client_auth: ClientAuth,
        identity: Identity,
        key_log: Option<Arc<dyn KeyLog>>,
    ) -> Self {
        Self {
            client_auth,
            provider: provider(),
            identity: IdentityHandle(Arc::new(RwLock::new(identity))),
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            key_log: key_log.unwrap_or_else(|| Arc::new(NoKeyLog)),
        }
    }

    pub(super) fn identity(&self) -> IdentityHandle {
        self.identity.clone()
    }

    pub(super) fn provider(&self) -> &CryptoProvider {
        &self.provider
    }

    /// The configuration for one connection; rustls gives a verifier no other way to know whom it verifies for.
    pub(super) fn config(
        &self,
        verifier: Arc<ClientVerifier>,
    ) -> Result<Arc<ServerConfig>, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(self.identity.current()));
        config.alpn_protocols = APPLICATION_PROTOCOLS.map(<[u8]>::to_vec).into();
        // One server has one mode, so a session can only be resumed under the demands that it began with.
        config.session_storage = self.sessions.clone();
        config.key_log = self.key_log.clone();
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificates", &self.0.cert.len())
            .finish_non_exhaustive()
    }
}
