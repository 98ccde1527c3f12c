//! Refusals that depend on this machine, so that no transcript can hold them.

use std::net::TcpListener;
use std::path::Path;

use crate::support::authority::PKI;
use crate::support::tools::fixture;
use crate::support::{Authority, PASSPHRASE, Tree, finish, hermetic, tool};

/// A directory below something that is none cannot be made by anyone, root included.
#[test]
fn a_directory_that_cannot_be_made_is_refused_with_a_hint() {
    for place in ["/proc/version/ca-data", "/dev/null/ca-data"] {
        let authority = Authority::none();
        let mut command = authority.command(&["init", "--ca-data", place, "--json"]);
        let refused = finish(&mut command).exits(1).json();
        assert_eq!(refused["error"]["kind"], "file", "{refused:#}");
        assert!(refused["error"]["hint"].is_string(), "{refused:#}");
        assert!(!Path::new(place).exists());
    }
}

/// `/proc` takes no files, from root either.
#[test]
fn a_bundle_that_cannot_be_written_is_not_recorded() {
    let authority = Authority::init(&[]);
    let before = Tree::of(authority.home());
    let words = [
        "issue-client",
        "alice",
        "--out",
        "/proc/alice.p12",
        "--json",
    ];
    let refused = authority.pki(&words).exits(1).json();
    let message = refused["error"]["message"].as_str().unwrap();
    // What was asked for, not the temporary name that it would have had first.
    assert!(message.contains("/proc/alice.p12"), "{refused:#}");
    assert!(refused["error"]["hint"].is_string(), "{refused:#}");
    before.assert_unchanged(authority.home(), "a bundle that could not be written");
}

/// The disk is a small tmpfs in a mount namespace; the script fills it, and compares what lies there.
#[test]
fn on_a_full_disk_nothing_is_issued_and_nothing_changes() {
    let (Some(_), Some(_)) = (tool("unshare"), tool("sqlite3")) else {
        return;
    };
    let authority = Authority::none();
    let mut script = hermetic(fixture("support/full-disk"), authority.home());
    script
        .arg(PKI)
        .arg(authority.home())
        .env("PKI_PASSPHRASE", PASSPHRASE);
    let told = finish(&mut script).ok();
    assert!(told.out().ends_with("as it was\n"), "{}", told.said());
    assert!(told.err().contains("pki: hint: "), "{}", told.err());
}

#[test]
fn a_port_in_use_is_named_with_a_hint() {
    let authority = Authority::init(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for words in [
        ["serve", "--listen", &address, "--http", "127.0.0.1:0"],
        ["serve", "--listen", "127.0.0.1:0", "--http", &address],
    ] {
        let refused = authority.pki(&words).exits(1);
        let said = refused.err();
        assert!(said.contains("pki: error: "), "{said}");
        assert!(said.contains("pki: hint: "), "{said}");
        assert!(said.contains(&address), "{said}");
        assert!(!refused.out().contains("https"), "{}", refused.out());
        let document = authority
            .pki(&[&words[..], &["--json"]].concat())
            .exits(1)
            .json();
        assert_eq!(document["error"]["kind"], "network", "{document:#}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let authority = Authority::init(&[]);
    let mut shell = hermetic("/bin/bash", authority.home());
    shell
        .args([
            "-c",
            "set -o pipefail; \"$@\" | true",
            "bash",
            PKI,
            "list",
            "--json",
        ])
        .env("PKI_CA_DATA", authority.data());
    finish(&mut shell).ok();
}

/// Each page of the database in turn is overwritten: whatever that hits, the answer is a sentence and an exit code.
#[test]
fn an_inventory_damaged_anywhere_is_never_a_panic() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.pki(&["issue-client", "alice"]).ok();
    let inventory = authority.path("ca-data/pki.db");
    let whole = std::fs::read(&inventory).unwrap();
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    let mut refused = 0;
    for start in (0..whole.len()).step_by(page) {
        let mut damaged = whole.clone();
        damaged[start + page / 2..start + page].fill(0xa5);
        damaged[start + 1..start + 8].fill(0x5a);
        std::fs::write(&inventory, damaged).unwrap();
        for words in [
            &["list", "--json"][..],
            &["show", "alice", "--json"],
            &["issue-client", "bob", "--json"],
        ] {
            let answer = authority.pki(words);
            match answer.code {
                Some(0) => drop(answer.json()),
                Some(1) => {
                    assert!(
                        answer.json()["error"]["hint"].is_string(),
                        "{}",
                        answer.said()
                    );
                    refused += 1;
                }
                _ => panic!(
                    "page at {start}: `{}` {:?}: {}",
                    answer.line,
                    answer.code,
                    answer.said()
                ),
            }
        }
        authority.remove_scratch_files();
    }
    assert!(refused > 3, "damage must be noticed");
}
