//! What is answered where: one router for logins, one for what is published.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::middleware::map_response;
use axum::routing::{get, post};
use serde::Serialize;

use super::connection::{Connection, blocking};
use super::fresh::Fresh;
use super::pages::{Page, Told};
use super::places::Side;
use super::steps::{self, Desk, Help};
use super::{ClientAuth, Judgement, Shared, ocsp, pages, publications, refusals};
use crate::inventory::Summary;
use crate::judge::Verdict;
use crate::name::one_line;
use crate::ocsp::MAX_REQUEST;
use crate::session::{Handshake, Session};

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain; charset=utf-8";
pub(super) const NOT_FOUND: &str = "There is nothing here.\n";

/// The field in which a refusal says its reason.
const REASON: HeaderName = HeaderName::from_static("pki-reason");

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

/// What is answered over mutual TLS.
pub(super) fn logins(shared: Arc<Shared>) -> Router<Arc<Connection>> {
    Router::new()
        .route("/", get(page))
        .route("/login.json", get(document))
        .merge(help(shared, Side::Https))
        .fallback(not_found)
        .layer(map_response(strict))
}

/// What helps to log in, on both sides alike: over plain HTTP for who does not trust the root yet, and beside the page
/// that refuses, because browsers block downloads that a secure page offers from an insecure place.
fn help<S: Clone + Send + Sync + 'static>(shared: Arc<Shared>, side: Side) -> Router<S> {
    Router::new()
        .route("/steps", get(steps::list))
        .route("/steps/{platform}", get(steps::of_platform))
        .route("/refusals", get(refusals::list))
        .route("/refusals/{reason}", get(refusals::of_reason))
        .route("/ca/{file}", get(publications::authority))
        .with_state(Desk { shared, side })
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
        .route("/ocsp", post(ocsp::post))
        .route(&format!("{}{{*request}}", ocsp::PATH), get(ocsp::get))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .fallback(not_found)
        .layer(map_response(strict))
        .with_state(shared)
}

async fn page(
    State(connection): State<Arc<Connection>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    if let Some(elsewhere) = misdirected(&connection, &uri) {
        return elsewhere;
    }
    match connection.judge().await {
        Ok(judgement) => {
            let shared = &connection.shared;
            let help = Help::of(shared, Side::Https, &uri, &headers).await;
            let told = Told {
                session: &connection.evidence.session(),
                help: &help,
                fresh: &Fresh::of(shared, &help, &uri, &headers),
                server: help.server(),
                is_logged: shared.handshakes.are_logged(),
                is_required: shared.handshakes.client_auth == ClientAuth::Required,
            };
            let page = pages::login(&judgement, &told);
            with_reason(shown(status_of(judgement.verdict), page), judgement.verdict)
        }
        Err(trouble) => shown(StatusCode::SERVICE_UNAVAILABLE, pages::trouble(&trouble)),
    }
}

/// Sends a browser away that asks for one host over the connection that it has to another one; it then opens one of its own by itself
/// (RFC 9110 §15.5.20).
///
/// HTTP/2 lets it ask so, where the certificate is good for both (RFC 9113 §9.1.1). But then nobody was asked for a certificate for this
/// host, and a fresh place would not be one.
fn misdirected(connection: &Connection, uri: &Uri) -> Option<Response<Body>> {
    let asked = uri.host()?.trim_end_matches('.');
    let greeted = connection.server_name.as_deref()?;
    if asked.eq_ignore_ascii_case(greeted) {
        return None;
    }
    let (asked, greeted) = (one_line(asked), one_line(greeted));
    let body = format!(
        "This connection was opened for {greeted}; {asked} is answered on a connection of its own.\n"
    );
    Some(answer(StatusCode::MISDIRECTED_REQUEST, TEXT, body).into_response())
}

/// A page as an answer.
pub(super) fn shown(status: StatusCode, page: Page) -> Response<Body> {
    answer(status, HTML, page.html)
        .with(CONTENT_SECURITY_POLICY, page.content_security_policy)
        .into_response()
}

async fn document(State(connection): State<Arc<Connection>>, uri: Uri) -> Response<Body> {
    if let Some(elsewhere) = misdirected(&connection, &uri) {
        return elsewhere;
    }
    let judged = connection.judge().await;
    let (status, body) = match &judged {
        Ok(judgement) => (
            status_of(judgement.verdict),
            serde_json::to_vec(&Document::of(judgement, &connection.evidence.session())),
        ),
        Err(trouble) => (
            StatusCode::SERVICE_UNAVAILABLE,
            serde_json::to_vec(&serde_json::json!({"error": {
                "kind": trouble.kind().as_str(), "message": trouble.message(), "hint": trouble.hint(),
            }})),
        ),
    };
    let answered = match body {
        Ok(body) => answer(status, JSON, body),
        Err(_) => answer(StatusCode::INTERNAL_SERVER_ERROR, JSON, "{}"),
    };
    match judged {
        Ok(judgement) => with_reason(answered.into_response(), judgement.verdict),
        Err(_) => answered.into_response(),
    }
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
async fn strict(mut response: Response<Body>) -> Response<Body> {
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
