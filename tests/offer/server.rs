//! A server that asks for a client certificate exactly so, takes any, and remembers what came.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pki::doctor::offer::Request;
use pki::login::Version;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned,
};

/// What one connection brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// This certificate, the end entity's.
    Certificate(Vec<u8>),
    /// A whole handshake without a certificate.
    None,
    /// No whole handshake, and why.
    Broken(String),
    /// Nobody came.
    Nothing,
}

/// A server that runs.
pub(super) struct Server {
    pub(super) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// Asks as it was told and takes whatever comes: it is asked what is sent, and not whether that is good.
#[derive(Debug)]
struct Curious {
    issuers: Vec<DistinguishedName>,
    schemes: Vec<SignatureScheme>,
}

impl ClientCertVerifier for Curious {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.issuers
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

impl Server {
    /// Starts one on a port that the system chooses. It ends with this process.
    pub(super) fn start(request: &Request, certificate: &[u8], key: &[u8]) -> Self {
        let curious = Curious {
            issuers: request
                .acceptable_issuers
                .iter()
                .map(|name| DistinguishedName::in_sequence(contents(name)))
                .collect(),
            schemes: request
                .signature_schemes
                .iter()
                .map(|scheme| SignatureScheme::from(*scheme))
                .collect(),
        };
        let version = match request.version {
            Version::Tls12 => &TLS12,
            Version::Tls13 => &TLS13,
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let mut config = builder
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(Arc::new(curious))
            .with_single_cert(
                vec![CertificateDer::from(certificate.to_vec())],
                PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.to_vec())),
            )
            .unwrap();
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!(
            "https://localhost:{}/",
            listener.local_addr().unwrap().port()
        );
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (config, record) = (Arc::clone(&config), Arc::clone(&record));
                let Ok(stream) = stream else { return };
                thread::spawn(move || {
                    if let Some(seen) = answer(stream, config) {
                        record.lock().unwrap().push(seen);
                    }
                });
            }
        });
        Self { url, seen }
    }

    /// What it saw, and forgets it: the last whole handshake, for browsers try again after they have asked what to send.
    pub(super) fn outcome(&self) -> Seen {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let whole = seen.iter().rev().find(|it| !matches!(it, Seen::Broken(_)));
        let last = whole.or_else(|| seen.last()).cloned();
        last.unwrap_or(Seen::Nothing)
    }
}

/// The contents of a Name's SEQUENCE, all of them shorter than 128 octets here.
fn contents(name: &[u8]) -> &[u8] {
    assert_eq!(usize::from(name[1]), name.len() - 2, "a short name");
    &name[2..]
}

/// Answers one request; nothing where the connection cannot be used at all.
fn answer(mut stream: TcpStream, config: Arc<ServerConfig>) -> Option<Seen> {
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let mut connection = ServerConnection::new(config).ok()?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            return Some(Seen::Broken(error.to_string()));
        }
    }
    let certificates = connection.peer_certificates();
    let first = certificates.and_then(|list| list.first());
    let seen = first.map_or(Seen::None, |der| Seen::Certificate(der.to_vec()));
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = [0; 16 * 1024];
    let _ = stream.read(&mut request);
    let page = "<!doctype html><title>x</title><link rel=icon href=data:,><p>x";
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.conn.send_close_notify();
    let _ = stream.flush();
    Some(seen)
}
