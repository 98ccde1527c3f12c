//! The gateway: whoever is accepted goes on to an application behind this server, which is told who that is.
//!
//! Each request is judged anew, and each connection again and again while an answer or a WebSocket is on its way. What the client says
//! of itself, where an application could take it for ours, does not go through ([`fields`]).

mod download;
mod exchange;
mod fields;
pub(super) mod head;
mod identity;
mod pool;
mod shares;
mod trouble;
mod tunnel;
mod upstream;

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
use crate::certificate::Fingerprint;
use crate::judge::Verified;
use download::Download;
use exchange::{Exchange, Upload, linger};
use head::{Asked, is_held_back};
use pool::{Failure, Pool};
use shares::{Share, Shares, WAIT};
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
    shares: Shares,
    patience: Duration,
}

/// One client's way through the gateway.
pub(super) struct Passage {
    connection: Arc<Connection>,
    /// What is said of the client, which is the same for each request of a connection.
    identity: OnceLock<HeaderMap>,
    share: OnceLock<Arc<Share>>,
    tunnel: Mutex<Option<Tunnel>>,
}

impl Gateway {
    pub(super) fn to(application: Application) -> Self {
        Self {
            pool: Pool::new(application.at),
            shares: Shares::new(),
            patience: application.patience,
        }
    }
}

impl Passage {
    pub(super) fn of(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            identity: OnceLock::new(),
            share: OnceLock::new(),
            tunnel: Mutex::default(),
        }
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
        let identity = self.identity(verified).await?;
        let (occupied, passing) = (&self.connection.occupied, &self.connection.passing);
        let held = (occupied.hold(), passing.hold());
        let share = self.share(gateway);
        let is_upgrade = head::wants_websocket(&head, &body);
        let among_tunnels = match is_upgrade {
            true => Some(share.tunnel().map_err(Trouble::Crowded)?),
            false => None,
        };
        let place = gateway.shares.place(share, WAIT).await;
        let place = place.map_err(Trouble::Crowded)?;
        let client = is_upgrade.then(|| {
            let mut request = Request::new(());
            *request.extensions_mut() = std::mem::take(&mut head.extensions);
            upgrade::on(request)
        });
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
        let upload = Upload::new(body, exchange.clone(), idle, passing.hold());
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
            asked = gateway.pool.ask(request, place) => asked.map_err(Trouble::Failed)?,
            () = exchange.has_lasted(gateway.patience) => return Err(Trouble::Silent),
        };
        exchange.answered();
        let has_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let (mut head, body) = response.into_parts();
        if has_upgraded {
            let client = client.filter(|_| head::is_websocket(&head.headers));
            let (client, place) = client.zip(among_tunnels).ok_or(Trouble::Unasked)?;
            let mut response = Request::new(());
            *response.extensions_mut() = std::mem::take(&mut head.extensions);
            let tunnel = Tunnel {
                client,
                application: upgrade::on(response),
                occupation: held.0,
                occupied: occupied.clone(),
                passing: held.1,
                place,
            };
            let mut ready = self.tunnel.lock().unwrap_or_else(PoisonError::into_inner);
            *ready = Some(tunnel);
            drop(ready);
            head::response(&mut head);
            head::upgrade(&mut head.headers);
            return Ok(Response::from_parts(head, Body::empty()));
        }
        head::response(&mut head);
        let download = match self.connection.speaks_http_2 {
            true => Download::within(idle, body, exchange, held),
            false => Download::new(body, exchange, held),
        };
        Ok(Response::from_parts(head, Body::new(download)))
    }

    /// What those with this client's certificate may take up.
    fn share(&self, gateway: &Gateway) -> &Share {
        self.share.get_or_init(|| {
            let own = self.connection.presented.first();
            gateway.shares.of(own.map(|der| Fingerprint::of(der)))
        })
    }

    /// The fields that say who this client is. That they cannot be told never happens to one that was accepted.
    async fn identity(&self, verified: Option<&Verified>) -> Result<&HeaderMap, Trouble> {
        if let Some(known) = self.identity.get() {
            return Ok(known);
        }
        let shared = self.connection.shared.clone();
        let authorities = blocking(move || shared.knowledge.authorities()).await;
        let authorities = authorities.map_err(|cause| Trouble::Unread(cause.message().into()))?;
        let record = verified.ok_or(Trouble::Unknown)?.record();
        let fields = identity::fields(&self.connection.presented, record, &authorities);
        let fields = fields.ok_or(Trouble::Unknown)?;
        Ok(self.identity.get_or_init(|| fields))
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
    if head::is_coded(&head.headers) {
        let text = "No transfer coding but chunked is understood.\n";
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
