//! Which files are taken in, and which are told.

use std::fs;

use serde_json::json;

use super::openssl::Openssl;
use super::{import_ca, write};
use crate::support::Authority;

#[test]
fn certificates_of_others_are_listed_and_nothing_of_ours_is_left_out() {
    let authority = Authority::none();
    let _ = mixed_directory(&authority);
}

fn mixed_directory(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Ours"])?;
    openssl.root("other", &["-subj", "/CN=Theirs"])?;
    openssl.root("namesake", &["-subj", "/CN=Ours"])?;
    openssl.issue("ca", "alice", "client", &[])?;
    openssl.issue("other", "mallory", "client", &[])?;
    openssl.issue("namesake", "mallory", "client", &[])?;
    import_ca(authority, &["--cert", "ca/ca.pem", "--key", "ca/ca.key"]).ok();
    fs::copy(
        authority.path("other/mallory.pem"),
        authority.path("ca/theirs.pem"),
    )
    .unwrap();
    fs::copy(
        authority.path("namesake/mallory.pem"),
        authority.path("ca/forged.pem"),
    )
    .unwrap();
    write(authority, "ca/notes.txt", "alice is on holiday");
    write(authority, "ca/broken.crt", "not a certificate");
    let told = authority.pki(&["import", "ca", "--json"]).exits(1).json();
    assert_eq!(
        (&told["imported"], &told["known"]),
        (&json!(1), &json!(1)),
        "{told:#}"
    );
    let refused = told["refused"].as_array().unwrap();
    let refused: Vec<_> = refused
        .iter()
        .map(|it| it["file"].as_str().unwrap())
        .collect();
    assert_eq!(refused, ["ca/broken.crt", "ca/forged.pem", "ca/theirs.pem"]);
    let said = authority.pki(&["import", "ca"]).exits(1).err();
    assert!(said.contains("CN=Theirs, which is not this CA"), "{said}");
    Some(())
}

#[test]
fn a_damaged_index_imports_nothing() {
    let authority = Authority::none();
    let _ = damaged_index(&authority);
}

fn damaged_index(authority: &Authority) -> Option<()> {
    let openssl = Openssl(authority);
    openssl.root("ca", &["-subj", "/CN=Ours"])?;
    openssl.issue("ca", "alice", "client", &[])?;
    import_ca(authority, &["--cert", "ca/ca.pem", "--key", "ca/ca.key"]).ok();
    let before = authority.json(&["list"]);
    let good = fs::read_to_string(authority.path("ca/index.txt")).unwrap();
    write(
        authority,
        "index.txt",
        &format!("{good}R\t350101000000Z\tyesterday\t1001\tunknown\t/CN=bob\n"),
    );
    let words = ["import", "ca/newcerts", "--index", "index.txt", "--json"];
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "malformed");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("line 2 of the index"), "{message}");
    assert_eq!(authority.json(&["list"]), before);
    Some(())
}

#[test]
fn what_a_backup_had_forgotten_is_known_again() {
    let authority = Authority::init(&[]);
    let database = authority.path("ca-data/pki.db");
    let old = fs::read(&database).unwrap();
    authority.pki(&["issue-client", "alice"]).ok();
    authority
        .pki(&["export", "alice", "--form", "pem", "--out", "alice.pem"])
        .ok();
    fs::write(&database, old).unwrap();
    authority.remove_scratch_files();
    authority.pki(&["show", "alice"]).exits(1);
    let told = authority.json(&["import", "alice.pem"]);
    assert_eq!(
        (&told["imported"], &told["renamed"]),
        (&serde_json::json!(1), &serde_json::json!([]))
    );
    assert_eq!(authority.json(&["show", "alice"])["status"], "valid");
}
