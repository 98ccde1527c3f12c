//! What was heard of some connections, and the secrets that decrypt them.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustls::KeyLog;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{packets, pcapng};
use crate::session::keylog;

/// The most that is kept of all connections together, in octets of their streams.
const LIMIT: usize = 16 << 20;
/// The most lines of secrets; TLS 1.3 has five a connection.
const LINES: usize = 1024;

/// Connections of one program, recorded in memory, with their secrets.
///
/// It is a [`KeyLog`] too: whoever gives it a [`Tap`](super::Tap) on a connection gives it to the connection's configuration as well.
pub struct Tape {
    /// The clock on the wall may be set meanwhile; the other one only goes forward.
    began: (OffsetDateTime, Instant),
    limit: usize,
    reel: Mutex<Reel>,
}

#[derive(Default)]
struct Reel {
    conversations: Vec<Conversation>,
    secrets: Vec<Zeroizing<String>>,
    kept: usize,
    is_cut: bool,
}

/// One connection over TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conversation {
    /// The end that connected, which is this one.
    pub(super) near: SocketAddr,
    pub(super) far: SocketAddr,
    /// When the connection stood, since the tape began.
    pub(super) at: Duration,
    pub(super) events: Vec<Event>,
}

/// Something that one end did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// When this end saw it, since the tape began.
    pub(super) at: Duration,
    pub(super) by: End,
    pub(super) deed: Deed,
}

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Near,
    Far,
}

/// What an end does to a stream.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Sends(Vec<u8>),
    /// It says that nothing will follow.
    Finishes,
    /// It knows nothing of the connection any more.
    Resets,
}

impl Tape {
    /// A tape with nothing on it, which begins now.
    pub fn new() -> Self {
        Self::with_limit(LIMIT)
    }

    pub(super) fn with_limit(limit: usize) -> Self {
        Self {
            began: (OffsetDateTime::now_utc(), Instant::now()),
            limit,
            reel: Mutex::default(),
        }
    }

    /// Whether some of what went over the connections is missing, because it was more than 16 MiB.
    pub fn is_cut(&self) -> bool {
        self.reel().is_cut
    }

    /// The recording as a pcapng file that decrypts itself; nothing, where no connection came about.
    pub fn pcapng(&self) -> Option<Zeroizing<Vec<u8>>> {
        let reel = self.reel();
        if reel.conversations.is_empty() {
            return None;
        }
        let mut packets: Vec<_> = (reel.conversations.iter())
            .flat_map(packets::rebuild)
            .collect();
        // Connections may have been open at the same time; within one, the order stays.
        packets.sort_by_key(|packet| packet.at);
        Some(pcapng::write(&pcapng::Contents {
            began: self.began.0,
            is_cut: reel.is_cut,
            secrets: &reel.secrets,
            packets: &packets,
        }))
    }

    /// Begins another connection, and gives its number on this tape.
    pub(super) fn begin(&self, near: SocketAddr, far: SocketAddr) -> usize {
        let at = self.began.1.elapsed();
        let mut reel = self.reel();
        reel.conversations.push(Conversation {
            near,
            far,
            at,
            events: Vec::new(),
        });
        reel.conversations.len() - 1
    }

    /// Notes what happened on a connection, until there is too much: a gap would let the rest make no sense.
    pub(super) fn note(&self, conversation: usize, by: End, deed: Deed) {
        let at = self.began.1.elapsed();
        let mut reel = self.reel();
        if let Deed::Sends(octets) = &deed {
            reel.is_cut |= reel.kept + octets.len() > self.limit;
            if !reel.is_cut {
                reel.kept += octets.len();
            }
        }
        if reel.is_cut {
            return;
        }
        if let Some(conversation) = reel.conversations.get_mut(conversation) {
            conversation.events.push(Event { at, by, deed });
        }
    }

    /// What was noted of the first connection.
    #[cfg(test)]
    pub(super) fn first(&self) -> Option<Conversation> {
        self.reel().conversations.first().cloned()
    }

    fn reel(&self) -> MutexGuard<'_, Reel> {
        self.reel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Tape {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyLog for Tape {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let mut reel = self.reel();
        if reel.secrets.len() < LINES {
            reel.secrets
                .push(keylog::line(label, client_random, secret));
        }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reel = self.reel();
        f.debug_struct("Tape")
            .field("conversations", &reel.conversations.len())
            .field("kept", &reel.kept)
            .finish_non_exhaustive()
    }
}

/// What was sent may be long, and is nothing to print.
impl fmt::Debug for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sends(octets) => write!(f, "sends {} octets", octets.len()),
            Self::Finishes => f.write_str("finishes"),
            Self::Resets => f.write_str("resets"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn contains(octets: &[u8], part: &str) -> bool {
        octets
            .windows(part.len())
            .any(|window| window == part.as_bytes())
    }

    #[test]
    fn nothing_is_written_of_no_connection() {
        let tape = Tape::new();
        tape.log("CLIENT_RANDOM", &[1], &[2]);
        assert_eq!(tape.pcapng(), None);
    }

    #[test]
    fn more_than_the_limit_is_left_out_and_the_file_says_so() {
        let tape = Tape::with_limit(10);
        let address = "127.0.0.1:1".parse().unwrap();
        let number = tape.begin(address, address);
        tape.note(number, End::Near, Deed::Sends(b"question".to_vec()));
        assert!(!tape.is_cut());
        assert!(!contains(&tape.pcapng().unwrap(), "It is cut"));
        tape.note(number, End::Far, Deed::Sends(b"answer".to_vec()));
        tape.note(number, End::Far, Deed::Sends(b"whatever else".to_vec()));
        tape.note(number, End::Far, Deed::Finishes);
        assert!(tape.is_cut());
        let written = tape.pcapng().unwrap();
        assert!(contains(&written, "question") && contains(&written, "It is cut"));
        assert!(!contains(&written, "answer") && !contains(&written, "whatever"));
        let events = tape.first().unwrap().events;
        let deeds: Vec<_> = events.into_iter().map(|it| it.deed).collect();
        assert_eq!(deeds, [Deed::Sends(b"question".to_vec())]);
        assert_eq!(format!("{deeds:?}"), "[sends 8 octets]");
    }

    #[test]
    fn secrets_stand_in_the_file_and_never_in_what_is_printed() {
        let tape = Tape::new();
        let address = "127.0.0.1:1".parse().unwrap();
        tape.begin(address, address);
        tape.log("CLIENT_RANDOM", &[0xab; 2], &[0x5e; 3]);
        let written = tape.pcapng().unwrap();
        assert!(contains(&written, "CLIENT_RANDOM abab 5e5e5e\n"));
        assert!(!format!("{tape:?}").contains("5e5e5e"));
    }
}
