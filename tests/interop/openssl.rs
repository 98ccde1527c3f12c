//! OpenSSL 3 agrees: with our chains, our bundles, our encrypted keys, and in a handshake.

use std::path::Path;

use crate::support::tls::Session;
use crate::support::{Authority, Tls, path_text, visit};

use super::{KEY_ALGORITHMS, authority_of};

/// `openssl verify` in its strictest form; what it said when it refused.
fn verify(authority: &Authority, purpose: &str, certificate: &Path) -> Option<Result<(), String>> {
    let (root, issuing) = (authority.root(), authority.issuing());
    let verified = authority.openssl(&[
        "verify",
        "-x509_strict",
        "-check_ss_sig",
        "-purpose",
        purpose,
        "-CAfile",
        path_text(&root),
        "-untrusted",
        path_text(&issuing),
        path_text(certificate),
    ])?;
    Some(match verified.code {
        Some(0) => Ok(()),
        _ => Err(verified.said()),
    })
}

#[test]
fn the_chain_of_every_key_algorithm_verifies_strictly_and_for_its_own_purpose_only() {
    for algorithm in KEY_ALGORITHMS {
        let (authority, alice) = authority_of(algorithm);
        let Some(alice) = authority.credentials(&alice) else {
            return;
        };
        let server = authority.path("ca-data/servers/localhost/fullchain.pem");
        let verified = |purpose, file: &Path| verify(&authority, purpose, file).unwrap();
        verified("sslclient", &alice.certificate)
            .unwrap_or_else(|said| panic!("{algorithm}: {said}"));
        verified("sslserver", &server).unwrap_or_else(|said| panic!("{algorithm}: {said}"));
        assert!(verified("sslserver", &alice.certificate).is_err());
        assert!(verified("sslclient", &server).is_err());
    }
}

#[test]
fn a_bundle_opens_with_the_printed_password_and_holds_one_key_and_three_certificates() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let open = |password: &str| {
        let file = authority.path("password");
        std::fs::write(&file, password).unwrap();
        authority.openssl(&[
            "pkcs12",
            "-in",
            path_text(&alice.bundle),
            "-noenc",
            "-info",
            "-passin",
            &format!("file:{}", path_text(&file)),
        ])
    };
    let Some(opened) = open(&alice.password) else {
        return;
    };
    let opened = opened.ok();
    assert_eq!(opened.out().matches("BEGIN PRIVATE KEY").count(), 1);
    assert_eq!(opened.out().matches("BEGIN CERTIFICATE").count(), 3);
    // The musts that browsers depend on: key and end entity bear the name and find each other, no CA bears it.
    assert_eq!(opened.out().matches("friendlyName: alice").count(), 2);
    assert_eq!(opened.out().matches("localKeyID:").count(), 2);
    assert!(opened.err().contains("MAC: sha256"), "{}", opened.err());
    assert!(opened.err().contains("AES-256-CBC"), "{}", opened.err());
    open("not-the-password").unwrap().exits(1);
}

#[test]
fn a_serial_number_reads_as_openssl_prints_it() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let serial = alice.certificate["serial_number"].as_str().unwrap();
    let Some(credentials) = authority.credentials(&alice) else {
        return;
    };
    let certificate = path_text(&credentials.certificate);
    let printed = authority
        .openssl(&["x509", "-noout", "-serial", "-in", certificate])
        .unwrap()
        .ok();
    assert_eq!(
        printed.out().trim(),
        format!("serial={}", serial.to_uppercase())
    );
    // Twenty octets: sixty-four bits would do for RFC 5280 §4.1.2.2, but nobody may guess or meet one again.
    assert!((38..=40).contains(&serial.len()), "{serial}");
}

#[test]
fn the_encrypted_ca_key_opens_in_openssl_with_the_passphrase_and_not_without() {
    for algorithm in ["p256", "rsa-2048", "ed25519"] {
        let authority = Authority::init(&["--key-algorithm", algorithm]);
        let key = authority.issuing_key();
        let written = std::fs::read_to_string(&key).unwrap();
        assert!(written.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        let Some(public_key) = authority.openssl(&[
            "pkey",
            "-in",
            path_text(&key),
            "-passin",
            "env:PASSPHRASE",
            "-pubout",
        ]) else {
            return;
        };
        let certified = authority
            .openssl(&[
                "x509",
                "-in",
                path_text(&authority.issuing()),
                "-noout",
                "-pubkey",
            ])
            .unwrap()
            .ok();
        assert_eq!(public_key.ok().out(), certified.out(), "{algorithm}");
        let refused = authority
            .openssl(&["pkey", "-in", path_text(&key), "-passin", "pass:wrong"])
            .unwrap();
        assert_ne!(refused.code, Some(0));
    }
}

#[test]
fn s_client_logs_in_with_the_pem_parts_in_both_versions() {
    for algorithm in ["p256", "p384", "rsa-2048", "ed25519"] {
        let (authority, alice) = authority_of(algorithm);
        let Some(credentials) = authority.credentials(&alice) else {
            return;
        };
        let server = crate::support::Server::start(&authority, &[]);
        for tls in Tls::BOTH {
            let visit =
                visit(&authority, &server, Some(&credentials), tls, Session::Fresh).unwrap();
            visit.assert_judged(200, "accepted", None);
            assert_eq!(
                visit.document["certificate"]["serial_number"],
                alice.certificate["serial_number"]
            );
        }
    }
}
