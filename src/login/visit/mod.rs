//! One visit to a server, as a browser would make it, that notes everything and refuses nothing.
//!
//! A login ends where the server is not trusted. Whoever looks for what is wrong wants to know what comes after that, too: here
//! the server's certificate is only noted, and judged by whoever asked. What is sent is one GET, and a certificate where one was
//! given; no password, no cookie.

mod answer;
mod ended;
mod http2;
mod notes;
mod question;
mod stopped;
mod trusted;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::{Resumption, Tls12Resumption};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

pub use answer::Answer;
pub(super) use answer::{REASON, field};
pub use notes::Request;
pub use question::Question;
pub use trusted::distrust;

use super::connect::connect;
use super::{Identity, Url, Version, internal};
use crate::error::Result;
use crate::session::{self, Recorder, Recording, is_resumed, provider};
use ended::ended_by;
use notes::Notes;

/// How long a visit may take from the connection on.
pub const VISIT: Duration = Duration::from_secs(15);

/// How many sessions are kept: a server may give several in TLS 1.3, and each is good for one connection.
const SESSIONS: usize = 8;

/// Who visits, and how.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The certificate to present where the server asks; none, to try without.
    pub identity: Option<Identity>,
    /// The only version to offer; without it, the newest that the server knows.
    pub version: Option<Version>,
}

/// What a visit showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The address that accepted the connection.
    pub address: SocketAddr,
    /// The server's certificates, its own first; none where the handshake did not come so far.
    pub server_chain: Vec<Vec<u8>>,
    /// What the server asked of the client in the first handshake; nothing where it did not ask.
    pub request: Option<Request>,
    /// Whether a certificate was presented: the server asked, and the key can sign in a way that it takes.
    pub presented: bool,
    /// The version that the server chose; nothing where it did not come so far.
    pub version: Option<Version>,
    /// Whether the server resumed a session: then nobody presented a certificate.
    pub resumed: bool,
    /// Whether the handshake agreed on HTTP/2, which is then what was spoken.
    pub is_http2: bool,
    /// How it ended.
    pub end: End,
}

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The server answered over HTTP.
    Answered(Answer),
    /// The server ended it with this alert, as IANA names it.
    Alert(String),
    /// The server closed or reset the connection, told in a few words.
    Closed(String),
    /// The server speaks, but not TLS.
    NotTls,
    /// The server had said nothing more when the time was over.
    Silent,
    /// This end could not go on: what came cannot be read, or what is to be sent cannot be made. That is no word of the server's.
    Broken(String),
}

impl Visit {
    /// Says whether the server spoke the version that was offered: it presented its certificate.
    pub fn is_spoken(&self) -> bool {
        !self.server_chain.is_empty()
    }

    /// The HTTP status, where there was one.
    pub fn status(&self) -> Option<u16> {
        match &self.end {
            End::Answered(answer) => Some(answer.status),
            _ => None,
        }
    }

    /// The alert that ended it, where one did.
    pub fn alert(&self) -> Option<&str> {
        match &self.end {
            End::Alert(alert) => Some(alert),
            _ => None,
        }
    }
}

/// Visits once: connects, notes the server's certificate, presents ours when asked, asks for the URL's path.
///
/// # Errors
/// Fails where nobody accepts a connection.
pub async fn visit(visitor: &Visitor, url: &Url) -> Result<Visit> {
    // Every visit shows a whole handshake.
    let client = Returning::remembering(visitor, Resumption::disabled())?;
    client.visit(url, &Question::default()).await
}

/// A visitor that comes again, and resumes its last session where the server agrees.
#[derive(Debug)]
pub struct Returning {
    config: Arc<ClientConfig>,
    notes: Arc<Notes>,
}

impl Returning {
    /// Gets ready to visit one server, one time after another.
    ///
    /// # Errors
    /// Fails where the TLS client cannot be set up.
    pub fn new(visitor: &Visitor) -> Result<Self> {
        Self::remembering(visitor, Resumption::in_memory_sessions(SESSIONS))
    }

    /// The same without the extension for tickets (RFC 5077): in TLS 1.2 a server that keeps sessions itself then names its session by
    /// an identifier (RFC 5246 §7.4.1.2), which it does not where it gives tickets.
    ///
    /// # Errors
    /// Fails where the TLS client cannot be set up.
    pub fn without_tickets(visitor: &Visitor) -> Result<Self> {
        let resumption = Resumption::in_memory_sessions(SESSIONS);
        Self::remembering(
            visitor,
            resumption.tls12_resumption(Tls12Resumption::SessionIdOnly),
        )
    }

    /// The same for one visit, or for several that know nothing of each other.
    ///
    /// # Errors
    /// Fails where the TLS client cannot be set up.
    pub fn forgetful(visitor: &Visitor) -> Result<Self> {
        Self::remembering(visitor, Resumption::disabled())
    }

    /// The same as browsers do it: over HTTP/2 where the server agrees (RFC 9113 §3.2), which [`Visit::is_http2`] tells.
    ///
    /// # Errors
    /// Fails where the TLS client cannot be set up.
    pub fn over_http2(visitor: &Visitor) -> Result<Self> {
        Self::offering(
            visitor,
            &session::APPLICATION_PROTOCOLS,
            Resumption::disabled(),
        )
    }

    fn remembering(visitor: &Visitor, resumption: Resumption) -> Result<Self> {
        Self::offering(visitor, &[b"http/1.1"], resumption)
    }

    fn offering(visitor: &Visitor, protocols: &[&[u8]], resumption: Resumption) -> Result<Self> {
        let notes = Arc::new(Notes::new(visitor.identity.as_ref()));
        let config = config(&notes, visitor.version, protocols, resumption)?;
        Ok(Self { config, notes })
    }

    /// Visits once: connects, notes the server's certificate, presents ours when asked, and asks this question.
    ///
    /// # Errors
    /// Fails where nobody accepts a connection.
    pub async fn visit(&self, url: &Url, question: &Question) -> Result<Visit> {
        self.notes.forget();
        let stream = connect(url).await?;
        let address = peer(&stream)?;
        let attempt = attempt(&self.config, &self.notes, stream, url, question);
        let end = timeout(question.patience, attempt).await;
        let seen = self.notes.seen();
        Ok(Visit {
            address,
            server_chain: seen.server_chain,
            request: seen.request,
            presented: seen.presented,
            version: seen.version,
            resumed: seen.resumed,
            is_http2: seen.is_http2,
            end: end.unwrap_or(End::Silent),
        })
    }
}

/// The application protocol that the server chooses of those that browsers offer (RFC 7301); nothing where it chooses none, or
/// the handshake fails.
///
/// # Errors
/// Fails where nobody accepts a connection.
pub async fn application_protocol(url: &Url) -> Result<Option<String>> {
    let config = config(
        &Arc::new(Notes::new(None)),
        None,
        &session::APPLICATION_PROTOCOLS,
        Resumption::disabled(),
    )?;
    let stream = Recorder::new(connect(url).await?);
    let handshake = TlsConnector::from(config).connect(url.server_name(), stream);
    let Ok(Ok(stream)) = timeout(VISIT, handshake).await else {
        return Ok(None);
    };
    let chosen = stream.get_ref().1.alpn_protocol();
    Ok(chosen.map(|name| String::from_utf8_lossy(name).into_owned()))
}

fn config(
    notes: &Arc<Notes>,
    version: Option<Version>,
    protocols: &[&[u8]],
    resumption: Resumption,
) -> Result<Arc<ClientConfig>> {
    let versions = match version {
        Some(Version::Tls12) => vec![&TLS12],
        Some(Version::Tls13) => vec![&TLS13],
        None => vec![&TLS13, &TLS12],
    };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions)
        .map_err(|cause| internal(&cause))?
        .dangerous()
        .with_custom_certificate_verifier(notes.clone())
        .with_client_cert_resolver(notes.clone());
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.resumption = resumption;
    Ok(Arc::new(config))
}

async fn attempt(
    config: &Arc<ClientConfig>,
    notes: &Notes,
    stream: TcpStream,
    url: &Url,
    question: &Question,
) -> End {
    let connector = TlsConnector::from(config.clone());
    let handshake = connector.connect(url.server_name(), Recorder::new(stream));
    let mut stream = match handshake.into_fallible().await {
        Ok(stream) => stream,
        Err((cause, mut stream)) => {
            let recording = stream.stop();
            notes.read(&recording);
            return match is_tls(&recording) {
                Some(false) => End::NotTls,
                _ => ended_by(&cause),
            };
        }
    };
    let (io, tls) = stream.get_mut();
    notes.read(&io.stop());
    let is_http2 = tls.alpn_protocol() == Some(http2::NAME);
    // A resumed handshake shows no certificate, but the session that it resumes did.
    let chain = tls.peer_certificates().unwrap_or_default();
    notes.completed(is_resumed(tls), is_http2, chain);
    match is_http2 {
        true => http2::ask(stream, url, question).await,
        false => ask(stream, url, question).await,
    }
}

/// Asks over a connection that somebody else has made, and tells how that ends.
pub async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    url: &Url,
    question: &Question,
) -> End {
    match answer::ask(stream, url, question).await {
        Ok(answer) => End::Answered(answer),
        // In TLS 1.3 the client's handshake is over before the server has seen its certificate (RFC 8446 §2).
        Err(cause) => ended_by(&*cause),
    }
}

/// Whether what came from the server is TLS, by the type and version of its first record; nothing where nothing came.
pub(super) fn is_tls(recording: &Recording) -> Option<bool> {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    match *recording.received {
        [] => None,
        [kind, 3, ..] => Some(matches!(kind, ALERT | HANDSHAKE)),
        [_, ..] => Some(false),
    }
}

fn peer(stream: &TcpStream) -> Result<SocketAddr> {
    stream.peer_addr().map_err(|cause| internal(&cause))
}
