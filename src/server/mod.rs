//! The mutual-TLS server: it takes any client certificate whose key is proven, judges it, and tells what it decided.
//!
//! The handshake proves the key; each request is judged anew by [`judge`](crate::judge::judge) on what the inventory
//! knows at that moment, so that a revocation counts on the very next request, also on an open or resumed connection.
//! The server holds no issuing key. What it presents and publishes lies on the disk ([`OnDisk`]), where another process, or
//! another thread of this one, renews it; each handshake and each request takes what lies there then.

mod accept;
mod calm;
mod connection;
mod encoded;
mod encounter;
mod endings;
mod following;
mod frames;
mod fresh;
mod front;
mod gateway;
mod glances;
mod greet;
mod handshake;
mod holder;
#[doc(hidden)]
pub mod hostile;
mod judgement;
mod knowledge;
mod lately;
mod log;
mod markdown;
mod memory;
mod movement;
mod ocsp;
mod on_disk;
mod pages;
mod patience;
mod places;
mod prompt;
mod proof;
mod publications;
mod recent;
mod refusals;
mod register;
mod room;
mod routes;
mod sessions;
mod steps;
mod target;
mod turns;
mod verifier;
mod verify;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::KeyLog;
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

pub use endings::Ending;
pub use gateway::{Application, Upstream};
pub use judgement::Judgement;
pub use knowledge::{Crl, Knowledge};
pub use log::{Event, Happening, Log, Peer};
pub use on_disk::OnDisk;
pub use places::{in_url, public_name};
pub use register::Register;
pub use verify::{Form, Place, SharedSecret, Verification};

use crate::error::{Error, ErrorKind, Result};
use gateway::Gateway;
use handshake::Handshakes;
use turns::Turns;

/// After how long without a word a client or an application is asked whether it is still there.
const ASKED_AFTER: Duration = Duration::from_secs(60);
/// How long an answer is waited for before it is asked again, and how often.
const ASKED_AGAIN: Duration = Duration::from_secs(10);
const ASKED_AT_MOST: u32 = 3;

/// How many connections the system may hold ready to be accepted; it may allow fewer (`net.core.somaxconn`). Of a crowd beyond that, each
/// connects a second later.
const BACKLOG: u32 = 4096;

/// How a server listens and what it demands.
#[derive(Debug)]
pub struct Config {
    /// Where logins are tried.
    pub https: SocketAddr,
    /// Where CRLs, OCSP answers and CA certificates are published; nowhere, when absent.
    pub http: Option<SocketAddr>,
    /// How proxies ask which certificates are let in; not at all, when absent.
    pub verify: Option<Verification>,
    /// What happens to a client without a good certificate.
    pub client_auth: ClientAuth,
    /// What answers whoever is accepted; the server itself, when absent.
    pub application: Option<Application>,
    /// Where session secrets are written; nowhere, when absent.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// How long and how many.
    pub limits: Limits,
    /// The clock that certificates are judged by.
    pub clock: fn() -> OffsetDateTime,
}

/// What happens to a client without a good certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// It is let in as far as the page that explains what was presented and what was decided.
    Optional,
    /// It is refused in the handshake, with a TLS alert.
    Required,
}

/// Bounds that keep slow and many clients from using the server up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections a listener serves at a time.
    pub connections: usize,
    /// How long a TLS handshake may take.
    pub handshake: Duration,
    /// How long the head of an HTTP/1.1 request may take, counted from the end of the one before; and then the body of one for OCSP.
    pub header: Duration,
    /// How large it may be, in octets.
    pub head: usize,
    /// How many requests a client that has been let in may make at a time on a connection of HTTP/2.
    pub streams: u32,
    /// How long a connection may lie still.
    pub idle: Duration,
    /// How long open connections are waited for when the server stops.
    pub stop: Duration,
}

/// A server whose addresses are bound, but which does not answer yet.
pub struct Server {
    https: Listener,
    http: Option<Listener>,
    verify: Option<verify::Desk>,
    shared: Arc<Shared>,
}

/// A bound listener and the address that it was given.
struct Listener {
    listener: TcpListener,
    address: SocketAddr,
}

/// What every connection of a server works with.
struct Shared {
    knowledge: Arc<dyn Knowledge>,
    log: Arc<dyn Log>,
    handshakes: Handshakes,
    gateway: Option<Gateway>,
    limits: Limits,
    turns: Turns,
    clock: fn() -> OffsetDateTime,
    /// Where each side of the server tells visitors that the other one is.
    https: SocketAddr,
    http: Option<SocketAddr>,
}

impl Server {
    /// Binds the addresses; port 0 takes a free one.
    ///
    /// # Errors
    /// Says which address could not be bound.
    pub async fn bind(
        config: Config,
        knowledge: Arc<dyn Knowledge>,
        log: Arc<dyn Log>,
    ) -> Result<Self> {
        let Config {
            https,
            http,
            verify,
            client_auth,
            application,
            key_log,
            limits,
            clock,
        } = config;
        let https = Listener::bind(https).await?;
        let http = match http {
            Some(address) => Some(Listener::bind(address).await?),
            None => None,
        };
        let verify = match verify {
            Some(verification) => Some(verify::Desk::bind(verification).await?),
            None => None,
        };
        Ok(Self {
            shared: Arc::new(Shared {
                knowledge,
                log,
                handshakes: Handshakes::new(client_auth, key_log),
                gateway: application.map(Gateway::to),
                limits,
                turns: Turns::new(),
                clock,
                https: https.address,
                http: http.as_ref().map(|listener| listener.address),
            }),
            https,
            http,
            verify,
        })
    }

    /// Where logins are tried.
    pub fn https_address(&self) -> SocketAddr {
        self.https.address
    }

    /// Where CRLs, OCSP answers and CA certificates are published.
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(|listener| listener.address)
    }

    /// Where proxies ask: a URL without a path, or `unix:PATH`.
    pub fn verify_place(&self) -> Option<String> {
        self.verify.as_ref().map(verify::Desk::place)
    }

    /// Answers until `shutdown` is ready, then finishes the requests that have begun, within [`Limits::stop`].
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self {
            https,
            http,
            verify,
            shared,
        } = self;
        let (stop, stopping) = watch::channel(false);
        let logins = accept::logins(https.listener, shared.clone(), stopping.clone());
        let publications = async {
            if let Some(http) = http {
                accept::publications(http.listener, shared.clone(), stopping.clone()).await;
            }
        };
        let verifications = async {
            if let Some(desk) = verify {
                desk.serve(shared.clone(), stopping.clone()).await;
            }
        };
        let stopped = async {
            shutdown.await;
            // Nobody listens any more where both loops have ended, which they do not by themselves.
            let _ = stop.send(true);
        };
        tokio::join!(logins, publications, verifications, stopped);
    }
}

impl Listener {
    async fn bind(wanted: SocketAddr) -> Result<Self> {
        let failure = |cause: std::io::Error| {
            let hint = match cause.kind() {
                std::io::ErrorKind::AddrInUse => {
                    "Another program listens there: stop it, or choose another port."
                }
                std::io::ErrorKind::PermissionDenied => {
                    "Ports below 1024 need a right of their own: choose a higher one."
                }
                _ => "Choose an address of this machine, such as 127.0.0.1:8443.",
            };
            Error::new(
                ErrorKind::Network,
                format!("could not listen on {wanted}: {cause}"),
            )
            .with_hint(hint)
        };
        let listener = listen(wanted).map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        Ok(Self { listener, address })
    }
}

/// As [`TcpListener::bind`], but more may come at once before any of them is looked at.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Else the port could not be had again for a while after the end of a server.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Lets the system find out when the other end is gone without a word, so that a connection on which it is right to be still does not
/// last for ever.
fn keep_alive(stream: &TcpStream) {
    use rustix::net::sockopt;
    // A connection without it is as good while it lasts.
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, ASKED_AFTER);
    let _ = sockopt::set_tcp_keepintvl(stream, ASKED_AGAIN);
    let _ = sockopt::set_tcp_keepcnt(stream, ASKED_AT_MOST);
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            head: 64 << 10,
            streams: 64,
            idle: Duration::from_secs(60),
            stop: Duration::from_secs(5),
        }
    }
}
