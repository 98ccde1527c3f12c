//! `pki crl` and the CRLs that other commands make: none ends unnoticed, none misses a revocation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;

use serde_json::Value;

use crate::support::{Authority, PASSPHRASE, finish, path_text, set_clock};

/// The serial numbers that a CRL lists, read by OpenSSL, in lower case.
#[track_caller]
fn listed(authority: &Authority, crl: &Value) -> Option<Vec<String>> {
    let path = authority.home().join(crl["path"].as_str().unwrap());
    let words = ["crl", "-in", path_text(&path), "-noout", "-text"];
    let text = authority.openssl(&words)?.ok().out();
    let numbers = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Serial Number: "));
    Some(numbers.map(str::to_lowercase).collect())
}

fn number(crl: &Value) -> u64 {
    crl["crl_number"].as_u64().expect("a number")
}

/// Runs `pki` without the passphrase, its clock set off.
#[track_caller]
fn locked_at(
    authority: &Authority,
    offset: &str,
    words: &[&str],
) -> Option<crate::support::Finished> {
    let mut command = authority.locked_command(words);
    Some(finish(set_clock(&mut command, offset)?))
}

#[test]
fn a_new_crl_says_its_number_its_times_and_where_it_lies() {
    let authority = Authority::init(&[]);
    let first = authority.json(&["crl"]);
    let keys: Vec<_> = first.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "crl_number",
            "this_update",
            "next_update",
            "revoked_count",
            "path"
        ]
    );
    let second = authority.json(&["crl"]);
    assert!(number(&first) < number(&second));
    assert_eq!(first["revoked_count"], 0);
    assert_eq!(first["path"], second["path"]);
    let path = authority.home().join(second["path"].as_str().unwrap());
    // Anybody may have it, and whoever serves it takes it as it is: DER.
    assert_eq!(fs::read(&path).unwrap().first(), Some(&0x30));
}

#[test]
fn a_copy_is_written_in_the_form_that_was_asked_for_and_replaces_an_older_one() {
    let authority = Authority::init(&[]);
    let out = authority.path("copy.crl");
    let write = |options: &[&str]| {
        let words = [&["crl", "--out", path_text(&out)], options].concat();
        let told = authority.json(&words);
        assert_eq!(told["path"], path_text(&out));
        fs::read(&out).unwrap()
    };
    let blocks = |contents: &[u8]| {
        String::from_utf8_lossy(contents)
            .matches("BEGIN X509 CRL")
            .count()
    };
    assert_eq!(blocks(&write(&[])), 1);
    assert_eq!(blocks(&write(&["--form", "pem"])), 1);
    assert_eq!(write(&["--form", "der"]).first(), Some(&0x30));
    assert_eq!(blocks(&write(&["--bundle"])), 2);
    // Without a file the copy is the data.
    for words in [&["crl", "--bundle"][..], &["crl", "--bundle", "--out", "-"]] {
        assert_eq!(blocks(&authority.pki(words).ok().stdout), 2);
    }
    for words in [
        &["crl", "--bundle", "--form", "der"][..],
        &["crl", "--bundle", "--json"],
        &["crl", "--form", "pem", "--json"],
    ] {
        authority.pki(words).exits(2);
    }
}

#[test]
fn a_revocation_is_published_at_once_where_the_passphrase_is_at_hand() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]).certificate;
    let revoked = authority.json(&["revoke", "alice", "--yes"]);
    let crl = &revoked["crls"][0];
    assert_eq!(crl["issuer"], alice["issuer"]);
    assert_eq!(crl["revoked_count"], 1);
    if let Some(listed) = listed(&authority, crl) {
        assert_eq!(listed, [alice["serial_number"].as_str().unwrap()]);
    }
}

#[test]
fn without_the_passphrase_the_crl_follows_with_the_next_command_that_has_it() {
    let authority = Authority::init(&[]);
    let before = authority.json(&["crl"]);
    authority.issue_client(&["alice"]);
    let revoke = ["revoke", "alice", "--reason", "certificateHold", "--yes"];
    let locked = finish(&mut authority.locked_command(&revoke)).ok();
    assert!(locked.err().contains("pki crl"), "{}", locked.err());
    let count = |crl: &Value| listed(&authority, crl).map(|listed| listed.len());
    let Some(found) = count(&before) else { return };
    assert_eq!(found, 0);
    // Whatever needs the key renews it.
    authority.issue_client(&["bob"]);
    assert_eq!(count(&before), Some(1));
    let unrevoked = authority.json(&["unrevoke", "alice"]);
    assert_eq!(unrevoked["crls"][0]["revoked_count"], 0);
    assert_eq!(count(&before), Some(0));
    let wrong = authority.path("wrong");
    fs::write(&wrong, "not the passphrase").unwrap();
    let words = [
        "revoke",
        "alice",
        "--yes",
        "--passphrase-file",
        path_text(&wrong),
    ];
    let wrong = finish(&mut authority.locked_command(&words)).ok();
    assert!(
        wrong.err().contains("the CRL could not be renewed"),
        "{}",
        wrong.err()
    );
    assert_eq!(authority.json(&["crl"])["revoked_count"], 1);
}

#[test]
fn an_authority_without_a_passphrase_publishes_without_one() {
    let authority = Authority::none();
    finish(&mut authority.locked_command(&["init", "--no-passphrase"])).ok();
    finish(&mut authority.locked_command(&["issue-client", "alice"])).ok();
    let words = ["revoke", "alice", "--yes", "--json"];
    let revoked = finish(&mut authority.locked_command(&words)).ok().json();
    assert_eq!(revoked["crls"][0]["revoked_count"], 1);
}

#[test]
fn what_a_renewal_ends_is_listed_at_once_or_when_the_overlap_is_over() {
    let authority = Authority::init(&[]);
    let old = authority.issue_client(&["alice"]).certificate;
    authority.pki(&["renew", "alice", "--overlap", "1d"]).ok();
    assert_eq!(authority.json(&["crl"])["revoked_count"], 0);
    authority.pki(&["renew", "alice", "--revoke-old"]).ok();
    let crl = authority.json(&["crl"]);
    assert_eq!(crl["revoked_count"], 1);
    let Some(later) = authority.pki_at("+2d", &["crl", "--json"]) else {
        return;
    };
    let later = later.ok().json();
    assert_eq!(later["revoked_count"], 2);
    if let Some(listed) = listed(&authority, &later) {
        assert!(listed.contains(&old["serial_number"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn every_command_warns_before_a_crl_ends_and_one_with_the_key_renews_it() {
    let authority = Authority::init(&[]);
    let list = ["list"];
    let warned = |offset| locked_at(&authority, offset, &list).map(|said| said.ok().err());
    let Some(early) = warned("+5d") else { return };
    assert!(!early.contains("warning"), "{early}");
    for offset in ["+6d", "+8d"] {
        let said = warned(offset).unwrap();
        let issuing = "the CRL of CN=pki issuing CA";
        assert!(
            said.contains(issuing) && said.contains("Run pki crl."),
            "{said}"
        );
        assert!(!said.contains("root CA"), "{said}");
    }
    // Half of its life is over: whoever opens the key renews it, and says nothing that nobody asked for.
    let issued = authority
        .pki_at("+6d", &["issue-client", "alice"])
        .unwrap()
        .ok();
    assert!(
        !issued.err().contains("warning: the CRL"),
        "{}",
        issued.err()
    );
    let said = warned("+9d").unwrap();
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn a_root_with_a_passphrase_of_its_own_is_renewed_with_it() {
    let authority = Authority::none();
    let passphrase = authority.path("root-passphrase");
    fs::write(&passphrase, "correct horse").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let own = ["--root-passphrase-file", path_text(&passphrase)];
    authority.pki(&[&["init"], &own[..]].concat()).ok();
    let out = authority.path("crl.pem");
    let bundle = ["crl", "--bundle", "--out", path_text(&out)];
    let Some(said) = authority.pki_at("+300d", &bundle) else {
        return;
    };
    let said = said.ok().err();
    assert!(
        said.contains("CN=pki root CA") && said.contains("--root-passphrase-file"),
        "{said}"
    );
    let words = [&bundle[..], &own[..]].concat();
    let said = authority.pki_at("+300d", &words).unwrap().ok().err();
    assert!(!said.contains("warning"), "{said}");
    assert!(said.contains("New CRL of CN=pki root CA"), "{said}");
    assert!(!said.contains(PASSPHRASE) && !said.contains("correct horse"));
}

#[test]
fn the_root_and_the_current_issuing_ca_are_not_revoked() {
    let authority = Authority::init(&[]);
    for file in ["./ca-data/root.pem", "./ca-data/issuing.pem"] {
        let refused = authority.pki(&["revoke", file, "--yes", "--json"]);
        let refused = refused.exits(1).json();
        assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    }
}

#[test]
fn of_many_commands_at_once_each_has_its_own_number_and_the_newest_crl_stays() {
    let authority = Authority::init(&[]);
    let mut numbers: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| number(&authority.json(&["crl"]))))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 6);
    let next = authority.json(&["crl"]);
    let path = authority.home().join(next["path"].as_str().unwrap());
    let words = ["crl", "-in", path_text(&path), "-noout", "-crlnumber"];
    let Some(read) = authority.openssl(&words) else {
        return;
    };
    assert_eq!(
        read.ok().out().trim(),
        format!("crlNumber=0x{:X}", number(&next))
    );
    assert!(numbers.last().unwrap() < &number(&next));
}

#[test]
fn pki_crl_replaces_every_crl_that_is_damaged_another_cas_or_an_older_one() {
    let authority = Authority::init(&["--no-passphrase"]);
    let Some(root) = authority.issuer_directory(&authority.root()) else {
        return;
    };
    let former = authority.issuing_key().with_file_name("crl.der");
    authority.issue_client(&["alice"]);
    authority.pki(&["rotate-issuing"]).ok();
    let root = root.join("crl.der");
    let older = fs::read(&former).unwrap();
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let of_another = fs::read(&root).unwrap();
    let damages: [(&Path, &[u8]); 4] = [
        (&former, &older),
        (&former, &of_another),
        (&root, b"x"),
        (&root, b""),
    ];
    for (path, damage) in damages {
        let before = fs::read(path).unwrap();
        fs::write(path, damage).unwrap();
        authority.pki(&["verify-store"]).exits(3);
        authority.pki(&["crl"]).ok();
        assert_ne!(fs::read(path).unwrap(), before);
        authority.pki(&["verify-store"]).ok();
    }
    // Whose key is not here is told of with what mends it.
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    fs::write(&root, b"x").unwrap();
    let said = authority.pki(&["crl"]).ok().err();
    assert!(said.contains("root attach"), "{said}");
    authority.pki(&["root", "attach", "media"]).ok();
    authority.pki(&["crl"]).ok();
    authority.pki(&["verify-store"]).ok();
}
