//! The mutual-TLS client: logs in as a browser would and tells what happened, as seen from this end.

mod connect;
mod http;
pub mod openssl;
mod refusal;
mod report;
pub mod status;
mod url;
pub mod visit;
mod witness;

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, KeyLog, RootCertStore};
use time::OffsetDateTime;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub use report::{Outcome, Report};
pub use url::Url;

pub use crate::session::Identity;

use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Summary;
use crate::session::{
    Earlier, End, Evidence, KeyLogs, Observed, Recorder, Session, Tap, Tape, provider,
};
use connect::connect;
use http::Answer;
use refusal::{Refusal, not_tls};
use visit::is_tls;
use witness::{Credentials, ServerWitness, Witness};

/// How long a login may take in all.
const LOGIN: Duration = Duration::from_secs(30);

/// Who logs in, and how.
#[derive(Debug)]
pub struct Config {
    /// The trust anchor that the server's certificate must lead to; the machine's own are not asked.
    pub root: Certificate,
    /// The certificate to present; none, to try without.
    pub identity: Option<Identity>,
    /// The only version to offer; without it, the newest that the server knows.
    pub version: Option<Version>,
    /// Where session secrets are written; nowhere, when absent.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// What the connections and their secrets are recorded on; nothing, when absent.
    pub tape: Option<Arc<Tape>>,
}

/// A version of TLS that a login can be tried in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

impl Version {
    /// The version of this number in a handshake (RFC 8446 §4.2.1); nothing for one that is not tried here.
    fn of(number: u16) -> Option<Self> {
        match number {
            0x0303 => Some(Self::Tls12),
            0x0304 => Some(Self::Tls13),
            _ => None,
        }
    }

    /// Its name: `TLSv1.2`, `TLSv1.3`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

/// A client that remembers its sessions: a second login to the same host resumes the first.
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    witness: Arc<Witness>,
    tape: Option<Arc<Tape>>,
    /// The last connection that came about, whose session the next one to the same place resumes where the server agrees.
    last: Option<Last>,
}

/// A connection that came about.
#[derive(Debug)]
struct Last {
    url: Url,
    earlier: Earlier,
    /// Whether a client certificate was proven in it, or in the one that it resumed.
    proven: bool,
}

type TlsConnection = TlsStream<Recorder<Tap<TcpStream>>>;

/// Logs in once.
///
/// # Errors
/// Fails where nothing was decided: no connection, a server that is not trusted, or no answer.
pub async fn login(config: Config, url: &Url) -> Result<Report> {
    Client::new(config)?.login(url).await
}

impl Client {
    /// Gets ready to log in, once or several times.
    ///
    /// # Errors
    /// Refuses a root that cannot be a trust anchor.
    pub fn new(config: Config) -> Result<Self> {
        let Config {
            root,
            identity,
            version,
            key_log,
            tape,
        } = config;
        let witness = Arc::new(Witness::default());
        let versions = match version {
            Some(Version::Tls12) => vec![&TLS12],
            Some(Version::Tls13) => vec![&TLS13],
            None => vec![&TLS13, &TLS12],
        };
        let mut tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions)
            .map_err(|cause| internal(&cause))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(ServerWitness::new(
                server_verifier(&root)?,
                witness.clone(),
            )))
            .with_client_cert_resolver(Arc::new(Credentials::new(
                identity.map(|identity| identity.certified_key()),
                witness.clone(),
            )));
        // One request is made on one connection: HTTP/2 would have nothing to share.
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tape_too = tape.clone().map(|tape| tape as Arc<dyn KeyLog>);
        tls.key_log = Arc::new(KeyLogs(key_log.into_iter().chain(tape_too).collect()));
        Ok(Self {
            config: Arc::new(tls),
            witness,
            tape,
            last: None,
        })
    }

    /// Logs in: connects, verifies the server, presents the certificate when asked, makes one request.
    ///
    /// # Errors
    /// Fails where nothing was decided: no connection, a server that is not trusted, or no answer.
    pub async fn login(&mut self, url: &Url) -> Result<Report> {
        self.witness.forget();
        let attempt = timeout(LOGIN, self.attempt(url)).await;
        attempt.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Network,
                format!("{url} gave no answer within {} seconds", LOGIN.as_secs()),
            )
            .with_hint("Look at the server's log."))
        })
    }

    async fn attempt(&mut self, url: &Url) -> Result<Report> {
        let stream = Recorder::new(Tap::onto(self.tape.clone(), connect(url).await?));
        let connector = TlsConnector::from(self.config.clone());
        let handshake = connector.connect(url.server_name(), stream);
        let mut stream = match handshake.into_fallible().await {
            Ok(stream) => stream,
            Err((cause, mut stream)) => {
                let recording = stream.stop();
                if is_tls(&recording) == Some(false) {
                    return Err(not_tls(&recording.received, url));
                }
                let refusal = Refusal::read(&cause, url, &self.witness)?;
                let observed = self.witness.observed();
                let session = Session::unfinished(End::Client, &recording, observed);
                return Ok(self.refused(&refusal, session));
            }
        };
        let session = self.session_of(&mut stream, url);
        match http::ask(stream, url).await {
            Ok(answer) => Ok(self.answered(answer, session)),
            // In TLS 1.3 the client's handshake is over before the server has seen its certificate (RFC 8446 §2).
            Err(cause) => {
                let refusal = Refusal::read(&*cause, url, &self.witness)?;
                Ok(self.refused(&refusal, Some(session)))
            }
        }
    }

    fn session_of(&mut self, stream: &mut TlsConnection, url: &Url) -> Session {
        let (io, tls) = stream.get_mut();
        let recording = io.stop();
        // A resumed handshake shows no certificate, but the session that it resumes did.
        self.witness
            .server_presented(tls.peer_certificates().unwrap_or_default());
        let last = self.last.take().filter(|last| last.url == *url);
        let (resumes, was_proven) = last.map(|last| (last.earlier, last.proven)).unzip();
        let observed = Observed {
            resumes,
            ..self.witness.observed()
        };
        let evidence = Evidence::of(tls, End::Client, recording, observed);
        let session = evidence.session();
        let was_proven = was_proven.unwrap_or(false) && session.resumed;
        self.last = Some(Last {
            url: url.clone(),
            earlier: evidence.earlier(OffsetDateTime::now_utc()),
            proven: was_proven || self.witness.has_signed(),
        });
        session
    }

    fn answered(&self, answer: Answer, session: Session) -> Report {
        let proven = self.last.as_ref().is_some_and(|last| last.proven);
        let verdict = answer.outcome(proven);
        // Whoever is let in is refused for no reason.
        let (reason, meaning) = match verdict {
            Outcome::Accepted => (None, None),
            Outcome::NoCertificate | Outcome::Refused => (answer.reason(), answer.meaning()),
        };
        let failed = answer.is_failure();
        let Answer { said, document } = answer;
        let document = document.unwrap_or_default();
        let exporter_matches = document
            .exporter_sha256
            .as_ref()
            .map(|theirs| Some(theirs) == session.exporter_sha256.as_ref());
        let server_chain = self.server_chain();
        Report {
            verdict,
            failed,
            proven,
            reason,
            alert: None,
            server_certificate: server_chain.first().cloned(),
            session: Some(session),
            exporter_matches,
            message: document.message,
            hint: document.hint,
            status: Some(said.status),
            meaning,
            server_chain,
        }
    }

    fn refused(&self, refusal: &Refusal, mut session: Option<Session>) -> Report {
        if let Some(session) = &mut session {
            session.handshake.alert = Some(refusal.alert());
        }
        let verdict = if refusal.wants_certificate(&self.witness) {
            Outcome::NoCertificate
        } else {
            Outcome::Refused
        };
        let server_chain = self.server_chain();
        Report {
            verdict,
            failed: false,
            proven: self.witness.has_signed(),
            reason: None,
            alert: Some(refusal.alert()),
            server_certificate: server_chain.first().cloned(),
            session,
            exporter_matches: None,
            message: None,
            hint: None,
            status: None,
            meaning: None,
            server_chain,
        }
    }

    fn server_chain(&self) -> Vec<Summary> {
        let now = OffsetDateTime::now_utc();
        (self.witness.server_chain().iter())
            .filter_map(|der| Certificate::from_der(der.as_ref()).ok())
            .map(|certificate| Summary::of_unknown(&certificate, now))
            .collect()
    }
}

/// The library's own verifier, with exactly our root.
fn server_verifier(root: &Certificate) -> Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(root.der().to_vec()))
        .map_err(|cause| internal(&cause))?;
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|cause| internal(&cause))
}

fn internal(cause: &dyn std::error::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the TLS client could not be set up: {cause}"),
    )
}
