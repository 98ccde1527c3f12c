//! A stream that remembers how it began.

use super::messages::without_application_data;
use super::overheard::{Ear, Overheard};

/// The most that is kept of one direction, in octets: a ClientHello with two post-quantum key shares is about 3 KiB.
const LIMIT: usize = 64 << 10;

/// A stream that keeps the first 64 KiB of each direction until it is told to stop.
pub type Recorder<S> = Overheard<S, Option<Recording>>;

/// What went over a stream from its first octet on.
///
/// TLS protects all but the hellos, so it holds nothing secret; even so, it is not printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// What the other end sent.
    pub received: Vec<u8>,
    /// What this end sent.
    pub sent: Vec<u8>,
}

impl<S> Recorder<S> {
    /// Records `stream` from now on.
    pub fn new(stream: S) -> Self {
        Self::by(Some(Recording::default()), stream)
    }

    /// What was recorded up to now; nothing, when it was stopped.
    pub fn so_far(&self) -> Option<&Recording> {
        self.ear.as_ref()
    }

    /// Stops, and gives what was recorded; nothing, when it had been stopped before.
    pub fn stop(&mut self) -> Recording {
        self.ear.take().unwrap_or_default()
    }
}

impl Recording {
    /// The same without what is encrypted in TLS 1.3, which tells whoever reads it nothing: it may be kept as long as the connection.
    pub fn readable(&self) -> Self {
        Self {
            received: without_application_data(&self.received),
            sent: without_application_data(&self.sent),
        }
    }
}

impl Ear for Recording {
    fn received(&mut self, octets: &[u8]) {
        let room = LIMIT.saturating_sub(self.received.len());
        self.received.extend(octets.iter().take(room));
    }

    fn sent(&mut self, octets: &mut dyn Iterator<Item = u8>) {
        let room = LIMIT.saturating_sub(self.sent.len());
        self.sent.extend(octets.take(room));
    }
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording")
            .field("received", &self.received.len())
            .field("sent", &self.sent.len())
            .finish()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::IoSlice;

    use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn both_directions_are_kept_apart_until_it_is_stopped() {
        let (near, mut far) = duplex(64);
        let mut near = Recorder::new(near);
        near.write_all(b"question").await.unwrap();
        far.write_all(b"answer").await.unwrap();
        let mut answer = [0; 6];
        near.read_exact(&mut answer).await.unwrap();

        let recording = near.stop();
        near.write_all(b"more").await.unwrap();

        assert_eq!(recording.sent, b"question");
        assert_eq!(recording.received, b"answer");
        assert_eq!(near.stop(), Recording::default());
    }

    #[tokio::test]
    async fn a_list_of_parts_is_passed_on_and_kept_as_far_as_it_was_taken() {
        let (near, mut far) = duplex(8);
        let mut near = Recorder::new(near);
        let parts = [
            IoSlice::new(b"one "),
            IoSlice::new(b""),
            IoSlice::new(b"two three"),
        ];
        assert!(near.is_write_vectored());
        let taken = near.write_vectored(&parts).await.unwrap();
        assert_eq!(taken, 8);
        let mut arrived = [0; 8];
        far.read_exact(&mut arrived).await.unwrap();
        assert_eq!(&arrived, b"one two ");
        assert_eq!(near.stop().sent, b"one two ");
    }

    #[tokio::test]
    async fn no_more_is_kept_than_the_limit_but_everything_passes() {
        let (near, mut far) = duplex(2 * LIMIT);
        let mut near = Recorder::new(near);
        near.write_all(&vec![1; LIMIT + 1]).await.unwrap();
        let mut arrived = vec![0; LIMIT + 1];
        far.read_exact(&mut arrived).await.unwrap();
        assert_eq!(near.stop().sent.len(), LIMIT);
    }
}
