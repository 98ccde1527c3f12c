//! `pki rotate-issuing`: the next issuing CA comes before the one before it ends, and both are good.

use std::fs;
use std::path::Path;

use crate::support::tls::Session;
use crate::support::{Authority, Server, Tls, Tree, path_text, visit};

/// Whether OpenSSL builds a chain from a certificate over one issuing CA to the root.
#[track_caller]
fn verifies(authority: &Authority, issuing: &Path, certificate: &Path) -> Option<bool> {
    let root = authority.root();
    let words = ["verify", "-x509_strict", "-CAfile", path_text(&root)];
    let more = ["-untrusted", path_text(issuing), path_text(certificate)];
    let verified = authority.openssl(&[&words[..], &more].concat())?;
    Some(verified.code == Some(0))
}

#[test]
fn clients_of_both_issuing_cas_log_in_and_their_chains_verify() {
    let authority = Authority::init(&["--name", "Example", "--organization", "Example Ltd"]);
    let first = authority.path("first.pem");
    fs::copy(authority.issuing(), &first).unwrap();
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let go = |server: &Server, credentials, tls| {
        let visit = visit(&authority, server, Some(credentials), tls, Session::Fresh).unwrap();
        visit.assert_judged(200, "accepted", None);
        visit
    };
    go(&server, &alice, Tls::V1_3);
    let rotated = authority.json(&["rotate-issuing"]);
    assert_eq!(
        rotated["issuing"]["subject"],
        "CN=Example issuing CA 2,O=Example Ltd"
    );
    assert_eq!(
        rotated["before"]["subject"],
        "CN=Example issuing CA 1,O=Example Ltd"
    );
    let bob = authority
        .credentials(&authority.issue_client(&["bob"]))
        .unwrap();
    // The server that was there before learns of it, and one that starts now presents a chain of the new one.
    let fresh = Server::start(&authority, &[]);
    for server in [&server, &fresh] {
        for tls in Tls::BOTH {
            for credentials in [&alice, &bob] {
                let visit = go(server, credentials, tls);
                let issuers = visit.document["session"]["acceptable_issuers"].clone();
                assert_eq!(issuers.as_array().unwrap().len(), 3, "{issuers:#}");
            }
        }
    }
    let second = authority.issuing();
    let own = authority.path("ca-data/servers/pki-serve/fullchain.pem");
    for (issuing, certificate, expected) in [
        (&first, &alice.certificate, true),
        (&second, &bob.certificate, true),
        (&second, &own, true),
        (&second, &alice.certificate, false),
        (&first, &bob.certificate, false),
    ] {
        let verified = verifies(&authority, issuing, certificate);
        assert_eq!(verified, Some(expected), "{}", certificate.display());
    }
}

#[test]
fn the_next_ca_continues_constraints_and_urls_and_its_key_has_the_passphrase() {
    let authority = Authority::init(&[
        "--permit-dns",
        "corp.example",
        "--base-url",
        "http://pki.corp.example",
    ]);
    authority
        .pki(&[
            "rotate-issuing",
            "--key-algorithm",
            "p384",
            "--validity",
            "3y",
        ])
        .ok();
    let issuing = authority.issuing();
    let Some(printed) = authority.openssl(&["x509", "-noout", "-text", "-in", path_text(&issuing)])
    else {
        return;
    };
    let printed = printed.ok().out();
    for part in [
        "DNS:corp.example",
        "URI:http://pki.corp.example/crl/",
        "pathlen:0",
        "NIST CURVE: P-384",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let key = authority.issuing_key();
    assert_eq!(
        authority.opens(&key, crate::support::PASSPHRASE),
        Some(true)
    );
    assert_eq!(authority.opens(&key, "wrong"), Some(false));
    let outside = authority
        .pki(&["issue-server", "www.example.org", "--json"])
        .exits(1);
    assert_eq!(outside.json()["error"]["kind"], "not-permitted");
    authority.pki(&["issue-server", "www.corp.example"]).ok();
}

#[test]
fn a_root_with_a_passphrase_of_its_own_is_opened_with_it_and_not_without() {
    let authority = Authority::none();
    fs::write(authority.path("own"), "another-secret-altogether\n").unwrap();
    fs::write(authority.path("wrong"), "wrong\n").unwrap();
    authority
        .pki(&["init", "--root-passphrase-file", "own"])
        .ok();
    let before = Tree::of(authority.home());
    let refused = authority.pki(&["rotate-issuing", "--json"]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "passphrase-required");
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--root-passphrase-file"), "{hint}");
    let wrong = [
        "rotate-issuing",
        "--root-passphrase-file",
        "wrong",
        "--json",
    ];
    let refused = authority.pki(&wrong).exits(1).json();
    assert_eq!(refused["error"]["kind"], "wrong-passphrase");
    before.assert_unchanged(authority.home(), "refused rotations");
    authority
        .pki(&["rotate-issuing", "--root-passphrase-file", "own"])
        .ok();
    authority.pki(&["issue-client", "alice"]).ok();
}

#[test]
fn a_certificate_that_is_cut_short_says_how_that_is_mended() {
    let authority = Authority::init(&["--issuing-validity", "90d"]);
    let issued = authority.pki(&["issue-client", "alice"]).ok();
    assert!(
        issued.err().contains("pki rotate-issuing"),
        "{}",
        issued.err()
    );
    // Nothing is cut short, and much of the CA's life is left.
    let issued = authority
        .pki(&["issue-client", "bob", "--validity", "7d"])
        .ok();
    assert!(!issued.err().contains("warning"), "{}", issued.err());
    let late = ["issue-client", "carol", "--validity", "7d"];
    let Some(late) = authority.pki_at("+70d", &late) else {
        return;
    };
    assert!(late.err().contains("pki rotate-issuing"), "{}", late.err());
    authority.pki(&["rotate-issuing"]).ok();
    let issued = authority.pki(&["issue-client", "dora"]).ok();
    assert!(!issued.err().contains("warning"), "{}", issued.err());
}

#[test]
fn every_command_warns_before_and_after_the_issuing_ca_ends() {
    let authority = Authority::init(&["--issuing-validity", "30d"]);
    assert!(!authority.pki(&["list"]).ok().err().contains("issuing CA"));
    for (moment, words) in [("+25d", "the issuing CA ends on"), ("+31d", "has ended on")] {
        let Some(listed) = authority.pki_at(moment, &["list"]) else {
            return;
        };
        let said = listed.ok().err();
        assert!(
            said.contains(words) && said.contains("rotate-issuing"),
            "{said}"
        );
    }
}
