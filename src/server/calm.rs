//! A connection of HTTP/2 on which nobody is kept busy with frames that come to nothing.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::frames::{DATA, Frames, HEADERS, PREFACE};

/// How many frames a client may send at once that come to nothing, and how many a second from then on. Browsers begin with fewer than twenty.
const AT_ONCE: u32 = 1000;
const A_SECOND: u32 = 200;
/// How many more it may send for each head of an answer, and one for each so many octets of its body: who downloads says that there is room
/// again (WINDOW_UPDATE), for a stream and for the connection, some every 4 KiB. How many frames a body has is the client's to say, which may
/// ask for one octet at a time: they count for nothing.
const A_HEAD: u32 = 8;
const OCTETS: u32 = 128;
/// How many of these it may save up. What is on its way to a client over a long line is answered for together: 16 MiB, and 8,192 frames.
const SAVED: u32 = 16 << 10;
/// How long it rests at most before it is looked at whether the server has sent something meanwhile.
const REST: Duration = Duration::from_secs(1);

/// A stream of which is read no faster than its client has a reason to send.
///
/// Settings, PING, priorities, room for more, resets, empty DATA and what nobody knows take a processor and ask for nothing (RFC 9113 §10.5),
/// and a request that is taken back or refused came to nothing. So every frame counts but DATA with something in it, of which h2 keeps only so
/// many small ones; an answer is worth more than the request for it. Who sends more is read more slowly, which ends nothing that is honest.
pub(super) struct Calm<S, T> {
    stream: S,
    received: Frames,
    sent: Frames,
    budget: Budget,
    rest: Option<Pin<Box<Sleep>>>,
    /// Told when it is slowed for the first time.
    tell: Option<T>,
}

/// How many frames more.
struct Budget {
    left: i64,
    /// Octets of bodies for which nothing was given yet.
    carried: u32,
    /// Since when it has been given nothing for the time.
    since: Instant,
}

impl<S, T> Calm<S, T> {
    pub(super) fn new(stream: S, tell: T) -> Self {
        Self {
            stream,
            received: Frames::behind(PREFACE),
            sent: Frames::behind(0),
            budget: Budget {
                left: AT_ONCE.into(),
                carried: 0,
                since: Instant::now(),
            },
            rest: None,
            tell: Some(tell),
        }
    }

    fn has_sent(&mut self, octets: &[u8]) {
        let budget = &mut self.budget;
        self.sent.pass(octets, |kind, length| {
            // What only acknowledges gives no room for more of the same.
            match kind {
                HEADERS => budget.give(A_HEAD),
                DATA => budget.carry(length),
                _ => {}
            }
        });
    }
}

impl<S, T: FnOnce()> Calm<S, T> {
    /// Is ready when more may be read.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(rest) = &mut self.rest {
                ready!(rest.as_mut().poll(context));
                self.rest = None;
            }
            let Some(rest) = self.budget.rest() else {
                return Poll::Ready(());
            };
            self.rest = Some(Box::pin(sleep(rest.min(REST))));
            if let Some(tell) = self.tell.take() {
                tell();
            }
        }
    }
}

impl Budget {
    fn give(&mut self, more: u32) {
        self.left = (self.left + i64::from(more)).min(SAVED.into());
    }

    /// Gives for so many octets of a body, and those before.
    fn carry(&mut self, octets: u32) {
        self.carried = self.carried.saturating_add(octets);
        self.give(self.carried / OCTETS);
        self.carried %= OCTETS;
    }

    /// How long until there is something again. The clock is only asked where nothing is left.
    fn rest(&mut self) -> Option<Duration> {
        if self.left <= 0 {
            let now = Instant::now();
            let earned = (now - self.since).as_secs_f64() * f64::from(A_SECOND);
            self.since = now;
            self.left += earned.min(f64::from(AT_ONCE)) as i64;
        }
        let missing = u32::try_from((1 - self.left).max(0)).unwrap_or(u32::MAX);
        (missing > 0).then(|| Duration::from_secs(missing.into()) / A_SECOND)
    }
}

impl<S: AsyncRead + Unpin, T: FnOnce() + Unpin> AsyncRead for Calm<S, T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.poll_rest(context));
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        let read = buffer.filled().get(before..).unwrap_or_default();
        let left = &mut this.budget.left;
        this.received.pass(read, |kind, length| {
            *left -= i64::from(kind != DATA || length == 0);
        });
        outcome
    }
}

impl<S: AsyncWrite + Unpin, T: Unpin> AsyncWrite for Calm<S, T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(Pin::new(&mut self.stream).poll_write(context, octets));
        if let Ok(sent) = outcome {
            self.has_sent(octets.get(..sent).unwrap_or_default());
        }
        Poll::Ready(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, parts));
        let mut rest = *outcome.as_ref().unwrap_or(&0);
        for part in parts {
            let sent = rest.min(part.len());
            self.has_sent(part.get(..sent).unwrap_or_default());
            rest -= sent;
        }
        Poll::Ready(outcome)
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
    use std::future::poll_fn;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const SETTINGS: u8 = 4;
    const WINDOW_UPDATE: u8 = 8;

    fn frame(kind: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 1], &vec![0; payload]].concat()
    }

    fn frames(kind: u8, payload: usize, many: u32) -> Vec<u8> {
        frame(kind, payload).repeat(many as usize)
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(test);
    }

    fn pair<T: FnOnce()>(tell: T) -> (Calm<DuplexStream, T>, DuplexStream) {
        let (near, far) = duplex(1 << 20);
        (Calm::new(near, tell), far)
    }

    /// How many octets of these can be read at once, in parts of so many.
    async fn read_at_once(
        near: &mut Calm<DuplexStream, impl FnOnce() + Unpin>,
        part: usize,
    ) -> usize {
        let mut read = 0;
        loop {
            // Else it would count as busy, and be told that there is nothing.
            tokio::task::yield_now().await;
            let mut buffer = vec![0; part];
            let once = poll_fn(|context| {
                let mut buffer = ReadBuf::new(&mut buffer);
                let outcome = Pin::new(&mut *near).poll_read(context, &mut buffer);
                Poll::Ready(outcome.is_ready().then(|| buffer.filled().len()))
            });
            match once.await {
                Some(more) => read += more,
                None => return read,
            }
        }
    }

    #[test]
    fn of_frames_that_come_to_nothing_so_many_are_read_and_then_so_many_a_second() {
        for kind in [DATA, HEADERS, 2, 3, SETTINGS, 6, WINDOW_UPDATE, 9, 0xfe] {
            run(async {
                let told = AtomicU32::new(0);
                let (mut near, mut far) = pair(|| {
                    told.fetch_add(1, Ordering::Relaxed);
                });
                let begun = Instant::now();
                far.write_all(&[b'x'; PREFACE]).await.unwrap();
                far.write_all(&frames(kind, 0, 2 * AT_ONCE)).await.unwrap();
                let read = (read_at_once(&mut near, 9).await - PREFACE) / 9;
                let in_time = begun.elapsed().as_secs_f64() * f64::from(A_SECOND);
                assert!(read >= AT_ONCE as usize, "{kind}: {read}");
                assert!(
                    read <= AT_ONCE as usize + 1 + in_time as usize,
                    "{kind}: {read}"
                );
                assert_eq!(told.load(Ordering::Relaxed), 1);
            });
        }
    }

    #[test]
    fn who_is_slowed_goes_on_at_that_pace() {
        run(async {
            let (mut near, mut far) = pair(|| ());
            far.write_all(&[b'x'; PREFACE]).await.unwrap();
            far.write_all(&frames(SETTINGS, 0, 2 * AT_ONCE))
                .await
                .unwrap();
            let begun = Instant::now();
            read_at_once(&mut near, 9).await;
            // What was read at once is made up for before anything else is.
            let mut many = vec![0; 9 * A_SECOND as usize / 4];
            near.read_exact(&mut many).await.unwrap();
            near.read_exact(&mut [0; 9]).await.unwrap();
            assert!(begun.elapsed() >= Duration::from_millis(249));
        });
    }

    #[test]
    fn bodies_are_read_without_a_rest_and_so_are_requests_that_are_answered() {
        run(async {
            let (mut near, mut far) = pair(|| panic!("it was slowed"));
            let body = frames(DATA, 100, 3 * AT_ONCE);
            for octets in [vec![b'x'; PREFACE], body] {
                far.write_all(&octets).await.unwrap();
                assert_eq!(read_at_once(&mut near, 8 << 10).await, octets.len());
            }
            // With a priority, room for the answer, and an empty end.
            let request = [(HEADERS, 30), (2, 5), (WINDOW_UPDATE, 4), (DATA, 0)];
            let request = request.map(|(kind, payload)| frame(kind, payload)).concat();
            for _ in 0..AT_ONCE {
                far.write_all(&request).await.unwrap();
                assert_eq!(read_at_once(&mut near, 8 << 10).await, request.len());
                near.write_all(&frame(HEADERS, 60)).await.unwrap();
            }
        });
    }

    #[test]
    fn who_is_sent_much_may_say_often_that_there_is_room_and_who_is_only_acknowledged_may_not() {
        for (kind, is_free) in [(DATA, true), (SETTINGS, false), (6, false)] {
            run(async {
                let (mut near, mut far) = pair(|| assert!(!is_free, "it was slowed"));
                far.write_all(&[b'x'; PREFACE]).await.unwrap();
                let updates = frames(WINDOW_UPDATE, 4, 8);
                let mut read = 0;
                let mut sent = vec![0; 9 + (16 << 10)];
                for times in 0..AT_ONCE {
                    let answer = frame(kind, 16 << 10);
                    match times % 2 {
                        0 => near.write_all(&answer).await.unwrap(),
                        _ => {
                            let (head, payload) = answer.split_at(9);
                            let parts = [IoSlice::new(head), IoSlice::new(payload)];
                            let written = near.write_vectored(&parts).await.unwrap();
                            near.write_all(answer.split_at(written).1).await.unwrap();
                        }
                    }
                    far.read_exact(&mut sent).await.unwrap();
                    far.write_all(&updates).await.unwrap();
                    read += read_at_once(&mut near, 8 << 10).await;
                }
                let all = PREFACE + updates.len() * AT_ONCE as usize;
                assert_eq!(read == all, is_free, "{kind}: {read} of {all}");
            });
        }
    }

    #[test]
    fn an_answer_that_is_asked_for_an_octet_at_a_time_gives_no_more_than_as_a_whole() {
        run(async {
            let told = AtomicU32::new(0);
            let (mut near, mut far) = pair(|| {
                told.fetch_add(1, Ordering::Relaxed);
            });
            far.write_all(&[b'x'; PREFACE]).await.unwrap();
            let mut sent = [0; 10];
            let mut read = 0;
            for _ in 0..2 * AT_ONCE {
                far.write_all(&frame(WINDOW_UPDATE, 4)).await.unwrap();
                read += read_at_once(&mut near, 8 << 10).await;
                near.write_all(&frame(DATA, 1)).await.unwrap();
                far.read_exact(&mut sent).await.unwrap();
            }
            assert!(read < PREFACE + 13 * 2 * AT_ONCE as usize, "{read}");
            assert_eq!(told.load(Ordering::Relaxed), 1);
        });
    }

    #[test]
    fn what_is_saved_up_has_a_bound() {
        let mut budget = Budget {
            left: 0,
            carried: 0,
            since: Instant::now(),
        };
        for _ in 0..3 * SAVED {
            budget.give(A_HEAD);
        }
        assert_eq!(budget.left, i64::from(SAVED));
        budget.left = -400;
        budget.since = Instant::now();
        let rest = budget.rest().unwrap();
        assert!(
            rest > Duration::from_secs(1) && rest < Duration::from_secs(3),
            "{rest:?}"
        );
        // A long silence is worth no more than the beginning.
        budget.left = 0;
        budget.since = Instant::now() - Duration::from_secs(3600);
        assert_eq!(budget.rest(), None);
        assert_eq!(budget.left, i64::from(AT_ONCE));
    }
}
