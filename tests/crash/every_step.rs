//! Killed at every step, one after the other.

use std::fs;
use std::path::PathBuf;

use super::kill::count;
use super::{Scene, place, witness, words};
use crate::support::files_below;

/// No command has more steps than this.
const MOST_STEPS: u32 = 2000;

/// Kills a command at each of its steps on a CA of its own; `check` sees what the kill left before anybody goes on.
fn at_every_step(scene: &Scene, line: &str, next: &str, check: impl Fn(&Scene, &str)) -> u32 {
    let mut step = 0;
    loop {
        step += 1;
        assert!(step < MOST_STEPS);
        let mut copy = scene.copy();
        let when = format!("`{line}` killed at step {step}");
        if !copy.killed_at(step, &words(line)) {
            assert!(step > 1, "`{line}` has no steps");
            count(&format!("`{line}` at every step"), step - 1);
            return step - 1;
        }
        check(&copy, &when);
        copy.goes_on(&words(next), &when);
    }
}

const NEXT: &str = "issue-client next";

#[test]
fn issuing_to_a_client_and_to_a_server() {
    let scene = Scene::in_memory();
    assert!(at_every_step(&scene, "issue-client carol", NEXT, |_, _| {}) > 15);
    assert!(at_every_step(&scene, "issue-server example.org", NEXT, |_, _| {}) > 15);
}

#[test]
fn renewing_revoking_and_publishing_a_crl() {
    let scene = Scene::in_memory();
    assert!(at_every_step(&scene, "renew alice", NEXT, |_, _| {}) > 15);
    assert!(at_every_step(&scene, "revoke alice --yes", NEXT, |_, _| {}) > 10);
    assert!(at_every_step(&scene, "crl", NEXT, |_, _| {}) > 8);
}

#[test]
fn what_was_revoked_stays_revoked() {
    let mut scene = Scene::in_memory();
    let mut revoked = Vec::new();
    for step in 1.. {
        let name = format!("client-{step}");
        scene.authority.issue_client(&[&name]);
        let was_killed = scene.killed_at(step, &["revoke", &name, "--yes"]);
        revoked.push((name.clone(), was_killed));
        // Done or not: whoever is told that it was not says it once more.
        let again = scene.pki(&["revoke", &name, "--yes"]);
        assert!(matches!(again.code, Some(0 | 1)), "{}", again.said());
        if !was_killed {
            break;
        }
    }
    assert!(revoked.len() > 10);
    count("`revoke` over and over", scene.kills);
    for (name, was_killed) in revoked {
        let listed = scene.authority.json(&["list", &name]);
        let certificates = listed["certificates"].as_array().unwrap();
        let is_revoked = |it: &serde_json::Value| it["status"] == "revoked";
        assert!(
            certificates.iter().all(is_revoked),
            "{name}, killed: {was_killed}: {listed:#}"
        );
    }
}

#[test]
fn a_new_key_of_the_ocsp_responder() {
    let scene = Scene::in_memory();
    fs::remove_file(scene.authority.path("ca-data/ocsp.key.pem")).unwrap();
    assert!(at_every_step(&scene, "crl", NEXT, |_, _| {}) > 20);
}

#[test]
fn a_new_key_of_the_audit_log() {
    let scene = Scene::in_memory();
    fs::remove_file(scene.authority.path("ca-data/audit.key.pem")).unwrap();
    assert!(at_every_step(&scene, "crl", NEXT, |_, _| {}) > 20);
}

#[test]
fn the_next_issuing_ca() {
    assert!(at_every_step(&Scene::in_memory(), "rotate-issuing", NEXT, |_, _| {}) > 30);
}

#[test]
fn another_passphrase() {
    let scene = Scene::in_memory();
    fs::write(scene.authority.path("new"), "another-passphrase-31\n").unwrap();
    let line = "passphrase --new-passphrase-file new";
    let open = format!("{NEXT} --passphrase-file new");
    let check = |scene: &Scene, when: &str| {
        // Any command finishes or discards what it finds.
        scene.pki(&["list"]).ok();
        let mut keys = files_below(&scene.authority.path("ca-data/issuers"));
        keys.retain(|file| file.ends_with("key.pem"));
        let is_encrypted = |key: &PathBuf| fs::read_to_string(key).unwrap().contains("ENCRYPTED");
        let encrypted = keys.iter().filter(|key| is_encrypted(key)).count();
        assert!(keys.len() == 2 && matches!(encrypted, 0 | 2), "{when}");
    };
    assert!(at_every_step(&scene, line, &open, check) > 5);
}

#[test]
fn a_backup() {
    let scene = Scene::in_memory();
    let kills = at_every_step(
        &scene,
        "backup kept.tar",
        "backup another.tar",
        |scene, when| {
            // What bears the name is whole.
            if scene.authority.path("kept.tar").exists() {
                let restored =
                    scene.pki(&["--ca-data", &place(scene, "other"), "restore", "kept.tar"]);
                assert_eq!(restored.code, Some(0), "{when}: {}", restored.said());
                fs::remove_dir_all(scene.authority.path("other")).unwrap();
            }
        },
    );
    assert!(kills > 5);
}

#[test]
fn a_restore() {
    let scene = Scene::in_memory();
    scene.pki(&["backup", "kept.tar"]).ok();
    let before = witness::count(&scene.authority.path("ca-data/pki.db"));
    scene.pki(&["issue-client", "later"]).ok();
    let after = witness::count(&scene.authority.path("ca-data/pki.db"));
    assert!(before < after);
    let mut step = 0;
    loop {
        step += 1;
        // What it saw is of either state, so that nothing is held against it but what it finds afterwards.
        let mut copy = scene.copy();
        let when = format!("restore killed at step {step}");
        if !copy.killed_at(step, &["restore", "kept.tar", "--yes"]) {
            break;
        }
        copy.pki(&["list"]).ok();
        let now = witness::count(&copy.authority.path("ca-data/pki.db"));
        assert!(now == before || now == after, "{when}: {now:?}");
        let kept = fs::read_dir(copy.authority.home()).unwrap();
        let mut names = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let is_kept = names.any(|name| name.contains("before-restore"));
        assert_eq!(is_kept, now == before, "{when}: what was there before");
        copy.witness = super::Witness::default();
        copy.pki(&words(NEXT)).ok();
        let verified = copy.pki(&["verify-store"]);
        assert_eq!(verified.code, Some(0), "{when}: {}", verified.said());
    }
    assert!(step > 30);
    count("`restore` at every step", step - 1);
}

#[test]
fn a_migration() {
    let scene = Scene::in_memory();
    let Some(_) = scene.authority.sql(
        // As schema 7 had it.
        "DROP INDEX certificate_revoked_at;
         CREATE INDEX certificate_revoked_at ON certificate (issuer, revoked_at) WHERE revoked_at IS NOT NULL;
         PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE)",
    ) else {
        return;
    };
    assert!(at_every_step(&scene, "list", NEXT, |_, _| {}) >= 3);
}

#[test]
fn a_ca_that_is_made() {
    let scene = Scene {
        authority: crate::support::Authority::none_in_memory(),
        witness: super::Witness::default(),
        kills: 0,
    };
    let check = |scene: &Scene, when: &str| {
        let again = scene.pki(&["init", "--no-passphrase", "--json"]);
        let is_there = again.code == Some(0) || again.json()["error"]["kind"] == "already-exists";
        assert!(is_there, "{when}: {}", again.said());
        let beside = fs::read_dir(scene.authority.home()).unwrap();
        let beside: Vec<_> = beside.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(beside, ["ca-data"], "{when}");
    };
    let line = "init --no-passphrase";
    assert!(at_every_step(&scene, line, NEXT, check) > 80);
}

#[test]
fn many_clients_from_a_table() {
    let scene = Scene::in_memory();
    let rows: String = (0..20).map(|number| format!("client-{number}\n")).collect();
    fs::write(scene.authority.path("table.csv"), format!("name\n{rows}")).unwrap();
    fs::create_dir(scene.authority.path("out")).unwrap();
    let line = "issue-clients table.csv --out-dir out --passwords passwords.csv --jobs 2";
    assert!(at_every_step(&scene, line, line, |_, _| {}) > 40);
}

#[test]
fn the_roots_key_taken_off_and_put_back() {
    let scene = Scene::in_memory();
    fs::create_dir(scene.authority.path("safe")).unwrap();
    let Some(place) = scene.authority.issuer_directory(&scene.authority.root()) else {
        return;
    };
    let place = place
        .join("key.pem")
        .strip_prefix(scene.authority.home())
        .unwrap()
        .to_path_buf();
    let key = fs::read(scene.authority.home().join(&place)).unwrap();
    let check = |scene: &Scene, when: &str| {
        // On this machine, in the other place, or for a moment in both: nowhere is it lost.
        let here = fs::read(scene.authority.home().join(&place));
        let safe = fs::read_dir(scene.authority.path("safe")).unwrap();
        let mut there = safe.map(|entry| fs::read(entry.unwrap().path()).unwrap());
        let is_somewhere = here.is_ok_and(|here| here == key) || there.any(|there| there == key);
        assert!(is_somewhere, "{when}: the root's key is gone");
    };
    let detach = "root detach --out safe";
    assert!(at_every_step(&scene, detach, NEXT, check) > 5);
    scene.pki(&words(detach)).ok();
    assert!(at_every_step(&scene, "root attach safe", NEXT, check) > 2);
}
