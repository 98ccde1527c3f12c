//! What proxies are told.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};

use super::form::Fault;
use crate::inventory::Record;
use crate::judge::Verdict;
use crate::server::holder;
use crate::server::judgement::Decision;
use crate::server::routes::{TEXT, answer, status_of, with_reason};

/// Why a question is not answered at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Denial {
    /// It came from somebody who does not know the secret.
    WrongSecret,
    /// It was not put as it must be.
    Misused(Fault),
}

impl Denial {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::WrongSecret => "The field Pki-Verify-Secret does not hold the secret.",
            Self::Misused(fault) => fault.message(),
        }
    }
}

/// Who is let in, or why nobody is. Browsers may be shown the text.
///
/// `welcome` are the fields for who is let in, where they were put together before.
pub(super) fn decided(decision: &Decision, welcome: Option<&HeaderMap>) -> Response<Body> {
    let verdict = decision.verdict;
    match (verdict, &decision.verified) {
        (Verdict::Accepted, Some(verified)) => {
            let welcome = welcome.cloned();
            let fields = welcome.or_else(|| self::welcome(verified.record()));
            // What is encoded so can stand in a field.
            fields.map_or_else(undecided, accepted)
        }
        // Whom the inventory does not know is never let in.
        (Verdict::Accepted, None) => undecided(),
        (Verdict::NoCertificate, _) => {
            told(status_of(verdict), "No client certificate was presented.")
        }
        (Verdict::Refused(reason), _) => {
            let text = format!("{} {}", reason.message(), reason.hint());
            with_reason(told(status_of(verdict), &text), verdict)
        }
    }
}

pub(super) fn denied(denial: Denial) -> Response<Body> {
    let status = match denial {
        Denial::WrongSecret => StatusCode::FORBIDDEN,
        Denial::Misused(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = told(status, denial.message());
    if denial == Denial::WrongSecret {
        // Nobody's guesses keep a place that a proxy needs.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    response
}

/// The inventory cannot be read: nobody is let in.
pub(super) fn undecided() -> Response<Body> {
    told(
        StatusCode::SERVICE_UNAVAILABLE,
        "The inventory could not be read; the server's log says why.",
    )
}

/// The fields that say who is let in. Every one is there, if only empty, so that the proxy never passes on what its client sent in
/// one's place.
pub(super) fn welcome(record: &Record) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    fields.insert(CACHE_CONTROL, NO_STORE);
    // Also for HEAD, where nothing would say it.
    fields.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    for (name, value) in holder::fields(record) {
        fields.insert(name, HeaderValue::try_from(value).ok()?);
    }
    Some(fields)
}

fn accepted(fields: HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = fields;
    response
}

/// The answer is true for this moment only.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

fn told(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = answer(status, TEXT, format!("{text}\n")).into_response();
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    response
}
