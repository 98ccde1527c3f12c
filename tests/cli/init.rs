//! `pki init`: two CAs in a directory that only its owner reads.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::support::entries_below;
use crate::support::{Authority, Tree, path_text};

#[test]
fn init_makes_a_root_and_an_issuing_ca_that_openssl_reads_as_such() {
    let authority = Authority::init(&["--name", "Example"]);
    for (file, path_length) in [
        (authority.root(), "pathlen:1"),
        (authority.issuing(), "pathlen:0"),
    ] {
        let Some(printed) =
            authority.openssl(&["x509", "-noout", "-text", "-in", path_text(&file)])
        else {
            return;
        };
        let printed = printed.ok().out();
        assert!(
            printed.contains(&format!("CA:TRUE, {path_length}")),
            "{printed}"
        );
        assert!(
            printed.contains("X509v3 Key Usage: critical\n"),
            "{printed}"
        );
        assert!(printed.contains("Certificate Sign, CRL Sign"), "{printed}");
        assert!(
            printed.contains("X509v3 Subject Key Identifier"),
            "{printed}"
        );
        assert!(!printed.contains("Name Constraints"), "{printed}");
    }
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let authority = Authority::init(&[]);
    let before = Tree::of(authority.home());
    let refused = authority.pki(&["init", "--json"]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "already-exists");
    before.assert_unchanged(authority.home(), "the second init");
    authority.pki(&["init", "--name", "Another"]).exits(1);
    before.assert_unchanged(authority.home(), "the third init");
}

#[test]
fn nobody_else_can_read_the_directory_even_with_an_open_umask() {
    let authority = Authority::none();
    let mut init = crate::support::hermetic("/bin/sh", authority.home());
    init.args([
        "-c",
        "umask 000; exec \"$@\"",
        "sh",
        crate::support::authority::PKI,
        "init",
    ])
    .env("PKI_CA_DATA", authority.data())
    .env("PKI_PASSPHRASE", crate::support::PASSPHRASE);
    crate::support::finish(&mut init).ok();
    for entry in entries_below(&authority.data()) {
        let metadata = fs::symlink_metadata(&entry).unwrap();
        let mode = metadata.mode() & 0o777;
        if metadata.is_dir() {
            assert_eq!(mode, 0o700, "{}: {mode:o}", entry.display());
        } else {
            assert_eq!(mode & 0o022, 0, "{}: {mode:o}", entry.display());
        }
    }
}

#[test]
fn init_without_a_passphrase_asks_for_one_by_its_three_names_and_makes_nothing() {
    let authority = Authority::none();
    let refused = crate::support::finish(&mut authority.locked_command(&["init"])).exits(1);
    let said = refused.err();
    for way in ["--passphrase-file", "PKI_PASSPHRASE", "terminal"] {
        assert!(said.contains(way), "{way}: {said}");
    }
    assert!(!authority.data().exists());
}

#[test]
fn init_with_no_passphrase_works_without_one_and_says_that_the_keys_lie_open() {
    let authority = Authority::none();
    let words = ["init", "--no-passphrase"];
    crate::support::finish(&mut authority.locked_command(&words)).ok();
    let issue = ["issue-client", "alice"];
    crate::support::finish(&mut authority.locked_command(&issue)).ok();
    let key = authority.issuing_key();
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
    assert!(
        fs::read_to_string(&key)
            .unwrap()
            .contains("BEGIN PRIVATE KEY")
    );
}

#[test]
fn the_root_may_have_a_passphrase_of_its_own() {
    let authority = Authority::none();
    fs::write(
        authority.path("root-passphrase"),
        "another-secret-altogether\n",
    )
    .unwrap();
    authority
        .pki(&["init", "--root-passphrase-file", "root-passphrase"])
        .ok();
    // Issuing needs the issuing key alone.
    authority.pki(&["issue-client", "alice"]).ok();
    let open = |key: &std::path::Path, passphrase: &str| {
        let opened = authority.openssl(&[
            "pkey",
            "-noout",
            "-in",
            path_text(key),
            "-passin",
            &format!("pass:{passphrase}"),
        ])?;
        Some(opened.code == Some(0))
    };
    let issuing = authority.issuing_key();
    let mut keys = crate::support::files_below(&authority.path("ca-data/issuers"));
    keys.retain(|file| path_text(file).contains("key") && *file != issuing);
    assert_eq!(keys.len(), 1, "{keys:?}");
    let Some(opened) = open(&keys[0], "another-secret-altogether") else {
        return;
    };
    assert!(opened);
    assert_eq!(open(&keys[0], crate::support::PASSPHRASE), Some(false));
    assert_eq!(open(&issuing, crate::support::PASSPHRASE), Some(true));
}
