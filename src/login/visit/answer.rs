//! One GET over a connection, and what its answer tells of the server.

use std::error::Error as StdError;
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{
    ACCEPT, CONNECTION, DATE, HOST, HeaderMap, HeaderName, LOCATION, SERVER, USER_AGENT, VIA,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::super::Url;
use super::question::{ACCEPTED, AGENT, Instead, Question};

/// The field in which `pki serve` says why it refused.
pub(in crate::login) const REASON: HeaderName = HeaderName::from_static("pki-reason");

/// How long the beginning of an answer's body is waited for.
const SOON: Duration = Duration::from_secs(2);

/// What a server answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The Server field: which program answered.
    pub server: Option<String>,
    /// The Via field: through which proxies (RFC 9110 §7.6.3).
    pub via: Option<String>,
    /// The Location field: where to go instead.
    pub location: Option<String>,
    /// Whether there is a Date field, which every server with a clock sends (RFC 9110 §6.6.1).
    pub is_dated: bool,
    /// Why it refused, in the word that `pki serve` gives in a field of its own.
    pub reason: Option<String>,
    /// The beginning of the body, as text.
    pub body: String,
    /// Whether that is all of it.
    pub complete: bool,
}

/// Asks for the URL's path.
///
/// # Errors
/// Fails when the connection does; the cause tells an alert.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    url: &Url,
    question: &Question,
) -> Result<Answer, Box<dyn StdError + Send + Sync>> {
    match question.text(url) {
        Some(text) => exchange(Instead::of(text, stream), url, question).await,
        None => exchange(stream, url, question).await,
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    url: &Url,
    question: &Question,
) -> Result<Answer, Box<dyn StdError + Send + Sync>> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    let request = Request::get(url.path())
        .header(HOST, url.authority())
        .header(ACCEPT, ACCEPTED)
        .header(USER_AGENT, AGENT)
        .header(CONNECTION, question.connection())
        .body(Empty::<Bytes>::new())?;
    let ask = async move {
        let response = sender.send_request(request).await?;
        Ok(Answer::read(response, question.limit).await)
    };
    first(ask, connection).await.map_err(Into::into)
}

/// The answer, or what broke the connection before there was one.
///
/// # Errors
/// Fails when the connection does, or the request.
pub(super) async fn first(
    ask: impl Future<Output = hyper::Result<Answer>>,
    connection: impl Future<Output = hyper::Result<()>>,
) -> hyper::Result<Answer> {
    let mut connection = pin!(connection);
    let mut ask = pin!(ask);
    // The connection ends with what broke it, or by itself before the answer was looked at.
    let ended = tokio::select! {
        asked = &mut ask => match asked {
            // An answer is all that is wanted, whatever becomes of the connection.
            Ok(answer) => return Ok(answer),
            Err(cause) => (cause, connection.await),
        },
        ended = &mut connection => match ask.await {
            Ok(answer) => return Ok(answer),
            Err(cause) => (cause, ended),
        },
    };
    // Where both ends fail, one may hold the alert and the other only that the connection is gone.
    match ended {
        (cause, Ok(())) => Err(cause),
        (_, Err(cause)) => Err(cause),
    }
}

impl Answer {
    /// Reads its head, and at most this many octets of its body.
    pub(super) async fn read(response: Response<Incoming>, limit: usize) -> Self {
        let (head, body) = response.into_parts();
        let (body, complete) = beginning(body, limit).await;
        Self {
            status: head.status.as_u16(),
            server: field(&head.headers, &SERVER),
            via: field(&head.headers, &VIA),
            location: field(&head.headers, &LOCATION),
            is_dated: head.headers.contains_key(DATE),
            reason: field(&head.headers, &REASON),
            body,
            complete,
        }
    }
}

/// What stands in a field, as text.
pub(in crate::login) fn field(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// What can be read of it soon, and whether that is all; an answer that breaks off, or goes on without end, still has its status.
async fn beginning(mut body: Incoming, limit: usize) -> (String, bool) {
    let deadline = Instant::now() + SOON;
    let mut kept = Vec::new();
    let mut complete = false;
    while kept.len() < limit
        && let Ok(read) = timeout_at(deadline, body.frame()).await
    {
        match read.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => kept.extend_from_slice(&data),
            Some(Ok(Err(_))) => {}
            ended => {
                complete = ended.is_none();
                break;
            }
        }
    }
    kept.truncate(limit);
    (String::from_utf8_lossy(&kept).into_owned(), complete)
}
