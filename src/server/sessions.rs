//! The sessions that can be resumed, bounded in number and size.

use std::sync::Arc;

use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

/// How many sessions can be resumed; the oldest are forgotten.
///
/// They are kept in memory and never in tickets: no ticket key exists that could open recorded sessions later.
pub(super) const SESSIONS: usize = 4096;
/// The most octets of one. It holds what the client presented, which is whatever it likes: who presents more cannot resume.
const LARGEST: usize = 8 << 10;

/// The memory of sessions.
#[derive(Debug)]
pub(super) struct Sessions(Arc<ServerSessionMemoryCache>);

impl Sessions {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(ServerSessionMemoryCache::new(SESSIONS)))
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        value.len() <= LARGEST && self.0.put(key, value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.take(key)
    }

    fn can_cache(&self) -> bool {
        self.0.can_cache()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_kept_unless_it_is_large() {
        let sessions = Sessions::new();
        assert!(sessions.put(b"small".to_vec(), vec![0; LARGEST]));
        assert!(!sessions.put(b"large".to_vec(), vec![0; LARGEST + 1]));
        assert!(sessions.get(b"small").is_some() && sessions.get(b"large").is_none());
    }
}
