//! What an accepted client is told where the application does not answer.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Response, StatusCode};

use super::super::routes::{shown, strict, trouble_as_data};
use super::super::{Happening, pages};
use super::shares::{AT_ONCE, Crowd, OF_ONE, TUNNELS};
use super::{Failure, Upstream};
use crate::error::{Error, ErrorKind};

/// Why the application's answer does not reach the client.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is none.
    Failed(Failure),
    /// It did not begin in time.
    Silent,
    /// It changes to a protocol that nobody asked for.
    Unasked,
    /// Too many ask at a time.
    Crowded(Crowd),
    /// Nothing could be said of the client, who therefore does not go through.
    Unknown,
    /// The inventory could not be read, and why.
    Unread(String),
}

impl Trouble {
    /// What the log has to say; nothing where the client itself went away.
    pub(super) fn told(&self, upstream: &Upstream, patience: Duration) -> Option<Happening> {
        let text = match self {
            Self::Failed(Failure::Unreachable(cause)) => {
                format!("the application at {upstream} could not be reached: {cause}")
            }
            Self::Failed(Failure::Broken(cause)) => {
                format!("the application at {upstream} gave no answer: {cause}")
            }
            Self::Failed(Failure::Gone) => return None,
            Self::Silent => format!(
                "the application at {upstream} did not begin to answer within {} seconds",
                patience.as_secs_f64()
            ),
            Self::Unasked => {
                format!(
                    "the application at {upstream} changed to a protocol that was not asked for"
                )
            }
            Self::Crowded(Crowd::One) => format!(
                "a request found no place: those with this certificate wait for {OF_ONE} answers of the application at {upstream} already"
            ),
            Self::Crowded(Crowd::All) => format!(
                "a request found no place: the application at {upstream} has {AT_ONCE} to answer already"
            ),
            Self::Crowded(Crowd::Tunnels) => format!(
                "a WebSocket found no place: those with this certificate have {TUNNELS} already"
            ),
            Self::Unread(cause) => cause.clone(),
            Self::Unknown => "nothing could be told of an accepted client".to_owned(),
        };
        Some(Happening::Trouble(Error::new(ErrorKind::Network, text)))
    }

    /// A page, or a document, without a word on where the application is.
    pub(super) async fn into_response(self, wants_data: bool) -> Response<Body> {
        let (status, fact, hint) = self.words();
        let trouble = Error::new(ErrorKind::Network, fact).with_hint(hint);
        let response = match wants_data {
            true => trouble_as_data(status, &trouble),
            false => shown(status, pages::no_answer(&trouble)),
        };
        strict(response).await
    }

    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        let again = "It is not your certificate. Try again in a while; the server's log says why.";
        match self {
            Self::Failed(Failure::Gone) => (
                StatusCode::BAD_REQUEST,
                "the request ended early",
                "Send it again.",
            ),
            Self::Failed(Failure::Unreachable(_)) => (
                StatusCode::BAD_GATEWAY,
                "the application behind this server cannot be reached",
                again,
            ),
            Self::Failed(Failure::Broken(_)) | Self::Unasked => (
                StatusCode::BAD_GATEWAY,
                "the application behind this server gave no answer that could be passed on",
                again,
            ),
            Self::Silent => (
                StatusCode::GATEWAY_TIMEOUT,
                "the application behind this server did not answer in time",
                again,
            ),
            Self::Crowded(Crowd::All) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too many ask the application behind this server at this moment",
                again,
            ),
            Self::Crowded(Crowd::One | Crowd::Tunnels) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too much is open with this certificate already",
                "Close other windows or programs that use it, and try again.",
            ),
            Self::Unread(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the inventory could not be read",
                again,
            ),
            Self::Unknown => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "the application behind this server could not be told who you are",
                again,
            ),
        }
    }
}

/// Says whether a client takes data and no pages (RFC 9110 §12.5.1).
pub(in crate::server) fn wants_data(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter();
    let ranges = lines.filter_map(|line| line.to_str().ok());
    let ranges: Vec<String> = ranges
        .flat_map(|line| line.split(','))
        .filter_map(|range| Some(range.split(';').next()?.trim().to_ascii_lowercase()))
        .collect();
    let takes = |kind: &str| ranges.iter().any(|range| range == kind);
    takes("application/json") && !takes("text/html")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn who_takes_json_and_no_pages_gets_data() {
        for (accept, is_data) in [
            (&["application/json"][..], true),
            (&["Application/JSON; q=0.9, */*"], true),
            (&["text/plain", "application/json"], true),
            (&["text/html,application/json"], false),
            (&["*/*"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in accept {
                headers.append(ACCEPT, line.parse().unwrap());
            }
            assert_eq!(wants_data(&headers), is_data, "{accept:?}");
        }
    }
}
