//! Whether requests move on a connection of HTTP/2.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, sleep};

/// When a request last moved on a connection, and for how many the client waits.
///
/// An answer that waits for the client, which gives no room for it, does not move.
#[derive(Clone)]
pub(super) struct Movement(Arc<Mutex<State>>);

struct State {
    last: Instant,
    waiting: usize,
}

/// Says that the client waits, until it is dropped.
struct Waiting(Movement);

/// The body of an answer on its way.
struct Moving {
    body: Body,
    movement: Movement,
    /// Where the rest has still to be made.
    waiting: Option<Waiting>,
}

impl Movement {
    pub(super) fn begin() -> Self {
        Self(Arc::new(Mutex::new(State {
            last: Instant::now(),
            waiting: 0,
        })))
    }

    /// Answers a request; what is made for it counts as movement.
    pub(super) fn of<E, F>(
        &self,
        answer: F,
    ) -> impl Future<Output = Result<Response<Body>, E>> + use<E, F>
    where
        F: Future<Output = Result<Response<Body>, E>>,
    {
        let waiting = self.wait();
        let movement = self.clone();
        async move {
            let response = answer.await?;
            drop(waiting);
            Ok(response.map(|body| {
                Body::new(Moving {
                    body,
                    movement,
                    waiting: None,
                })
            }))
        }
    }

    /// Ends when nothing has moved for a time.
    pub(super) async fn ends(&self, limit: Duration) {
        loop {
            let rest = limit.saturating_sub(self.still_for());
            if rest.is_zero() {
                return;
            }
            sleep(rest).await;
        }
    }

    /// The same, counted from now.
    pub(super) async fn ends_from_now(&self, limit: Duration) {
        self.lock().last = Instant::now();
        self.ends(limit).await;
    }

    fn still_for(&self) -> Duration {
        let state = self.lock();
        match state.waiting {
            0 => state.last.elapsed(),
            _ => Duration::ZERO,
        }
    }

    fn wait(&self) -> Waiting {
        self.lock().waiting += 1;
        Waiting(self.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting -= 1;
        state.last = Instant::now();
    }
}

impl HttpBody for Moving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let outcome = Pin::new(&mut self.body).poll_frame(context);
        if outcome.is_ready() {
            self.waiting = None;
            self.movement.lock().last = Instant::now();
        } else if self.waiting.is_none() {
            self.waiting = Some(self.movement.wait());
        }
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use axum::Error;
    use http_body_util::BodyExt;
    use tokio::time::timeout;

    const LIMIT: Duration = Duration::from_millis(20);

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime.unwrap().block_on(test);
    }

    async fn goes_on(movement: &Movement) -> bool {
        timeout(LIMIT * 5, movement.ends(LIMIT)).await.is_err()
    }

    #[test]
    fn it_ends_without_a_request_and_goes_on_while_one_waits_for_its_answer() {
        run(async {
            let movement = Movement::begin();
            assert!(!goes_on(&movement).await);
            let pending = movement.of(std::future::pending::<Result<Response<Body>, Error>>());
            assert!(goes_on(&movement).await);
            drop(pending);
            assert!(!goes_on(&movement).await);
        });
    }

    #[test]
    fn an_answer_that_the_client_does_not_take_does_not_move_and_one_that_is_made_does() {
        run(async {
            let movement = Movement::begin();
            let answer = async { Ok::<_, Error>(Response::new(Body::from("all of it"))) };
            let answer = movement.of(answer).await.unwrap();
            assert!(!goes_on(&movement).await);
            assert_eq!(
                answer.into_body().collect().await.unwrap().to_bytes(),
                "all of it"
            );

            let answer = async { Ok::<_, Error>(Response::new(Body::new(Endless))) };
            let mut body = movement.of(answer).await.unwrap().into_body();
            assert!(timeout(LIMIT, body.frame()).await.is_err());
            assert!(goes_on(&movement).await);
            drop(body);
            assert!(!goes_on(&movement).await);
        });
    }

    /// An application that has not yet made the next part.
    struct Endless;

    impl HttpBody for Endless {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            Poll::Pending
        }
    }
}
