//! The session facts that the server tells are the ones that the client saw.

use aws_lc_rs::digest::{SHA256, digest};

use crate::support::tls::Session;
use crate::support::{Authority, Server, Tls, visit};

#[test]
fn the_session_document_says_what_openssl_saw() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    for tls in Tls::BOTH {
        let visit = visit(&authority, &server, Some(&alice), tls, Session::Fresh).unwrap();
        visit.assert_judged(200, "accepted", None);
        let session = &visit.document["session"];
        assert_eq!(session["protocol"], tls.name());
        assert_eq!(session["server_name"], "localhost");
        assert_eq!(session["forward_secrecy"], true);
        assert_eq!(session["resumed"], false);
        // In TLS 1.2 the number that TLS 1.3 gave to P-384 with SHA-384 means SHA-384 with any curve.
        let scheme = session["signature_scheme"].as_str().unwrap();
        match tls {
            Tls::V1_2 => assert!(scheme.starts_with("ecdsa_secp"), "{scheme}"),
            Tls::V1_3 | Tls::Newest => assert_eq!(scheme, "ecdsa_secp256r1_sha256"),
        }
        let exported = hex_bytes(visit.exporter.as_ref().expect("keying material"));
        assert_eq!(
            session["exporter_sha256"],
            hex(digest(&SHA256, &exported).as_ref()),
            "{tls:?}"
        );
        assert_eq!(session["client_random"].as_str().map(str::len), Some(64));
        assert_eq!(session["server_random"].as_str().map(str::len), Some(64));
        // With the root alone no browser offers the certificate: its issuer must be named too.
        let issuers = session["acceptable_issuers"].as_array().expect("a list");
        assert_eq!(issuers.len(), 2, "{issuers:?}");
        for issuer in issuers {
            let common_name = issuer.as_str().unwrap().split(',').next().unwrap();
            let shown = common_name.replacen('=', " = ", 1);
            assert!(
                visit.finished.out().contains(&shown),
                "{shown}: {}",
                visit.finished.out()
            );
        }
    }
}

#[test]
fn openssl_3_gets_a_group_of_its_own_generation_and_tls_1_3_its_iana_names() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let modern = visit(&authority, &server, Some(&alice), Tls::V1_3, Session::Fresh).unwrap();
    let suite = modern.document["session"]["cipher_suite"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        modern
            .finished
            .out()
            .contains(&format!("Cipher is {suite}")),
        "{suite}"
    );
    let group = modern.document["session"]["key_exchange_group"]
        .as_str()
        .unwrap();
    let temporary = modern.finished.out();
    let temporary = temporary
        .lines()
        .find(|line| line.starts_with("Server Temp Key: "));
    assert!(
        temporary.is_some_and(|line| line.to_lowercase().contains(group)),
        "{group}: {temporary:?}"
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex_bytes(text: &str) -> Vec<u8> {
    let digit = |index: usize| u8::from_str_radix(&text[index..index + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}
