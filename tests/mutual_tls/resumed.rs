//! Resumed sessions and open connections: each request is judged anew.

use pki::login::Version;
use pki::server::ClientAuth;

use super::fixture::{Authority, VERSIONS, outcome};

#[tokio::test]
async fn a_second_login_resumes_and_is_accepted_again() {
    let authority = Authority::new();
    let alice = authority.client("alice");
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        let server = authority.serve(mode).await;
        for version in VERSIONS {
            let mut client = authority.login_as(Some(&alice), version);
            let first = client.login(&server.url()).await.unwrap();
            let second = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&second), ("accepted", None, None));
            assert_eq!(second.exporter_matches, Some(true));
            let (first, second) = (first.session.unwrap(), second.session.unwrap());
            assert!(!first.resumed && second.resumed);
            assert_ne!(first.exporter_sha256, second.exporter_sha256);
            let resumed = second.handshake.resumes.unwrap();
            assert_eq!(resumed.client_random, first.client_random);
            assert_eq!(resumed.exporter_sha256, first.exporter_sha256);
            assert_eq!(resumed.signature_scheme, first.signature_scheme);
            assert_eq!(first.handshake.resumes, None);
            assert_eq!(second.signature_scheme, None);
            assert_eq!(second.acceptable_issuers, [""; 0]);
            assert_eq!(second.forward_secrecy, version == Version::Tls13);
            assert_eq!(
                second.key_exchange_group.is_some(),
                version == Version::Tls13
            );
        }
    }
}

#[tokio::test]
async fn a_resumed_session_whose_certificate_was_revoked_is_refused_with_the_reason() {
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        for version in VERSIONS {
            let authority = Authority::new();
            let alice = authority.client("alice");
            let server = authority.serve(mode).await;
            let mut client = authority.login_as(Some(&alice), version);
            let first = client.login(&server.url()).await.unwrap();
            assert_eq!(outcome(&first), ("accepted", None, None));
            authority.revoke(&alice);
            let second = client.login(&server.url()).await.unwrap();
            assert!(second.session.as_ref().unwrap().resumed);
            assert_eq!(outcome(&second), ("refused", Some("revoked"), None));
            assert_eq!(second.status, Some(403));
            assert!(second.server_certificate.is_some());
        }
    }
}

#[tokio::test]
async fn a_session_without_a_certificate_resumes_without_one() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for version in VERSIONS {
        let mut client = authority.login_as(None, version);
        client.login(&server.url()).await.unwrap();
        let second = client.login(&server.url()).await.unwrap();
        assert!(second.session.as_ref().unwrap().resumed);
        assert_eq!(outcome(&second), ("no-certificate", None, None));
    }
}
