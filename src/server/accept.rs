//! From a listening socket to a connection that speaks HTTP.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::CertificateDer;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::patience::Patience;
use super::verifier::ClientVerifier;
use super::{ClientAuth, Event, Happening, Judgement, Limits, Shared, routes};
use crate::error::{Error, ErrorKind, Result};
use crate::judge::Verdict;
use crate::session::{FirstFlight, Observed, Recorder, Session};

/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(100);
/// The most that is read from a client after its handshake was refused, in octets.
const DRAINED: u64 = 64 << 10;

/// One client whose handshake is complete.
pub(super) struct Connection {
    shared: Arc<Shared>,
    peer: SocketAddr,
    pub(super) session: Session,
    presented: Vec<CertificateDer<'static>>,
}

type TlsConnection = TlsStream<Recorder<Patience<TcpStream>>>;

/// Serves logins until told to stop.
pub(super) async fn logins(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) {
    let limits = shared.limits;
    let router = routes::logins();
    accept(listener, limits, stopping, move |stream, peer, stopping| {
        let (shared, router) = (shared.clone(), router.clone());
        async move {
            let Some((stream, connection)) = greet(stream, peer, &shared).await else {
                return;
            };
            let speaks_http_2 = connection.session.alpn.as_deref() == Some("h2");
            let router = router.with_state(Arc::new(connection));
            speak_http(stream, router, speaks_http_2, limits, stopping).await;
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
    let router = routes::publications().with_state(shared);
    accept(listener, limits, stopping, move |stream, _, stopping| {
        let stream = Patience::new(stream, limits.idle);
        speak_http(stream, router.clone(), false, limits, stopping)
    })
    .await;
}

/// Runs a task for each connection, as many at a time as the limit allows; the others wait to be accepted.
async fn accept<T>(
    listener: TcpListener,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    task: impl Fn(TcpStream, SocketAddr, watch::Receiver<bool>) -> T,
) where
    T: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut tasks = JoinSet::new();
    let signal = stopping.clone();
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        tokio::select! {
            _ = stopping.changed() => break,
            Some(_) = tasks.join_next() => {}
            next = next => match next {
                Some((place, Ok((stream, peer)))) => {
                    // Answers are small and written whole: waiting to fill a packet would only delay them.
                    let _ = stream.set_nodelay(true);
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

/// Completes a handshake; says why where there is something to say.
///
/// A browser opens one or two connections ahead and drops them: that is no event.
async fn greet(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Arc<Shared>,
) -> Option<(TlsConnection, Connection)> {
    let stream = Recorder::new(Patience::new(stream, shared.limits.idle));
    let handshake = timeout(shared.limits.handshake, shake_hands(stream, shared)).await;
    match handshake {
        Ok(Ok((mut stream, observed))) => {
            let (io, tls) = stream.get_mut();
            let recording = io.stop();
            let first_flight = FirstFlight::read(&recording.received, &recording.sent);
            let connection = Connection {
                shared: shared.clone(),
                peer,
                session: Session::of(tls, first_flight, observed),
                presented: tls.peer_certificates().unwrap_or_default().to_vec(),
            };
            Some((stream, connection))
        }
        Ok(Err(happening)) => {
            if let Some(happening) = happening {
                shared.tell(peer, happening);
            }
            None
        }
        Err(_) => None,
    }
}

async fn shake_hands(
    stream: Recorder<Patience<TcpStream>>,
    shared: &Arc<Shared>,
) -> Result<(TlsConnection, Observed), Option<Happening>> {
    let mut acceptor = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let start = match (&mut acceptor).await {
        Ok(start) => start,
        Err(cause) => {
            if let Some(stream) = acceptor.take_io() {
                let _ = drain(stream).await;
            }
            return Err(describe(&cause));
        }
    };
    let authorities = {
        let shared = shared.clone();
        blocking(move || shared.knowledge.authorities()).await
    };
    let authorities = authorities.map_err(|trouble| Some(Happening::Trouble(trouble)))?;
    let handshakes = &shared.handshakes;
    let gate = match handshakes.client_auth {
        ClientAuth::Required => Some(shared.clone()),
        ClientAuth::Optional => None,
    };
    let verifier = Arc::new(ClientVerifier::new(
        &authorities,
        handshakes.provider(),
        gate,
    ));
    let config = handshakes
        .config(verifier.clone())
        .map_err(|cause| Some(Happening::Handshake(cause.to_string())))?;
    match start.into_stream(config).into_fallible().await {
        Ok(stream) => {
            let acceptable_issuers = authorities
                .iter()
                .map(|record| record.certificate.subject().to_string())
                .collect();
            let observed = Observed {
                signature_scheme: verifier.signature_scheme(),
                acceptable_issuers,
            };
            Ok((stream, observed))
        }
        Err((cause, stream)) => {
            let _ = drain(stream).await;
            Err(verifier.into_refusal().or_else(|| describe(&cause)))
        }
    }
}

/// Says what ended a handshake; nothing, when the client just went away.
fn describe(cause: &std::io::Error) -> Option<Happening> {
    use rustls::Error as Tls;
    let tls = cause.get_ref()?.downcast_ref::<Tls>()?;
    Some(match tls {
        Tls::NoCertificatesPresented => Happening::Login {
            verdict: Verdict::NoCertificate,
            subject: None,
        },
        Tls::AlertReceived(alert) => Happening::Handshake(format!(
            "the client sent the alert {}",
            crate::session::alert((*alert).into())
        )),
        other => Happening::Handshake(other.to_string()),
    })
}

/// Lets the client read the alert: closing a socket with unread octets resets it, and the alert is lost.
async fn drain<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    stream.shutdown().await?;
    let mut rest = stream.take(DRAINED);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

/// Serves HTTP on one connection until the client leaves or the server stops.
async fn speak_http<S>(
    stream: S,
    router: Router,
    speaks_http_2: bool,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(64 << 10);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(64);
    // The handshake has settled which one it is (RFC 9113 §3.2); there is nothing to guess from the first octets.
    let builder = if speaks_http_2 {
        builder.http2_only()
    } else {
        builder.http1_only()
    };
    let connection =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    // A connection that breaks is the client's affair; each request that arrived has been answered and told.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Connection {
    /// Judges what this client presented in its handshake, or in the one that this session resumes, by what is known now.
    pub(super) async fn judge(&self) -> Result<Judgement> {
        let (shared, presented) = (self.shared.clone(), self.presented.clone());
        let judged =
            blocking(move || Judgement::of(&presented, &*shared.knowledge, (shared.clock)())).await;
        match judged {
            Ok(judgement) => {
                let subject = judgement.certificate().map(|it| it.subject.clone());
                let verdict = judgement.verdict;
                (self.shared).tell(self.peer, Happening::Login { verdict, subject });
                Ok(judgement)
            }
            Err(trouble) => {
                let public = Error::new(trouble.kind(), "the inventory could not be read")
                    .with_hint("The server's log says why.");
                self.shared.tell(self.peer, Happening::Trouble(trouble));
                Err(public)
            }
        }
    }
}

impl Shared {
    fn tell(&self, peer: SocketAddr, happening: Happening) {
        self.log.write(&Event {
            at: (self.clock)(),
            peer,
            happening,
        });
    }
}

/// Runs a look-up that may wait for the disk away from the threads that serve everybody.
pub(super) async fn blocking<T: Send + 'static>(
    look_up: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(look_up).await {
        Ok(found) => found,
        Err(_) => Err(Error::new(
            ErrorKind::Internal,
            "a look-up in the inventory ended early",
        )),
    }
}
