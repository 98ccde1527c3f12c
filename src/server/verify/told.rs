//! What was told lately, so that the log and the register get one entry for many requests.
//!
//! One person's browser makes many requests, and the connection that they come by is the proxy's, which carries many people.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::server::lately::Lately;

/// How long an event is not told again. `pki show` tells the last login by it, and nobody needs that more exactly.
const SILENCE: Duration = Duration::from_secs(300);
/// How many events are remembered; of the oldest it is forgotten that they were told.
const EVENTS: usize = 16_384;

/// What was told of each `K`: the last `V`, and when.
pub(super) struct Told<K, V>(Mutex<Lately<K, (V, Instant)>>);

impl<K: Clone + Eq + Hash, V: PartialEq> Told<K, V> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Lately::new(EVENTS)))
    }

    /// Says whether something is to be told: it is another thing than before, or was told too long ago.
    pub(super) fn is_news(&self, key: &K, event: V, now: Instant) -> bool {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match remembered.get_mut(key) {
            Some((last, at)) => {
                let is_news = *last != event || now.saturating_duration_since(*at) >= SILENCE;
                if is_news {
                    (*last, *at) = (event, now);
                }
                is_news
            }
            None => {
                remembered.keep(key.clone(), (event, now));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_once_in_a_while_and_another_one_at_once() {
        let told = Told::new();
        let begin = Instant::now();
        assert!(told.is_news(&"alice", true, begin));
        assert!(!told.is_news(&"alice", true, begin + SILENCE / 2));
        assert!(told.is_news(&"bob", true, begin));
        assert!(told.is_news(&"alice", false, begin + SILENCE / 2));
        assert!(!told.is_news(&"alice", false, begin + SILENCE));
        assert!(told.is_news(&"alice", false, begin + SILENCE / 2 + SILENCE));
    }

    #[test]
    fn strangers_push_one_another_out_and_take_no_more_room() {
        let told = Told::new();
        let now = Instant::now();
        for stranger in 0..=EVENTS {
            assert!(told.is_news(&stranger, (), now));
        }
        assert!(!told.is_news(&EVENTS, (), now));
        assert!(told.is_news(&0, (), now));
    }
}
