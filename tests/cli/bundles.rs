//! What people do with bundles besides making them: they forget the chain, keep two copies, ask for what was revoked.

use std::fs;

use serde_json::Value;

use crate::support::{Authority, Client, finish, path_text, tool};

fn authority() -> Authority {
    Authority::init(&["--no-passphrase"])
}

/// Writes a client's password into a file, and returns how the file is called.
fn password_file(authority: &Authority, client: &Client) -> &'static str {
    fs::write(authority.path("password"), &client.password).unwrap();
    "password"
}

/// A bundle of the same key and certificate without the CAs' certificates, by OpenSSL.
#[track_caller]
fn without_chain(authority: &Authority, client: &Client) -> Option<&'static str> {
    let credentials = authority.credentials(client)?;
    let words = ["pkcs12", "-export", "-inkey", path_text(&credentials.key)];
    let more = ["-in", path_text(&credentials.certificate)];
    let rest = ["-passout", "file:password", "-out", "short.p12"];
    let words = [&words[..], &more, &rest].concat();
    authority.openssl(&words)?.ok();
    Some("short.p12")
}

/// How many certificates OpenSSL finds in a bundle.
#[track_caller]
fn certificates_in(authority: &Authority, bundle: &str) -> Option<usize> {
    let words = [
        "pkcs12",
        "-nokeys",
        "-passin",
        "file:password",
        "-in",
        bundle,
    ];
    let printed = authority.openssl(&words)?.ok().out();
    Some(printed.matches("BEGIN CERTIFICATE").count())
}

#[test]
fn a_chain_that_is_missing_comes_from_the_ca_or_from_a_file() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    let password = password_file(&authority, &alice);
    let Some(short) = without_chain(&authority, &alice) else {
        return;
    };
    let export = |words: &[&str]| {
        let words = [&["export", "--bundle", short, "--for", "any"], words].concat();
        authority.pki(&[&words[..], &["--password-file", password]].concat())
    };
    let warned = export(&["--out", "still-short.p12"]).ok().err();
    assert!(warned.contains("issuing certificate"), "{warned}");
    assert_eq!(certificates_in(&authority, "still-short.p12"), Some(1));
    // The CA knows alice, and what is above her.
    export(&["alice", "--out", "whole.p12"]).ok();
    assert_eq!(certificates_in(&authority, "whole.p12"), Some(3));
    // Without a CA the certificates come from a file; a stranger's are of no use.
    let chain = [fs::read(authority.issuing()), fs::read(authority.root())];
    let chain = chain.map(Result::unwrap).concat();
    fs::write(authority.path("chain.pem"), chain).unwrap();
    export(&["--chain", "chain.pem", "--out", "whole-too.p12"]).ok();
    assert_eq!(certificates_in(&authority, "whole-too.p12"), Some(3));
    let stranger = Authority::init(&["--no-passphrase"]);
    fs::copy(stranger.issuing(), authority.path("stranger.pem")).unwrap();
    let warned = export(&["--chain", "stranger.pem", "--out", "no.p12"])
        .ok()
        .err();
    assert!(
        warned.contains("no issuer that the bundle lacks"),
        "{warned}"
    );
    assert_eq!(certificates_in(&authority, "no.p12"), Some(1));
}

#[test]
fn of_two_copies_the_one_that_the_password_opens_is_taken() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    let password = password_file(&authority, &alice);
    let words = [
        "export",
        "alice",
        "--for",
        "windows-2016",
        "--password-file",
        password,
    ];
    let beside = alice.bundle.with_file_name("a-copy.p12");
    let more = ["--new-password", "--out", path_text(&beside)];
    authority.pki(&[&words[..], &more].concat()).ok();
    authority
        .pki(&[&words[..], &["--out", "again.p12"]].concat())
        .ok();
    fs::write(authority.path("other"), "of neither").unwrap();
    let words = [
        "export",
        "alice",
        "--for",
        "any",
        "--password-file",
        "other",
        "--out",
        "no.p12",
    ];
    let refused = authority.pki(&words).exits(1).err();
    assert!(refused.contains("a-copy.p12 or "), "{refused}");
}

#[test]
fn what_mends_a_copy_in_ca_data_is_written_elsewhere() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    let password = password_file(&authority, &alice);
    let words = [
        "bundle",
        "check",
        path_text(&alice.bundle),
        "--password-file",
        password,
    ];
    let document = authority.json(&words);
    let platforms = document["platforms"].as_array().unwrap();
    let mends: Vec<_> = platforms
        .iter()
        .filter_map(|it| it["mend"].as_str())
        .collect();
    assert!(!mends.is_empty());
    for mend in mends {
        let (_, out) = mend.split_once("--out ").unwrap();
        assert!(!out.contains('/'), "{mend}");
    }
}

#[test]
fn a_bundle_that_nobody_lets_in_is_written_with_a_warning() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    let password = password_file(&authority, &alice);
    let serial_number = alice.certificate["serial_number"].as_str().unwrap();
    let export = |out: &str| {
        let words = ["export", serial_number, "--for", "any", "--out", out];
        authority.pki(&[&words[..], &["--password-file", password]].concat())
    };
    assert!(!export("before.p12").ok().err().contains("revoked"));
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let warned = export("after.p12").ok().err();
    assert!(
        warned.contains("is revoked: no server that checks it lets it in"),
        "{warned}"
    );
    if tool("certutil").is_none() {
        return;
    }
    let words = ["browser", "install", serial_number, "--nssdb", "nssdb"];
    let more = ["--no-trust", "--password-file", password];
    let warned = authority.pki(&[&words[..], &more].concat()).ok().err();
    assert!(
        warned.contains("no server that checks it lets it in"),
        "{warned}"
    );
}

#[test]
fn a_private_key_is_not_poured_onto_a_terminal() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    let password = password_file(&authority, &alice);
    let words = [
        "export",
        "alice",
        "--for",
        "any",
        "--password-file",
        password,
    ];
    let Some(refused) = authority.pki_on_a_terminal(80, "", &words) else {
        return;
    };
    let said = refused.said();
    assert!(said.contains("Give --out FILE"), "{said}");
    // A pipe takes it.
    let mut piped = authority.command(&words);
    let written = finish(&mut piped).ok();
    assert!(!written.out().is_empty());
}

#[test]
fn a_path_without_its_beginning_is_a_name_and_the_hint_says_so() {
    let authority = authority();
    let alice = authority.issue_client(&["alice", "--out", "mine.p12"]);
    let password = password_file(&authority, &alice);
    let export = |reference: &str| {
        let words = [
            "export",
            reference,
            "--password-file",
            password,
            "--out",
            "new.p12",
        ];
        authority.pki(&words)
    };
    let refused = export("mine.p12").exits(2).err();
    assert!(refused.contains("Write ./mine.p12"), "{refused}");
    export("./mine.p12").ok();
    // Whatever its ending, a path is a bundle where a bundle is wanted.
    fs::rename(authority.path("new.p12"), authority.path("new.keystore")).unwrap();
    let words = [
        "export",
        "./new.keystore",
        "--for",
        "any",
        "--out",
        "newer.p12",
    ];
    authority
        .pki(&[&words[..], &["--password-file", password]].concat())
        .ok();
}

#[test]
fn a_ca_has_no_bundle_and_a_server_is_renewed_for_no_platform() {
    let authority = authority();
    let refused = authority
        .pki(&["export", "root", "--form", "p12"])
        .exits(1)
        .err();
    assert!(
        refused.contains("there is no bundle of root certificates"),
        "{refused}"
    );
    authority.pki(&["issue-server", "localhost"]).ok();
    let refused = authority
        .pki(&["renew", "localhost", "--for", "ios"])
        .exits(2)
        .err();
    assert!(refused.contains("none is made here"), "{refused}");
    authority.pki(&["renew", "localhost"]).ok();
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_password() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    fs::write(
        authority.path("password"),
        format!("\u{feff}{}\r\n", alice.password),
    )
    .unwrap();
    let words = [
        "bundle",
        "check",
        path_text(&alice.bundle),
        "--password-file",
        "password",
    ];
    authority.pki(&words).ok();
}

#[test]
fn what_else_lies_in_a_keystore_is_told() {
    let authority = authority();
    let alice = authority.issue_client(&["alice"]);
    password_file(&authority, &alice);
    let Some(keytool) = tool("keytool") else {
        return;
    };
    fs::copy(&alice.bundle, authority.path("store.p12")).unwrap();
    let mut command = crate::support::hermetic(keytool, authority.home());
    command
        .args([
            "-genseckey",
            "-keyalg",
            "AES",
            "-keysize",
            "128",
            "-alias",
            "secret",
        ])
        .args([
            "-keystore",
            "store.p12",
            "-storetype",
            "PKCS12",
            "-storepass:file",
            "password",
        ]);
    finish(&mut command).ok();
    let words = [
        "bundle",
        "check",
        "store.p12",
        "--password-file",
        "password",
    ];
    let document = authority.json(&words);
    assert_eq!(document["other_contents"].as_array().unwrap().len(), 1);
    assert_eq!(document["other_certificates"], Value::Array(Vec::new()));
    let told = authority.pki(&words).ok().out();
    assert!(told.contains("what no login needs"), "{told}");
}
