//! A stream that gives up when nothing has moved for a while.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How much is read of one client before the others have their turn, in octets. Who sends without end would else hold a thread for as long
/// as the buffers of the system last: what is small to send, as a PING, is not small to read.
const BURST: usize = 16 << 10;

/// A stream whose reads and writes fail when neither direction has moved for a time.
///
/// Hyper bounds the head of an HTTP/1.1 request only; this also bounds a preface that never ends, an HTTP/2 connection
/// that nobody uses, and a client that does not read its answer. A client that waits for somebody else, as [`Occupied`] says, may
/// be still; but what is sent to it, it must take.
pub(super) struct Patience<S> {
    stream: S,
    limit: Duration,
    /// When something moved last. The clock is not set anew each time: where it rings too early, it is told how long to wait.
    moved: Instant,
    end: Pin<Box<Sleep>>,
    /// Whether the other end was not ready to take what was last written.
    is_writing: bool,
    occupied: Occupied,
    /// How much was read since the others had their turn.
    burst: usize,
}

/// Whether the two ends of a connection wait for somebody else, such as an application behind the server.
#[derive(Debug, Clone, Default)]
pub(super) struct Occupied(Arc<AtomicUsize>);

/// Holds a connection occupied until it is dropped.
#[derive(Debug)]
pub(super) struct Occupation(Occupied);

impl Occupied {
    /// Holds the connection occupied, beside whoever else does.
    pub(super) fn hold(&self) -> Occupation {
        self.0.fetch_add(1, Ordering::Relaxed);
        Occupation(self.clone())
    }

    /// Says whether anybody holds it.
    pub(super) fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Occupation {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S> Patience<S> {
    pub(super) fn new(stream: S, limit: Duration) -> Self {
        Self::unless(Occupied::default(), stream, limit)
    }

    /// The same with a stream on which it is right to be still while it is occupied.
    pub(super) fn unless(occupied: Occupied, stream: S, limit: Duration) -> Self {
        Self {
            stream,
            limit,
            moved: Instant::now(),
            end: Box::pin(sleep(limit)),
            is_writing: false,
            occupied,
            burst: 0,
        }
    }

    /// Counts anew after a movement, and fails a wait that has lasted too long.
    fn watch<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.wait_anew();
            return outcome;
        }
        while self.end.as_mut().poll(context).is_ready() {
            if Instant::now() >= self.moved + self.limit {
                if self.is_writing || !self.occupied.is_held() {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                self.wait_anew();
            }
            let end = self.moved + self.limit;
            self.end.as_mut().reset(end);
        }
        Poll::Pending
    }

    /// The same for a write: while it waits, nobody else is to blame, and what was waited for before does not count.
    fn watch_write<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_pending() && !self.is_writing {
            self.wait_anew();
        }
        self.is_writing = outcome.is_pending();
        self.watch(outcome, context)
    }

    fn wait_anew(&mut self) {
        self.moved = Instant::now();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.burst >= BURST {
            self.burst = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        match outcome.is_pending() {
            true => self.burst = 0,
            false => self.burst += buffer.filled().len() - before,
        }
        self.watch(outcome, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, octets);
        self.watch_write(outcome, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch_write(outcome, context)
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    }

    #[test]
    fn a_stream_on_which_nothing_moves_times_out() {
        runtime().block_on(async {
            let (near, _far) = duplex(8);
            let mut near = Patience::new(near, Duration::from_millis(5));
            let refusal = near.read_u8().await.unwrap_err();
            assert_eq!(refusal.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn a_reader_that_never_takes_its_answer_times_out_too() {
        runtime().block_on(async {
            let (near, _far) = duplex(8);
            let mut near = Patience::new(near, Duration::from_millis(5));
            let refusal = near.write_all(&[0; 64]).await.unwrap_err();
            assert_eq!(refusal.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn a_stream_that_moves_is_left_alone() {
        runtime().block_on(async {
            let (near, mut far) = duplex(8);
            let mut near = Patience::new(near, Duration::from_secs(600));
            far.write_all(b"x").await.unwrap();
            assert_eq!(near.read_u8().await.unwrap(), b'x');
        });
    }

    #[test]
    fn a_stream_on_which_much_comes_lets_others_have_their_turn() {
        runtime().block_on(async {
            let (near, mut far) = duplex(4 * BURST);
            far.write_all(&vec![0; 3 * BURST]).await.unwrap();
            let mut near = Patience::new(near, Duration::from_secs(600));
            let mut most = vec![0; BURST];
            near.read_exact(&mut most).await.unwrap();
            let mut next = Box::pin(near.read_u8());
            let mut context = Context::from_waker(std::task::Waker::noop());
            assert!(next.as_mut().poll(&mut context).is_pending());
            assert!(next.as_mut().poll(&mut context).is_ready());
        });
    }

    #[test]
    fn a_stream_that_is_occupied_may_be_still_until_it_is_not() {
        runtime().block_on(async {
            let limit = Duration::from_millis(5);
            let occupied = Occupied::default();
            let (near, _far) = duplex(8);
            let mut near = Patience::unless(occupied.clone(), near, limit);
            let occupation = occupied.hold();
            let mut reading = Box::pin(near.read_u8());
            tokio::select! {
                _ = reading.as_mut() => panic!("it gave up"),
                () = sleep(limit * 10) => drop(occupation),
            }
            let refusal = reading.await.unwrap_err();
            assert_eq!(refusal.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn what_is_sent_must_be_taken_also_while_it_is_occupied() {
        runtime().block_on(async {
            let occupied = Occupied::default();
            let _occupation = occupied.hold();
            let (near, _far) = duplex(8);
            let mut near = Patience::unless(occupied, near, Duration::from_millis(5));
            let refusal = near.write_all(&[0; 64]).await.unwrap_err();
            assert_eq!(refusal.kind(), io::ErrorKind::TimedOut);
        });
    }
}
