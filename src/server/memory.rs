//! What is remembered of connections, so that one that resumes a session can say which one it resumes.
//!
//! Whoever resumes a session holds its secret, and so may hear of the connection that began it; nobody else may. So only what
//! the server itself drew leads to an entry.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::rand;
use rustls::{ProtocolVersion, ServerConnection};

use super::lately::Lately;
use super::sessions::SESSIONS;
use crate::session::{Earlier, FirstFlight, Recording, is_resumed};

/// The connections whose sessions may still be resumed: as many as there are sessions, the oldest forgotten first.
#[derive(Debug)]
pub(super) struct Memory(Mutex<Lately<Key, Earlier>>);

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
        remembered.get(&key).cloned()
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

impl Default for Memory {
    fn default() -> Self {
        Self(Mutex::new(Lately::new(SESSIONS)))
    }
}

/// The identifier of a TLS 1.2 session; without one nothing can be resumed.
fn session_id(recording: &Recording) -> Option<Key> {
    let flight = FirstFlight::read(&recording.received, &recording.sent)?;
    Some(flight.server.session_id)
        .filter(|id| !id.is_empty())
        .map(Key::SessionId)
}
