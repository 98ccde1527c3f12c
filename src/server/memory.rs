//! What is remembered of connections, so that one that resumes a session can say which one it resumes.
//!
//! Whoever resumes a session holds its secret, and so may hear of the connection that began it; nobody else may. So only what
//! the server itself drew leads to an entry.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use rustls::{ProtocolVersion, ServerConnection};

use super::handshake::SESSIONS;
use crate::session::{Earlier, FirstFlight, Recording, is_resumed};

/// The connections whose sessions may still be resumed: as many as there are sessions, the oldest forgotten first.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    connections: HashMap<Key, Earlier>,
    in_order: VecDeque<Key>,
}

/// By what a session is known again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// In TLS 1.3, by a random number that lies in the session itself; rustls hands it back.
    Mark([u8; 16]),
    /// In TLS 1.2, by the identifier that the server drew and that both hellos bear (RFC 5246 §7.4.1.3).
    SessionId(Vec<u8>),
}

/// A random number by which the session that begins will be known again; none where there is none to be had.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(Option<[u8; 16]>);

impl Mark {
    /// Draws one.
    pub(super) fn draw() -> Self {
        let mut octets = [0; 16];
        Self(rand::fill(&mut octets).ok().map(|()| octets))
    }

    /// Puts it into the session that begins.
    pub(super) fn put_into(self, connection: &mut ServerConnection) {
        if let Some(octets) = self.0 {
            connection.set_resumption_data(&octets);
        }
    }
}

impl Memory {
    /// The connection whose session this one resumes; nothing for one that resumes none.
    pub(super) fn recall(
        &self,
        connection: &ServerConnection,
        recording: &Recording,
    ) -> Option<Earlier> {
        if !is_resumed(connection) {
            return None;
        }
        let key = match connection.protocol_version()? {
            ProtocolVersion::TLSv1_2 => session_id(recording)?,
            _ => Key::Mark(connection.received_resumption_data()?.try_into().ok()?),
        };
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.connections.get(&key).cloned()
    }

    /// Remembers a connection for those that will resume its session.
    pub(super) fn keep(
        &self,
        connection: &ServerConnection,
        mark: Mark,
        recording: &Recording,
        earlier: Earlier,
    ) {
        let key = match connection.protocol_version() {
            // A resumed TLS 1.2 session keeps its identifier, and what it began with.
            Some(ProtocolVersion::TLSv1_2) if is_resumed(connection) => None,
            Some(ProtocolVersion::TLSv1_2) => session_id(recording),
            _ => mark.0.map(Key::Mark),
        };
        if let Some(key) = key {
            let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.keep(key, earlier);
        }
    }
}

impl Remembered {
    fn keep(&mut self, key: Key, earlier: Earlier) {
        if self.connections.insert(key.clone(), earlier).is_some() {
            return;
        }
        self.in_order.push_back(key);
        if self.in_order.len() > SESSIONS
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.connections.remove(&oldest);
        }
    }
}

/// The identifier of a TLS 1.2 session; without one nothing can be resumed.
fn session_id(recording: &Recording) -> Option<Key> {
    let flight = FirstFlight::read(&recording.received, &recording.sent)?;
    Some(flight.server.session_id)
        .filter(|id| !id.is_empty())
        .map(Key::SessionId)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earlier(at: &str) -> Earlier {
        Earlier {
            at: at.to_owned(),
            ..Earlier::default()
        }
    }

    #[test]
    fn the_oldest_is_forgotten_and_nothing_is_kept_twice() {
        let mut remembered = Remembered::default();
        let key = |number: usize| Key::SessionId(number.to_be_bytes().to_vec());
        for number in 0..=SESSIONS {
            remembered.keep(key(number), earlier("first"));
            remembered.keep(key(number), earlier("again"));
        }
        assert_eq!(remembered.connections.len(), SESSIONS);
        assert_eq!(remembered.in_order.len(), SESSIONS);
        assert!(!remembered.connections.contains_key(&key(0)));
        let newest = remembered.connections.get(&key(SESSIONS));
        assert_eq!(newest, Some(&earlier("again")));
    }
}
