//! What another process puts into the directory counts with the next handshake, without a restart.

use pki::hexadecimal;
use pki::login::Version;
use pki::server::ClientAuth;

use super::fixture::{Authority, VERSIONS, outcome};
use super::serving::Running;

/// The fingerprint of the certificate that the server presents to whoever comes next.
async fn presented(authority: &Authority, server: &Running) -> String {
    let mut client = authority.login_as(None, Version::Tls13);
    let report = client.login(&server.url()).await.unwrap();
    report.server_certificate.unwrap().fingerprint_sha256
}

#[tokio::test]
async fn a_replaced_server_certificate_is_presented_from_the_next_handshake_on() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for name in ["next", "after-next"] {
        let next = authority.server(name);
        next.write_key(&server.files);
        next.write_chain(&server.files);
        assert_eq!(
            presented(&authority, &server).await,
            next.certificate.fingerprint().to_string()
        );
    }
}

#[tokio::test]
async fn a_pair_of_which_one_half_was_replaced_is_not_presented_and_breaks_nothing() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let before = presented(&authority, &server).await;
    let next = authority.server("next");
    next.write_key(&server.files);
    assert_eq!(presented(&authority, &server).await, before);
    std::fs::write(&server.files.fullchain, "-----BEGIN CERTIF").unwrap();
    assert_eq!(presented(&authority, &server).await, before);
    std::fs::remove_file(&server.files.fullchain).unwrap();
    assert_eq!(presented(&authority, &server).await, before);
    next.write_chain(&server.files);
    let after = presented(&authority, &server).await;
    assert_eq!(
        after,
        hexadecimal::encode(&next.certificate.fingerprint().0)
    );
}

#[tokio::test]
async fn a_new_issuing_ca_is_asked_for_in_the_next_handshake_and_what_it_issued_is_accepted() {
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        let mut authority = Authority::new();
        let server = authority.serve(mode).await;
        let alice = authority.client("alice");
        authority.rotate();
        let bob = authority.client("bob");
        assert_ne!(alice.certificate.issuer(), bob.certificate.issuer());
        for version in VERSIONS {
            for holder in [&alice, &bob] {
                let mut client = authority.login_as(Some(holder), version);
                let report = client.login(&server.url()).await.unwrap();
                assert_eq!(outcome(&report), ("accepted", None, None));
                assert_eq!(
                    report.session.unwrap().acceptable_issuers,
                    ["CN=Test issuing 2", "CN=Test issuing", "CN=Test root"]
                );
            }
        }
    }
}
