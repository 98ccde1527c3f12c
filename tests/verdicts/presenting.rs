//! A client that presents any octets as its certificate chain, and what the server tells it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use pki::key::PrivateKey;
use rustls::client::{ResolvesClientCert, Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group, sign::any_supported_type};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, Error, RootCertStore, SignatureScheme,
    StreamOwned, SupportedProtocolVersion,
};
use serde_json::Value;

use super::authorities::Authorities;
use super::chains::Chain;
use super::parallel::in_parallel;
use crate::support::Server;

/// What the server made of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// It answered with this status, verdict and reason.
    Answered(u16, String, Option<String>),
    /// It ended the handshake with this alert.
    Alert(AlertDescription),
}

/// Both versions, each of which is tried with every chain.
pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

impl Told {
    /// What must be told of a chain. Who cannot prove a key is told of nothing but the alert, as RFC 8446 §6.2 has it for a certificate
    /// that is corrupt.
    pub(super) fn expected(chain: &Chain) -> Self {
        match (chain.reason(), chain.has_readable_key()) {
            (None, _) => Self::Answered(200, "accepted".to_owned(), None),
            (Some(_), false) => Self::Alert(AlertDescription::BadCertificate),
            (Some(reason), true) => {
                Self::Answered(403, "refused".to_owned(), Some(reason.to_owned()))
            }
        }
    }
}

/// Presents whatever it holds, whoever asks for it.
#[derive(Debug)]
struct Fixed(Arc<CertifiedKey>);

impl ResolvesClientCert for Fixed {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Presents every chain in every version, each on a connection of its own; the answers are in the order of the chains.
pub(super) fn present(
    authorities: &Authorities,
    keys: &[PrivateKey],
    chains: &[Chain],
) -> Vec<[Told; 2]> {
    let options = ["--client-auth", "optional"];
    let server = Server::start(&authorities.authority, &options);
    let mut roots = RootCertStore::empty();
    roots.add(authorities.root.der().to_vec().into()).unwrap();
    // One exchange, of the cheapest kind: it is not what is tried here.
    let provider = Arc::new(CryptoProvider {
        kx_groups: vec![kx_group::X25519],
        ..default_provider()
    });
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
    let verifier = verifier.build().unwrap();
    let keys: Vec<Arc<dyn SigningKey>> = (keys.iter())
        .map(|key| PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.pkcs8().to_vec())))
        .map(|key| any_supported_type(&key).unwrap())
        .collect();
    in_parallel(chains, |chain| {
        let certificates = chain.presented.iter().map(|der| der.clone().into());
        let certified = CertifiedKey::new(certificates.collect(), keys[chain.made.key].clone());
        let certified = Arc::new(certified);
        VERSIONS.map(|version| {
            let config = ClientConfig::builder_with_provider(provider.clone());
            let config = config.with_protocol_versions(&[version]).unwrap();
            let config = config.with_webpki_verifier(verifier.clone());
            let mut config = config.with_client_cert_resolver(Arc::new(Fixed(certified.clone())));
            config.resumption = Resumption::disabled();
            ask(&server, config)
        })
    })
}

fn ask(server: &Server, config: ClientConfig) -> Told {
    let stream = TcpStream::connect(("127.0.0.1", server.port().parse().unwrap())).unwrap();
    stream.set_nodelay(true).unwrap();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap());
    let mut stream = StreamOwned::new(connection.unwrap(), stream);
    let request = b"GET /login.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = Vec::new();
    let spoken = (stream.write_all(request)).and_then(|()| stream.read_to_end(&mut answer));
    match spoken {
        Ok(_) => read(&answer),
        Err(cause) => match cause.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(Error::AlertReceived(alert)) => Told::Alert(*alert),
            _ => panic!("the connection broke: {cause}"),
        },
    }
}

fn read(answer: &[u8]) -> Told {
    let answer = std::str::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let document: Value = serde_json::from_str(body).expect(body);
    let verdict = document["verdict"].as_str().unwrap().to_owned();
    Told::Answered(
        status,
        verdict,
        document["reason"].as_str().map(str::to_owned),
    )
}
