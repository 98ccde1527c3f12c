//! The same GET over HTTP/2 (RFC 9113), where the handshake agreed on it.

use std::error::Error as StdError;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2::handshake;
use hyper::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, TRAILER, USER_AGENT};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::Url;
use super::End;
use super::answer::{Answer, first};
use super::ended::ended_by;
use super::question::{ACCEPTED, AGENT, Question, without_breaks};
use super::stopped::{Noting, Stopped};

/// By which name ALPN agrees on it (RFC 9113 §3.2).
pub(super) const NAME: &[u8] = b"h2";

type Failure = Box<dyn StdError + Send + Sync>;

/// Asks for the URL's path, and tells how that ends.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    question: &Question,
) -> End {
    let stopped = Stopped::default();
    let stream = Noting::of(stream, stopped.clone());
    match exchange(stream, url, question).await {
        Ok(answer) => End::Answered(answer),
        Err(cause) => stopped.end().unwrap_or_else(|| ended_by(&*cause)),
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    question: &Question,
) -> Result<Answer, Failure> {
    let trailers = section(&question.trailers)?;
    let announced = announced(&trailers)?;
    let body = Empty::<Bytes>::new();
    let body = match trailers.is_empty() {
        true => body.boxed_unsync(),
        false => (body.with_trailers(async { Some(Ok(trailers)) })).boxed_unsync(),
    };
    let mut request = Request::get(format!("https://{}{}", url.authority(), url.path()))
        .header(ACCEPT, ACCEPTED)
        .header(USER_AGENT, AGENT)
        .body(body)?;
    let fields = request.headers_mut();
    fields.extend(section(&question.fields)?);
    fields.extend(announced.map(|names| (TRAILER, names)));
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
    let ask = async move {
        let response = sender.send_request(request).await?;
        Ok(Answer::read(response, question.limit).await)
    };
    first(ask, connection).await.map_err(Into::into)
}

/// Fields as HTTP/2 has them: every name in lower case (RFC 9113 §8.2.1).
fn section(fields: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut section = HeaderMap::new();
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name.as_bytes())?;
        section.append(name, HeaderValue::from_str(&without_breaks(value))?);
    }
    Ok(section)
}

/// The names of trailers, which stand in the header section; nothing where there are none.
fn announced(trailers: &HeaderMap) -> Result<Option<HeaderValue>, Failure> {
    let names: Vec<_> = trailers.keys().map(HeaderName::as_str).collect();
    Ok(match names.is_empty() {
        true => None,
        false => Some(HeaderValue::from_str(&names.join(", "))?),
    })
}
