//! From a listening socket to a connection that speaks HTTP.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::front::Front;
use super::greet::greet;
use super::patience::Patience;
use super::prompt::Prompt;
use super::{Limits, Shared, keep_alive, routes};

/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(100);

/// How much a client may send over HTTP/2 before it is read, in octets: on a connection, and in one request.
const CONNECTION_WINDOW: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 256 << 10;
/// How much of an answer over HTTP/2 may wait for the client, in octets.
const SEND_BUFFER: usize = 64 << 10;

/// Something that connections are accepted on. Whatever it holds besides is given back when it is dropped.
pub(super) trait Listen: Sync {
    /// A connection.
    type Stream;
    /// What is known of the other end.
    type Peer;

    /// The next connection; as with [`TcpListener::accept`], none is lost where nobody waits any longer.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

impl Listen for TcpListener {
    type Stream = TcpStream;
    type Peer = SocketAddr;

    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.accept().await?;
        // Answers are small and written whole: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        keep_alive(&stream);
        Ok((stream, peer))
    }
}

/// Serves logins until told to stop.
pub(super) async fn logins(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) {
    let limits = shared.limits;
    let router = routes::logins(shared.clone());
    accept(listener, limits, stopping, move |stream, peer, stopping| {
        let (shared, router) = (shared.clone(), router.clone());
        async move {
            let Some((stream, connection)) = greet(stream, peer, &shared).await else {
                return;
            };
            let speaks_http_2 = connection.speaks_http_2;
            let front = Arc::new(Front::new(connection, router));
            let answering = front.clone();
            let service = service_fn(move |request| {
                let front = answering.clone();
                async move { Ok(front.answer(request).await) }
            });
            let speaking = async {
                let stream = Prompt::new(stream);
                speak_http(stream, service, speaks_http_2, limits, stopping.clone()).await;
                front.go_on(stopping).await;
            };
            tokio::select! {
                () = speaking => {}
                () = front.is_no_longer_good() => {}
            }
        }
    })
    .await;
}

/// Serves what is published over plain HTTP until told to stop.
pub(super) async fn publications(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) {
    let limits = shared.limits;
    let router = routes::publications(shared);
    accept(listener, limits, stopping, move |stream, _, stopping| {
        let stream = Patience::new(stream, limits.idle);
        let service = TowerToHyperService::new(router.clone());
        speak_http(stream, service, false, limits, stopping)
    })
    .await;
}

/// Runs a task for each connection, as many at a time as the limit allows; the others wait to be accepted.
pub(super) async fn accept<L, T>(
    listener: L,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    task: impl Fn(L::Stream, L::Peer, watch::Receiver<bool>) -> T,
) where
    L: Listen,
    T: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut tasks = JoinSet::new();
    let signal = stopping.clone();
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.ok()?;
            Some((place, listener.next().await))
        };
        tokio::select! {
            _ = stopping.changed() => break,
            Some(_) = tasks.join_next() => {}
            next = next => match next {
                Some((place, Ok((stream, peer)))) => {
                    let task = task(stream, peer, signal.clone());
                    tasks.spawn(async move {
                        task.await;
                        drop(place);
                    });
                }
                Some((_, Err(_))) => sleep(PAUSE).await,
                None => break,
            },
        }
    }
    drop(listener);
    let all_done = async { while tasks.join_next().await.is_some() {} };
    let _ = timeout(limits.stop, all_done).await;
    // What has not ended by now ends with the set of tasks.
}

/// Serves HTTP on one connection until the client leaves or the server stops.
pub(super) async fn speak_http<S, A>(
    stream: S,
    service: A,
    speaks_http_2: bool,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    A::Future: Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(limits.head);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64)
        // Upwards one request that nobody reads leaves room for the others; downwards a client that does not read costs little.
        .initial_connection_window_size(CONNECTION_WINDOW)
        .initial_stream_window_size(STREAM_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX));
    // The handshake has settled which one it is (RFC 9113 §3.2); there is nothing to guess from the first octets.
    let builder = if speaks_http_2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    };
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // A connection that breaks is the client's affair; each request that arrived has been answered and told.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
