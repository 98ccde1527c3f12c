//! `pki passphrase`: every key at once, or none.

use std::fs;
use std::path::PathBuf;

use crate::support::{
    Authority, Finished, PASSPHRASE, Tree, assert_no_leftovers, files_below, finish,
};

const NEW: &str = "umbrella-quartz-lantern-8";

/// `pki passphrase` from the usual passphrase to another.
fn change(authority: &Authority, more: &[&str]) -> Finished {
    let words = [&["passphrase", "--json"], more].concat();
    finish(authority.command(&words).env("PKI_NEW_PASSPHRASE", NEW))
}

/// `pki` with another passphrase than the usual.
fn pki_with(authority: &Authority, passphrase: &str, words: &[&str]) -> Finished {
    finish(authority.command(words).env("PKI_PASSPHRASE", passphrase))
}

fn keys(authority: &Authority) -> Vec<PathBuf> {
    let mut keys = files_below(&authority.path("ca-data/issuers"));
    keys.retain(|file| file.ends_with("key.pem"));
    keys
}

#[test]
fn the_new_passphrase_opens_every_key_and_the_old_one_none() {
    let authority = Authority::init(&[]);
    authority.pki(&["rotate-issuing"]).ok();
    let changed = change(&authority, &[]).ok().json();
    assert_eq!(changed["changed"].as_array().unwrap().len(), 3);
    assert_eq!(changed["kept"].as_array().unwrap().len(), 0);
    assert_eq!(changed["encrypted"], true);
    for key in keys(&authority) {
        let Some(opened) = authority.opens(&key, NEW) else {
            return;
        };
        assert!(opened, "{}", key.display());
        assert_eq!(authority.opens(&key, PASSPHRASE), Some(false));
    }
    let refused = authority
        .pki(&["issue-client", "alice", "--json"])
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "wrong-passphrase");
    pki_with(&authority, NEW, &["issue-client", "alice"]).ok();
    assert_no_leftovers(&authority.data());
}

#[test]
fn a_root_with_a_passphrase_of_its_own_keeps_it_unless_it_is_meant() {
    let authority = Authority::none();
    fs::write(authority.path("own"), "another-secret-altogether\n").unwrap();
    authority
        .pki(&["init", "--root-passphrase-file", "own"])
        .ok();
    let changed = change(&authority, &[]).ok().json();
    assert_eq!(changed["changed"].as_array().unwrap().len(), 1);
    assert_eq!(changed["kept"].as_array().unwrap().len(), 1);
    let Some(root) = authority.issuer_directory(&authority.root()) else {
        return;
    };
    let root = root.join("key.pem");
    assert_eq!(
        authority.opens(&root, "another-secret-altogether"),
        Some(true)
    );
    let changed = change(&authority, &["--root", "--passphrase-file", "own"])
        .ok()
        .json();
    assert_eq!(changed["changed"].as_array().unwrap().len(), 1);
    assert_eq!(authority.opens(&root, NEW), Some(true));
    pki_with(&authority, NEW, &["rotate-issuing"]).ok();
}

#[test]
fn keys_without_a_passphrase_get_one_and_lose_it_again_with_a_warning() {
    let authority = Authority::init(&["--no-passphrase"]);
    let mut first = authority.locked_command(&["passphrase"]);
    finish(first.env("PKI_NEW_PASSPHRASE", NEW)).ok();
    for key in keys(&authority) {
        let text = fs::read_to_string(&key).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED"), "{text}");
    }
    pki_with(&authority, NEW, &["issue-client", "alice"]).ok();
    let opened = pki_with(&authority, NEW, &["passphrase", "--no-passphrase"]).ok();
    assert!(opened.err().contains("warning"), "{}", opened.err());
    finish(&mut authority.locked_command(&["issue-client", "bob"])).ok();
    for key in keys(&authority) {
        let text = fs::read_to_string(&key).unwrap();
        assert!(text.starts_with("-----BEGIN PRIVATE KEY"));
    }
}

#[test]
fn a_wrong_an_empty_and_a_missing_passphrase_change_nothing() {
    let authority = Authority::init(&[]);
    let before = Tree::of(authority.home());
    let refused = |kind: &str, finished: Finished| {
        let document = finished.exits(1).json();
        assert_eq!(document["error"]["kind"], kind, "{document:#}");
        before.assert_unchanged(authority.home(), "a refused change");
        document["error"]["hint"].as_str().unwrap().to_owned()
    };
    let mut wrong = authority.command(&["passphrase", "--json"]);
    wrong
        .env("PKI_PASSPHRASE", "wrong")
        .env("PKI_NEW_PASSPHRASE", NEW);
    refused("wrong-passphrase", finish(&mut wrong));
    let mut empty = authority.command(&["passphrase", "--json"]);
    refused("invalid-input", finish(empty.env("PKI_NEW_PASSPHRASE", "")));
    let missing = authority.command(&["passphrase", "--json"]);
    let hint = refused("passphrase-required", finish(&mut { missing }));
    for way in ["--new-passphrase-file", "PKI_NEW_PASSPHRASE", "terminal"] {
        assert!(hint.contains(way), "{hint}");
    }
    let mut old = authority.locked_command(&["passphrase", "--json"]);
    refused(
        "passphrase-required",
        finish(old.env("PKI_NEW_PASSPHRASE", NEW)),
    );
}

#[test]
fn the_new_passphrase_may_come_from_standard_input() {
    let authority = Authority::init(&[]);
    let words = ["passphrase", "--new-passphrase-file", "-"];
    let input = format!("{NEW}\n");
    crate::support::process::finish_with_input(
        &mut authority.command(&words),
        Some(input.as_bytes()),
    )
    .ok();
    pki_with(&authority, NEW, &["issue-client", "alice"]).ok();
}
