//! The authority for proxies: they pass on whose certificate a request came with, and are told whether it lets somebody in.
//!
//! A certificate is public, so that here nothing is proven: the proxy must have verified the handshake, and must remove what its
//! client sends in its place. Who may ask is decided by the rights on a socket, or by a secret.

mod answer;
mod form;
mod known;
mod secret;
mod socket;
mod told;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::sleep;

pub use form::Form;
pub use secret::SharedSecret;

use super::accept::{accept, speak_http_1};
use super::connection::blocking;
use super::judgement::{Decision, decide, decide_at_hand, decide_known};
use super::patience::Patience;
use super::room::Seat;
use super::routes::not_found;
use super::{Happening, Limits, Listener, Peer, Shared};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::judge::Verdict;
use answer::Denial;
use form::Field;
use known::Known;
use socket::Socket;
use told::Told;

/// Where it is asked. Envoy puts the path that its client asks for behind it.
const PATH: &str = "/verify";
/// How long a proxy may keep a connection that it does not use. nginx closes it after 60 seconds by itself, Traefik after 90 and
/// Caddy after 120: whoever closes first never loses a question that was on its way.
const IDLE: Duration = Duration::from_secs(300);
/// The largest head of a request: a field that is too long is told so.
const HEAD: usize = 256 << 10;

/// How proxies ask.
#[derive(Debug)]
pub struct Verification {
    place: Place,
    form: Form,
    secret: Option<SharedSecret>,
}

/// Where proxies ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On a Unix socket, which its owner and its group may use.
    Socket(PathBuf),
    /// On an address of the loopback interface.
    Address(SocketAddr),
}

/// A place that is bound.
pub(super) struct Desk {
    bound: Bound,
    window: Window,
}

enum Bound {
    Socket(Socket),
    Address(Listener),
}

/// What all connections of proxies share.
struct Window {
    form: Form,
    secret: Option<SharedSecret>,
    known: Known,
    logins: Told<Option<Fingerprint>, Verdict>,
    misuse: Told<Denial, ()>,
    troubles: Told<String, ()>,
}

/// One connection of a proxy.
struct Proxy {
    shared: Arc<Shared>,
    window: Arc<Window>,
    peer: Peer,
    seat: Arc<Seat>,
    /// Whether it has shown the secret.
    is_known: AtomicBool,
}

impl Verification {
    /// Puts together where proxies ask, in which form, and by which secret they are known.
    ///
    /// # Errors
    /// Refuses an address that other machines reach, and one without a secret.
    pub fn new(place: Place, form: Form, secret: Option<SharedSecret>) -> Result<Self> {
        let refuse =
            |fact: String, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint));
        match &place {
            Place::Address(address) if !address.ip().is_loopback() => refuse(
                format!(
                    "{address} can be reached from other machines, and proxies are only answered on this one"
                ),
                "Give an address such as 127.0.0.1:8444, or unix:PATH.",
            ),
            Place::Address(address) if secret.is_none() => refuse(
                format!(
                    "anybody on this machine could ask at {address}: proxies need a secret there"
                ),
                "Give --verify-secret-file FILE, or unix:PATH instead of the address.",
            ),
            _ => Ok(Self {
                place,
                form,
                secret,
            }),
        }
    }
}

impl Desk {
    /// Binds the place; port 0 takes a free one.
    ///
    /// # Errors
    /// Says why it could not be bound.
    pub(super) async fn bind(verification: Verification) -> Result<Self> {
        let Verification {
            place,
            form,
            secret,
        } = verification;
        Ok(Self {
            bound: match place {
                Place::Socket(path) => Bound::Socket(Socket::bind(&path)?),
                Place::Address(address) => Bound::Address(Listener::bind(address).await?),
            },
            window: Window {
                form,
                secret,
                known: Known::new(),
                logins: Told::new(),
                misuse: Told::new(),
                troubles: Told::new(),
            },
        })
    }

    /// Where proxies ask: a URL without a path, or `unix:PATH`.
    pub(super) fn place(&self) -> String {
        match &self.bound {
            Bound::Socket(socket) => format!("unix:{}", socket.path().display()),
            Bound::Address(listener) => format!("http://{}", listener.address),
        }
    }

    /// Answers until told to stop.
    pub(super) async fn serve(self, shared: Arc<Shared>, stopping: watch::Receiver<bool>) {
        let limits = Limits {
            header: IDLE,
            idle: IDLE,
            head: HEAD,
            ..shared.limits
        };
        let window = Arc::new(self.window);
        let proxy = |peer, seat| Proxy {
            shared: shared.clone(),
            window: window.clone(),
            peer,
            seat,
            is_known: AtomicBool::new(window.secret.is_none()),
        };
        match self.bound {
            Bound::Socket(socket) => {
                let task = |stream, peer, seat, stopping| {
                    converse(stream, proxy(peer, seat), limits, stopping)
                };
                accept(socket, &shared, limits, stopping, task).await;
            }
            Bound::Address(Listener { listener, .. }) => {
                let task = |stream, peer: SocketAddr, seat, stopping| {
                    converse(stream, proxy(peer.into(), seat), limits, stopping)
                };
                accept(listener, &shared, limits, stopping, task).await;
            }
        }
    }
}

/// Speaks HTTP/1.1 with one proxy; whoever has not shown in the usual time that it is one keeps no place that one needs.
async fn converse<S>(stream: S, proxy: Proxy, limits: Limits, stopping: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let proxy = Arc::new(proxy);
    let stream = Patience::new(stream, limits.idle);
    let answering = proxy.clone();
    let service = service_fn(move |request| {
        let proxy = answering.clone();
        async move { Ok(asked(&proxy, &request).await) }
    });
    tokio::select! {
        () = speak_http_1(stream, service, limits, stopping) => {}
        () = proxy.stays_unknown() => {}
    }
}

/// Any method is answered alike: Envoy asks with that of its client, the others with GET.
async fn asked(proxy: &Proxy, request: &Request<Incoming>) -> Response<Body> {
    let headers = request.headers();
    if !is_here(request.uri().path()) {
        return not_found().await;
    }
    if proxy
        .window
        .secret
        .as_ref()
        .is_some_and(|secret| !secret.is_in(headers))
    {
        return proxy.deny(Denial::WrongSecret);
    }
    proxy.is_known.store(true, Ordering::Relaxed);
    proxy.seat.keep();
    let form = proxy.window.form;
    let field = match form.field(headers) {
        Ok(field) => field,
        Err(fault) => return proxy.deny(Denial::Misused(fault)),
    };
    if let Some(answered) = proxy.answer_at_once(field) {
        return answered;
    }
    match form.read(field) {
        Ok(chain) => proxy.answer(field, chain).await,
        Err(fault) => proxy.deny(Denial::Misused(fault)),
    }
}

fn is_here(path: &str) -> bool {
    let behind = path.strip_prefix(PATH);
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('/'))
}

impl Proxy {
    /// Ends when the time is over in which it must show the secret; never, where it does.
    async fn stays_unknown(&self) {
        sleep(self.shared.limits.header).await;
        if self.is_known.load(Ordering::Relaxed) {
            std::future::pending().await
        }
    }

    fn tell_trouble(&self, trouble: Error) {
        let message = trouble.message().to_owned();
        if self.window.troubles.is_news(&message, (), Instant::now()) {
            self.shared.tell(self.peer, Happening::Trouble(trouble));
        }
    }

    /// Answers about a field that came before, where nothing that the inventory knows has changed since.
    fn answer_at_once(&self, field: Field<'_>) -> Option<Response<Body>> {
        let client = self.window.known.client(field.alone()?)?;
        let now = (self.shared.clock)();
        let decision = decide_at_hand(Some(&client.fingerprint), &*self.shared.knowledge, now)?;
        self.tell(&decision, Some(client.fingerprint), &[]);
        let welcome = client.welcome(decision.verified.as_ref()?);
        if welcome.is_none() {
            self.remember(field, Some(client.fingerprint), &decision);
        }
        Some(answer::decided(&decision, welcome))
    }

    fn remember(&self, field: Field<'_>, own: Option<Fingerprint>, decision: &Decision) {
        let is_let_in = decision.verdict == Verdict::Accepted;
        let verified = decision.verified.as_ref().filter(|_| is_let_in);
        if let (Some(field), Some(own), Some(verified)) = (field.alone(), own, verified) {
            self.window.known.keep(field, own, verified);
        }
    }

    async fn answer(&self, field: Field<'_>, chain: Vec<Vec<u8>>) -> Response<Body> {
        let fingerprint = chain.first().map(|own| Fingerprint::of(own));
        let decision = match self.decide(fingerprint.as_ref(), &chain).await {
            Ok(decision) => decision,
            Err(trouble) => {
                self.tell_trouble(trouble);
                return answer::undecided();
            }
        };
        self.tell(&decision, fingerprint, &chain);
        self.remember(field, fingerprint, &decision);
        answer::decided(&decision, None)
    }

    /// Decides, on this thread where that can be done at once.
    async fn decide(&self, own: Option<&Fingerprint>, chain: &[Vec<u8>]) -> Result<Decision> {
        let shared = &self.shared;
        let now = (shared.clock)();
        if let Some(decision) = decide_at_hand(own, &*shared.knowledge, now) {
            return Ok(decision);
        }
        if let Some(own) = own.copied() {
            let knowledge = shared.knowledge.clone();
            let known = blocking(move || decide_known(&own, &*knowledge, now)).await?;
            if let Some(decision) = known {
                return Ok(decision);
            }
        }
        // What nobody here issued may be large, is taken apart each time, and comes from wherever the proxy's clients do.
        let turn = shared.turns.for_a_stranger().await;
        let (knowledge, chain) = (shared.knowledge.clone(), chain.to_vec());
        blocking(move || {
            let _turn = turn;
            decide(&chain, &*knowledge, now)
        })
        .await
    }

    fn tell(&self, decision: &Decision, fingerprint: Option<Fingerprint>, chain: &[Vec<u8>]) {
        let verdict = decision.verdict;
        if !self
            .window
            .logins
            .is_news(&fingerprint, verdict, Instant::now())
        {
            return;
        }
        let subject = match &decision.verified {
            Some(verified) => Some(verified.record().certificate.subject().to_string()),
            None => chain
                .first()
                .and_then(|own| Certificate::from_der(own.as_slice()).ok())
                .map(|certificate| certificate.subject().to_string()),
        };
        let login = Happening::Login {
            verdict,
            subject,
            certificate: fingerprint,
            repeated: false,
        };
        self.shared.tell(self.peer, login);
    }

    fn deny(&self, denial: Denial) -> Response<Body> {
        if self.window.misuse.is_news(&denial, (), Instant::now()) {
            let misuse = Happening::Misuse(denial.message());
            self.shared.tell(self.peer, misuse);
        }
        answer::denied(denial)
    }
}
