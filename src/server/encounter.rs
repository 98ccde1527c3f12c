//! What belongs to one handshake alone, where everything that it is set up with is shared.
//!
//! rustls gives neither a verifier nor a resolver a way to know whom it is asked about. So what a handshake brings along lies at hand
//! for as long as the handshake is polled.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustls::sign::CertifiedKey;

use super::{Happening, Shared};
use crate::session::{Chain, End, Identity, NotingKey, Shown, Signed};

tokio::task_local! {
    static CURRENT: Arc<Encounter>;
}

/// One client, and what only its handshake shows.
pub(super) struct Encounter {
    /// Where a certificate is required, what to judge it by.
    pub(super) gate: Option<Arc<Shared>>,
    /// What is presented to the client, with a key that notes what it signs.
    certified: Arc<CertifiedKey>,
    server_signed: Arc<OnceLock<Signed>>,
    /// What the client presented.
    pub(super) presented: OnceLock<Chain>,
    /// What the client signed.
    pub(super) signed: OnceLock<Signed>,
    refusal: Mutex<Option<Happening>>,
}

impl Encounter {
    /// A client to which an identity is presented with the OCSP answer about its certificate, if there is one (RFC 6066 §8,
    /// RFC 8446 §4.4.2.1); with a `gate`, it is judged at once.
    pub(super) fn new(
        identity: &Identity,
        ocsp: Option<Vec<u8>>,
        gate: Option<Arc<Shared>>,
    ) -> Arc<Self> {
        let shared = identity.certified_key();
        let server_signed = Arc::new(OnceLock::new());
        let key = NotingKey::new(shared.key.clone(), End::Server, server_signed.clone());
        Arc::new(Self {
            gate,
            certified: Arc::new(CertifiedKey {
                cert: shared.cert.clone(),
                key: Arc::new(key),
                ocsp,
            }),
            server_signed,
            presented: OnceLock::new(),
            signed: OnceLock::new(),
            refusal: Mutex::default(),
        })
    }

    /// Has it at hand while the handshake begins.
    pub(super) fn begin<T>(self: &Arc<Self>, begin: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), begin)
    }

    /// Has it at hand whenever the handshake goes on.
    pub(super) fn during<F: Future>(
        self: &Arc<Self>,
        handshake: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), handshake)
    }

    /// The one of the handshake that goes on here; none outside of every handshake.
    pub(super) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// What is presented to the client.
    pub(super) fn certified(&self) -> Arc<CertifiedKey> {
        self.certified.clone()
    }

    /// What the client presented and signed, once it has.
    pub(super) fn client(&self) -> Shown {
        Shown {
            chain: self.presented.get().cloned().unwrap_or_default(),
            signed: self.signed.get().cloned(),
        }
    }

    /// What was signed for the server, once it was.
    pub(super) fn server_signed(&self) -> Option<Signed> {
        self.server_signed.get().cloned()
    }

    /// Notes why the handshake is ended.
    pub(super) fn refuse(&self, happening: Happening) {
        *self.refusal() = Some(happening);
    }

    /// Why the handshake was ended from here, if it was.
    pub(super) fn take_refusal(&self) -> Option<Happening> {
        self.refusal().take()
    }

    fn refusal(&self) -> MutexGuard<'_, Option<Happening>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use rustls::sign::{Signer, SigningKey};
    use rustls::{SignatureAlgorithm, SignatureScheme};
    use tokio::task::yield_now;

    use super::*;

    #[derive(Debug)]
    struct Mute;

    impl SigningKey for Mute {
        fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
            None
        }

        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::ECDSA
        }
    }

    fn presenting(certificate: &[u8]) -> Arc<Encounter> {
        let identity = Identity::unchecked(&[certificate.to_vec()], Arc::new(Mute));
        Encounter::new(&identity, None, None)
    }

    fn is_current(encounter: &Arc<Encounter>) -> bool {
        Encounter::current().is_some_and(|current| Arc::ptr_eq(&current, encounter))
    }

    #[test]
    fn it_is_at_hand_while_its_handshake_begins_and_not_afterwards() {
        let encounter = presenting(b"one");
        assert!(Encounter::current().is_none());
        assert!(encounter.begin(|| is_current(&encounter)));
        assert!(Encounter::current().is_none());
    }

    #[tokio::test]
    async fn handshakes_that_take_turns_on_a_thread_find_each_its_own() {
        let goes_on = async |certificate: &'static [u8]| {
            let encounter = presenting(certificate);
            let handshake = async {
                for _ in 0..3 {
                    assert!(is_current(&encounter));
                    let certified = Encounter::current().unwrap().certified();
                    assert_eq!(certified.cert.first().unwrap().as_ref(), certificate);
                    yield_now().await;
                }
            };
            encounter.during(handshake).await;
        };
        tokio::join!(goes_on(b"one"), goes_on(b"another"));
        assert!(Encounter::current().is_none());
    }
}
