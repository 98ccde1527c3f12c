//! A stream whose octets are noted on a tape.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Tape;
use super::tape::{Deed, End};

/// A stream that notes what goes over it on a [`Tape`], or that only passes it on.
///
/// Dropping it closes the stream, and is noted as the end of what this side sends.
#[derive(Debug)]
pub struct Tap<S> {
    stream: S,
    line: Option<Line>,
}

/// A connection's place on a tape.
#[derive(Debug)]
struct Line {
    tape: Arc<Tape>,
    number: usize,
    near_finished: bool,
    far_finished: bool,
    is_reset: bool,
}

impl Tap<TcpStream> {
    /// Notes what goes over a connection that this end has just made; without a tape, nothing is.
    pub fn new(stream: TcpStream, tape: Option<Arc<Tape>>) -> Self {
        let line = tape.and_then(|tape| {
            // A connection that is gone already has no addresses, and nothing will go over it.
            let (near, far) = (stream.local_addr().ok()?, stream.peer_addr().ok()?);
            Some(Line::new(tape, near, far))
        });
        Self { stream, line }
    }
}

impl Line {
    fn new(tape: Arc<Tape>, near: std::net::SocketAddr, far: std::net::SocketAddr) -> Self {
        let number = tape.begin(near, far);
        Self {
            tape,
            number,
            near_finished: false,
            far_finished: false,
            is_reset: false,
        }
    }

    fn sends(&self, by: End, octets: Vec<u8>) {
        if !octets.is_empty() && !self.is_reset {
            self.tape.note(self.number, by, Deed::Sends(octets));
        }
    }

    fn near_finishes(&mut self) {
        if !self.near_finished && !self.is_reset {
            self.near_finished = true;
            self.tape.note(self.number, End::Near, Deed::Finishes);
        }
    }

    fn far_finishes(&mut self) {
        if !self.far_finished && !self.is_reset {
            self.far_finished = true;
            self.tape.note(self.number, End::Far, Deed::Finishes);
        }
    }

    /// What a failure tells of the other end: it answers a connection that it does not know any more with RST.
    fn failed(&mut self, cause: &io::Error) {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
        let is_reset = matches!(
            cause.kind(),
            ConnectionReset | ConnectionAborted | BrokenPipe
        );
        if is_reset && !self.is_reset {
            self.is_reset = true;
            self.tape.note(self.number, End::Far, Deed::Resets);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, had_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let (Poll::Ready(outcome), Some(line)) = (&read, &mut self.line) {
            let octets = buffer.filled().get(before..).unwrap_or_default();
            match outcome {
                Ok(()) if octets.is_empty() && had_room => line.far_finishes(),
                Ok(()) => line.sends(End::Far, octets.to_vec()),
                Err(cause) => line.failed(cause),
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(octets)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        if let (Poll::Ready(outcome), Some(line)) = (&written, &mut self.line) {
            match outcome {
                Ok(count) => {
                    let octets = parts.iter().flat_map(|part| part.iter().copied());
                    line.sends(End::Near, octets.take(*count).collect());
                }
                Err(cause) => line.failed(cause),
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
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        if let (Poll::Ready(outcome), Some(line)) = (&ended, &mut self.line) {
            match outcome {
                Ok(()) => line.near_finishes(),
                Err(cause) => line.failed(cause),
            }
        }
        ended
    }
}

impl<S> Drop for Tap<S> {
    fn drop(&mut self) {
        if let Some(line) = &mut self.line {
            line.near_finishes();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Both ends of a connection, the one that connected with a tap on this tape.
    async fn pair(tape: Option<Arc<Tape>>) -> (Tap<TcpStream>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (far, _) = listener.accept().await.unwrap();
        (Tap::new(near.unwrap(), tape), far)
    }

    fn noted(tape: &Tape) -> Vec<(End, Deed)> {
        let events = tape.first().unwrap().events.into_iter();
        events.map(|event| (event.by, event.deed)).collect()
    }

    #[tokio::test]
    async fn what_both_ends_do_is_noted_in_its_order() {
        let tape = Arc::new(Tape::new());
        let (mut near, mut far) = pair(Some(tape.clone())).await;
        near.write_all(b"question").await.unwrap();
        let mut question = [0; 8];
        far.read_exact(&mut question).await.unwrap();
        far.write_all(b"answer").await.unwrap();
        far.shutdown().await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert_eq!((&question, &*answer), (b"question", &b"answer"[..]));
        let parts = [IoSlice::new(b"thank "), IoSlice::new(b"you")];
        assert_eq!(near.write_vectored(&parts).await.unwrap(), 9);
        let addresses = (far.peer_addr().unwrap(), far.local_addr().unwrap());
        drop(near);
        let conversation = tape.first().unwrap();
        assert_eq!((conversation.near, conversation.far), addresses);
        let expected = [
            (End::Near, Deed::Sends(b"question".to_vec())),
            (End::Far, Deed::Sends(b"answer".to_vec())),
            (End::Far, Deed::Finishes),
            (End::Near, Deed::Sends(b"thank you".to_vec())),
            (End::Near, Deed::Finishes),
        ];
        assert_eq!(noted(&tape), expected);
    }

    #[tokio::test]
    async fn this_end_finishes_once_and_a_reset_ends_everything() {
        let tape = Arc::new(Tape::new());
        let (mut near, mut far) = pair(Some(tape.clone())).await;
        near.shutdown().await.unwrap();
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        drop(near);
        assert_eq!(noted(&tape), [(End::Near, Deed::Finishes)]);

        let tape = Arc::new(Tape::new());
        let (mut near, far) = pair(Some(tape.clone())).await;
        near.write_all(b"unread").await.unwrap();
        far.readable().await.unwrap();
        // What is closed before it was read to its end is reset (RFC 9293 §3.10.4).
        drop(far);
        assert!(near.read(&mut [0; 9]).await.is_err());
        assert!(near.read(&mut [0; 9]).await.is_ok_and(|count| count == 0));
        drop(near);
        let expected = [
            (End::Near, Deed::Sends(b"unread".to_vec())),
            (End::Far, Deed::Resets),
        ];
        assert_eq!(noted(&tape), expected);
    }

    #[tokio::test]
    async fn without_a_tape_everything_passes_and_nothing_is_noted() {
        let (mut near, mut far) = pair(None).await;
        near.write_all(b"octets").await.unwrap();
        drop(near);
        let mut passed = Vec::new();
        far.read_to_end(&mut passed).await.unwrap();
        assert_eq!(passed, b"octets");
    }
}
