//! The application's answer on its way to the client: it goes through as it comes, and no longer than the client takes it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::patience::Occupation;
use super::exchange::{Cause, Exchange, cleaned};

/// A part of an answer; nothing stands for its end.
type Part = Option<Result<Frame<Bytes>, Cause>>;

/// The application's body on its way to the client.
pub(super) struct Download<B> {
    source: Source<B>,
    exchange: Arc<Exchange>,
    /// As long as it is on its way, the client is judged.
    _passing: Occupation,
}

enum Source<B> {
    /// As the connection fetches it. As long as it is on its way, the client may be still.
    Plain {
        body: B,
        _occupation: Occupation,
    },
    /// As somebody fetches it who knows how long the client takes.
    Handed {
        parts: mpsc::Receiver<Part>,
        size: SizeHint,
    },
    Over,
}

impl<B> Download<B>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Cause> + Send,
{
    /// Lets it through, on a connection where whoever does not take it is found out otherwise, as one that is written to is.
    pub(super) fn new(
        body: B,
        exchange: Arc<Exchange>,
        (occupation, passing): (Occupation, Occupation),
    ) -> Self {
        Self {
            source: Source::Plain {
                body,
                _occupation: occupation,
            },
            exchange,
            _passing: passing,
        }
    }

    /// Lets it through as long as the client takes each part within this time.
    ///
    /// In HTTP/2 a client holds back each answer by itself (RFC 9113 §5.2), on a connection that goes on moving. What it does not take
    /// costs it this answer, and the application is free for others; from then on it may not be still on account of this one.
    pub(super) fn within(
        limit: Duration,
        body: B,
        exchange: Arc<Exchange>,
        (occupation, passing): (Occupation, Occupation),
    ) -> Self {
        if body.is_end_stream() {
            return Self::new(body, exchange, (occupation, passing));
        }
        let size = body.size_hint();
        let (giver, parts) = mpsc::channel(1);
        tokio::spawn(hand_over(body, giver, limit, occupation));
        Self {
            source: Source::Handed { parts, size },
            exchange,
            _passing: passing,
        }
    }
}

/// Fetches each part when the one before was taken; ends where that lasts too long, or nobody wants any more.
async fn hand_over<B>(
    mut body: B,
    giver: mpsc::Sender<Part>,
    limit: Duration,
    _occupation: Occupation,
) where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Cause>,
{
    while let Ok(Ok(place)) = timeout(limit, giver.reserve()).await {
        let part = tokio::select! {
            part = body.frame() => part.map(cleaned),
            () = giver.closed() => return,
        };
        let is_last = !matches!(part, Some(Ok(_)));
        place.send(part);
        if is_last {
            return;
        }
    }
}

impl<B> Body for Download<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Cause>,
{
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        let part = match &mut self.source {
            Source::Plain { body, .. } => {
                let polled = Pin::new(body).poll_frame(context);
                return polled.map(|frame| frame.map(cleaned));
            }
            Source::Handed { parts, size } => {
                let part = ready!(parts.poll_recv(context));
                *size = SizeHint::default();
                part
            }
            Source::Over => Some(None),
        };
        let part = part.unwrap_or_else(|| {
            let cause = "the client has not taken it in time, or the server ends";
            Some(Err(cause.into()))
        });
        if !matches!(part, Some(Ok(_))) {
            self.source = Source::Over;
        }
        Poll::Ready(part)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Plain { body, .. } => body.is_end_stream(),
            Source::Handed { .. } => false,
            Source::Over => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Plain { body, .. } => body.size_hint(),
            Source::Handed { size, .. } => *size,
            Source::Over => SizeHint::with_exact(0),
        }
    }
}

impl<B> Drop for Download<B> {
    fn drop(&mut self) {
        self.exchange.over();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::convert::Infallible;
    use std::future::Future as _;

    use axum::http::{Request, Response};
    use http_body_util::Empty;
    use hyper::client;
    use hyper::server;
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use tokio::io::duplex;
    use tokio::time::{Sleep, sleep};

    use super::super::super::patience::Occupied;
    use super::*;

    const LIMIT: Duration = Duration::from_millis(200);

    /// A body of so many parts, each of which lets itself be waited for.
    struct Parts {
        left: usize,
        pause: Duration,
        next: Pin<Box<Sleep>>,
        _life: Arc<()>,
    }

    fn parts(number: usize, pause: Duration) -> (Parts, Arc<()>) {
        let life = Arc::new(());
        let body = Parts {
            left: number,
            pause,
            next: Box::pin(sleep(pause)),
            _life: life.clone(),
        };
        (body, life)
    }

    impl Body for Parts {
        type Data = Bytes;
        type Error = Cause;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
            ready!(self.next.as_mut().poll(context));
            let Some(left) = self.left.checked_sub(1) else {
                return Poll::Ready(None);
            };
            let pause = self.pause;
            self.left = left;
            self.next.set(sleep(pause));
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
        }
    }

    fn within(body: Parts, occupied: &Occupied) -> Download<Parts> {
        let held = (occupied.hold(), occupied.hold());
        Download::within(LIMIT, body, Exchange::begin(false), held)
    }

    async fn has_ended(life: &Arc<()>) {
        while Arc::strong_count(life) > 1 {
            sleep(LIMIT / 10).await;
        }
    }

    #[tokio::test]
    async fn an_answer_goes_through_whole_however_long_the_application_is_silent() {
        let occupied = Occupied::default();
        let (body, life) = parts(2, LIMIT * 2);
        let whole = within(body, &occupied).collect().await.unwrap();
        assert_eq!(whole.to_bytes().len(), 2 * 1024);
        has_ended(&life).await;
        assert!(!occupied.is_held());
    }

    #[tokio::test]
    async fn an_answer_that_the_client_does_not_take_is_given_up_on_and_not_passed_off_as_whole() {
        let occupied = Occupied::default();
        let (body, life) = parts(3, Duration::ZERO);
        let mut download = within(body, &occupied);
        assert!(download.frame().await.unwrap().is_ok());
        has_ended(&life).await;
        while let Some(part) = download.frame().await {
            if part.is_err() {
                assert!(download.frame().await.is_none());
                return;
            }
        }
        panic!("it was passed off as whole");
    }

    #[tokio::test]
    async fn an_answer_that_nobody_wants_any_more_ends() {
        let occupied = Occupied::default();
        let (body, life) = parts(1, Duration::from_secs(600));
        drop(within(body, &occupied));
        has_ended(&life).await;
        assert!(!occupied.is_held());
    }

    #[tokio::test]
    async fn over_http_2_a_client_that_opens_no_window_is_given_up_on_and_another_answer_goes_on() {
        let occupied = Occupied::default();
        let (near, far) = duplex(64 << 10);
        let (lives, mut ends) = mpsc::unbounded_channel();
        let held = occupied.clone();
        let service = service_fn(move |_: Request<hyper::body::Incoming>| {
            let (body, life) = parts(64, Duration::ZERO);
            lives.send(life).unwrap();
            let response = Response::new(within(body, &held));
            async { Ok::<_, Infallible>(response) }
        });
        let serving = server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(near), service);
        tokio::spawn(serving);
        let mut builder = client::conn::http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(4096);
        let (mut sender, speaking) = builder.handshake(TokioIo::new(far)).await.unwrap();
        tokio::spawn(speaking);
        let ask = || Request::new(Empty::<Bytes>::new());
        let unread = sender.send_request(ask()).await.unwrap();
        has_ended(&ends.recv().await.unwrap()).await;
        let read = sender.send_request(ask()).await.unwrap();
        let whole = read.into_body().collect().await.unwrap();
        assert_eq!(whole.to_bytes().len(), 64 * 1024);
        assert!(unread.into_body().collect().await.is_err());
    }
}
