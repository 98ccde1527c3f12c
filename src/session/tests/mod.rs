//! Sessions and first flights of real handshakes between two ends in this process.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig, SignatureScheme, SupportedProtocolVersion, version,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

mod hellos;
mod kept;
mod story;

/// What both ends of one connection tell.
struct Ends {
    client: Session,
    server: Session,
    from_client: Vec<u8>,
    from_server: Vec<u8>,
}

/// Two configurations that trust each other.
struct Pair {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    chain: Vec<CertificateDer<'static>>,
}

/// What one end can do, where it differs from the default.
struct Ability {
    version: &'static SupportedProtocolVersion,
    client_groups: Vec<&'static dyn SupportedKxGroup>,
    server_groups: Vec<&'static dyn SupportedKxGroup>,
}

impl Ability {
    fn of(version: &'static SupportedProtocolVersion) -> Self {
        Self {
            version,
            client_groups: default_provider().kx_groups,
            server_groups: default_provider().kx_groups,
        }
    }
}

impl Pair {
    fn new(ability: Ability) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let chain = vec![certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).unwrap();
        let roots = Arc::new(roots);
        let provider = |groups| {
            Arc::new(CryptoProvider {
                kx_groups: groups,
                ..default_provider()
            })
        };
        let client_provider = provider(ability.client_groups);
        let server_provider = provider(ability.server_groups);

        let presented = chain.clone();
        let mut client = ClientConfig::builder_with_provider(client_provider)
            .with_protocol_versions(&[ability.version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_client_auth_cert(chain.clone(), key.clone_key())
            .unwrap();
        client.alpn_protocols = vec![b"http/1.1".to_vec()];
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, server_provider.clone())
            .allow_unauthenticated()
            .build()
            .unwrap();
        let mut server = ServerConfig::builder_with_provider(server_provider)
            .with_protocol_versions(&[ability.version])
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            client: Arc::new(client),
            server: Arc::new(server),
            chain: presented,
        }
    }

    async fn connect(&self) -> Ends {
        let shown = |end| Shown {
            chain: self.chain.as_slice().into(),
            signed: Some(Signed::read(
                end,
                SignatureScheme::ECDSA_NISTP256_SHA256,
                b"message",
            )),
        };
        let observed = || Observed {
            request: Some(Arc::new(Requested {
                acceptable_issuers: vec!["CN=root".to_owned()],
                signature_schemes: vec![SignatureScheme::ECDSA_NISTP256_SHA256],
            })),
            server: shown(End::Server),
            client: shown(End::Client),
            resumes: Some(Earlier::default()),
        };
        let (near, far) = duplex(1 << 16);
        let server = async {
            let acceptor = TlsAcceptor::from(self.server.clone());
            let mut stream = acceptor.accept(Recorder::new(far)).await.unwrap();
            stream.write_all(b"x").await.unwrap();
            stream.flush().await.unwrap();
            let (io, connection) = stream.get_mut();
            let recording = io.stop();
            let session =
                Evidence::of(connection, End::Server, recording.clone(), observed()).session();
            // Keeps the connection until the client has read, tickets and all.
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            (session, recording)
        };
        let client = async {
            let connector = TlsConnector::from(self.client.clone());
            let name = ServerName::try_from("localhost").unwrap();
            let mut stream = connector.connect(name, Recorder::new(near)).await.unwrap();
            let mut first = [0];
            stream.read_exact(&mut first).await.unwrap();
            let (io, connection) = stream.get_mut();
            let recording = io.stop();
            let session = Evidence::of(connection, End::Client, recording, observed()).session();
            stream.shutdown().await.unwrap();
            session
        };
        let ((server, recording), client) = tokio::join!(server, client);
        Ends {
            client,
            server,
            from_client: recording.received,
            from_server: recording.sent,
        }
    }
}

#[tokio::test]
async fn both_ends_of_a_tls_1_3_connection_tell_the_same() {
    let Ends { client, server, .. } = Pair::new(Ability::of(&version::TLS13)).connect().await;
    assert_eq!(client, server);
    assert_eq!(server.protocol.as_deref(), Some("TLSv1.3"));
    assert_eq!(
        server.cipher_suite.as_deref(),
        Some("TLS_AES_256_GCM_SHA384")
    );
    assert_eq!(server.key_exchange_group.as_deref(), Some("X25519MLKEM768"));
    assert!(server.forward_secrecy);
    assert!(!server.resumed);
    assert_eq!(server.exporter_sha256.as_ref().unwrap().len(), 64);
    assert_eq!(server.client_random.as_ref().unwrap().len(), 64);
    assert_ne!(server.client_random, server.server_random);
    assert_eq!(
        server.signature_scheme.as_deref(),
        Some("ecdsa_secp256r1_sha256")
    );
    assert_eq!(server.server_name.as_deref(), Some("localhost"));
    assert_eq!(server.alpn.as_deref(), Some("http/1.1"));
    assert_eq!(server.acceptable_issuers, ["CN=root"]);

    let told = server.handshake;
    assert!(told.complete && told.client_finished);
    assert_eq!(told.resumes, None);
    assert_eq!(told.extended_master_secret, None);
    let hello = told.client_hello.unwrap();
    assert_eq!(Some(hello.random), server.client_random);
    assert_eq!(hello.versions, ["TLSv1.3"]);
    assert_eq!(hello.groups.first().unwrap(), "X25519MLKEM768");
    assert!(
        hello
            .cipher_suites
            .contains(&"TLS_AES_256_GCM_SHA384".to_owned())
    );
    assert!(
        hello
            .signature_schemes
            .contains(&"ecdsa_secp256r1_sha256".to_owned())
    );
    assert_eq!(hello.application_protocols, ["http/1.1"]);
    assert!(!hello.offers_resumption);
    assert_eq!(told.server_hello.unwrap().version, "TLSv1.3");
    // ML-KEM-768's encapsulation key or ciphertext, and 32 octets of X25519 (FIPS 203).
    let exchange = told.key_exchange.unwrap();
    assert_eq!(exchange.kind, "ECDHE and ML-KEM");
    assert_eq!(exchange.client.unwrap().octets, 1184 + 32);
    assert_eq!(exchange.server.unwrap().octets, 1088 + 32);
    assert_eq!(told.hello_retry, None);
    assert_eq!(
        told.certificate_request.unwrap().acceptable_issuers,
        ["CN=root"]
    );
    assert_eq!(told.client_certificate.len(), 1);
    let names: Vec<_> = told.keys.iter().map(|key| (key.name, key.octets)).collect();
    assert!(
        names.contains(&("client_application_traffic_secret_0", 48)),
        "{names:?}"
    );
    assert!(names.contains(&("server_write_key", 32)), "{names:?}");
}

#[tokio::test]
async fn both_ends_of_a_tls_1_2_connection_tell_the_same() {
    let Ends { client, server, .. } = Pair::new(Ability::of(&version::TLS12)).connect().await;
    assert_eq!(client, server);
    assert_eq!(server.protocol.as_deref(), Some("TLSv1.2"));
    assert!(
        server
            .cipher_suite
            .unwrap()
            .starts_with("TLS_ECDHE_ECDSA_WITH_")
    );
    assert_eq!(server.key_exchange_group.as_deref(), Some("x25519"));
    assert!(server.forward_secrecy);
    let told = server.handshake;
    assert_eq!(told.extended_master_secret, Some(true));
    let hello = told.client_hello.unwrap();
    assert_eq!(hello.versions, ["TLSv1.2"]);
    assert_eq!(hello.key_shares, []);
    let exchange = told.key_exchange.unwrap();
    assert_eq!(
        (exchange.group.as_str(), exchange.kind),
        ("x25519", "ECDHE")
    );
    let (client, server) = (exchange.client.unwrap(), exchange.server.unwrap());
    assert_eq!((client.octets, server.octets), (32, 32));
    assert_ne!(client.public, server.public);
    // As it stands on the wire, not as the code around the handshake believes.
    let request = told.certificate_request.unwrap();
    assert!(request.signature_schemes.len() > 1, "{request:?}");
    let names: Vec<_> = told.keys.iter().map(|key| (key.name, key.octets)).collect();
    assert!(names.contains(&("master_secret", 48)), "{names:?}");
}

#[tokio::test]
async fn a_second_connection_has_other_keys() {
    let first = Pair::new(Ability::of(&version::TLS13)).connect().await;
    let second = Pair::new(Ability::of(&version::TLS13)).connect().await;
    let (first, second) = (first.server, second.server);
    assert!(!first.resumed && !second.resumed);
    assert_ne!(first.exporter_sha256, second.exporter_sha256);
    assert_ne!(first.client_random, second.client_random);
    assert_ne!(first.server_random, second.server_random);
    let shares = |session: Session| {
        let exchange = session.handshake.key_exchange.unwrap();
        (
            exchange.client.unwrap().public,
            exchange.server.unwrap().public,
        )
    };
    let (first, second) = (shares(first), shares(second));
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

#[tokio::test]
async fn a_resumed_tls_1_3_session_exchanges_keys_anew_but_signs_nothing() {
    let pair = Pair::new(Ability::of(&version::TLS13));
    let (_, Ends { client, server, .. }) = (pair.connect().await, pair.connect().await);
    assert_eq!(client, server);
    assert!(server.resumed);
    assert!(server.forward_secrecy);
    assert_eq!(server.key_exchange_group.as_deref(), Some("X25519MLKEM768"));
    assert_eq!(server.signature_scheme, None);
    assert_eq!(server.acceptable_issuers, [""; 0]);
    assert!(server.handshake.client_hello.unwrap().offers_resumption);
    assert_eq!(server.handshake.certificate_request, None);
    assert_eq!(server.handshake.client_certificate, []);
    assert!(server.handshake.key_exchange.is_some());
}

#[tokio::test]
async fn a_resumed_tls_1_2_session_exchanges_no_keys_and_has_no_forward_secrecy() {
    let pair = Pair::new(Ability::of(&version::TLS12));
    let (first, Ends { client, server, .. }) = (pair.connect().await, pair.connect().await);
    assert_eq!(client, server);
    assert!(server.resumed);
    assert!(!server.forward_secrecy);
    assert_eq!(server.key_exchange_group, None);
    assert_eq!(server.signature_scheme, None);
    assert_ne!(first.server.exporter_sha256, server.exporter_sha256);
    assert!(
        !first
            .server
            .handshake
            .client_hello
            .unwrap()
            .offers_resumption
    );
    assert!(server.handshake.client_hello.unwrap().offers_resumption);
    assert_eq!(server.handshake.key_exchange, None);
    assert_eq!(server.handshake.extended_master_secret, Some(true));
    assert!(server.handshake.resumes.is_some());
    let kept: Vec<_> = (server.handshake.keys.iter())
        .filter(|key| key.from_earlier)
        .map(|key| key.name)
        .collect();
    assert_eq!(kept, ["master_secret"]);
    let anew = &first.server.handshake.keys;
    assert!(!anew.is_empty() && anew.iter().all(|key| !key.from_earlier));
}

#[tokio::test]
async fn after_a_hello_retry_request_the_second_server_hello_counts() {
    let pair = Pair::new(Ability {
        client_groups: vec![kx_group::X25519, kx_group::SECP256R1],
        server_groups: vec![kx_group::SECP256R1],
        ..Ability::of(&version::TLS13)
    });
    let Ends { client, server, .. } = pair.connect().await;
    assert_eq!(client, server);
    assert_eq!(server.key_exchange_group.as_deref(), Some("secp256r1"));
    let told = server.handshake;
    let groups = |shares: &[handshake::Share]| -> Vec<String> {
        shares.iter().map(|share| share.group.clone()).collect()
    };
    assert_eq!(groups(&told.client_hello.unwrap().key_shares), ["x25519"]);
    let retry = told.hello_retry.unwrap();
    assert_eq!(retry.group.as_deref(), Some("secp256r1"));
    assert_eq!(groups(&retry.key_shares), ["secp256r1"]);
    let exchange = told.key_exchange.unwrap();
    assert_eq!(exchange.group, "secp256r1");
    assert_eq!(exchange.client.unwrap().octets, 65);
}
