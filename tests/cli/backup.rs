//! `pki backup` and `pki restore`: the whole CA in one file, and back, or nothing at all.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::support::tls::Session;
use crate::support::{
    Authority, Finished, Server, Tls, Tree, finish, hermetic, path_text, tool, visit,
};

/// `pki` on another directory than `ca-data`.
fn pki_in(authority: &Authority, data: &str, words: &[&str]) -> Finished {
    authority.pki(&[&["--ca-data", data], words].concat())
}

/// Every client certificate that a directory's inventory knows, by name.
fn clients(authority: &Authority, data: &str) -> BTreeSet<String> {
    let words = ["list", "--profile", "client", "--limit", "10000", "--json"];
    let listed = pki_in(authority, data, &words).ok().json();
    let names = listed["certificates"].as_array().unwrap().iter();
    names
        .map(|certificate| certificate["name"].as_str().unwrap().to_owned())
        .collect()
}

/// Runs a program in the temporary directory.
fn run(authority: &Authority, program: &str, words: &[&str]) -> Option<Finished> {
    let mut command = hermetic(tool(program)?, authority.home());
    Some(finish(command.args(words)))
}

/// What lies beside `ca-data`, without the files that a test put there.
fn kept_aside(authority: &Authority) -> Vec<PathBuf> {
    let entries = fs::read_dir(authority.home()).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path_text(path).contains("ca-data."));
    found.sort();
    found
}

#[test]
fn a_backup_is_a_private_tar_file_that_tar_and_sha256sum_read() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-client", "alice"]).ok();
    authority.pki(&["issue-server", "localhost"]).ok();
    let told = authority.json(&["backup", "pki.tar"]);
    let file = authority.path("pki.tar");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    assert_eq!(told["octets"], fs::metadata(&file).unwrap().len());
    let Some(unpacked) = run(&authority, "tar", &["xf", "pki.tar"]) else {
        return;
    };
    unpacked.ok();
    let mut check = hermetic(tool("sha256sum").unwrap(), &authority.path("pki-backup"));
    finish(check.args(["--check", "--strict", "SHA256SUMS"])).ok();
    // End entities' private keys stay out unless they are asked for.
    for (path, inside) in [
        ("pki.db", true),
        ("root.pem", true),
        ("issuing.pem", true),
        ("servers/localhost/fullchain.pem", true),
        ("servers/localhost/key.pem", false),
        ("clients/alice/alice.p12", false),
    ] {
        let unpacked = authority.path("pki-backup/ca-data").join(path);
        assert_eq!(unpacked.exists(), inside, "{path}");
    }
    // What tar unpacked is a CA as it stands.
    let unpacked = "pki-backup/ca-data";
    pki_in(&authority, unpacked, &["issue-client", "bob"]).ok();
    authority
        .pki(&["backup", "bundles.tar", "--with-bundles"])
        .ok();
    let listed = run(&authority, "tar", &["tf", "bundles.tar"]).unwrap().ok();
    for path in ["servers/localhost/key.pem", "clients/alice/alice.p12"] {
        assert!(listed.out().contains(path), "{}", listed.out());
    }
    // The entry of a backup is in it.
    let entries = authority.sql("SELECT count(*) FROM audit WHERE action = 'backup'");
    assert_eq!(entries.unwrap(), "2");
}

#[test]
fn a_file_that_is_there_is_not_overwritten_unless_it_is_said() {
    let authority = Authority::init(&[]);
    authority.pki(&["backup", "pki.tar"]).ok();
    let before = Tree::of(authority.home());
    let refused = authority.pki(&["backup", "pki.tar", "--json"]).exits(1);
    assert_eq!(refused.json()["error"]["kind"], "already-exists");
    before.assert_unchanged(authority.home(), "a refused backup");
    authority.pki(&["backup", "pki.tar", "--replace"]).ok();
    let refused = authority.pki(&["backup", "nowhere/pki.tar", "--json"]);
    assert_eq!(refused.exits(1).json()["error"]["kind"], "not-found");
}

#[test]
fn a_backup_taken_while_others_issue_and_serve_restores_to_a_consistent_ca() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for worker in ["one", "two"] {
            let (authority, stop) = (&authority, &stop);
            scope.spawn(move || {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let name = format!("{worker}-{number}");
                    authority.pki(&["issue-client", &name]).ok();
                    authority
                        .pki(&["issue-server", &format!("{name}.example")])
                        .ok();
                    let host = format!("{name}.example");
                    authority.pki(&["renew", &host]).ok();
                }
            });
        }
        for number in 0..6 {
            let file = format!("{number}.tar");
            authority.pki(&["backup", &file, "--with-bundles"]).ok();
            if number == 3 {
                authority.pki(&["rotate-issuing"]).ok();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut grown = 0;
    for number in 0..6 {
        let (file, data) = (format!("{number}.tar"), format!("restored-{number}"));
        let told = pki_in(&authority, &data, &["restore", &file, "--json"])
            .ok()
            .json();
        for authority in told["authorities"].as_array().unwrap() {
            assert_eq!(authority["key"], "proven", "{told:#}");
        }
        // Every server's key is that of its chain, and every bundle is of somebody who is known.
        pki_in(&authority, &data, &["verify-store"]).ok();
        let names = clients(&authority, &data);
        for name in &names {
            let bundle = authority.path(&format!("{data}/clients/{name}/{name}.p12"));
            assert!(
                bundle.exists(),
                "{file}: {name} is known without its bundle"
            );
        }
        let bundles = fs::read_dir(authority.path(&data).join("clients"));
        assert!(bundles.map_or(0, Iterator::count) >= names.len());
        assert!(names.len() >= grown, "{file}");
        grown = names.len();
        pki_in(&authority, &data, &["issue-client", "late"]).ok();
    }
    assert!(grown > 0, "nothing was issued meanwhile");
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_restore_brings_everything_back_and_keeps_what_was_there() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    authority.pki(&["backup", "pki.tar"]).ok();
    fs::write(authority.path("ca-data/pki.db"), "damaged").unwrap();
    authority.remove_scratch_files();
    authority.pki(&["list"]).exits(1);
    // What the damaged inventory knew cannot be told, so that somebody must say yes.
    let before = Tree::of(authority.home());
    authority.pki(&["restore", "pki.tar"]).exits(2);
    before.assert_unchanged(authority.home(), "a restore without a yes");
    let told = authority.json(&["restore", "pki.tar", "--yes"]);
    assert_eq!(told["forgotten_certificates"], Value::Null);
    let kept = kept_aside(&authority);
    assert_eq!(told["before"].as_str(), Some(path_text(&kept[0])));
    assert_eq!(fs::read(kept[0].join("pki.db")).unwrap(), b"damaged");
    assert!(kept[0].join("clients/alice/alice.p12").exists());
    let server = Server::start(&authority, &[]);
    visit(&authority, &server, Some(&alice), Tls::V1_3, Session::Fresh)
        .unwrap()
        .assert_judged(200, "accepted", None);
    let entries = authority.sql("SELECT count(*) FROM audit WHERE action = 'restore'");
    assert_eq!(entries.unwrap(), "1");
}

#[test]
fn a_restore_says_what_it_forgets_and_asks_only_then() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-client", "alice"]).ok();
    authority.pki(&["backup", "pki.tar"]).ok();
    // Nothing is lost: nobody is asked.
    let told = authority.json(&["restore", "pki.tar"]);
    assert_eq!(told["forgotten_certificates"], serde_json::json!([]));
    assert_eq!(told["forgotten_revocations"], serde_json::json!([]));
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    authority.pki(&["issue-client", "bob"]).ok();
    let before = Tree::of(authority.home());
    let refused = authority.pki(&["restore", "pki.tar"]).exits(2);
    for part in ["alice", "bob", "revoked", "--yes"] {
        assert!(refused.err().contains(part), "{part}: {}", refused.err());
    }
    before.assert_unchanged(authority.home(), "a restore without a yes");
    let told = authority.json(&["restore", "pki.tar", "--yes"]);
    assert_eq!(told["forgotten_certificates"][0]["name"], "bob");
    assert_eq!(told["forgotten_revocations"][0]["name"], "alice");
    assert_eq!(authority.json(&["show", "alice"])["status"], "valid");
}

#[test]
fn nothing_is_restored_under_a_running_server() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    authority.pki(&["backup", "pki.tar"]).ok();
    let data = Tree::of(&authority.path("ca-data/issuers"));
    let refused = authority
        .pki(&["restore", "pki.tar", "--json"])
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "not-permitted");
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("pki serve"), "{hint}");
    data.assert_unchanged(&authority.path("ca-data/issuers"), "a refused restore");
    assert!(kept_aside(&authority).is_empty());
    assert_eq!(server.stop(), Some(0));
    authority.pki(&["restore", "pki.tar"]).ok();
}

/// Where the members of a tar archive lie: name, beginning and length of their contents.
fn members(archive: &[u8]) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while archive.get(at).is_some_and(|first| *first != 0) {
        let text = |range: std::ops::Range<usize>| {
            let field = &archive[at..][range];
            let field = field.split(|octet| *octet == 0).next().unwrap();
            String::from_utf8(field.to_vec()).unwrap()
        };
        let length = usize::from_str_radix(text(124..136).trim(), 8).unwrap();
        found.push((text(0..100), at + 512, length));
        at += 512 + length.div_ceil(512) * 512;
    }
    found
}

#[test]
fn a_backup_with_one_octet_changed_anywhere_is_refused_and_nothing_changes() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    authority.pki(&["issue-client", "alice"]).ok();
    authority.pki(&["backup", "pki.tar", "--with-bundles"]).ok();
    let whole = fs::read(authority.path("pki.tar")).unwrap();
    let members = members(&whole);
    let files = members.iter().filter(|(_, _, length)| *length > 0).count();
    assert!(files > 10, "{members:?}");
    let before = Tree::of(&authority.data());
    let refuse = |archive: &[u8], what: &str| {
        fs::write(authority.path("changed.tar"), archive).unwrap();
        let words = ["restore", "changed.tar", "--yes", "--json"];
        let refused = authority.pki(&words);
        assert_eq!(refused.code, Some(1), "{what}: {}", refused.said());
        let document = refused.json();
        assert!(document["error"]["hint"].is_string(), "{document:#}");
        before.assert_unchanged(&authority.data(), what);
        assert!(kept_aside(&authority).is_empty(), "{what}");
    };
    for (name, start, length) in &members {
        for place in [start + length / 2, start + length.saturating_sub(1)] {
            if *length > 0 {
                let mut changed = whole.clone();
                changed[place] ^= 1;
                refuse(&changed, name);
            }
        }
        let mut changed = whole.clone();
        changed[start - 512 + 3] ^= 1;
        refuse(&changed, &format!("the header of {name}"));
        refuse(&whole[..*start], &format!("an end before {name}"));
    }
    refuse(b"", "an empty file");
    refuse(b"no tar file at all", "another file");
    authority.pki(&["restore", "pki.tar"]).ok();
}

#[test]
fn a_backup_of_a_newer_schema_is_refused() {
    let authority = Authority::init(&[]);
    authority.sql("PRAGMA user_version = 99");
    let refused = authority.pki(&["backup", "pki.tar", "--json"]).exits(1);
    assert_eq!(refused.json()["error"]["kind"], "inventory");
    assert!(!Path::new(&authority.path("pki.tar")).exists());
}

#[test]
fn a_key_under_another_passphrase_is_restored_and_said_to_be_unproven() {
    let authority = Authority::init(&[]);
    authority.pki(&["backup", "pki.tar"]).ok();
    let mut locked = authority.locked_command(&["restore", "pki.tar", "--json"]);
    let told = finish(&mut locked).ok().json();
    for authority in told["authorities"].as_array().unwrap() {
        assert_eq!(authority["key"], "locked", "{told:#}");
    }
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    authority.pki(&["backup", "detached.tar"]).ok();
    let told = authority.json(&["restore", "detached.tar"]);
    let states = told["authorities"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|it| it["key"].as_str().unwrap()).collect();
    assert_eq!(states, ["proven", "absent"]);
}

#[test]
fn a_ca_with_a_wrong_key_of_a_server_or_service_is_restored_as_it_was() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "www.example.org"]).ok();
    let key = authority.path("ca-data/servers/www.example.org/key.pem");
    fs::write(&key, fs::read(authority.issuing_key()).unwrap()).unwrap();
    let services = ["ca-data/ocsp.key.pem", "ca-data/audit.key.pem"];
    let services = services.map(|place| authority.path(place));
    for service in &services {
        fs::write(service, "garbage").unwrap();
    }
    // All three are told, before and after.
    let wrong = || {
        let told = authority.pki(&["verify-store", "--json"]).exits(3).json();
        let problems = told["problems"].as_array().unwrap().iter();
        let checks = problems.map(|it| it["check"].as_str().unwrap().to_owned());
        let mut checks: Vec<_> = checks.collect();
        checks.sort();
        checks
    };
    let three = ["servers", "services", "services"];
    assert_eq!(wrong(), three);
    authority.pki(&["backup", "pki.tar", "--with-bundles"]).ok();
    authority.pki(&["restore", "pki.tar", "--yes"]).ok();
    assert_eq!(wrong(), three);
    for service in &services {
        assert_eq!(fs::read(service).unwrap(), b"garbage");
    }
    // Each is made anew as its hint says.
    for service in &services {
        fs::remove_file(service).unwrap();
    }
    authority.pki(&["renew", "www.example.org"]).ok();
    authority.pki(&["verify-store"]).ok();
}

#[test]
fn no_good_backup_is_replaced_by_one_whose_log_does_not_verify() {
    let authority = Authority::init(&[]);
    authority.issue_client(&["alice"]);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    authority.pki(&["backup", "pki.tar"]).ok();
    authority.pki(&["backup", "pki.tar", "--replace"]).ok();
    let forgotten =
        "UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE name = 'alice'";
    let Some(_) = authority.sql(forgotten) else {
        return;
    };
    let before = fs::read(authority.path("pki.tar")).unwrap();
    let words = ["backup", "pki.tar", "--replace", "--json"];
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "malformed", "{refused:#}");
    assert_eq!(fs::read(authority.path("pki.tar")).unwrap(), before);
    // Under another name it is better than none.
    let written = authority.pki(&["backup", "other.tar", "--json"]).ok();
    assert!(written.json()["log_problems"].as_u64().unwrap() > 0);
    assert!(written.err().contains("--accept-broken-log"));
}

#[test]
fn no_good_backup_is_replaced_by_one_that_lacks_the_key_of_a_ca() {
    let authority = Authority::init(&["--no-passphrase"]);
    let Some(root) = authority.issuer_directory(&authority.root()) else {
        return;
    };
    let former = authority.issuing_key();
    authority.pki(&["rotate-issuing"]).ok();
    authority.pki(&["backup", "pki.tar"]).ok();
    let before = fs::read(authority.path("pki.tar")).unwrap();
    for key in [&root.join("key.pem"), &former, &authority.issuing_key()] {
        let aside = authority.path("aside");
        fs::rename(key, &aside).unwrap();
        for damaged in [false, true] {
            if damaged {
                fs::write(key, "").unwrap();
                fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
            }
            let words = ["backup", "pki.tar", "--replace", "--json"];
            let refused = authority.pki(&words).exits(1).json();
            assert_eq!(refused["error"]["kind"], "malformed", "{refused:#}");
            assert_eq!(fs::read(authority.path("pki.tar")).unwrap(), before);
            let written = authority.pki(&["backup", "other.tar", "--json"]).ok();
            assert_eq!(written.json()["key_problems"], 1);
            assert!(written.err().contains("wanting"), "{}", written.err());
            fs::remove_file(authority.path("other.tar")).unwrap();
        }
        fs::rename(&aside, key).unwrap();
    }
    authority.pki(&["root", "detach", "--out", "media"]).ok();
    let words = ["backup", "pki.tar", "--replace", "--json"];
    let written = authority.pki(&words).ok().json();
    assert_eq!(written["key_problems"], 0);
}

#[test]
fn a_ca_whose_crls_are_damaged_is_restored_and_makes_them_anew() {
    let authority = Authority::init(&["--no-passphrase"]);
    let Some(root) = authority.issuer_directory(&authority.root()) else {
        return;
    };
    fs::write(root.join("crl.der"), "x").unwrap();
    authority.pki(&["backup", "pki.tar"]).ok();
    pki_in(&authority, "new", &["restore", "pki.tar"]).ok();
    pki_in(&authority, "new", &["crl"]).ok();
    pki_in(&authority, "new", &["verify-store"]).ok();
}

#[test]
fn nobody_restores_a_ca_from_within() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.pki(&["backup", "pki.tar"]).ok();
    let before = Tree::of(&authority.data());
    for within in ["ca-data", "ca-data/issuers"] {
        let mut command =
            authority.command(&["restore", path_text(&authority.path("pki.tar")), "--yes"]);
        command.current_dir(authority.path(within));
        command.arg("--ca-data").arg(authority.data());
        let refused = finish(&mut command).exits(1).err();
        assert!(refused.contains("working directory"), "{refused}");
    }
    before.assert_unchanged(&authority.data(), "refused restores");
}

#[test]
fn a_restore_says_which_keys_are_left_and_whose_backup_it_is_and_moves_nobodys_files() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.issue_client(&["alice"]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let written = authority.json(&["backup", "pki.tar"]);
    assert_eq!(written["left_out"], 2);
    let restored = authority.pki(&["restore", "pki.tar", "--json"]).ok();
    assert_eq!(restored.json()["keys_left"], 2);
    assert!(restored.err().contains("2 private keys"));
    authority
        .pki(&["backup", "whole.tar", "--with-bundles"])
        .ok();
    // Another CA's takes its place only when that is said.
    pki_in(&authority, "other", &["init", "--no-passphrase"]).ok();
    let asked = pki_in(&authority, "other", &["restore", "whole.tar"]);
    assert_ne!(asked.code, Some(0), "{}", asked.said());
    assert!(asked.err().contains("of another CA"), "{}", asked.said());
    let restored = pki_in(
        &authority,
        "other",
        &["restore", "whole.tar", "--yes", "--json"],
    );
    assert_eq!(restored.ok().json()["keys_left"], 0);
    // Somebody's own directory is none.
    fs::create_dir(authority.path("mine")).unwrap();
    fs::write(authority.path("mine/thesis.txt"), "all of it").unwrap();
    let refused = pki_in(&authority, "mine", &["restore", "pki.tar", "--json"]).exits(1);
    assert_eq!(refused.json()["error"]["kind"], "not-permitted");
    assert!(authority.path("mine/thesis.txt").exists());
    // What the demo or an init that was killed left is no reason.
    for begun in ["demo", ".init"] {
        let place = format!("begun-{begun}");
        fs::create_dir_all(authority.path(&place).join(begun)).unwrap();
        pki_in(&authority, &place, &["restore", "pki.tar"]).ok();
    }
    // A CA that lost its database is one all the same.
    fs::remove_file(authority.path("other/pki.db")).unwrap();
    pki_in(&authority, "other", &["restore", "pki.tar", "--yes"]).ok();
}

/// The older CRL comes back with the backup; its number is one that others have seen with another content.
#[test]
fn after_a_restore_the_next_command_that_opens_the_ca_publishes_a_newer_crl() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-client", "alice"]).ok();
    authority.pki(&["issue-client", "bob"]).ok();
    authority.pki(&["backup", "backup.tar"]).ok();
    let number = |document: &serde_json::Value| document["crl_number"].as_u64().unwrap();
    let revoked = authority.json(&["revoke", "bob", "--yes"]);
    let seen = number(&revoked["crls"][0]);
    authority.pki(&["restore", "backup.tar", "--yes"]).ok();
    authority.pki(&["issue-client", "carol"]).ok();
    let published = authority
        .sql("SELECT max(crl_number) FROM crl JOIN certificate AS c ON c.id = issuer_id WHERE c.profile = 'issuing'");
    let Some(published) = published else { return };
    assert!(
        published.parse::<u64>().unwrap() > seen,
        "{published} after {seen}"
    );
}
