//! OCSP over HTTP (RFC 6960 appendix A, RFC 5019 §5 and §6.2), and the answer that this server staples to its own certificate.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, LAST_MODIFIED};
use axum::http::{Method as HttpMethod, Request as HttpRequest, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use time::OffsetDateTime;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;
use tokio::time::timeout;

use super::Shared;
use super::connection::blocking;
use super::encoded::{base64, percent_decoded};
use super::routes::{TEXT, answer};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind};
use crate::ocsp::{Answer, Freshness, MAX_REQUEST, Refusal, Request};
use crate::session::Identity;

/// Where requests come in a body.
pub(super) const PLACE: &str = "/ocsp";
/// Where requests in the path begin.
pub(super) const PATH: &str = "/ocsp/";
const REQUEST: &str = "application/ocsp-request";
const RESPONSE: &str = "application/ocsp-response";
/// How long a cache may repeat an answer, in seconds: whoever asks through one learns of a revocation so much later.
const MAX_AGE: i64 = 60;
/// About how many certificates at most a request is answered by the thread that serves everybody.
const AT_HAND: usize = 2;
/// IMF-fixdate, RFC 9110 §5.6.7; the instant is in UTC.
const HTTP_DATE: StaticFormatDescription = format_description!(
    "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
);

/// Says whether a request is one for [`post`].
pub(super) fn is_post<B>(request: &HttpRequest<B>) -> bool {
    request.uri().path() == PLACE && request.method() == HttpMethod::POST
}

/// A request as the body of a POST.
pub(super) async fn post(shared: Arc<Shared>, request: HttpRequest<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let kind = head.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case(REQUEST)) {
        let text = "An OCSP request comes as application/ocsp-request.\n";
        return answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, TEXT, text).into_response();
    }
    // As long as something moves the connection is not still, however slowly that goes.
    let body = timeout(
        shared.limits.header,
        Limited::new(body, MAX_REQUEST).collect(),
    );
    let status = match body.await {
        Ok(Ok(body)) => {
            return respond(respond_to(shared, body.to_bytes()).await, Method::Post);
        }
        Ok(Err(cause)) if cause.is::<LengthLimitError>() => StatusCode::PAYLOAD_TOO_LARGE,
        Ok(Err(_)) => StatusCode::BAD_REQUEST,
        Err(_) => StatusCode::REQUEST_TIMEOUT,
    };
    answer(status, TEXT, "The request could not be read.\n").into_response()
}

/// Any other method where only [`post`] is answered.
pub(super) async fn not_allowed() -> Response<Body> {
    answer(StatusCode::METHOD_NOT_ALLOWED, TEXT, "")
        .with(ALLOW, HttpMethod::POST.as_str())
        .into_response()
}

/// A request in the path of a GET, in base64 and URL-encoded.
pub(super) async fn get(State(shared): State<Arc<Shared>>, uri: Uri) -> Response<Body> {
    let answered = match request_in(uri.path()) {
        Some(request) => respond_to(shared, request.into()).await,
        None => Refusal::MalformedRequest.into(),
    };
    respond(answered, Method::Get)
}

/// What is answered about this server's own certificate; nothing where nobody can answer. A handshake does not fail for it.
pub(super) fn staple(shared: &Shared, identity: &Identity) -> Option<Vec<u8>> {
    let certified = identity.certified_key();
    let certificate = Certificate::from_der(certified.cert.first()?.as_ref()).ok()?;
    let now = (shared.clock)();
    let responder = shared.knowledge.responder(now).ok().flatten()?;
    let look_up = |issuer: &_, number: &_| shared.knowledge.standing(issuer, number);
    responder.staple(&certificate, now, look_up).ok().flatten()
}

/// Answers on this thread where everything is at hand: that costs less than to hand the request to another one.
async fn respond_to(shared: Arc<Shared>, request: Bytes) -> Answer {
    if let Some(answered) = answer_at_hand(&shared, &request) {
        return answered;
    }
    let answered = blocking(move || {
        let request = match Request::from_der(&request) {
            Ok(request) => request,
            Err(refusal) => return Ok(refusal.into()),
        };
        let now = (shared.clock)();
        let Some(responder) = shared.knowledge.responder(now)? else {
            return Ok(Refusal::TryLater.into());
        };
        responder.answer(&request, now, |issuer, number| {
            shared.knowledge.standing(issuer, number)
        })
    });
    answered
        .await
        .unwrap_or_else(|_| Refusal::InternalError.into())
}

fn answer_at_hand(shared: &Shared, request: &[u8]) -> Option<Answer> {
    let request = match Request::from_der(request) {
        Ok(request) if request.len() > AT_HAND => return None,
        Ok(request) => request,
        Err(refusal) => return Some(refusal.into()),
    };
    let responder = shared.knowledge.responder_at_hand()?;
    let look_up = |issuer: &_, number: &_| {
        let standing = shared.knowledge.standing_at_hand(issuer, number);
        standing.ok_or_else(|| Error::new(ErrorKind::Inventory, "the inventory is busy"))
    };
    responder.answer(&request, (shared.clock)(), look_up).ok()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Get,
    Post,
}

/// OCSP has its own words for what went wrong, so that HTTP's status is always 200.
fn respond(answered: Answer, method: Method) -> Response<Body> {
    let Answer { der, freshness } = answered;
    match freshness.filter(|_| method == Method::Get) {
        Some(freshness) => {
            let Freshness {
                this_update,
                next_update,
            } = freshness;
            let left = (next_update - this_update).whole_seconds();
            let cached = format!(
                "max-age={}, public, no-transform, must-revalidate",
                MAX_AGE.min(left)
            );
            let etag = format!("\"{}\"", Fingerprint::of(&der));
            answer(StatusCode::OK, RESPONSE, der)
                .with(CACHE_CONTROL, &cached)
                .with(ETAG, &etag)
                .with(LAST_MODIFIED, &http_date(this_update))
                .with(EXPIRES, &http_date(next_update))
        }
        None => answer(StatusCode::OK, RESPONSE, der),
    }
    .into_response()
}

fn http_date(instant: OffsetDateTime) -> String {
    instant.format(HTTP_DATE).unwrap_or_default()
}

/// The request that a path holds behind [`PATH`].
///
/// Some clients leave a slash of base64 as it is, others write `%2F`; some double the slash before the request, which
/// itself never begins with one: base64 of a SEQUENCE begins with `M`.
fn request_in(path: &str) -> Option<Vec<u8>> {
    let text = path.strip_prefix(PATH)?.trim_start_matches('/');
    if text.len() > MAX_REQUEST * 4 {
        return None;
    }
    base64(&percent_decoded(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_the_path_may_be_percent_encoded_or_not() {
        let request = [0x30, 0x03, 0xff, 0xfe, 0xfb, 0xef, 0xbe];
        for path in [
            "/ocsp/MAP//vvvvg==",
            "/ocsp//MAP//vvvvg==",
            "/ocsp/MAP%2F%2fvvvvg%3D%3D",
            "/ocsp/MAP%2F/vvvvg",
            "/ocsp/%4dAP//vvvvg==",
        ] {
            assert_eq!(request_in(path).as_deref(), Some(&request[..]), "{path}");
        }
        for path in [
            "/ocsp/M%",
            "/ocsp/M%4",
            "/ocsp/M%zz",
            "/ocsp/M%+4",
            "/ocsp/Ä",
            "/crl/M",
        ] {
            assert_eq!(request_in(path), None, "{path}");
        }
        let long = format!("{PATH}{}", "A".repeat(MAX_REQUEST * 4 + 1));
        assert_eq!(request_in(&long), None);
    }

    #[test]
    fn dates_are_written_as_http_wants_them() {
        let instant = time::macros::datetime!(1994-11-06 08:49:37 UTC);
        assert_eq!(http_date(instant), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn only_an_answer_that_anybody_may_be_given_is_cached_and_that_not_for_long() {
        let now = time::macros::datetime!(2026-03-01 12:00 UTC);
        let until = |seconds| Answer {
            der: vec![0x30, 0],
            freshness: Some(Freshness {
                this_update: now,
                next_update: now + time::Duration::seconds(seconds),
            }),
        };
        let header = |answered, method, name| {
            let response = respond(answered, method);
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        for (seconds, max_age) in [(3600, 60), (10, 10), (0, 0)] {
            let expected = format!("max-age={max_age}, public, no-transform, must-revalidate");
            let found = header(until(seconds), Method::Get, CACHE_CONTROL);
            assert_eq!(found, Some(expected));
        }
        let expires = header(until(3600), Method::Get, EXPIRES);
        assert_eq!(expires.as_deref(), Some("Sun, 01 Mar 2026 13:00:00 GMT"));
        for name in [ETAG, CACHE_CONTROL] {
            let post = header(until(3600), Method::Post, name);
            assert_eq!(post, None);
        }
        let refusal = header(Refusal::TryLater.into(), Method::Get, CACHE_CONTROL);
        // What does not say otherwise gets no-store on its way out.
        assert_eq!(refusal, None);
    }
}
