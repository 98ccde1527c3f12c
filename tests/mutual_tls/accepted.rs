//! Logins that are let in, and what both ends tell of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use pki::key::KeyAlgorithm;
use pki::login::{self, Client, Url, Version};
use pki::server::ClientAuth;
use pki::session::KeyLogFile;

use super::fixture::{Authority, VERSIONS, outcome};

#[tokio::test]
async fn a_client_of_ours_is_accepted_in_both_modes_and_versions() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        let server = authority.serve(mode).await;
        for version in VERSIONS {
            let mut client = authority.login_as(Some(&alice), version);
            let report = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&report), ("accepted", None, None));
            assert_eq!(report.status, Some(200));
            assert_eq!(report.exporter_matches, Some(true));
        }
        server.logged("accepted - CN=alice").await;
    }
}

#[tokio::test]
async fn the_report_tells_the_session_as_it_was() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let mut client = authority.login_as(Some(&alice), Version::Tls13);
    let report = client.login(&server.url()).await.unwrap();

    let session = report.session.unwrap();
    assert_eq!(session.protocol.as_deref(), Some("TLSv1.3"));
    assert_eq!(
        session.key_exchange_group.as_deref(),
        Some("X25519MLKEM768")
    );
    assert!(session.forward_secrecy);
    assert!(!session.resumed);
    assert_eq!(
        session.signature_scheme.as_deref(),
        Some("ecdsa_secp256r1_sha256")
    );
    assert_eq!(session.server_name.as_deref(), Some("localhost"));
    assert_eq!(session.alpn.as_deref(), Some("http/1.1"));
    assert_eq!(
        session.acceptable_issuers,
        ["CN=Test issuing", "CN=Test root"]
    );
    let server_certificate = report.server_certificate.unwrap();
    assert_eq!(server_certificate.issuer, "CN=Test issuing");
}

#[tokio::test]
async fn every_kind_of_key_that_is_issued_logs_in() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Required).await;
    for (name, algorithm, scheme) in [
        ("p384", KeyAlgorithm::P384, "ecdsa_secp384r1_sha384"),
        ("rsa", KeyAlgorithm::Rsa2048, "rsa_pss_rsae_sha512"),
        ("edwards", KeyAlgorithm::Ed25519, "ed25519"),
    ] {
        let holder = authority.client_with(name, algorithm);
        for version in VERSIONS {
            let mut client = authority.login_as(Some(&holder), version);
            let report = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&report), ("accepted", None, None), "{name}");
            let session = report.session.unwrap();
            assert_eq!(session.signature_scheme.as_deref(), Some(scheme));
        }
    }
}

#[tokio::test]
async fn names_beneath_login_localhost_and_addresses_reach_the_same_server() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let server = authority.serve(ClientAuth::Optional).await;
    let port = server.https.port();
    for (host, server_name) in [
        ("site.login.localhost", Some("site.login.localhost")),
        // RFC 6066 §3: an address is not sent as a server name.
        ("127.0.0.1", None),
    ] {
        let url = Url::parse(&format!("https://{host}:{port}/login.json")).unwrap();
        let mut client = authority.login_as(Some(&alice), Version::Tls13);
        let report = client.login(&url).await.unwrap();
        assert_eq!(outcome(&report), ("accepted", None, None));
        let session = report.session.unwrap();
        assert_eq!(session.server_name.as_deref(), server_name);
    }
}

#[tokio::test]
async fn a_server_of_another_authority_is_not_trusted() {
    let (ours, other) = (Authority::new(), Authority::called("Other"));
    let server = other.serve(ClientAuth::Optional).await;
    let mut client = ours.login_as(None, Version::Tls13);
    let refusal = client.login(&server.url()).await.unwrap_err();
    assert!(refusal.message().contains("does not lead to the root"));
    assert!(refusal.hint().is_some());
    server.logged("the client sent the alert unknown_ca").await;
}

#[tokio::test]
async fn a_server_with_another_name_is_not_trusted() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let url = format!("https://other.localhost:{}", server.https.port());
    let mut client = authority.login_as(None, Version::Tls13);
    let refusal = client.login(&Url::parse(&url).unwrap()).await.unwrap_err();
    assert_eq!(
        refusal.message(),
        "the server's certificate is not for other.localhost, but for localhost, site.login.localhost, 127.0.0.1, ::1"
    );
}

#[tokio::test]
async fn both_ends_log_the_same_secrets_where_that_was_asked_for() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    let directory = tempfile::tempdir().unwrap();
    let file = |name| directory.path().join(name);
    let open = |name| Arc::new(KeyLogFile::open(&file(name)).unwrap());
    let server = authority.serve_logging(open("server")).await;
    for version in VERSIONS {
        let mut client = Client::new(login::Config {
            root: authority.root.clone(),
            identity: Some(alice.identity()),
            version: Some(version),
            key_log: Some(open("client")),
            tape: None,
        })
        .unwrap();
        client.login(&server.url()).await.unwrap();
    }
    server.stop().await;
    let lines = |name| {
        let text = std::fs::read_to_string(file(name)).unwrap();
        text.lines().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(lines("server"), lines("client"));
    let labels = ["CLIENT_RANDOM ", "CLIENT_TRAFFIC_SECRET_0 "];
    for label in labels {
        assert!(lines("server").iter().any(|line| line.starts_with(label)));
    }
}
