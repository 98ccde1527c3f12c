//! `docs/recovery.md` does what it says: its own commands are run, and their results judged by OpenSSL.

use std::fs;
use std::path::Path;

use crate::support::authority::PKI;
use crate::support::{Authority, PASSPHRASE, finish, hermetic, tool};

/// The commands of the document: every block of `sh`, in order, as one script.
fn script() -> String {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recovery.md");
    let document = fs::read_to_string(document).unwrap();
    let blocks = document.split("```sh\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(blocks.len() > 10, "{blocks:?}");
    format!("set -euo pipefail\n{}", blocks.join("\n"))
}

#[test]
fn every_command_of_the_recovery_page_does_what_the_page_says() {
    for needed in ["openssl", "sqlite3", "tar", "sha256sum", "awk"] {
        let Some(_) = tool(needed) else { return };
    }
    let authority = Authority::init(&["--organization", "Example Ltd"]);
    let alice = authority.issue_client(&["alice"]);
    let bob = authority.issue_client(&["bob"]);
    let carol = authority.issue_client(&["carol"]);
    authority.issue_client(&["eve"]);
    authority.pki(&["issue-server", "www.example.org"]).ok();
    authority.pki(&["backup", "pki.tar"]).ok();
    for (name, reason) in [("bob", "superseded"), ("carol", "certificateHold")] {
        let words = ["revoke", name, "--reason", reason, "--yes"];
        authority.pki(&words).ok();
    }
    authority.issue_client(&["frank"]);
    fs::write(authority.path("passphrase"), PASSPHRASE).unwrap();

    let mut bash = hermetic("/bin/bash", authority.home());
    // Other programs are called pki too.
    let ours = Path::new(PKI).parent().unwrap().to_path_buf();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(ours).chain(std::env::split_paths(&path));
    bash.env("PATH", std::env::join_paths(path).unwrap());
    let finished = finish(bash.args(["-c", &script()])).ok();
    let said = finished.out();
    for part in ["www.example.org", "begin", "revoke", "Key Compromise"] {
        assert!(said.contains(part), "{part}: {said}");
    }

    // The CRL lists who was revoked, before and by the page, and nobody else.
    let crl = authority
        .openssl(&["crl", "-in", "rescue/issuing.crl", "-noout", "-text"])
        .unwrap()
        .ok()
        .out()
        .to_lowercase();
    assert_eq!(crl.matches("serial number:").count(), 3, "{crl}");
    for (client, reason) in [
        (&alice, "key compromise"),
        (&bob, "superseded"),
        (&carol, "certificate hold"),
    ] {
        let serial = client.certificate["serial_number"].as_str().unwrap();
        assert!(crl.contains(serial), "{serial}: {crl}");
        assert!(crl.contains(reason), "{reason}: {crl}");
    }
    let judged = |certificate: &str| {
        let words = ["verify", "-x509_strict", "-crl_check", "-CRLfile"];
        let more = ["rescue/issuing.crl", "-CAfile", "ca-data/root.pem"];
        let rest = ["-untrusted", "ca-data/issuing.pem", certificate];
        let verified = authority.openssl(&[&words[..], &more, &rest].concat());
        let verified = verified.unwrap();
        (verified.code == Some(0), verified.said())
    };
    let (accepted, told) = judged("rescue/dora.pem");
    assert!(accepted, "{told}");
    let (accepted, told) = judged("rescue/alice.pem");
    assert!(!accepted && told.contains("revoked"), "{told}");

    // OpenSSL's responder told the same of Alice; its answer and the CRL of the program verify.
    for part in ["Response verify OK\n", "\nverify OK\n"] {
        assert!(finished.err().contains(part), "{}", finished.err());
    }
    assert!(said.contains(": revoked\n"), "{said}");
    assert!(said.contains("Reason: keyCompromise"), "{said}");

    // What the backup does not know was told.
    assert!(said.contains("not in the backup"), "{said}");
    assert!(said.contains("revoked since"), "{said}");

    // What was found is in the new index, and so is what the last CRL of the program lists: Bob and Carol.
    let found = fs::read_to_string(authority.path("rescue/found.txt")).unwrap();
    assert_eq!(found.lines().count(), 4, "{found}");
    for part in [
        "CN=dora",
        "CN=www.example.org",
        "Z,superseded\t",
        "Z,certificateHold\t",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }

    // The new inventory knows them, its CRL lists those two, and the old CA goes on.
    let again = |words: &[&str]| {
        let words = [&["--ca-data", "rescue/again"], words, &["--json"]].concat();
        authority.pki(&words).ok().json()
    };
    assert_eq!(again(&["show", "dora"])["status"], "valid");
    assert_eq!(again(&["show", "www.example.org"])["status"], "valid");
    assert_eq!(again(&["crl"])["revoked_count"], 2);
    let issued = again(&["issue-client", "henry"]);
    assert_eq!(issued["certificate"]["issuer"], alice.certificate["issuer"]);
    again(&["rotate-issuing"]);
    assert_eq!(again(&["audit", "--verify"])["ok"], true);

    // The unpacked backup is a CA.
    let words = [
        "--ca-data",
        "rescue/pki-backup/ca-data",
        "issue-client",
        "gina",
    ];
    authority.pki(&words).ok();
}
