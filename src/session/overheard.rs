//! A stream that somebody listens to.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that passes everything on and tells its ear of it.
#[derive(Debug)]
pub struct Overheard<S, E> {
    stream: S,
    pub(super) ear: E,
}

/// Who listens to a stream, from the end that holds it.
pub trait Ear {
    /// Octets came from the other end.
    fn received(&mut self, octets: &[u8]);

    /// This end wrote octets; of a list of parts, as many as the stream took.
    fn sent(&mut self, octets: &mut dyn Iterator<Item = u8>);

    /// The other end will send nothing more.
    fn far_finished(&mut self) {}

    /// This end will send nothing more.
    fn near_finished(&mut self) {}

    /// The stream failed.
    fn failed(&mut self, _: &io::Error) {}
}

/// Nobody may listen, or not any more.
impl<E: Ear> Ear for Option<E> {
    fn received(&mut self, octets: &[u8]) {
        if let Some(ear) = self {
            ear.received(octets);
        }
    }

    fn sent(&mut self, octets: &mut dyn Iterator<Item = u8>) {
        if let Some(ear) = self {
            ear.sent(octets);
        }
    }

    fn far_finished(&mut self) {
        if let Some(ear) = self {
            ear.far_finished();
        }
    }

    fn near_finished(&mut self) {
        if let Some(ear) = self {
            ear.near_finished();
        }
    }

    fn failed(&mut self, cause: &io::Error) {
        if let Some(ear) = self {
            ear.failed(cause);
        }
    }
}

impl<S, E> Overheard<S, E> {
    pub(super) fn by(ear: E, stream: S) -> Self {
        Self { stream, ear }
    }
}

impl<S: AsyncRead + Unpin, E: Ear + Unpin> AsyncRead for Overheard<S, E> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, had_room) = (buffer.filled().len(), buffer.remaining() > 0);
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(outcome) = &read {
            let octets = buffer.filled().get(before..).unwrap_or_default();
            match outcome {
                Ok(()) if octets.is_empty() && had_room => self.ear.far_finished(),
                Ok(()) => self.ear.received(octets),
                Err(cause) => self.ear.failed(cause),
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin, E: Ear + Unpin> AsyncWrite for Overheard<S, E> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, octets);
        self.wrote(&written, &[IoSlice::new(octets)]);
        written
    }

    /// rustls writes its records as a list; a stream that took the first only would lose an alert behind another record.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.wrote(&written, parts);
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
        match &ended {
            Poll::Ready(Ok(())) => self.ear.near_finished(),
            Poll::Ready(Err(cause)) => self.ear.failed(cause),
            Poll::Pending => {}
        }
        ended
    }
}

impl<S, E: Ear> Overheard<S, E> {
    fn wrote(&mut self, outcome: &Poll<io::Result<usize>>, parts: &[IoSlice<'_>]) {
        match outcome {
            Poll::Ready(Ok(count)) => {
                let octets = parts.iter().flat_map(|part| part.iter().copied());
                self.ear.sent(&mut octets.take(*count));
            }
            Poll::Ready(Err(cause)) => self.ear.failed(cause),
            Poll::Pending => {}
        }
    }
}
