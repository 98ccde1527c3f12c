//! A stream that remembers how it began.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most that is kept of one direction, in octets: a ClientHello with two post-quantum key shares is about 3 KiB.
const LIMIT: usize = 64 << 10;

/// A stream that keeps the first 64 KiB of each direction until it is told to stop.
#[derive(Debug)]
pub struct Recorder<S> {
    stream: S,
    recording: Option<Recording>,
}

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
        Self {
            stream,
            recording: Some(Recording::default()),
        }
    }

    /// Stops, and gives what was recorded; nothing, when it had been stopped before.
    pub fn stop(&mut self) -> Recording {
        self.recording.take().unwrap_or_default()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorder<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let (Poll::Ready(Ok(())), Some(recording)) = (&read, &mut self.recording) {
            keep(
                &mut recording.received,
                buffer.filled().get(before..).unwrap_or_default(),
            );
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorder<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        if let (Poll::Ready(Ok(count)), Some(recording)) = (&written, &mut self.recording) {
            keep(
                &mut recording.sent,
                octets.get(..*count).unwrap_or_default(),
            );
        }
        written
    }

    /// rustls writes its records as a list; a stream that took the first only would lose an alert behind another record.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        if let (Poll::Ready(Ok(count)), Some(recording)) = (&written, &mut self.recording) {
            let mut rest = *count;
            for part in parts {
                let part = part.get(..rest.min(part.len())).unwrap_or_default();
                keep(&mut recording.sent, part);
                rest -= part.len();
            }
        }
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

fn keep(kept: &mut Vec<u8>, octets: &[u8]) {
    let room = LIMIT.saturating_sub(kept.len());
    kept.extend(octets.iter().take(room));
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
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

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
