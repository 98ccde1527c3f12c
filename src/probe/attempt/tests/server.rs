//! A server in this process that checks what it is told to check, and writes down what it was shown.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::LOCATION;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::super::super::forge::{Key, KeyKind};
use super::super::super::presented::Presented;
use super::super::Place;
use crate::certificate::Certificate;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::login::Url;
use crate::session::provider;

pub(super) const BOTH: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
pub(super) const OLD: &[&SupportedProtocolVersion] = &[&TLS12];
pub(super) const NEW: &[&SupportedProtocolVersion] = &[&TLS13];

/// In which field the application is told which version of HTTP was spoken.
pub(super) const SPOKEN: &str = "spoken";

/// What the application answers: to these fields and trailers, of who has a certificate for this name.
pub(super) type Application = fn(&HeaderMap, Option<&str>) -> (u16, String);

/// How it is set up.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) versions: &'static [&'static SupportedProtocolVersion],
    pub(super) clients: Clients,
    pub(super) resumes: bool,
    /// Whether it agrees on HTTP/2.
    pub(super) http2: bool,
    pub(super) application: Application,
}

/// What it does about clients' certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clients {
    /// Nobody is asked.
    NotAsked,
    /// Whoever has one proves it.
    Optional,
    /// Everybody proves one.
    Required,
    /// Everybody shows one, and no proof is looked at.
    Unproven,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: BOTH,
            clients: Clients::Optional,
            resumes: true,
            http2: false,
            application: greet,
        }
    }
}

/// Greets by name.
pub(super) fn greet(_: &HeaderMap, name: Option<&str>) -> (u16, String) {
    match name {
        Some(name) => (200, format!("hello {name}")),
        None => (401, "who are you?".to_owned()),
    }
}

/// One signature as it came.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) message: Vec<u8>,
    pub(super) scheme: SignatureScheme,
    pub(super) signature: Vec<u8>,
}

/// A server that runs as long as this value lives.
pub(super) struct Server {
    pub(super) place: Place,
    proofs: Arc<Mutex<Vec<Proof>>>,
    running: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Server {
    pub(super) async fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (root, chain, key) = own(port);
        let proofs = Arc::default();
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(settings.versions)
            .unwrap()
            .with_client_cert_verifier(verifier(settings.clients, &proofs))
            .with_single_cert(chain, key)
            .unwrap();
        if !settings.resumes {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        if settings.http2 {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Whoever is refused is of no further interest.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, settings.application).await;
                    }
                });
            }
        });
        Self {
            place: place(port, root),
            proofs,
            running,
        }
    }

    /// The signatures since the last time.
    pub(super) fn proofs(&self) -> Vec<Proof> {
        std::mem::take(&mut self.proofs.lock().unwrap())
    }
}

/// The place where a server listens on this port.
pub(super) fn place(port: u16, root: Certificate) -> Place {
    Place {
        url: Url::parse(&format!("https://localhost:{port}/")).unwrap(),
        name: "alice".to_owned(),
        root,
        path: "/nowhere".into(),
    }
}

async fn serve(
    stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    application: Application,
) {
    let tls = stream.get_ref().1;
    let is_http2 = tls.alpn_protocol() == Some(b"h2");
    let shown = tls.peer_certificates();
    let name = shown.and_then(|chain| {
        let certificate = Certificate::from_der(chain[0].to_vec()).ok()?;
        certificate.subject().common_name().map(str::to_owned)
    });
    let service = service_fn(move |request: Request<Incoming>| {
        let name = name.clone();
        async move {
            let (head, body) = request.into_parts();
            let mut fields = head.headers;
            let spoken = format!("{:?}", head.version);
            fields.insert(SPOKEN, spoken.parse().unwrap());
            if let Some(trailers) = body
                .collect()
                .await
                .ok()
                .and_then(|it| it.trailers().cloned())
            {
                fields.extend(trailers);
            }
            let (status, page) = application(&fields, name.as_deref());
            let mut response = Response::builder().status(status);
            if let Some(location) = page.strip_prefix("to ") {
                response = response.header(LOCATION, location);
            }
            Ok::<_, Infallible>(response.body(Full::new(Bytes::from(page))).unwrap())
        }
    });
    // A client may leave when it likes.
    let _ = match is_http2 {
        true => {
            let server = http2::Builder::new(TokioExecutor::new());
            server.serve_connection(TokioIo::new(stream), service).await
        }
        false => {
            let server = http1::Builder::new();
            server.serve_connection(TokioIo::new(stream), service).await
        }
    };
}

/// A root of its own, and the server's chain and key.
fn own(
    port: u16,
) -> (
    Certificate,
    Vec<CertificateDer<'static>>,
    PrivateKeyDer<'static>,
) {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("root {port}"));
    let root_key = KeyPair::generate().unwrap();
    let root = parameters.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(parameters, root_key);
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let root = Certificate::from_der(root.der().to_vec()).unwrap();
    (root, vec![own.der().clone()], key)
}

/// A certificate for a name with a key of this kind, which nobody here asks who signed.
pub(super) fn client(name: &str, kind: KeyKind) -> Presented {
    let algorithm = match kind {
        KeyKind::P256 => KeyAlgorithm::P256,
        KeyKind::P384 => KeyAlgorithm::P384,
        KeyKind::Rsa(_) => KeyAlgorithm::Rsa2048,
        KeyKind::Ed25519 => KeyAlgorithm::Ed25519,
    };
    let key = PrivateKey::generate(algorithm).unwrap();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, name);
    let certificate = parameters.self_signed(&key).unwrap();
    Presented {
        chain: vec![certificate.der().to_vec()],
        key: Arc::new(Key::from_pkcs8(key.pkcs8()).unwrap()),
    }
}

fn verifier(clients: Clients, proofs: &Arc<Mutex<Vec<Proof>>>) -> Arc<dyn ClientCertVerifier> {
    match clients {
        Clients::NotAsked => WebPkiClientVerifier::no_client_auth(),
        clients => Arc::new(Verifier {
            clients,
            algorithms: provider().signature_verification_algorithms,
            proofs: proofs.clone(),
        }),
    }
}

#[derive(Debug)]
struct Verifier {
    clients: Clients,
    algorithms: WebPkiSupportedAlgorithms,
    proofs: Arc<Mutex<Vec<Proof>>>,
}

impl Verifier {
    fn checked(
        &self,
        message: &[u8],
        signed: &DigitallySignedStruct,
        check: impl FnOnce() -> Result<HandshakeSignatureValid, rustls::Error>,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.proofs.lock().unwrap().push(Proof {
            message: message.to_vec(),
            scheme: signed.scheme,
            signature: signed.signature().to_vec(),
        });
        match self.clients {
            Clients::Unproven => Ok(HandshakeSignatureValid::assertion()),
            _ => check(),
        }
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        self.clients != Clients::Optional
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked(message, signed, || {
            verify_tls12_signature(message, certificate, signed, &self.algorithms)
        })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.checked(message, signed, || {
            verify_tls13_signature(message, certificate, signed, &self.algorithms)
        })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
