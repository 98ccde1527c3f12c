//! The gateway: whoever is accepted goes on to an application behind this server, which is told who that is.
//!
//! Each request is judged anew, and each connection again and again while an answer or a WebSocket is on its way. What the client says
//! of itself, where an application could take it for ours, does not go through ([`fields`]).

mod exchange;
mod fields;
mod head;
mod identity;
mod pool;
mod trouble;
mod tunnel;
mod upstream;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{HeaderMap, MAX_FORWARDS};
use axum::http::uri::Authority;
use axum::http::{Method, Request, Response, StatusCode, request};
use hyper::body::Incoming;
use hyper::upgrade;

pub use upstream::Upstream;

pub(super) use trouble::wants_data;
pub(super) use tunnel::Tunnel;

use super::connection::{Connection, blocking};
use super::routes::{TEXT, answer, strict};
use crate::judge::Verified;
use exchange::{Download, Exchange, Upload, linger};
use head::{Asked, is_held_back};
use pool::{Failure, Pool};
use trouble::Trouble;

/// An application behind the server.
#[derive(Debug, Clone)]
pub struct Application {
    /// Where it answers.
    pub at: Upstream,
    /// How long it may take until its answer begins, from when it was last given a part of the request.
    pub patience: Duration,
}

/// The way to an application.
pub(super) struct Gateway {
    pool: Pool,
    patience: Duration,
}

/// One client's way through the gateway.
pub(super) struct Passage {
    connection: Arc<Connection>,
    /// What is said of the client, which is the same for each request of a connection.
    identity: OnceLock<HeaderMap>,
    tunnel: Mutex<Option<Tunnel>>,
    has_tunnel: AtomicBool,
}

impl Gateway {
    pub(super) fn to(application: Application) -> Self {
        Self {
            pool: Pool::new(application.at),
            patience: application.patience,
        }
    }
}

impl Passage {
    pub(super) fn of(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            identity: OnceLock::new(),
            tunnel: Mutex::default(),
            has_tunnel: AtomicBool::new(false),
        }
    }

    /// Says whether anything of this client is on its way.
    pub(super) fn is_in_use(&self) -> bool {
        self.connection.occupied.is_held() || self.has_tunnel.load(Ordering::Relaxed)
    }

    /// The WebSocket that this connection has become, once its last answer was given.
    pub(super) fn take_tunnel(&self) -> Option<Tunnel> {
        let mut tunnel = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner);
        tunnel.take()
    }

    /// Lets the application answer a request of a client that was accepted.
    pub(super) async fn forward(
        &self,
        gateway: &Gateway,
        (request, authority): (Request<Incoming>, &Authority),
        verified: Option<&Verified>,
    ) -> Response<Body> {
        let (mut head, body) = request.into_parts();
        if let Some(answered) = not_for_the_application(&mut head) {
            leave(&head, body);
            return strict(answered).await;
        }
        let data = wants_data(&head.headers);
        match self.ask(gateway, head, body, authority, verified).await {
            Ok(response) => response,
            Err(trouble) => {
                let upstream = gateway.pool.upstream();
                if let Some(told) = trouble.told(upstream, gateway.patience) {
                    self.connection.shared.tell(self.connection.peer, told);
                }
                trouble.into_response(data).await
            }
        }
    }

    async fn ask(
        &self,
        gateway: &Gateway,
        mut head: request::Parts,
        body: Incoming,
        authority: &Authority,
        verified: Option<&Verified>,
    ) -> Result<Response<Body>, Trouble> {
        let identity = self.identity(verified).await.ok_or(Trouble::Unknown)?;
        let is_upgrade = head::wants_websocket(&head, &body);
        let client = is_upgrade.then(|| {
            let mut request = Request::new(());
            *request.extensions_mut() = std::mem::take(&mut head.extensions);
            upgrade::on(request)
        });
        let occupation = self.connection.occupied.hold();
        let asked = Asked {
            authority,
            peer: self.connection.peer.ip(),
            identity,
            is_upgrade,
        };
        let is_expected = is_held_back(&head, &body);
        let head = head::request(head, &body, &asked);
        let exchange = Exchange::begin(is_expected);
        let idle = self.connection.shared.limits.idle;
        let upload = Upload::new(body, exchange.clone(), idle);
        let mut request = Request::from_parts(head, upload);
        if is_expected {
            let exchange = exchange.clone();
            hyper::ext::on_informational(&mut request, move |informed| {
                if informed.status() == StatusCode::CONTINUE {
                    exchange.open();
                }
            });
        }
        let response = tokio::select! {
            asked = gateway.pool.ask(request) => asked.map_err(Trouble::Failed)?,
            () = exchange.has_lasted(gateway.patience) => return Err(Trouble::Silent),
        };
        exchange.answered();
        let has_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let (mut head, body) = response.into_parts();
        if has_upgraded {
            let client = client.filter(|_| head::is_websocket(&head.headers));
            let client = client.ok_or(Trouble::Unasked)?;
            let mut response = Request::new(());
            *response.extensions_mut() = std::mem::take(&mut head.extensions);
            let tunnel = Tunnel {
                client,
                application: upgrade::on(response),
                occupation,
                occupied: self.connection.occupied.clone(),
            };
            let mut place = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner);
            *place = Some(tunnel);
            self.has_tunnel.store(true, Ordering::Relaxed);
            drop(place);
            head::response(&mut head);
            head::upgrade(&mut head.headers);
            return Ok(Response::from_parts(head, Body::empty()));
        }
        head::response(&mut head);
        let download = Download::new(body, exchange, occupation);
        Ok(Response::from_parts(head, Body::new(download)))
    }

    /// The fields that say who this client is; none where that cannot be told, which never happens to one that was accepted.
    async fn identity(&self, verified: Option<&Verified>) -> Option<&HeaderMap> {
        if let Some(known) = self.identity.get() {
            return Some(known);
        }
        let shared = self.connection.shared.clone();
        let authorities = blocking(move || shared.knowledge.authorities())
            .await
            .ok()?;
        let record = verified?.record();
        let fields = identity::fields(&self.connection.presented, record, &authorities)?;
        Some(self.identity.get_or_init(|| fields))
    }
}

/// Leaves a body that nobody wants, so that the client reads why.
///
/// One that the client holds back may never come: then its connection ends with the answer.
pub(super) fn leave(head: &request::Parts, body: Incoming) {
    if !is_held_back(head, &body) {
        linger(body);
    }
}

/// What a gateway answers itself, or does not pass on.
///
/// CONNECT would open a tunnel to anywhere, TRACE would show the client what we say of it; an OPTIONS request may be meant for us
/// (RFC 9110 §7.6.2).
fn not_for_the_application(head: &mut request::Parts) -> Option<Response<Body>> {
    if [Method::CONNECT, Method::TRACE].contains(&head.method) {
        let text = "This method does not go through.\n";
        return Some(answer(StatusCode::NOT_IMPLEMENTED, TEXT, text).into_response());
    }
    if head.method != Method::OPTIONS {
        return None;
    }
    let left = head.headers.get(MAX_FORWARDS)?.to_str().ok()?;
    let left: u32 = left.parse().ok()?;
    let Some(fewer) = left.checked_sub(1) else {
        return Some(answer(StatusCode::OK, TEXT, "").into_response());
    };
    head.headers.insert(MAX_FORWARDS, fewer.into());
    None
}
