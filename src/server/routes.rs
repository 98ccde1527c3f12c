//! What is answered where: one router for logins, one for what is published.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::map_response;
use axum::routing::{any, get};
use axum::{Extension, Router};
use serde::Serialize;

use super::connection::{Connection, blocking};
use super::fresh::Fresh;
use super::pages::{Page, Told};
use super::places::Side;
use super::steps::{self, Desk, Help};
use super::target::misdirected;
use super::{ClientAuth, Happening, Judgement, Shared, ocsp, pages, publications, refusals};
use crate::error::{Error, Result};
use crate::inventory::Summary;
use crate::judge::Verdict;
use crate::session::{Handshake, Session};

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const NOT_FOUND: &str = "There is nothing here.\n";

/// Where a decision is told as data.
pub(super) const DOCUMENT: &str = "/login.json";

/// The field in which a refusal says its reason.
pub(super) const REASON: HeaderName = HeaderName::from_static("pki-reason");

/// The document of `GET /login.json`.
#[derive(Serialize)]
struct Document<'a> {
    verdict: &'static str,
    reason: Option<&'static str>,
    message: &'static str,
    hint: Option<&'static str>,
    certificate: Option<&'a Summary>,
    chain: &'a [Option<Summary>],
    session: &'a Session,
    handshake: &'a Handshake,
}

/// What is answered over mutual TLS; each request brings its connection along, so that all connections share one router.
pub(super) fn logins(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(page))
        .route(DOCUMENT, get(document))
        .merge(help(shared, Side::Https))
        .fallback(not_found)
        .layer(map_response(strict))
}

/// What helps to log in, on both sides alike: over plain HTTP for who does not trust the root yet, and beside the page
/// that refuses, because browsers block downloads that a secure page offers from an insecure place.
///
/// [`is_help`] says which these are.
fn help<S: Clone + Send + Sync + 'static>(shared: Arc<Shared>, side: Side) -> Router<S> {
    Router::new()
        .route("/steps", get(steps::list))
        .route("/steps/{platform}", get(steps::of_platform))
        .route("/refusals", get(refusals::list))
        .route("/refusals/{reason}", get(refusals::of_reason))
        .route("/ca/{file}", get(publications::authority))
        .with_state(Desk { shared, side })
}

/// Says whether a path is one of those that help to log in.
pub(super) fn is_help(path: &str) -> bool {
    let pages = ["/steps", "/refusals"];
    let is_page = |page: &&str| {
        let below = path.strip_prefix(*page);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    pages.iter().any(is_page) || path.starts_with("/ca/")
}

/// What is answered over plain HTTP: public and, where it matters, signed.
pub(super) fn publications(shared: Arc<Shared>) -> Router {
    let desk = Desk {
        shared: shared.clone(),
        side: Side::Http,
    };
    let start = Router::new().route("/", get(steps::start));
    help(shared.clone(), Side::Http)
        .merge(start.with_state(desk))
        .route("/healthz", get(health))
        .route("/crl/{file}", get(publications::crl))
        // What is posted there does not come here.
        .route(ocsp::PLACE, any(ocsp::not_allowed))
        .route(&format!("{}{{*request}}", ocsp::PATH), get(ocsp::get))
        .fallback(not_found)
        .layer(map_response(strict))
        .with_state(shared)
}

async fn page(
    Extension(connection): Extension<Arc<Connection>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    if let Some(elsewhere) = misdirected(&connection, &uri, &headers) {
        return elsewhere;
    }
    let judged = connection.judge().await;
    told_on_a_page(&connection, judged, &uri, &headers).await
}

/// Puts an answer together away from the threads that serve everybody.
///
/// That takes a while, and for a moment more memory than a connection: there it does not lie between what connections keep. Each takes
/// its turn, so that pages leave the processors to handshakes, and a turn ends with the answer even where nobody waits for it any more.
async fn put_together(
    connection: &Connection,
    answer: impl FnOnce() -> Response<Body> + Send + 'static,
) -> Result<Response<Body>> {
    let turn = connection.turns.take(&connection.shared.turns).await;
    let answered = blocking(move || {
        let _turn = turn;
        Ok(answer())
    });
    answered.await.map_err(|trouble| {
        let public = Error::new(trouble.kind(), "the answer could not be put together")
            .with_hint("The server's log says why.");
        let trouble = Happening::Trouble(trouble);
        connection.shared.tell(connection.peer, trouble);
        public
    })
}

/// Tells on a page what was decided.
pub(super) async fn told_on_a_page(
    connection: &Arc<Connection>,
    judged: Result<Judgement>,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response<Body> {
    match judged {
        Ok(judgement) => {
            let shared = &connection.shared;
            let help = Help::of(shared, Side::Https, uri, headers).await;
            let fresh = Fresh::of(shared, &help, uri, headers);
            let told = connection.clone();
            let answered = put_together(connection, move || {
                let handshakes = &told.shared.handshakes;
                let told = Told {
                    session: &told.evidence.session(),
                    help: &help,
                    fresh: &fresh,
                    server: help.server(),
                    is_logged: handshakes.are_logged(),
                    is_required: handshakes.client_auth == ClientAuth::Required,
                };
                let page = pages::login(&judgement, &told);
                with_reason(shown(status_of(judgement.verdict), page), judgement.verdict)
            });
            answered.await.unwrap_or_else(|trouble| {
                shown(StatusCode::INTERNAL_SERVER_ERROR, pages::trouble(&trouble))
            })
        }
        Err(trouble) => shown(StatusCode::SERVICE_UNAVAILABLE, pages::trouble(&trouble)),
    }
}

/// A page as an answer.
pub(super) fn shown(status: StatusCode, page: Page) -> Response<Body> {
    answer(status, HTML, page.html)
        .with(CONTENT_SECURITY_POLICY, page.content_security_policy)
        .into_response()
}

async fn document(
    Extension(connection): Extension<Arc<Connection>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    if let Some(elsewhere) = misdirected(&connection, &uri, &headers) {
        return elsewhere;
    }
    let judged = connection.judge().await;
    told_as_data(&connection, judged).await
}

/// Tells as a document what was decided.
pub(super) async fn told_as_data(
    connection: &Arc<Connection>,
    judged: Result<Judgement>,
) -> Response<Body> {
    let judgement = match judged {
        Ok(judgement) => judgement,
        Err(trouble) => return trouble_as_data(StatusCode::SERVICE_UNAVAILABLE, &trouble),
    };
    let told = connection.clone();
    let answered = put_together(connection, move || {
        let session = told.evidence.session();
        let answered = match serde_json::to_vec(&Document::of(&judgement, &session)) {
            Ok(body) => answer(status_of(judgement.verdict), JSON, body),
            Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, JSON, "{}"),
        };
        with_reason(answered.into_response(), judgement.verdict)
    });
    answered
        .await
        .unwrap_or_else(|trouble| trouble_as_data(StatusCode::INTERNAL_SERVER_ERROR, &trouble))
}

/// Tells as a document what went wrong.
pub(super) fn trouble_as_data(status: StatusCode, trouble: &Error) -> Response<Body> {
    let document = serde_json::json!({"error": {
        "kind": trouble.kind().as_str(), "message": trouble.message(), "hint": trouble.hint(),
    }});
    answer(status, JSON, document.to_string()).into_response()
}

/// Says in a field of its own why somebody was refused, for programs that look at any path.
pub(super) fn with_reason(mut response: Response<Body>, verdict: Verdict) -> Response<Body> {
    if let Some(reason) = verdict.reason() {
        let word = HeaderValue::from_static(reason.as_str());
        response.headers_mut().insert(REASON, word);
    }
    response
}

/// Well is who can read the inventory; everything else is answered from there.
async fn health(State(shared): State<Arc<Shared>>) -> Response<Body> {
    match blocking(move || shared.knowledge.authorities()).await {
        Ok(_) => answer(StatusCode::OK, TEXT, "ok\n"),
        Err(_) => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "the inventory could not be read\n",
        ),
    }
    .into_response()
}

pub(super) async fn not_found() -> Response<Body> {
    answer(StatusCode::NOT_FOUND, TEXT, NOT_FOUND).into_response()
}

/// 401 without a WWW-Authenticate header: TLS is asked before HTTP begins, and no scheme is registered for it.
pub(super) fn status_of(verdict: Verdict) -> StatusCode {
    match verdict {
        Verdict::Accepted => StatusCode::OK,
        Verdict::NoCertificate => StatusCode::UNAUTHORIZED,
        Verdict::Refused(_) => StatusCode::FORBIDDEN,
    }
}

impl<'a> Document<'a> {
    fn of(judgement: &'a Judgement, session: &'a Session) -> Self {
        Self {
            verdict: judgement.verdict.as_str(),
            reason: judgement.verdict.reason().map(|reason| reason.as_str()),
            message: judgement.message(),
            hint: judgement.hint(),
            certificate: judgement.certificate(),
            chain: &judgement.chain,
            session,
            handshake: &session.handshake,
        }
    }
}

/// Adds what every answer has and does not say otherwise, also where the router itself refuses a method or a body.
pub(super) async fn strict(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        // The answer is true for this moment only.
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        let entry = headers.entry(name);
        entry.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// An answer on its way.
pub(super) struct Answer(Response<Body>);

pub(super) fn answer(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Answer {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Answer(response)
}

impl Answer {
    pub(super) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        self.0
    }
}
