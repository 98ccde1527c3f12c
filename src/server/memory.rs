//! What is remembered of connections, so that one that resumes a session can say which one it resumes.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use rustls::ServerConnection;
use time::OffsetDateTime;

use super::handshake::SESSIONS;
use crate::session::{ClientHello, Earlier, FirstFlight, Recording, Session};

/// The connections whose sessions may still be resumed: as many as there are sessions, the oldest forgotten first.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    connections: HashMap<Vec<u8>, Earlier>,
    in_order: VecDeque<Vec<u8>>,
}

/// Lets the session that begins be known again: rustls hands these octets back where TLS 1.3 resumes it.
pub(super) fn mark(connection: &mut ServerConnection, recording: &Recording) {
    if let Some(hello) = ClientHello::first_of(&recording.received) {
        connection.set_resumption_data(&hello.random);
    }
}

impl Memory {
    /// The connection whose session this one resumes; for one that resumes none it means nothing.
    pub(super) fn recall(
        &self,
        connection: &ServerConnection,
        recording: &Recording,
    ) -> Option<Earlier> {
        let key = match connection.received_resumption_data() {
            Some(random) => random.to_vec(),
            None => session_id(recording)?,
        };
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.connections.get(&key).cloned()
    }

    /// Remembers a connection for those that will resume its session.
    pub(super) fn keep(&self, session: &Session, recording: &Recording, now: OffsetDateTime) {
        // A resumed TLS 1.2 session keeps its identifier, and what it began with.
        let key = match session.protocol.as_deref() {
            Some("TLSv1.2") if session.resumed => None,
            Some("TLSv1.2") => session_id(recording),
            _ => ClientHello::first_of(&recording.received).map(|hello| hello.random.to_vec()),
        };
        if let Some(key) = key {
            let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.keep(key, Earlier::of(session, now));
        }
    }
}

impl Remembered {
    fn keep(&mut self, key: Vec<u8>, earlier: Earlier) {
        if self.in_order.len() >= SESSIONS
            && let Some(oldest) = self.in_order.pop_front()
        {
            self.connections.remove(&oldest);
        }
        self.in_order.push_back(key.clone());
        self.connections.insert(key, earlier);
    }
}

/// The identifier of a TLS 1.2 session, which stands in both hellos of those that resume it (RFC 5246 §7.4.1.3).
fn session_id(recording: &Recording) -> Option<Vec<u8>> {
    let flight = FirstFlight::read(&recording.received, &recording.sent)?;
    Some(flight.server.session_id).filter(|id| !id.is_empty())
}
