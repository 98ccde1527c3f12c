//! What strangers send, as the readers that nobody else calls read it: for the fuzz targets, which see only what is public.
//!
//! No logic stands here, and nothing of the program uses it; `docs/fuzzing.md` says why it is a module and not a feature.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::HeaderMap;
use axum::http::uri::Authority;
use axum::http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::gateway::head;
use super::handshake::Handshakes;
use super::turns::Turns;
use super::verify::Form;
use super::{ClientAuth, Knowledge, Limits, Shared, routes, target};

/// What is published over plain HTTP, without a socket.
pub struct Published(TowerToHyperService<Router>);

impl Published {
    /// Publishes what is known.
    pub fn new(knowledge: Arc<dyn Knowledge>) -> Self {
        let shared = Shared {
            knowledge,
            log: Arc::new(|_: &_| {}),
            handshakes: Handshakes::new(ClientAuth::Optional, None),
            gateway: None,
            limits: Limits::default(),
            turns: Turns::new(),
            clock: || time::macros::datetime!(2027-01-01 12:00 UTC),
            https: (Ipv4Addr::LOCALHOST, 8443).into(),
            http: Some((Ipv4Addr::LOCALHOST, 8080).into()),
        };
        Self(TowerToHyperService::new(routes::publications(Arc::new(
            shared,
        ))))
    }

    /// Answers a request without a body.
    pub async fn answer(&self, request: Request<()>) -> Response<Bytes> {
        let request = request.map(|()| Body::empty());
        let (head, body) = match self.0.call(request).await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        let body = body.collect().await.map(|body| body.to_bytes());
        Response::from_parts(head, body.unwrap_or_default())
    }
}

/// The certificates (DER) that the fields of a request tell of.
///
/// # Errors
/// Says what is wrong with them.
pub fn certificates(form: Form, headers: &HeaderMap) -> Result<Vec<Vec<u8>>, &'static str> {
    let read = form.field(headers).and_then(|field| form.read(field));
    read.map_err(|fault| fault.message())
}

/// For which host a request asks, if it names one.
///
/// # Errors
/// Says why it is not answered on a connection that greeted this host.
pub fn authority(
    uri: &Uri,
    headers: &HeaderMap,
    greeted: Option<&str>,
) -> Result<Option<Authority>, String> {
    target::authority(uri, headers, greeted).map_err(|astray| format!("{astray:?}"))
}

/// A client's request as the gateway passes it on.
pub fn forwarded(
    request: Request<Body>,
    authority: &Authority,
    identity: &HeaderMap,
) -> Request<()> {
    let (head, body) = request.into_parts();
    let asked = head::Asked {
        authority,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        identity,
        is_upgrade: head::wants_websocket(&head, &body),
    };
    Request::from_parts(head::request(head, &body, &asked), ())
}

/// An application's answer as the gateway passes it on.
pub fn answered(response: Response<()>) -> Response<()> {
    let (mut head, ()) = response.into_parts();
    head::response(&mut head);
    Response::from_parts(head, ())
}
