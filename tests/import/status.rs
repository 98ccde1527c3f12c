//! What the index of an imported CA tells stands in its first CRL, and OCSP answers by it.

use std::fs;

use super::openssl::Openssl;
use super::{import_ca, write};
use crate::support::{Authority, Server, finish, hermetic, path_text, tool};

/// A CA of openssl with alice, and with bob and lost revoked; `lost` is nowhere to be had but for this test.
#[track_caller]
fn stage(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/OU=One/OU=Two/CN=Example CA"])?;
    for stem in ["alice", "bob", "lost"] {
        openssl.issue("ca", stem, "client", &[])?;
    }
    openssl.revoke("ca", "bob", &["-crl_reason", "keyCompromise"])?;
    openssl.revoke("ca", "lost", &["-crl_reason", "superseded"])?;
    fs::create_dir(authority.path("kept")).unwrap();
    for stem in ["alice", "bob"] {
        let name = format!("{stem}.pem");
        fs::copy(
            authority.path(&format!("ca/{name}")),
            authority.path("kept").join(&name),
        )
        .unwrap();
    }
    Some(())
}

/// The CRL that is published now, as PEM in `crl.pem`.
#[track_caller]
fn published(authority: &Authority) -> Option<()> {
    let mut lists = crate::support::files_below(&authority.path("ca-data/issuers"));
    lists.retain(|file| file.ends_with("crl.der"));
    assert_eq!(lists.len(), 1, "{lists:?}");
    let words = [
        "crl",
        "-inform",
        "DER",
        "-in",
        path_text(&lists[0]),
        "-out",
        "crl.pem",
    ];
    authority.openssl(&words)?.ok();
    Some(())
}

/// Whether `openssl verify -crl_check` takes a certificate of the old CA.
#[track_caller]
fn verifies(authority: &Authority, stem: &str) -> Option<bool> {
    let file = format!("ca/{stem}.pem");
    let words = [
        "verify",
        "-x509_strict",
        "-crl_check",
        "-CAfile",
        "ca/ca.pem",
        "-CRLfile",
        "crl.pem",
        &file,
    ];
    let verified = authority.openssl(&words)?;
    if verified.code != Some(0) {
        assert!(
            verified.said().contains("certificate revoked"),
            "{}",
            verified.said()
        );
    }
    Some(verified.code == Some(0))
}

#[test]
fn the_first_crl_lists_what_the_index_says_and_openssl_agrees() {
    let authority = Authority::none();
    let _ = first_crl(&authority);
}

fn first_crl(authority: &Authority) -> Option<()> {
    stage(authority)?;
    let words = [
        "--cert",
        "ca/ca.pem",
        "--key",
        "ca/ca.key",
        "--index",
        "ca/index.txt",
    ];
    import_ca(authority, &words).ok();
    for import in [false, true] {
        if import {
            authority
                .pki(&["import", "kept", "--index", "ca/index.txt"])
                .ok();
        }
        published(authority)?;
        assert!(verifies(authority, "alice")?);
        assert!(!verifies(authority, "bob")?);
        assert!(!verifies(authority, "lost")?);
    }
    let text = authority
        .openssl(&["crl", "-in", "crl.pem", "-noout", "-text"])?
        .ok()
        .out();
    for word in ["Key Compromise", "Superseded"] {
        assert!(text.contains(word), "{text}");
    }
    assert_eq!(text.matches("Serial Number:").count(), 2, "{text}");
    Some(())
}

#[test]
fn an_index_that_comes_later_makes_a_new_crl_at_once() {
    let authority = Authority::none();
    let _ = later_index(&authority);
}

fn later_index(authority: &Authority) -> Option<()> {
    stage(authority)?;
    import_ca(authority, &["--cert", "ca/ca.pem", "--key", "ca/ca.key"]).ok();
    published(authority)?;
    assert!(verifies(authority, "bob")?);
    let told = authority.json(&["import", "--index", "ca/index.txt", "kept"]);
    assert_eq!(told["crls"][0]["revoked_count"], 2, "{told:#}");
    published(authority)?;
    assert!(!verifies(authority, "bob")?);
    assert!(!verifies(authority, "lost")?);
    Some(())
}

#[test]
fn ocsp_tells_what_the_index_told_also_without_the_certificate() {
    let authority = Authority::none();
    let _ = by_ocsp(&authority);
}

fn by_ocsp(authority: &Authority) -> Option<()> {
    stage(authority)?;
    let words = [
        "--cert",
        "ca/ca.pem",
        "--key",
        "ca/ca.key",
        "--index",
        "ca/index.txt",
    ];
    import_ca(authority, &words).ok();
    let server = Server::start(authority, &[]);
    let url = format!("{}/ocsp", server.http);
    let status = |stem: &str| {
        let file = format!("ca/{stem}.pem");
        let words = [
            "ocsp",
            "-issuer",
            "ca/ca.pem",
            "-cert",
            &file,
            "-url",
            &url,
            "-CAfile",
            "ca/ca.pem",
            "-no_nonce",
        ];
        let said = authority.openssl(&words)?.ok();
        assert!(said.err().contains("Response verify OK"), "{}", said.said());
        let line = said.out();
        let state = line.split(": ").nth(1)?.split_whitespace().next()?;
        Some(state.to_owned())
    };
    // The root issues by itself: it is both, also for those who fetch it.
    let fetched = |name: &str| {
        let mut curl = hermetic(tool("curl")?, authority.home());
        curl.args([
            "--silent",
            "--show-error",
            "--fail",
            &format!("{}/ca/{name}.crt", server.http),
        ]);
        Some(finish(&mut curl).ok().stdout)
    };
    let der = authority
        .openssl(&["x509", "-in", "ca/ca.pem", "-outform", "DER"])?
        .ok()
        .stdout;
    assert_eq!([fetched("root")?, fetched("issuing")?], [der.clone(), der]);
    // Nobody has given alice's certificate yet.
    assert_eq!(status("alice")?, "unknown");
    assert_eq!(status("lost")?, "revoked");
    authority
        .pki(&["import", "kept", "--index", "ca/index.txt"])
        .ok();
    assert_eq!(status("alice")?, "good");
    assert_eq!(status("bob")?, "revoked");
    assert_eq!(status("lost")?, "revoked");
    Some(())
}

#[test]
fn a_ca_that_may_not_sign_crls_signs_none_and_points_to_none() {
    let authority = Authority::none();
    let _ = without_crl(&authority);
}

fn without_crl(authority: &Authority) -> Option<()> {
    let words = [
        "req",
        "-x509",
        "-noenc",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=Example",
        "-days",
        "3650",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-addext",
        "keyUsage=critical,keyCertSign",
    ];
    authority.openssl(&words)?.ok();
    let words = [
        "--cert",
        "ca.pem",
        "--key",
        "ca.key",
        "--base-url",
        "http://pki.example.org",
    ];
    import_ca(authority, &words).ok();
    let zoe = authority.issue_client(&["zoe"]);
    let revoked = authority.pki(&["revoke", "zoe", "--yes", "--json"]).ok();
    assert_eq!(revoked.json()["crls"], serde_json::json!([]));
    assert!(!revoked.err().contains("pki crl"), "{}", revoked.err());
    let refused = authority.pki(&["crl", "--json"]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-permitted");
    let zoe = authority.credentials(&zoe)?;
    let words = [
        "x509",
        "-noout",
        "-text",
        "-in",
        path_text(&zoe.certificate),
    ];
    let text = authority.openssl(&words)?.ok().out();
    assert!(!text.contains("CRL Distribution"), "{text}");
    assert!(
        text.contains("OCSP - URI:http://pki.example.org/ocsp"),
        "{text}"
    );
    Some(())
}

#[test]
fn above_an_imported_intermediate_others_make_the_crl_and_nobody_is_reminded_of_it() {
    let authority = Authority::none();
    let _ = above(&authority);
}

fn above(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Top"])?;
    openssl.issue("ca", "below", "intermediate", &[])?;
    let words = [
        "--cert",
        "ca/below.pem",
        "--key",
        "ca/below.key",
        "--chain",
        "ca/ca.pem",
    ];
    import_ca(authority, &words).ok();
    let issued = authority.pki(&["issue-client", "zoe"]).ok();
    assert!(!issued.err().contains("CRL"), "{}", issued.err());
    published(authority)?;
    let refused = authority
        .pki(&["crl", "--bundle", "--out", "bundle.pem", "--json"])
        .exits(1)
        .json();
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("not made here"), "{refused:#}");

    // With the CRL of those who have the key, the whole chain can be checked.
    let password = format!("pass:{}", super::KEY_PASSPHRASE);
    let words = [
        "ca",
        "-config",
        "ca/openssl.cnf",
        "-gencrl",
        "-crldays",
        "30",
        "-passin",
        &password,
        "-out",
        "top.pem",
    ];
    openssl.run(&words)?.ok();
    authority.pki(&["crl", "--out", "own.pem"]).ok();
    let bundle =
        ["own.pem", "top.pem"].map(|file| fs::read_to_string(authority.path(file)).unwrap());
    write(authority, "bundle.pem", &bundle.concat());
    authority
        .pki(&["export", "zoe", "--form", "pem", "--out", "zoe.pem"])
        .ok();
    let words = [
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-CAfile",
        "ca/ca.pem",
        "-untrusted",
        "ca/below.pem",
        "-CRLfile",
        "bundle.pem",
        "zoe.pem",
    ];
    authority.openssl(&words)?.ok();
    Some(())
}
