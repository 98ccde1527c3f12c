//! Whose turn it is to have an answer put together, which takes a processor for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of a whole server: as many at a time as there are processors for those who have been let in, and half as many for strangers,
/// whom nobody has to wait for.
pub(super) struct Turns {
    let_in: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

/// The turns of one connection.
pub(super) struct OwnTurns {
    is_stranger: AtomicBool,
    /// Of a stranger's requests one takes its turn at a time: another stranger has its own sooner.
    own: Arc<Semaphore>,
}

/// A turn, until it is dropped; nothing in the place of what is never closed.
pub(super) struct Turn(
    #[expect(dead_code, reason = "they end with it")] [Option<OwnedSemaphorePermit>; 2],
);

impl Turns {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            let_in: Arc::new(Semaphore::new(processors)),
            strangers: Arc::new(Semaphore::new((processors / 2).max(1))),
        }
    }

    /// Waits for a stranger's turn, where whoever asks for it is none itself.
    pub(super) async fn for_a_stranger(&self) -> Turn {
        Turn([None, self.strangers.clone().acquire_owned().await.ok()])
    }
}

impl OwnTurns {
    /// Those of a stranger.
    pub(super) fn new() -> Self {
        Self {
            is_stranger: AtomicBool::new(true),
            own: Arc::new(Semaphore::new(1)),
        }
    }

    /// Whether the client has not been let in, as was decided last.
    pub(super) fn is_stranger(&self) -> bool {
        self.is_stranger.load(Ordering::Relaxed)
    }

    /// Says whether it is let in from now on.
    pub(super) fn let_in(&self, is_let_in: bool) {
        self.is_stranger.store(!is_let_in, Ordering::Relaxed);
    }

    /// Waits for a turn.
    pub(super) async fn take(&self, turns: &Turns) -> Turn {
        match self.is_stranger() {
            true => {
                let own = self.own.clone().acquire_owned().await.ok();
                Turn([own, turns.strangers.clone().acquire_owned().await.ok()])
            }
            false => Turn([None, turns.let_in.clone().acquire_owned().await.ok()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn nobody_who_has_been_let_in_waits_for_strangers_and_one_stranger_has_one_turn() {
        let turns = Turns::new();
        let (alice, stranger) = (OwnTurns::new(), OwnTurns::new());
        alice.let_in(true);
        let _first = stranger.take(&turns).await;
        let mut context = Context::from_waker(Waker::noop());
        let second = pin!(stranger.take(&turns));
        assert!(second.poll(&mut context).is_pending());
        let hers = pin!(alice.take(&turns));
        assert!(hers.poll(&mut context).is_ready());
        // Until her certificate is revoked.
        alice.let_in(false);
        let hers = pin!(alice.take(&turns));
        let is_alone = turns.strangers.available_permits() > 0;
        assert_eq!(hers.poll(&mut context).is_ready(), is_alone);
    }
}
