//! Killed at every step, one after the other.

use std::fs;
use std::path::{Path, PathBuf};

use super::kill::count;
use super::{Scene, names, place, table, witness, words};
use crate::support::{Authority, PASSPHRASE, assert_no_leftovers, files_below, path_text};

/// No command has more steps than this.
const MOST_STEPS: u32 = 2000;

/// Kills a command at each of its steps on a CA of its own, and lets something go on after each kill; tells how many steps
/// there are.
fn killed_at_each_step(
    scene: &Scene,
    line: &str,
    mut goes_on: impl FnMut(&mut Scene, &str),
) -> u32 {
    for step in 1..MOST_STEPS {
        let mut copy = scene.copy();
        let when = format!("`{line}` killed at step {step}");
        if !copy.killed_at(step, &words(line)) {
            assert!(step > 1, "`{line}` has no steps");
            count(&format!("`{line}` at every step"), step - 1);
            return step - 1;
        }
        goes_on(&mut copy, &when);
    }
    panic!("`{line}` has no end");
}

/// The same where any other command goes on.
fn at_every_step(scene: &Scene, line: &str) -> u32 {
    killed_at_each_step(scene, line, |copy, when| copy.goes_on(&words(NEXT), when))
}

const NEXT: &str = "issue-client next";

#[test]
fn issuing_to_a_client_and_to_a_server() {
    let scene = Scene::in_memory();
    assert!(at_every_step(&scene, "issue-client carol") > 15);
    assert!(at_every_step(&scene, "issue-server example.org") > 15);
}

#[test]
fn renewing_revoking_and_publishing_a_crl() {
    let scene = Scene::in_memory();
    assert!(at_every_step(&scene, "renew alice") > 15);
    assert!(at_every_step(&scene, "revoke alice --yes") > 10);
    assert!(at_every_step(&scene, "crl") > 8);
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
    assert!(at_every_step(&scene, "crl") > 20);
}

#[test]
fn a_new_key_of_the_audit_log() {
    let scene = Scene::in_memory();
    fs::remove_file(scene.authority.path("ca-data/audit.key.pem")).unwrap();
    assert!(at_every_step(&scene, "crl") > 20);
}

#[test]
fn the_next_issuing_ca() {
    let scene = Scene::in_memory();
    let kills = killed_at_each_step(&scene, "rotate-issuing", |copy, when| {
        copy.goes_on(&words(NEXT), when);
        // As many CAs as are known, and none that nobody knows; the newest issues.
        let known = witness::authorities(&copy.authority);
        let directories = fs::read_dir(copy.authority.path("ca-data/issuers")).unwrap();
        assert_eq!(directories.count(), known.len(), "{when}");
        let issuing = pem::parse(fs::read(copy.authority.issuing()).unwrap()).unwrap();
        assert_eq!(
            Some(issuing.contents()),
            known.last().map(Vec::as_slice),
            "{when}"
        );
    });
    assert!(kills > 30);
}

/// Every CA's key.
fn keys(authority: &Authority) -> Vec<PathBuf> {
    let mut keys = files_below(&authority.path("ca-data/issuers"));
    keys.retain(|file| file.ends_with("key.pem"));
    keys
}

/// A CA with three keys under the passphrase of the tests, which opens them in less time than it usually takes.
fn with_a_passphrase() -> Option<Scene> {
    let authority = Authority::none_in_memory();
    authority.pki(&["init"]).ok();
    authority.pki(&["rotate-issuing"]).ok();
    for key in keys(&authority) {
        let line =
            "pkcs8 -topk8 -iter 1000 -passin env:PASSPHRASE -passout env:PASSPHRASE -out anew -in";
        let anew = authority.openssl(&[&words(line)[..], &[path_text(&key)]].concat())?;
        anew.ok();
        fs::rename(authority.path("anew"), &key).unwrap();
    }
    Some(Scene::of(authority))
}

#[test]
fn another_passphrase() {
    const NEW: &str = "another-passphrase-31";
    let Some(scene) = with_a_passphrase() else {
        return;
    };
    fs::write(scene.authority.path("new"), format!("{NEW}\n")).unwrap();
    let line = "passphrase --new-passphrase-file new";
    let mut anew = 0;
    let kills = killed_at_each_step(&scene, line, |copy, when| {
        // Any command finishes or discards what it finds.
        copy.pki(&["list"]).ok();
        // The log says which passphrase it is, and all keys have that one.
        let changes = witness::entries(&copy.authority, "passphrase");
        let (passphrase, next) = match changes {
            0 => (PASSPHRASE, NEXT.to_owned()),
            1 => (NEW, format!("{NEXT} --passphrase-file new")),
            more => panic!("{when}: changed {more} times"),
        };
        anew += changes;
        let keys = keys(&copy.authority);
        assert_eq!(keys.len(), 3, "{when}");
        for key in keys {
            let opens = copy.authority.opens(&key, passphrase);
            assert_eq!(opens, Some(true), "{when}: {passphrase}, {}", key.display());
        }
        copy.goes_on(&words(&next), when);
    });
    // Some were killed before it was decided, and some after.
    assert!(kills > 15 && (1..kills).contains(&anew));
}

#[test]
fn a_backup() {
    let scene = Scene::in_memory();
    let kills = killed_at_each_step(&scene, "backup kept.tar", |copy, when| {
        // What bears the name is whole.
        if copy.authority.path("kept.tar").exists() {
            let restored = copy.pki(&["--ca-data", &place(copy, "other"), "restore", "kept.tar"]);
            assert_eq!(restored.code, Some(0), "{when}: {}", restored.said());
            fs::remove_dir_all(copy.authority.path("other")).unwrap();
        }
        copy.goes_on(&words("backup another.tar"), when);
    });
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
    let kills = killed_at_each_step(&scene, "restore kept.tar --yes", |copy, when| {
        // What it saw is of either state, so that nothing is held against it but what it finds afterwards.
        copy.pki(&["list"]).ok();
        let now = witness::count(&copy.authority.path("ca-data/pki.db"));
        assert!(now == before || now == after, "{when}: {now:?}");
        // What was there before has its name, and nothing else lies beside the CA or under a temporary name in it.
        let (kept, others): (Vec<_>, Vec<_>) = names(copy)
            .into_iter()
            .partition(|name| name.starts_with("ca-data.before-restore-"));
        assert_eq!(kept.len(), usize::from(now == before), "{when}: {kept:?}");
        assert_eq!(others, ["ca-data", "kept.tar"], "{when}");
        assert_no_leftovers(&copy.authority.data());
        copy.witness = super::Witness::default();
        copy.goes_on(&words(NEXT), when);
    });
    assert!(kills > 30);
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
    assert!(at_every_step(&scene, "list") >= 3);
}

#[test]
fn a_ca_that_is_made() {
    let scene = Scene::of(Authority::none_in_memory());
    let kills = killed_at_each_step(&scene, "init --no-passphrase", |copy, when| {
        let again = copy.pki(&["init", "--no-passphrase", "--json"]);
        let is_there = again.code == Some(0) || again.json()["error"]["kind"] == "already-exists";
        assert!(is_there, "{when}: {}", again.said());
        assert_eq!(names(copy), ["ca-data"], "{when}");
        copy.goes_on(&words(NEXT), when);
    });
    assert!(kills > 80);
}

#[test]
fn many_clients_from_a_table() {
    const PEOPLE: usize = 20;
    let scene = Scene::in_memory();
    table::lay(&scene, PEOPLE);
    let mut opened = 0;
    let kills = killed_at_each_step(&scene, table::LINE, |copy, when| {
        copy.goes_on(&words(table::LINE), when);
        // Another one is opened after each kill.
        opened = (opened + 1) % PEOPLE;
        table::has_all(copy, PEOPLE, std::iter::once(opened), when);
    });
    assert!(kills > 40);
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
    let is_at = |path: &Path| fs::read(path).is_ok_and(|found| found == key);
    let is_somewhere = |scene: &Scene, when: &str| {
        // On this machine, in the other place, or for a moment in both: nowhere is it lost.
        let mut there = files_below(&scene.authority.path("safe")).into_iter();
        let here = is_at(&scene.authority.home().join(&place));
        assert!(
            here || there.any(|it| is_at(&it)),
            "{when}: the root's key is gone"
        );
    };
    let detach = "root detach --out safe";
    let kills = killed_at_each_step(&scene, detach, |copy, when| {
        is_somewhere(copy, when);
        copy.look(when);
        let here = copy.authority.home().join(&place);
        if here.exists() {
            // Said once more before anything else is done, it comes to its end.
            let again = copy.pki(&words(detach));
            assert_eq!(again.code, Some(0), "{when}: {}", again.said());
        }
        let there = copy.authority.path("safe/root.key.pem");
        assert!(is_at(&there) && !here.exists(), "{when}");
        copy.goes_on(&words(NEXT), when);
    });
    assert!(kills > 5);
    scene.pki(&words(detach)).ok();
    let kills = killed_at_each_step(&scene, "root attach safe", |copy, when| {
        is_somewhere(copy, when);
        copy.goes_on(&words(NEXT), when);
    });
    assert!(kills > 2);
}
