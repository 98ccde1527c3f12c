//! How TLS handshakes are set up: with what they all share. What is of one alone is its [`Encounter`].

use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert, StoresServerSessions};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{KeyLog, NoKeyLog, ServerConfig};

use super::ClientAuth;
use super::encounter::Encounter;
use super::memory::Memory;
use super::sessions::Sessions;
use super::verifier::ClientVerifier;
use crate::inventory::Record;
use crate::session::{APPLICATION_PROTOCOLS, Requested, provider};

/// What all handshakes of one server share.
pub(super) struct Handshakes {
    pub(super) client_auth: ClientAuth,
    provider: Arc<CryptoProvider>,
    sessions: Arc<dyn StoresServerSessions>,
    /// What is remembered of the connections that began them.
    pub(super) memory: Memory,
    key_log: Arc<dyn KeyLog>,
    /// The setting of the last handshake.
    last: Mutex<Option<Setting>>,
}

/// With what a handshake begins, as long as clients are told of the same authorities.
#[derive(Clone)]
pub(super) struct Setting {
    authorities: Arc<Vec<Record>>,
    pub(super) config: Arc<ServerConfig>,
    /// What the client is asked for.
    pub(super) requested: Arc<Requested>,
}

/// Presents what the handshake that goes on brought along.
#[derive(Debug)]
struct AtHand;

impl Handshakes {
    pub(super) fn new(client_auth: ClientAuth, key_log: Option<Arc<dyn KeyLog>>) -> Self {
        Self {
            client_auth,
            provider: provider(),
            sessions: Sessions::new(),
            memory: Memory::default(),
            key_log: key_log.unwrap_or_else(|| Arc::new(NoKeyLog)),
            last: Mutex::default(),
        }
    }

    /// Whether the secrets of the sessions are written somewhere.
    pub(super) fn are_logged(&self) -> bool {
        self.key_log.will_log("")
    }

    /// The setting in which clients are told of these authorities; the one before, where they are still the same.
    ///
    /// To make one takes some 30 KiB, most of them for a cache of sessions that rustls begins with and that is not used.
    pub(super) fn setting(&self, authorities: &Arc<Vec<Record>>) -> Result<Setting, rustls::Error> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(setting) if Arc::ptr_eq(&setting.authorities, authorities) => Ok(setting.clone()),
            _ => Ok(last.insert(self.setting_anew(authorities)?).clone()),
        }
    }

    fn setting_anew(&self, authorities: &Arc<Vec<Record>>) -> Result<Setting, rustls::Error> {
        let is_required = self.client_auth == ClientAuth::Required;
        let verifier = ClientVerifier::new(authorities, &self.provider, is_required);
        let requested = Arc::new(verifier.requested(authorities));
        let mut config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(Arc::new(AtHand));
        // Ours is from the strongest on, and every scanner asks for one.
        config.ignore_client_order = true;
        config.alpn_protocols = APPLICATION_PROTOCOLS.map(<[u8]>::to_vec).into();
        // One server has one mode, so a session can only be resumed under the demands that it began with.
        config.session_storage = self.sessions.clone();
        config.key_log = self.key_log.clone();
        Ok(Setting {
            authorities: authorities.clone(),
            config: Arc::new(config),
            requested,
        })
    }
}

impl ResolvesServerCert for AtHand {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Encounter::current()?.certified())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_made_once_for_the_same_authorities_and_anew_for_others() {
        let handshakes = Handshakes::new(ClientAuth::Optional, None);
        let (some, others) = (Arc::new(Vec::new()), Arc::new(Vec::new()));
        let first = handshakes.setting(&some).unwrap();
        let again = handshakes.setting(&some).unwrap();
        assert!(Arc::ptr_eq(&first.config, &again.config));
        let anew = handshakes.setting(&others).unwrap();
        assert!(!Arc::ptr_eq(&first.config, &anew.config));
        // Sessions outlive it.
        let [before, now] = [first, anew].map(|setting| setting.config.session_storage.clone());
        assert!(Arc::ptr_eq(&before, &now));
    }
}
