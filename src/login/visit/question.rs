//! What is asked over a connection.

use std::fmt::Write;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::Url;
use super::VISIT;

/// What is accepted as an answer.
pub(super) const ACCEPTED: &str = "text/html, */*;q=0.8";
/// Who asks.
pub(super) const AGENT: &str = concat!("pki/", env!("CARGO_PKG_VERSION"));

/// One GET: what goes with it, and how much of the answer is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Fields besides the usual ones, name and value, spelt as they are here; over HTTP/2 in lower case.
    pub fields: Vec<(String, String)>,
    /// Fields behind a body of no octets (RFC 9112 §7.1.2); the body is sent only where there are some.
    pub trailers: Vec<(String, String)>,
    /// The most that is read of the answer's body, in octets.
    pub limit: usize,
    /// How long it all may take, from the connection on.
    pub patience: Duration,
    /// Whether the connection is to stay open behind the answer, where HTTP/1.1 is spoken.
    pub keep: bool,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            fields: Vec::new(),
            trailers: Vec::new(),
            // Error pages tell what they have to tell at their beginning.
            limit: 16 << 10,
            patience: VISIT,
            keep: false,
        }
    }
}

impl Question {
    /// The value of the Connection field.
    pub(super) fn connection(&self) -> &'static str {
        if self.keep { "keep-alive" } else { "close" }
    }

    /// The whole request, where it is not one that an HTTP library would write.
    pub(super) fn text(&self, url: &Url) -> Option<Vec<u8>> {
        if self.fields.is_empty() && self.trailers.is_empty() {
            return None;
        }
        let mut text = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nAccept: {ACCEPTED}\r\nUser-Agent: {AGENT}\r\nConnection: {}\r\n",
            url.path(),
            url.authority(),
            self.connection()
        );
        write_fields(&mut text, &self.fields);
        if !self.trailers.is_empty() {
            let names: Vec<_> = self.trailers.iter().map(|(name, _)| &**name).collect();
            let trailer = ("Trailer".to_owned(), names.join(", "));
            write_fields(&mut text, &[trailer]);
            text.push_str("Transfer-Encoding: chunked\r\n\r\n0\r\n");
            write_fields(&mut text, &self.trailers);
        }
        text.push_str("\r\n");
        Some(text.into_bytes())
    }
}

/// No value begins another line, whatever stands in it.
fn write_fields(text: &mut String, fields: &[(String, String)]) {
    for (name, value) in fields {
        // Writing to a string cannot fail.
        let _ = write!(text, "{name}: {}\r\n", without_breaks(value));
    }
}

/// A value that begins no line of its own.
pub(super) fn without_breaks(value: &str) -> String {
    value.replace(['\r', '\n', '\0'], " ")
}

/// A stream that sends a request of our own instead of what is written to it.
///
/// The HTTP library writes every name in lower case and each field as it likes; but it reads the answer, and that is what it is for.
#[derive(Debug)]
pub(super) struct Instead<S> {
    stream: S,
    text: Vec<u8>,
    sent: usize,
}

impl<S> Instead<S> {
    pub(super) fn of(text: Vec<u8>, stream: S) -> Self {
        Self {
            stream,
            text,
            sent: 0,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Instead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Instead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        while let Some(rest) = this.text.get(this.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut this.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => this.sent += count,
            }
        }
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::super::{End, ask};
    use super::*;

    fn pairs(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        fields.iter().map(owned).collect()
    }

    /// What arrives where this is asked for.
    async fn arrives(question: Question) -> String {
        let (near, mut far) = duplex(1 << 16);
        let url = Url::parse("https://localhost/a?b=c").unwrap();
        let answer = async {
            let mut all = Vec::new();
            while !all.ends_with(b"\r\n\r\n") {
                all.push(far.read_u8().await.unwrap());
            }
            if String::from_utf8_lossy(&all).contains("chunked") {
                let end = b"0\r\nX-Late: 1\r\n\r\n";
                let mut trailers = vec![0; end.len()];
                far.read_exact(&mut trailers).await.unwrap();
                assert_eq!(trailers, end);
            }
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
            far.write_all(answer).await.unwrap();
            String::from_utf8(all).unwrap()
        };
        let (end, arrived) = tokio::join!(ask(near, &url, &question), answer);
        let End::Answered(answer) = end else {
            panic!("{end:?}");
        };
        assert_eq!((answer.status, &*answer.body), (200, "hi"));
        arrived
    }

    #[tokio::test]
    async fn a_plain_question_is_a_get_of_the_path() {
        let arrived = arrives(Question::default()).await;
        assert!(arrived.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{arrived}");
        assert!(arrived.contains("\r\nconnection: close\r\n"), "{arrived}");
    }

    #[tokio::test]
    async fn fields_arrive_spelt_as_they_are_and_no_value_makes_another() {
        let arrived = arrives(Question {
            fields: pairs(&[
                ("X-SSL-CLIENT-verify", "SUCCESS"),
                ("x_ssl_client_s_dn", "CN=a\r\nX-Other: b"),
            ]),
            ..Question::default()
        })
        .await;
        assert!(arrived.starts_with("GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n"));
        assert!(arrived.contains("\r\nX-SSL-CLIENT-verify: SUCCESS\r\n"));
        assert!(arrived.contains("\r\nx_ssl_client_s_dn: CN=a  X-Other: b\r\n"));
        assert!(!arrived.contains("chunked"), "{arrived}");
    }

    #[tokio::test]
    async fn trailers_stand_behind_a_body_of_no_octets() {
        let arrived = arrives(Question {
            trailers: pairs(&[("X-Late", "1")]),
            ..Question::default()
        })
        .await;
        assert!(arrived.contains("\r\nTrailer: X-Late\r\nTransfer-Encoding: chunked\r\n"));
    }
}
