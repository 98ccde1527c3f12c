//! How much of the way to the application there is, and how much of it one certificate may take up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::certificate::Fingerprint;

/// How many requests the application has to answer at a time; further ones wait.
pub(super) const AT_ONCE: usize = 512;
/// How many of them those with one certificate may make: whoever answers slowly, or never reads, leaves room for the others.
pub(super) const OF_ONE: usize = 128;
/// How many WebSockets those with one certificate may have open: each takes one of the server's connections for as long as it likes.
pub(super) const TUNNELS: usize = 64;
/// How long a request waits until there is a place for it.
pub(super) const WAIT: Duration = Duration::from_secs(10);

/// What there is for everybody.
pub(super) struct Shares {
    places: Arc<Semaphore>,
    /// What is in use of it, by the certificate.
    held: Mutex<HashMap<Option<Fingerprint>, Weak<Share>>>,
}

/// What those with one certificate may take of it, over all their connections.
pub(super) struct Share {
    places: Arc<Semaphore>,
    tunnels: Arc<Semaphore>,
}

/// A place for one request, until it is dropped.
pub(super) struct Place {
    _of_one: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

/// Whose places are all taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    /// Those of one certificate.
    One,
    /// Those of everybody.
    All,
    /// Those for WebSockets of one certificate.
    Tunnels,
}

impl Shares {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            held: Mutex::default(),
        }
    }

    /// The share of a certificate, the same one for as long as anybody holds it.
    pub(super) fn of(&self, certificate: Option<Fingerprint>) -> Arc<Share> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = held.get(&certificate).and_then(Weak::upgrade) {
            return share;
        }
        held.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Share {
            places: Arc::new(Semaphore::new(OF_ONE)),
            tunnels: Arc::new(Semaphore::new(TUNNELS)),
        });
        held.insert(certificate, Arc::downgrade(&share));
        share
    }

    /// Waits for a place: first among those of the certificate, so that whoever waits there takes nothing from the others.
    pub(super) async fn place(&self, share: &Share, limit: Duration) -> Result<Place, Crowd> {
        let of_one = take(&share.places, limit).await.ok_or(Crowd::One)?;
        let of_all = take(&self.places, limit).await.ok_or(Crowd::All)?;
        Ok(Place {
            _of_one: of_one,
            _of_all: of_all,
        })
    }
}

impl Share {
    /// A place for a WebSocket; they last, so that nobody waits for one.
    pub(super) fn tunnel(&self) -> Result<OwnedSemaphorePermit, Crowd> {
        let place = self.tunnels.clone().try_acquire_owned();
        place.map_err(|_| Crowd::Tunnels)
    }
}

async fn take(places: &Arc<Semaphore>, limit: Duration) -> Option<OwnedSemaphorePermit> {
    timeout(limit, places.clone().acquire_owned())
        .await
        .ok()?
        .ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    fn fingerprint(text: &str) -> Option<Fingerprint> {
        Some(Fingerprint::of(text.as_bytes()))
    }

    #[tokio::test]
    async fn one_certificate_takes_its_share_and_leaves_the_rest() {
        let shares = Shares::new();
        let [alice, bob] = ["alice", "bob"].map(|name| shares.of(fingerprint(name)));
        let mut taken = Vec::new();
        for _ in 0..OF_ONE {
            // Whichever connection it comes by.
            let share = shares.of(fingerprint("alice"));
            taken.push(shares.place(&share, SHORT).await.unwrap());
        }
        assert_eq!(shares.place(&alice, SHORT).await.err(), Some(Crowd::One));
        let other = shares.place(&bob, SHORT).await.unwrap();
        taken.pop();
        assert!(shares.place(&alice, SHORT).await.is_ok());
        drop((taken, other));
        let mut taken = Vec::new();
        for number in 0..AT_ONCE {
            let share = shares.of(fingerprint(&(number / OF_ONE).to_string()));
            taken.push((shares.place(&share, SHORT).await.unwrap(), share));
        }
        assert_eq!(shares.place(&bob, SHORT).await.err(), Some(Crowd::All));
        taken.pop();
        assert!(shares.place(&bob, SHORT).await.is_ok());
    }

    #[tokio::test]
    async fn websockets_have_places_of_their_own() {
        let shares = Shares::new();
        let share = shares.of(fingerprint("alice"));
        let mut open: Vec<_> = (0..TUNNELS).map(|_| share.tunnel().unwrap()).collect();
        assert_eq!(share.tunnel().err(), Some(Crowd::Tunnels));
        assert!(shares.place(&share, SHORT).await.is_ok());
        open.pop();
        assert!(share.tunnel().is_ok());
    }

    #[test]
    fn what_nobody_holds_is_forgotten() {
        let shares = Shares::new();
        for number in 0..100 {
            drop(shares.of(fingerprint(&number.to_string())));
        }
        assert_eq!(shares.held.lock().unwrap().len(), 1);
    }
}
