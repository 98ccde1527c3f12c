//! One request over a connection, and what its answer says about the login.

use std::error::Error as StdError;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::{Outcome, TlsConnection, Url};

/// The most that is read of an answer, in octets.
const LIMIT: usize = 1 << 20;
/// Where `pki serve` tells its decision as data.
const DOCUMENT: &str = "/login.json";

type Failure = Box<dyn StdError + Send + Sync>;

/// The server's answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// What `pki serve` tells; nothing from another server.
    pub(super) document: Option<Document>,
}

/// What stands in `login.json`, as far as this end needs it.
#[derive(Debug, Default)]
pub(super) struct Document {
    verdict: Option<Outcome>,
    pub(super) reason: Option<String>,
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
        if answer.status != StatusCode::NOT_FOUND.as_u16() || sender.ready().await.is_err() {
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
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    Ok(Answer {
        status,
        document: document_of(response).await,
    })
}

/// The answer's document; an answer that cannot be read to its end is no document, and its status still counts.
async fn document_of(response: Response<Incoming>) -> Option<Document> {
    let body = Limited::new(response.into_body(), LIMIT).collect().await;
    let value: Value = serde_json::from_slice(&body.ok()?.to_bytes()).ok()?;
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
        let by_word = self.document.as_ref().and_then(|document| document.verdict);
        by_word.unwrap_or(match self.status {
            // Who is told that there is nothing, or not by this method, got that far.
            200..400 | 404 | 405 | 410 => Outcome::Accepted,
            // 400 and 496 are nginx's for a missing certificate.
            400 | 401 | 403 | 496 if !presented => Outcome::NoCertificate,
            _ => Outcome::Refused,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16, presented: bool) -> Outcome {
        let document = None;
        Answer { status, document }.outcome(presented)
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
}
