//! One request over a connection, and what its answer says about the login.

use std::error::Error as StdError;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::status::{self, Meaning, Sense};
use super::visit::{self, REASON, field};
use super::{Outcome, TlsConnection, Url};

/// The most that is read of an answer, in octets.
const LIMIT: usize = 1 << 20;
/// Where `pki serve` tells its decision as data.
const DOCUMENT: &str = "/login.json";

type Failure = Box<dyn StdError + Send + Sync>;

/// The server's answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// What any server tells: its status, and why it refused where `pki serve` stands in front of it.
    pub(super) said: visit::Answer,
    /// What `pki serve` tells; nothing from another server.
    pub(super) document: Option<Document>,
}

/// What stands in `login.json`, as far as this end needs it.
#[derive(Debug, Default)]
pub(super) struct Document {
    verdict: Option<Outcome>,
    reason: Option<String>,
    pub(super) message: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) exporter_sha256: Option<String>,
}

/// Asks for the URL's path, or for `/login.json` where it has none.
///
/// # Errors
/// Fails when the connection does; the cause tells an alert.
pub(super) async fn ask(stream: TlsConnection, url: &Url) -> Result<Answer, Failure> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let ask = async move {
        if url.path() != "/" {
            return request(&mut sender, url, url.path()).await;
        }
        let answer = request(&mut sender, url, DOCUMENT).await?;
        if answer.said.status != StatusCode::NOT_FOUND.as_u16() || sender.ready().await.is_err() {
            return Ok(answer);
        }
        // This is not `pki serve`: what it makes of the login shows at its front door.
        Ok(request(&mut sender, url, "/").await.unwrap_or(answer))
    };
    // Ends when the answer is read and the sender dropped, or with what broke the connection.
    let (asked, ended) = tokio::join!(ask, connection);
    match (asked, ended) {
        (Ok(answer), _) => Ok(answer),
        // Where both ends fail, one may hold the alert and the other only that the connection is gone.
        (Err(cause), Ok(())) => Err(cause),
        (Err(_), Err(cause)) => Err(cause.into()),
    }
}

async fn request(
    sender: &mut SendRequest<Empty<Bytes>>,
    url: &Url,
    path: &str,
) -> Result<Answer, Failure> {
    let request = Request::get(path)
        .header(HOST, url.authority())
        .header(ACCEPT, "application/json, */*;q=0.1")
        .header(USER_AGENT, concat!("pki/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())?;
    Ok(read(sender.send_request(request).await?).await)
}

/// An answer that cannot be read to its end is no document, and its status still counts.
async fn read(response: Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LIMIT).collect().await;
    let body = body.map(|it| it.to_bytes()).unwrap_or_default();
    Answer {
        document: document_of(&body),
        said: visit::Answer {
            status: head.status.as_u16(),
            reason: field(&head.headers, &REASON),
            body: String::from_utf8_lossy(&body).into_owned(),
            ..visit::Answer::default()
        },
    }
}

fn document_of(body: &[u8]) -> Option<Document> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let text = |pointer: &str| Some(value.pointer(pointer)?.as_str()?.to_owned());
    Some(Document {
        verdict: match text("/verdict")?.as_str() {
            "accepted" => Some(Outcome::Accepted),
            "no-certificate" => Some(Outcome::NoCertificate),
            "refused" => Some(Outcome::Refused),
            _ => None,
        },
        reason: text("/reason"),
        message: text("/message"),
        hint: text("/hint"),
        exporter_sha256: text("/session/exporter_sha256"),
    })
}

impl Answer {
    /// What the server decided, by its own word or, without one, by its status.
    pub(super) fn outcome(&self, presented: bool) -> Outcome {
        self.word().unwrap_or(match self.said.status {
            // Who is told that there is nothing, or not by this method, got that far.
            200..400 | 404 | 405 | 410 => Outcome::Accepted,
            // 400 and 496 are nginx's for a missing certificate.
            400 | 401 | 403 | 496 if !presented => Outcome::NoCertificate,
            _ => Outcome::Refused,
        })
    }

    /// Whether it says nothing of a certificate, since something else failed.
    pub(super) fn is_failure(&self) -> bool {
        self.word().is_none() && status::sense(&self.said) == Sense::Failed
    }

    /// Why it refuses, where `pki serve` says so: in its document or, at any path and through proxies, in a field.
    pub(super) fn reason(&self) -> Option<String> {
        let told = self.document.as_ref().and_then(|it| it.reason.clone());
        told.or_else(|| status::reason(&self.said).map(|it| it.as_str().to_owned()))
    }

    /// What its status means, where it has no words of its own.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        match self.word() {
            Some(_) => None,
            None => status::meaning(&self.said),
        }
    }

    fn word(&self) -> Option<Outcome> {
        self.document.as_ref().and_then(|document| document.verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16) -> Answer {
        Answer {
            said: visit::Answer {
                status,
                ..visit::Answer::default()
            },
            document: None,
        }
    }

    fn outcome(status: u16, presented: bool) -> Outcome {
        answer(status).outcome(presented)
    }

    #[test]
    fn without_a_document_the_status_tells() {
        assert_eq!(outcome(200, true), Outcome::Accepted);
        assert_eq!(outcome(302, false), Outcome::Accepted);
        assert_eq!(outcome(404, true), Outcome::Accepted);
        assert_eq!(outcome(401, false), Outcome::NoCertificate);
        assert_eq!(outcome(400, false), Outcome::NoCertificate);
        assert_eq!(outcome(401, true), Outcome::Refused);
        assert_eq!(outcome(403, true), Outcome::Refused);
        assert_eq!(outcome(495, true), Outcome::Refused);
    }

    #[test]
    fn a_failure_of_the_server_is_none_of_the_certificate() {
        for (status, expected) in [(200, false), (403, false), (500, true), (502, true)] {
            assert_eq!(answer(status).is_failure(), expected, "{status}");
        }
        let mut decided = answer(502);
        decided.document = document_of(br#"{"verdict": "refused"}"#);
        assert!(!decided.is_failure());
    }

    #[test]
    fn a_reason_is_read_from_a_field_where_no_document_tells_it() {
        let mut told = answer(403);
        assert_eq!(told.reason(), None);
        told.said.reason = Some("because".to_owned());
        assert_eq!(told.reason(), None, "only the words of pki serve are read");
        told.said.reason = Some("revoked".to_owned());
        assert_eq!(told.reason().as_deref(), Some("revoked"));
        told.document = document_of(br#"{"verdict": "refused", "reason": "expired"}"#);
        assert_eq!(told.reason().as_deref(), Some("expired"));
    }
}
