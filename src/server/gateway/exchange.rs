//! One request and its answer on their way: the bodies go through as they come, and how far they are is known.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

use super::super::patience::Occupation;
use super::fields::clean_trailers;

/// How long the application's word on a body is waited for that the client holds back (RFC 9110 §10.1.1).
const EXPECTATION: Duration = Duration::from_secs(1);
/// How long a body is still taken in that nobody wants any more, so that the client reads its answer: closing a socket with unread
/// octets resets it, and what was on its way is lost.
const LINGERING: Duration = Duration::from_secs(5);

/// What goes wrong with a body.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What is known of a request between its two ends.
#[derive(Debug)]
pub(super) struct Exchange(Mutex<State>);

#[derive(Debug)]
struct State {
    /// When the application was last given something, or began to be waited for.
    since: Instant,
    /// Whether the client is waited for, to send more.
    awaits_client: bool,
    expectation: Expectation,
    waker: Option<Waker>,
}

/// Whether the client's body may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expectation {
    /// It is not held back, or was asked for.
    Open,
    /// The client holds it back until the application asks for it.
    Waiting,
    /// The application has answered without it.
    Answered,
    /// That answer is over; nobody will ask for the body any more.
    Over,
}

/// A client's body on its way to the application; none where there is none.
pub(super) struct Upload {
    body: Option<Incoming>,
    exchange: Arc<Exchange>,
    /// How long the client may stop in the middle.
    idle: Duration,
    /// Until when the application, and after that the client, is waited for.
    end: Pin<Box<Sleep>>,
}

/// The application's body on its way to the client.
pub(super) struct Download {
    body: Incoming,
    exchange: Arc<Exchange>,
    /// As long as it is on its way, the client may be still.
    _occupation: Occupation,
}

impl Exchange {
    /// Begins; with a client that holds its body back, or not.
    pub(super) fn begin(is_expected: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            since: Instant::now(),
            awaits_client: false,
            expectation: match is_expected {
                true => Expectation::Waiting,
                false => Expectation::Open,
            },
            waker: None,
        })))
    }

    /// Ends when the application has been waited for so long: since it was last given something, and not while the client is slow.
    pub(super) async fn has_lasted(&self, limit: Duration) {
        loop {
            let deadline = match &*self.state() {
                State {
                    awaits_client: true,
                    ..
                } => Instant::now() + limit,
                state => state.since + limit,
            };
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }

    /// Notes that the application asks for the body.
    pub(super) fn open(&self) {
        self.expect(Expectation::Open, |now| now == Expectation::Waiting);
    }

    /// Notes that the application answers; what the client still holds back, it may keep.
    pub(super) fn answered(&self) {
        self.expect(Expectation::Answered, |now| now == Expectation::Waiting);
    }

    /// Notes that the answer is over.
    fn over(&self) {
        self.expect(Expectation::Over, |now| now != Expectation::Open);
    }

    fn expect(&self, next: Expectation, applies: impl Fn(Expectation) -> bool) {
        let mut state = self.state();
        if applies(state.expectation) {
            state.expectation = next;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    pub(super) fn new(body: Incoming, exchange: Arc<Exchange>, idle: Duration) -> Self {
        Self {
            body: Some(body).filter(|body| !body.is_end_stream()),
            exchange,
            idle,
            end: Box::pin(sleep(EXPECTATION)),
        }
    }

    /// None, for a request that is made once more.
    pub(super) fn none() -> Self {
        Self {
            body: None,
            exchange: Exchange::begin(false),
            idle: Duration::ZERO,
            end: Box::pin(sleep(Duration::ZERO)),
        }
    }

    /// Waits until the body may be fetched; fails where it never may.
    fn poll_permission(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Cause>> {
        let mut state = self.exchange.state();
        if state.expectation == Expectation::Waiting && self.end.as_mut().poll(context).is_ready() {
            state.expectation = Expectation::Open;
        }
        match state.expectation {
            Expectation::Open => Poll::Ready(Ok(())),
            Expectation::Over => Poll::Ready(Err("it was not asked for".into())),
            Expectation::Waiting | Expectation::Answered => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        if let Err(cause) = std::task::ready!(self.poll_permission(context)) {
            return Poll::Ready(Some(Err(cause)));
        }
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(&mut *body).poll_frame(context);
        let is_over = match &polled {
            Poll::Ready(None | Some(Err(_))) => true,
            _ => body.is_end_stream(),
        };
        if is_over {
            self.body = None;
        }
        let mut state = self.exchange.state();
        let has_begun_to_wait = polled.is_pending() && !state.awaits_client;
        state.awaits_client = polled.is_pending();
        state.since = Instant::now();
        drop(state);
        if has_begun_to_wait {
            let end = Instant::now() + self.idle;
            self.end.as_mut().reset(end);
        }
        if polled.is_pending() && self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("the client has stopped in the middle".into())));
        }
        polled.map(|frame| frame.map(cleaned))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = || SizeHint::with_exact(0);
        self.body.as_ref().map_or_else(none, Body::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let mut state = self.exchange.state();
        state.awaits_client = false;
        let is_sent = state.expectation == Expectation::Open;
        drop(state);
        if let Some(body) = self.body.take().filter(|_| is_sent) {
            linger(body);
        }
    }
}

/// Takes in for a while what nobody wants any more.
pub(super) fn linger(mut body: Incoming) {
    if body.is_end_stream() {
        return;
    }
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    runtime.spawn(async move {
        let rest = async {
            while let Some(Ok(_)) =
                std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
            {
            }
        };
        let _ = timeout(LINGERING, rest).await;
    });
}

impl Download {
    pub(super) fn new(body: Incoming, exchange: Arc<Exchange>, occupation: Occupation) -> Self {
        Self {
            body,
            exchange,
            _occupation: occupation,
        }
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        polled.map(|frame| frame.map(cleaned))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.exchange.over();
    }
}

/// What was received, with its trailers cleaned.
fn cleaned(received: hyper::Result<Frame<Bytes>>) -> Result<Frame<Bytes>, Cause> {
    match received?.into_trailers() {
        Ok(mut trailers) => {
            clean_trailers(&mut trailers);
            Ok(Frame::trailers(trailers))
        }
        Err(frame) => Ok(frame),
    }
}
