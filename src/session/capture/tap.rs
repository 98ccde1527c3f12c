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
        if !octets.is_empty() {
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
        if !self.far_finished {
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
