//! `pki audit`: what was changed past the program is found and named, and what a head kept elsewhere adds to that.

use std::fs;

use serde_json::Value;

use crate::support::tools::fixture;
use crate::support::{Authority, Finished, finish, hermetic, path_text, tool};

/// An authority with a history: entry 1 begins, 2 to 4 are the CA's own, then alice, her hold and its end, bob revoked.
fn eventful() -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    let revoke = |name: &str, reason: &str| {
        let words = ["revoke", name, "--yes", "--reason", reason];
        drop(authority.pki(&words).ok());
    };
    authority.issue_client(&["alice"]);
    revoke("alice", "certificateHold");
    authority.pki(&["unrevoke", "alice"]).ok();
    authority.issue_client(&["bob"]);
    revoke("bob", "keyCompromise");
    authority
}

/// The number of the newest entry with this action and name.
fn entry(authority: &Authority, action: &str, name: &str) -> i64 {
    let document = authority.json(&["audit"]);
    let entries = document["entries"].as_array().unwrap().iter();
    let mut found = entries
        .filter(|entry| entry["action"] == action && entry["detail"]["name"] == name)
        .map(|entry| entry["entry"].as_i64().unwrap());
    found.next().expect("an entry")
}

fn verify(authority: &Authority, options: &[&str]) -> Finished {
    authority.pki(&[&["audit", "--verify", "--json"], options].concat())
}

/// The problems of a verification that finds some: check, entry and sentence of each.
#[track_caller]
fn problems(found: &Finished) -> Vec<(String, Option<i64>, String)> {
    let document = found.json();
    assert_eq!(document["ok"], false, "{document:#}");
    let problems = document["problems"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    problems
        .map(|it| {
            (
                text(&it["check"]),
                it["entry"].as_i64(),
                text(&it["message"]),
            )
        })
        .collect()
}

/// Changes the database past the program and returns what a verification says of it.
fn tampered(authority: &Authority, statements: &str) -> Option<Vec<(String, Option<i64>, String)>> {
    let triggers = "DROP TRIGGER IF EXISTS audit_update; DROP TRIGGER IF EXISTS audit_delete;";
    authority.sql(&format!("{triggers} {statements}"))?;
    Some(problems(&verify(authority, &[]).exits(3)))
}

#[test]
fn the_log_tells_newest_first_what_was_done_and_by_whom() {
    let authority = eventful();
    let document = authority.json(&["audit"]);
    let entries = document["entries"].as_array().unwrap();
    let words: Vec<_> = entries
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    // A CRL follows each change of what it lists.
    let newest = [
        "crl", "revoke", "issue", "crl", "unrevoke", "crl", "revoke", "issue",
    ];
    assert_eq!(words[..8], newest);
    assert_eq!(words.last(), Some(&"begin"));
    for entry in entries {
        let actor = entry["actor"].as_str().unwrap();
        assert!(actor.contains("uid "), "{actor}");
        for key in ["entry", "at", "action", "detail", "hash"] {
            assert!(!entry[key].is_null(), "{key}");
        }
    }
    assert_eq!(document["next_cursor"], Value::Null);
    assert_eq!(document["head"]["entry"], entries[0]["entry"]);
    assert_eq!(document["head"]["hash"], entries[0]["hash"]);
    let page = authority.json(&["audit", "--limit", "2"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = authority.json(&["audit", "--limit", "2", "--after", cursor]);
    assert_eq!(next["entries"][0], entries[2]);
    let later = authority.json(&["audit", "--since", "2999-01-01"]);
    assert_eq!(later["entries"].as_array().unwrap().len(), 0);
    let text = authority.pki(&["audit"]).ok().out();
    assert!(text.contains("client alice "), "{text}");
}

#[test]
fn who_called_sudo_is_told_as_a_claim() {
    let authority = Authority::init(&["--no-passphrase"]);
    let mut command = authority.command(&["issue-client", "alice"]);
    finish(command.env("SUDO_USER", "carol\u{1b}[2J")).ok();
    let entry = &authority.json(&["audit"])["entries"][0];
    let actor = entry["actor"].as_str().unwrap();
    assert!(actor.contains("SUDO_USER says carol"), "{actor}");
    assert!(!actor.contains('\u{1b}'), "{actor}");
}

#[test]
fn a_log_that_nobody_touched_is_in_order() {
    let authority = eventful();
    let document = verify(&authority, &[]).ok().json();
    assert_eq!(document["ok"], true);
    assert_eq!(document["problems"], serde_json::json!([]));
    let checks = document["checks"].as_array().unwrap().iter();
    let names: Vec<_> = checks
        .map(|check| check["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["chain", "certificates", "revocations"]);
    assert!(document["head"]["signature"].is_string());
    authority.pki(&["audit", "--verify"]).ok();
}

#[test]
fn the_triggers_keep_a_careless_hand_from_the_log() {
    let authority = eventful();
    let Some(sqlite) = tool("sqlite3") else {
        return;
    };
    for statement in ["DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"] {
        let mut sqlite = hermetic(&sqlite, authority.home());
        sqlite.arg(authority.path("ca-data/pki.db")).arg(statement);
        let refused = finish(&mut sqlite);
        assert_ne!(refused.code, Some(0));
        assert!(refused.err().contains("append-only"), "{}", refused.err());
    }
    verify(&authority, &[]).ok();
}

#[test]
fn a_changed_entry_is_named() {
    let authority = eventful();
    let revoked = entry(&authority, "revoke", "bob");
    let change = format!(
        "UPDATE audit SET detail = replace(detail, 'keyCompromise', 'superseded') WHERE id = {revoked}"
    );
    let Some(found) = tampered(&authority, &change) else {
        return;
    };
    assert_eq!((found[0].0.as_str(), found[0].1), ("chain", Some(revoked)));
    assert!(found[0].2.contains("was changed"), "{found:?}");
}

#[test]
fn a_removed_entry_is_named() {
    let authority = eventful();
    let held = entry(&authority, "revoke", "alice");
    let change = format!("DELETE FROM audit WHERE id = {held}");
    let Some(found) = tampered(&authority, &change) else {
        return;
    };
    assert_eq!(found[0].0, "chain");
    assert_eq!(found[0].2, format!("entry {held} was removed"));
}

#[test]
fn entries_that_changed_places_are_named() {
    let authority = eventful();
    let (one, other) = (
        entry(&authority, "issue", "alice"),
        entry(&authority, "issue", "bob"),
    );
    let change = format!(
        "UPDATE audit SET id = -1 WHERE id = {one}; UPDATE audit SET id = {one} WHERE id = {other};
         UPDATE audit SET id = {other} WHERE id = -1;"
    );
    let Some(found) = tampered(&authority, &change) else {
        return;
    };
    let moved = |here: i64, from: i64| {
        let message = format!("entry {here} is the one that was number {from}");
        ("chain".to_owned(), Some(here), message)
    };
    assert_eq!(found[..2], [moved(one, other), moved(other, one)]);
}

#[test]
fn a_certificate_that_was_made_valid_again_is_named() {
    let authority = eventful();
    let change = "UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE name = 'bob'";
    let Some(found) = tampered(&authority, change) else {
        return;
    };
    let issued = entry(&authority, "issue", "bob");
    assert_eq!(
        (found[0].0.as_str(), found[0].1),
        ("revocations", Some(issued))
    );
    assert!(found[0].2.contains("client bob"), "{found:?}");
    let told = authority.pki(&["audit", "--verify"]).exits(3).out();
    assert!(
        told.contains("WRONG") && told.contains("client bob"),
        "{told}"
    );
}

#[test]
fn a_certificate_that_vanished_and_one_that_nobody_recorded_are_named() {
    let authority = eventful();
    let change = "PRAGMA foreign_keys = OFF; DELETE FROM certificate WHERE name = 'bob'";
    let Some(found) = tampered(&authority, change) else {
        return;
    };
    let issued = entry(&authority, "issue", "bob");
    assert_eq!(
        (found[0].0.as_str(), found[0].1),
        ("certificates", Some(issued))
    );
    assert!(found[0].2.contains("is not in the inventory"), "{found:?}");

    let authority = eventful();
    let change = "INSERT INTO certificate SELECT 99, randomblob(600), randomblob(32), issuer, x'0102', profile, 'mallory', 'mallory',
         NULL, NULL, subject, not_before, not_after, issued_at, NULL, NULL, NULL, NULL, NULL FROM certificate WHERE name = 'alice'";
    let Some(found) = tampered(&authority, change) else {
        return;
    };
    assert!(
        found.iter().any(|it| it.2.contains("no entry tells")),
        "{found:?}"
    );
}

#[test]
fn a_rollback_is_found_with_a_head_that_was_kept_and_only_with_it() {
    let authority = eventful();
    let database = authority.path("ca-data/pki.db");
    let Some(_) = authority.sql("PRAGMA wal_checkpoint(TRUNCATE)") else {
        return;
    };
    let earlier = fs::read(&database).unwrap();
    authority.pki(&["issue-client", "mallory"]).ok();
    let head = authority.path("head.json");
    let head = path_text(&head);
    authority.pki(&["audit", "--write-head", head]).ok();
    verify(&authority, &["--head", head]).ok();
    authority.remove_scratch_files();
    fs::write(&database, earlier).unwrap();
    verify(&authority, &[]).ok();
    let found = problems(&verify(&authority, &["--head", head]).exits(3));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "head-entry");
    assert!(found[0].2.contains("cut off or rolled back"), "{found:?}");
}

#[test]
fn a_cut_tail_is_found_with_a_head_that_was_kept_and_only_with_it() {
    let authority = eventful();
    let head = authority.path("head.json");
    let head = path_text(&head);
    authority.pki(&["audit", "--write-head", head]).ok();
    // From bob's revocation on, which the CRL followed.
    let change = "DROP TRIGGER audit_delete;
         DELETE FROM audit WHERE id >= (SELECT max(id) FROM audit WHERE action = 'revoke');
         UPDATE certificate SET revoked_at = NULL, reason_code = NULL WHERE name = 'bob';";
    let Some(_) = authority.sql(change) else {
        return;
    };
    verify(&authority, &[]).ok();
    let found = problems(&verify(&authority, &["--head", head]).exits(3));
    assert_eq!(found[0].0, "head-entry", "{found:?}");
}

#[test]
fn a_history_written_anew_is_found_with_a_head_that_was_kept_and_only_with_it() {
    let authority = eventful();
    let head = authority.path("head.json");
    let head = path_text(&head);
    authority
        .pki(&["audit", "--verify", "--write-head", head])
        .ok();
    let Some(untouched) = chain(&authority, "check") else {
        return;
    };
    let hash = authority.json(&["audit"])["head"]["hash"].clone();
    assert_eq!(
        untouched.lines().collect::<Vec<_>>(),
        [hash.as_str().unwrap()]
    );
    authority.sql(
        "DROP TRIGGER audit_update; UPDATE audit SET actor = 'nobody' WHERE id = 5;
                   CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT 1; END;",
    );
    assert_eq!(
        chain(&authority, "check").unwrap().lines().next(),
        Some("5")
    );
    chain(&authority, "rewrite");
    verify(&authority, &[]).ok();
    let found = problems(&verify(&authority, &["--head", head]).exits(3));
    assert_eq!(found[0].0, "head-entry");
    assert!(found[0].2.contains("written anew"), "{found:?}");
}

/// The chain by somebody else's reckoning.
fn chain(authority: &Authority, mode: &str) -> Option<String> {
    let mut python = hermetic(tool("python3")?, authority.home());
    python
        .arg(fixture("support/audit_chain.py"))
        .arg(mode)
        .arg(authority.path("ca-data/pki.db"));
    Some(finish(&mut python).ok().out())
}

#[test]
fn a_tampered_and_a_foreign_head_are_told_from_a_good_one() {
    let (authority, stranger) = (eventful(), eventful());
    let write = |document: &Value| {
        let path = authority.path("kept.json");
        fs::write(&path, document.to_string()).unwrap();
        path_text(&path).to_owned()
    };
    let good = authority.json(&["audit"]);
    verify(&authority, &["--head", &write(&good)]).ok();
    verify(&authority, &["--head", &write(&good["head"])]).ok();
    let mut tampered = good.clone();
    tampered["head"]["hash"] = Value::String("ab".repeat(32));
    let found = problems(&verify(&authority, &["--head", &write(&tampered)]).exits(3));
    let names: Vec<_> = found.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["head-signature", "head-entry"]);
    let foreign = stranger.json(&["audit"]);
    let found = problems(&verify(&authority, &["--head", &write(&foreign)]).exits(3));
    let names: Vec<_> = found.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["head-certificate", "head-entry"]);
    assert!(found[0].2.contains("another log"), "{found:?}");
}

#[test]
fn what_cannot_be_checked_is_an_error_and_no_finding() {
    let authority = eventful();
    let noise = authority.path("noise.json");
    fs::write(&noise, "hello").unwrap();
    for file in ["absent.json", path_text(&noise)] {
        let refused = verify(&authority, &["--head", file]).exits(1).json();
        assert!(refused["error"]["hint"].is_string(), "{refused:#}");
    }
    authority
        .pki(&["audit", "--head", path_text(&noise)])
        .exits(2);
}

#[test]
fn without_the_audit_key_a_head_is_told_unsigned_and_the_next_command_makes_a_key() {
    let authority = Authority::init(&[]);
    let key = authority.path("ca-data/audit.key.pem");
    // Locked, and all the same.
    let signed = finish(&mut authority.locked_command(&["audit", "--json"])).ok();
    assert!(signed.json()["head"]["signature"].is_string());
    fs::remove_file(&key).unwrap();
    let unsigned = finish(&mut authority.locked_command(&["audit", "--json"])).ok();
    assert_eq!(unsigned.json()["head"]["signature"], Value::Null);
    assert!(unsigned.err().contains("not signed"), "{}", unsigned.err());
    let refused = authority
        .pki(&["audit", "--write-head", "head.json"])
        .exits(1);
    assert!(!authority.path("head.json").exists(), "{}", refused.said());
    authority.pki(&["issue-client", "alice"]).ok();
    assert!(key.exists());
    authority.pki(&["audit", "--write-head", "head.json"]).ok();
    // A timer writes into the same place each night.
    authority
        .pki(&[
            "audit",
            "--verify",
            "--head",
            "head.json",
            "--write-head",
            "head.json",
        ])
        .ok();
    let services = authority.json(&["list", "--profile", "audit"]);
    assert_eq!(services["certificates"].as_array().unwrap().len(), 2);
}

/// The commands of docs/audit.md, run as they stand there.
#[test]
fn the_documented_recipes_check_the_chain_and_the_signature_without_this_program() {
    let authority = eventful();
    let (Some(_), Some(_)) = (tool("sqlite3"), tool("openssl")) else {
        return;
    };
    authority.pki(&["audit", "--write-head", "head.json"]).ok();
    let document = fs::read_to_string(fixture("../docs/audit.md")).unwrap();
    let recipes = document.split("```bash\n").skip(1);
    let recipes: Vec<_> = recipes.map(|it| it.split("```").next().unwrap()).collect();
    assert_eq!(recipes.len(), 2, "the chain, the signature");
    let run = |recipe: &str| {
        let mut bash = hermetic("/bin/bash", authority.home());
        finish(bash.args(["-euo", "pipefail", "-c", recipe]))
            .ok()
            .out()
    };
    let hash = authority.json(&["audit"])["head"]["hash"].clone();
    assert_eq!(run(recipes[0]).trim(), hash.as_str().unwrap());
    assert!(run(recipes[1]).contains("Verified OK"));
    authority.sql("DROP TRIGGER audit_update; UPDATE audit SET at = at + 1 WHERE id = 3");
    assert!(run(recipes[0]).contains("entry 3 does not follow"));
}
