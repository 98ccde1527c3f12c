//! Where the application is, and how it is reached.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Uri;
use axum::http::uri::Scheme;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::super::keep_alive;
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// How long it may take until the application takes a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The port of an http URL that names none (RFC 9110 §4.2.1).
const HTTP_PORT: u16 = 80;
const UNIX: &str = "unix:";

/// Where an application answers plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Tcp { host: String, port: u16 },
    Unix(PathBuf),
}

/// A connection to an application, on which a failed write is no end: an application may answer before it has read a long body, and
/// then close. Its answer is still to be read, and where there is none, that fails.
pub(super) struct Stream(Box<dyn Connection>);

/// What a connection can do.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

impl Upstream {
    /// Reads `http://HOST`, `http://HOST:PORT` or `unix:PATH`.
    ///
    /// # Errors
    /// Refuses anything else: https, because TLS is not spoken towards the application, and a path, because the client's goes through
    /// as it stands.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |fact: &str, hint: &str| {
            let fact = format!("{} {fact}", Quoted(text));
            Error::new(ErrorKind::InvalidInput, fact).with_hint(hint)
        };
        let usual = "Give where it answers, such as http://127.0.0.1:3000 or unix:/run/app.sock.";
        if let Some(path) = text.strip_prefix(UNIX) {
            return match path {
                "" => Err(refuse("names no socket", usual)),
                path => Ok(Self(Place::Unix(path.into()))),
            };
        }
        let no_place = || refuse("is not where an application answers", usual);
        let url: Uri = text.parse().map_err(|_| no_place())?;
        let scheme = url.scheme().ok_or_else(no_place)?;
        if *scheme == Scheme::HTTPS {
            return Err(refuse(
                "asks for TLS towards the application, which is not spoken",
                "Let the application answer plain HTTP on this machine alone: http://127.0.0.1:3000 or unix:/run/app.sock.",
            ));
        }
        let authority = url.authority().filter(|_| *scheme == Scheme::HTTP);
        let authority = authority.ok_or_else(no_place)?;
        if url.path() != "/" || url.query().is_some() {
            return Err(refuse(
                "names a path",
                "Leave it out: the path that a client asks for goes through as it stands.",
            ));
        }
        let (host, rest) = (authority.host(), authority.as_str());
        let port = match rest.strip_prefix(host).ok_or_else(no_place)? {
            "" => HTTP_PORT,
            _ => authority.port_u16().ok_or_else(no_place)?,
        };
        let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let host = bracketed.unwrap_or(host).to_owned();
        match host.is_empty() || port == 0 {
            true => Err(no_place()),
            false => Ok(Self(Place::Tcp { host, port })),
        }
    }

    /// Says whether only this machine reaches it by that name.
    pub fn is_local(&self) -> bool {
        match &self.0 {
            Place::Unix(_) => true,
            Place::Tcp { host, .. } => {
                let address = host.parse::<IpAddr>();
                host == "localhost" || address.is_ok_and(|it| it.is_loopback())
            }
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// Says what the system says, or that nothing came of it in time.
    pub(super) async fn connect(&self) -> io::Result<Stream> {
        let connecting = async {
            let stream: Box<dyn Connection> = match &self.0 {
                Place::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    stream.set_nodelay(true)?;
                    keep_alive(&stream);
                    Box::new(stream)
                }
                Place::Unix(path) => Box::new(UnixStream::connect(path).await?),
            };
            Ok(Stream(stream))
        };
        match timeout(CONNECT, connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }
}

impl Stream {
    /// The connection itself, on which a failed write is an end again.
    pub(super) fn into_inner(self) -> Box<dyn Connection> {
        self.0
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Tcp { host, port } if host.contains(':') => write!(f, "http://[{host}]:{port}"),
            Place::Tcp { host, port } => write!(f, "http://{host}:{port}"),
            Place::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(context, octets);
        written.map(|written| Ok(written.unwrap_or(octets.len())))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = parts.iter().map(|part| part.len()).sum();
        let written = Pin::new(&mut self.0).poll_write_vectored(context, parts);
        written.map(|written| Ok(written.unwrap_or(length)))
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_host_with_a_port_or_a_socket() {
        for (text, shown, is_local) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000", true),
            ("http://localhost:3000/", "http://localhost:3000", true),
            ("http://[::1]:3000", "http://[::1]:3000", true),
            ("http://app.example", "http://app.example:80", false),
            ("http://192.0.2.7:1", "http://192.0.2.7:1", false),
            ("unix:/run/app.sock", "unix:/run/app.sock", true),
            ("unix:app.sock", "unix:app.sock", true),
        ] {
            let upstream = Upstream::parse(text).unwrap();
            assert_eq!(upstream.to_string(), shown);
            assert_eq!(upstream.is_local(), is_local, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_give_instead() {
        for (text, fact) in [
            ("https://127.0.0.1:3000", "asks for TLS"),
            ("http://127.0.0.1:3000/app", "names a path"),
            ("http://127.0.0.1:3000/?x", "names a path"),
            ("ftp://127.0.0.1", "is not where"),
            ("127.0.0.1:3000", "is not where"),
            ("localhost", "is not where"),
            ("http://", "is not where"),
            ("http://:3000", "is not where"),
            ("http://127.0.0.1:0", "is not where"),
            ("http://127.0.0.1:99999", "is not where"),
            ("http://user@127.0.0.1:3000", "is not where"),
            ("unix:", "names no socket"),
            ("", "is not where"),
        ] {
            let refusal = Upstream::parse(text).unwrap_err();
            assert!(
                refusal.message().contains(fact),
                "{text}: {}",
                refusal.message()
            );
            assert!(refusal.hint().is_some());
        }
    }
}
