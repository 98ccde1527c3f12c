//! From a listening socket to a connection that speaks HTTP.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::calm::Calm;
use super::front::Front;
use super::greet::greet;
use super::movement::Movement;
use super::patience::Patience;
use super::prompt::Prompt;
use super::room::{Place, Room, Seat};
use super::{Happening, Limits, Peer, Shared, keep_alive, ocsp, routes};
use crate::error::{Error, ErrorKind};

/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(100);
/// How long it is not told again that all places are taken.
const SILENCE: Duration = Duration::from_secs(60);

/// How much a client may send over HTTP/2 before it is read, in octets: on a connection, and in one request.
const CONNECTION_WINDOW: u32 = 1 << 20;
const STREAM_WINDOW: u32 = 256 << 10;
/// How much a client may send that has not been let in, and how many requests it may make at a time: it gets our pages, which ask for little.
const STRANGERS_WINDOW: u32 = 65_535;
const STRANGERS_STREAMS: u32 = 4;
/// How much of an answer over HTTP/2 may wait for the client, in octets.
const SEND_BUFFER: usize = 64 << 10;

/// Whether a client has not been let in.
#[derive(Clone, Copy)]
enum Stranger {
    Yes,
    No,
}

/// Something that connections are accepted on. Whatever it holds besides is given back when it is dropped.
pub(super) trait Listen: Sync {
    /// A connection.
    type Stream;
    /// What is known of the other end.
    type Peer: Copy + Into<Peer> + Send;
    /// Whether only those can connect that are trusted.
    const IS_TRUSTING: bool;

    /// The next connection; as with [`TcpListener::accept`], none is lost where nobody waits any longer.
    fn next(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

impl Listen for TcpListener {
    type Stream = TcpStream;
    type Peer = SocketAddr;
    const IS_TRUSTING: bool = false;

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
    let teller = shared.clone();
    let task = move |stream, peer, seat: Arc<Seat>, stopping: watch::Receiver<bool>| {
        let (shared, router) = (shared.clone(), router.clone());
        async move {
            // In a box of its own, whose room is given back when the handshake is over: a connection may lie idle for days.
            let greeted = Box::pin(greet(stream, peer, seat, &shared)).await;
            let Some((stream, connection)) = greeted else {
                return;
            };
            let is_stranger = !connection.is_let_in().await;
            let speaks_http_2 = connection.speaks_http_2.then_some(match is_stranger {
                true => Stranger::Yes,
                false => Stranger::No,
            });
            let slowed = move || shared.tell(peer, Happening::Slowed);
            let front = Arc::new(Front::new(connection, router));
            let answering = front.clone();
            let service = service_fn(move |request| {
                let front = answering.clone();
                async move { Ok(front.answer(request).await) }
            });
            let speaking = async {
                let stream = Prompt::new(stream);
                // In a box: the version that is not spoken takes no room.
                match speaks_http_2 {
                    Some(stranger) => {
                        let stream = Calm::new(stream, slowed);
                        let stopping = stopping.clone();
                        Box::pin(speak_http_2(stream, service, stranger, limits, stopping)).await;
                    }
                    None => {
                        Box::pin(speak_http_1(stream, service, limits, stopping.clone())).await;
                    }
                }
                Box::pin(front.go_on(stopping)).await;
            };
            tokio::select! {
                () = speaking => {}
                () = front.is_no_longer_good() => {}
            }
        }
    };
    accept(listener, &teller, limits, stopping, task).await;
}

/// Serves what is published over plain HTTP until told to stop.
pub(super) async fn publications(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) {
    let limits = shared.limits;
    let router = routes::publications(shared.clone());
    let teller = shared.clone();
    let task = move |stream, _, _, stopping| {
        let stream = Patience::new(stream, limits.idle);
        let pages = TowerToHyperService::new(router.clone());
        let shared = shared.clone();
        let service = service_fn(move |request| {
            // The one request that comes by the ten thousand goes past the router, which costs as much as to read it.
            let answered = match ocsp::is_post(&request) {
                true => Ok(ocsp::post(shared.clone(), request)),
                false => Err(pages.call(request)),
            };
            async move {
                match answered {
                    Ok(answered) => Ok(routes::strict(answered.await).await),
                    Err(answered) => answered.await,
                }
            }
        });
        speak_http_1(stream, service, limits, stopping)
    };
    accept(listener, &teller, limits, stopping, task).await;
}

/// Runs a task for each connection, as many at a time as there is [`Room`] for.
pub(super) async fn accept<L, T>(
    listener: L,
    shared: &Shared,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    task: impl Fn(L::Stream, L::Peer, Arc<Seat>, watch::Receiver<bool>) -> T,
) where
    L: Listen,
    T: Future<Output = ()> + Send + 'static,
{
    let room = Room::of(limits.connections, L::IS_TRUSTING);
    let mut tasks = JoinSet::new();
    let signal = stopping.clone();
    let mut told: Option<Instant> = None;
    {
        // Whoever was accepted and waits for a place must not be lost meanwhile.
        let mut next = pin!(admit(&listener, &room));
        loop {
            tokio::select! {
                _ = stopping.changed() => break,
                Some(_) = tasks.join_next() => {}
                (place, stream, peer) = &mut next => {
                    next.set(admit(&listener, &room));
                    let is_news = || told.is_none_or(|at| at.elapsed() >= SILENCE);
                    if room.is_full() && is_news() {
                        told = Some(Instant::now());
                        shared.tell(peer.into(), full(limits.connections, L::IS_TRUSTING));
                    }
                    // What awaits a future holds it twice, before and while; a box only once.
                    let task = Box::pin(task(stream, peer, place.seat(), signal.clone()));
                    tasks.spawn(async move {
                        tokio::select! {
                            () = task => {}
                            () = place.is_wanted() => {}
                        }
                    });
                }
            }
        }
    }
    drop(listener);
    let all_done = async { while tasks.join_next().await.is_some() {} };
    let _ = timeout(limits.stop, all_done).await;
    // What has not ended by now ends with the set of tasks.
}

/// The next connection, with a place.
async fn admit<L: Listen>(listener: &L, room: &Arc<Room>) -> (Place, L::Stream, L::Peer) {
    loop {
        match listener.next().await {
            Ok((stream, peer)) => {
                let from: Peer = peer.into();
                return (room.enter(from.ip()).await, stream, peer);
            }
            Err(cause) => {
                // Nobody comes any more until somebody gives a descriptor back.
                if matches!(
                    Errno::from_io_error(&cause),
                    Some(Errno::MFILE | Errno::NFILE)
                ) {
                    room.have_one_leave();
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// What is told when somebody takes the last place.
fn full(places: usize, is_trusting: bool) -> Happening {
    let becomes = match is_trusting {
        true => "further connections wait",
        false => "each further connection ends one that has not been let in",
    };
    let fact = format!("all {places} places are taken: {becomes}");
    Happening::Trouble(Error::new(ErrorKind::Network, fact))
}

/// Serves HTTP/1.1 alone on one connection until the client leaves or the server stops.
///
/// The handshake has settled in which version (RFC 9113 §3.2, RFC 7301); nothing is guessed from the first octets.
pub(super) async fn speak_http_1<S, A>(
    stream: S,
    service: A,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    A::Future: Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(limits.head)
        // By the buffer alone a head that came at once could be larger.
        .max_header_size(limits.head)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    // A connection that breaks is the client's affair; each request that arrived has been answered and told.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// The same in HTTP/2 alone, where octets that move are no sign that somebody is served: a PING moves too (RFC 9113 §6.7).
async fn speak_http_2<S, A>(
    stream: S,
    service: A,
    stranger: Stranger,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible> + Send + 'static,
    A::Future: Send + 'static,
{
    let (streams, connection_window, stream_window) = match stranger {
        Stranger::No => (limits.streams, CONNECTION_WINDOW, STREAM_WINDOW),
        Stranger::Yes => (
            limits.streams.min(STRANGERS_STREAMS),
            STRANGERS_WINDOW,
            STRANGERS_WINDOW,
        ),
    };
    let movement = Movement::begin();
    let watched = movement.clone();
    // In a box: what awaits it would hold it twice.
    let service = service_fn(move |request| watched.of(Box::pin(service.call(request))));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        // Upwards one request that nobody reads leaves room for the others; downwards a client that does not read costs little.
        .initial_connection_window_size(connection_window)
        .initial_stream_window_size(stream_window)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => {}
        () = movement.ends(limits.idle) => {}
    }
    // Says GOAWAY, and ends with the last request. A client that does not let it end is not waited for.
    connection.as_mut().graceful_shutdown();
    tokio::select! {
        _ = connection => {}
        () = movement.ends_from_now(limits.idle) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    /// Where nobody can be accepted, for this reason.
    struct Closed(Errno);

    impl Listen for Closed {
        type Stream = ();
        type Peer = SocketAddr;
        const IS_TRUSTING: bool = false;

        async fn next(&self) -> io::Result<((), SocketAddr)> {
            Err(self.0.into())
        }
    }

    #[tokio::test]
    async fn where_all_file_descriptors_are_in_use_the_first_who_came_gives_way() {
        let mut context = Context::from_waker(Waker::noop());
        for (cause, is_asked) in [
            (Errno::CONNABORTED, false),
            (Errno::MFILE, true),
            (Errno::NFILE, true),
        ] {
            let room = Room::of(4, false);
            let (first, second) = (room.enter(None).await, room.enter(None).await);
            let closed = Closed(cause);
            let next = pin!(admit(&closed, &room));
            assert!(next.poll(&mut context).is_pending());
            let mut is_wanted = |place: &Place| {
                let wanted = pin!(place.is_wanted());
                wanted.poll(&mut context).is_ready()
            };
            assert_eq!(is_wanted(&first), is_asked, "{cause}");
            assert!(!is_wanted(&second));
        }
    }
}
