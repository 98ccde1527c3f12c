//! `pki root detach` and `attach`: the root's key is in one place at least, whatever happens.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::support::{Authority, PASSPHRASE, Tree, path_text};

/// Where the root's key lies while it is here.
fn key(authority: &Authority) -> Option<PathBuf> {
    Some(
        authority
            .issuer_directory(&authority.root())?
            .join("key.pem"),
    )
}

/// The public key that OpenSSL finds in a private key, and the one in the root's certificate.
fn public_keys(authority: &Authority, key: &Path) -> (String, String) {
    let words = ["pkey", "-pubout", "-passin", "env:PASSPHRASE", "-in"];
    let private = authority.openssl(&[&words[..], &[path_text(key)]].concat());
    let root = authority.root();
    let certified = authority.openssl(&["x509", "-noout", "-pubkey", "-in", path_text(&root)]);
    (private.unwrap().out(), certified.unwrap().ok().out())
}

#[test]
fn the_key_leaves_with_its_passphrase_and_comes_back() {
    let authority = Authority::init(&[]);
    let Some(here) = key(&authority) else { return };
    let detached = authority.json(&["root", "detach", "--out", "media/root"]);
    assert_eq!(detached["key"], "media/root/root.key.pem");
    assert_eq!(detached["certificate"], "media/root/root.pem");
    assert!(!here.exists());
    let there = authority.path("media/root/root.key.pem");
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&authority.path("media/root")), 0o700);
    assert_eq!(mode(&there), 0o600);
    assert_eq!(authority.opens(&there, PASSPHRASE), Some(true));
    let (private, certified) = public_keys(&authority, &there);
    assert_eq!(private, certified);
    assert_eq!(
        fs::read(authority.path("media/root/root.pem")).unwrap(),
        fs::read(authority.root()).unwrap()
    );
    // Issuing goes on; what needs the root says what to do.
    authority.pki(&["issue-client", "alice"]).ok();
    for words in [
        &["rotate-issuing", "--json"][..],
        &["root", "detach", "--out", "again", "--json"],
        &["passphrase", "--root", "--json"],
    ] {
        let refused = authority.pki(words).exits(1).json();
        assert_eq!(refused["error"]["kind"], "not-found");
        let hint = refused["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("pki root attach"), "{hint}");
    }
    authority.pki(&["root", "attach", "media/root"]).ok();
    assert_eq!(mode(&here), 0o600);
    assert!(there.exists());
    authority.pki(&["rotate-issuing"]).ok();
    let again = authority.pki(&["root", "attach", "media/root", "--json"]);
    assert_eq!(again.exits(1).json()["error"]["kind"], "already-exists");
    let log = authority.sql("SELECT group_concat(action) FROM audit WHERE action LIKE '%root%'");
    assert_eq!(log.unwrap(), "detach-root,attach-root");
}

#[test]
fn a_damaged_key_in_the_roots_place_is_not_taken_for_it() {
    let authority = Authority::init(&["--no-passphrase"]);
    let Some(here) = key(&authority) else { return };
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    fs::write(&here, "").unwrap();
    fs::set_permissions(&here, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = authority.pki(&["root", "attach", "media"]).exits(1).err();
    assert!(
        refused.contains("in the place of the root's key"),
        "{refused}"
    );
    assert!(refused.contains("Move it away"), "{refused}");
    fs::remove_file(&here).unwrap();
    authority.pki(&["root", "attach", "media"]).ok();
}

#[test]
fn a_key_that_is_not_the_roots_is_not_attached() {
    let authority = Authority::init(&[]);
    let other = Authority::init(&[]);
    let Some(here) = key(&authority) else { return };
    other.pki(&["root", "detach", "--out", "media"]).ok();
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    let before = Tree::of(authority.home());
    let theirs = other.path("media");
    let issuing = authority.issuing_key();
    let nothing = authority.path("nothing");
    for (from, kind) in [
        (&theirs, "malformed"),
        (&issuing, "malformed"),
        (&authority.root(), "malformed"),
        (&nothing, "not-found"),
    ] {
        let words = ["root", "attach", path_text(from), "--json"];
        let refused = authority.pki(&words).exits(1).json();
        assert_eq!(refused["error"]["kind"], kind, "{refused:#}");
    }
    before.assert_unchanged(authority.home(), "refused keys");
    assert!(!here.exists());
    let file = ["root", "attach", "media/root.key.pem"];
    authority.pki(&file).ok();
    assert!(here.exists());
}

#[test]
fn a_place_inside_the_ca_is_refused() {
    let authority = Authority::init(&["--no-passphrase"]);
    let before = Tree::of(authority.home());
    let words = ["root", "detach", "--out", "ca-data/root/key", "--json"];
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    before.assert_unchanged(authority.home(), "a refused detachment");
}

#[test]
fn a_key_without_a_passphrase_leaves_with_a_warning_and_returns() {
    let authority = Authority::init(&["--no-passphrase"]);
    let words = ["root", "detach", "--out", "media"];
    let detached = authority.pki(&words).ok();
    assert!(
        detached.err().contains("has no passphrase"),
        "{}",
        detached.err()
    );
    authority.pki(&["root", "attach", "media"]).ok();
}

/// Nearly three years later the year of the root's usual CRL is long over, and its key far away.
#[test]
fn the_crl_of_a_detached_root_locks_nobody_out_as_long_as_the_issuing_ca_lives() {
    let authority = Authority::init(&["--issuing-validity", "3y"]);
    let detached = authority.json(&["root", "detach", "--out", "media"]);
    let issuing = authority.json(&["show", "issuing"]);
    let until = detached["crl_next_update"].as_str().unwrap();
    assert!(until > issuing["not_after"].as_str().unwrap());
    let later = "+1090d";
    let issue = ["issue-client", "alice", "--out", "alice.p12"];
    let Some(issued) = authority.pki_at(later, &issue) else {
        return;
    };
    issued.ok();
    let crls = ["crl", "--bundle", "--out", "crls.pem"];
    authority.pki_at(later, &crls).unwrap().ok();
    let export = ["export", "alice", "--form", "pem", "--out", "alice.pem"];
    authority.pki_at(later, &export).unwrap().ok();
    let at = time::OffsetDateTime::now_utc() + time::Duration::days(1090);
    let at = at.unix_timestamp().to_string();
    let (root, issuing) = (authority.root(), authority.issuing());
    let words = [
        &["verify", "-x509_strict", "-crl_check_all", "-attime", &at][..],
        &[
            "-CAfile",
            path_text(&root),
            "-untrusted",
            path_text(&issuing),
        ],
        &["-CRLfile", "crls.pem", "alice.pem"],
    ];
    if let Some(verified) = authority.openssl(&words.concat()) {
        verified.ok();
    }
}

#[test]
fn a_root_with_a_passphrase_of_its_own_leaves_and_returns_with_it() {
    let authority = Authority::none();
    fs::write(authority.path("own"), "another-secret-altogether\n").unwrap();
    let own = ["--root-passphrase-file", "own"];
    authority.pki(&[&["init"], &own[..]].concat()).ok();
    let detach = ["root", "detach", "--out", "media"];
    authority.pki(&detach).exits(1);
    authority.pki(&[&detach[..], &own].concat()).ok();
    let there = authority.path("media/root.key.pem");
    let attach = ["root", "attach", "media"];
    authority.pki(&attach).exits(1);
    authority.pki(&[&attach[..], &own].concat()).ok();
    if let Some(opened) = authority.opens(&there, "another-secret-altogether") {
        assert!(opened);
    }
}
