//! `pki verify`: ours, valid, unrevoked; each check by its name.

use std::fs;

use serde_json::Value;

use crate::support::{Authority, Finished, path_text};

/// Exports a certificate and verifies the file.
fn verified(authority: &Authority, reference: &str, options: &[&str]) -> Finished {
    let file = authority.path("certificate");
    let _ = fs::remove_file(&file);
    let form = ["export", reference, "--form", "der", "--out"];
    authority
        .pki(&[&form[..], &[path_text(&file)]].concat())
        .ok();
    authority.pki(&[&["verify", path_text(&file), "--json"], options].concat())
}

#[track_caller]
fn assert_refused(finished: Finished, reason: &str, failed: &[&str]) -> Value {
    let document = finished.exits(3).json();
    assert_eq!(document["accepted"], false, "{document:#}");
    assert_eq!(document["reason"], reason, "{document:#}");
    let checks = document["checks"].as_array().unwrap().iter();
    let wrong = checks.filter(|check| check["ok"] == false);
    let wrong: Vec<_> = wrong.map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(wrong, failed, "{document:#}");
    document
}

/// An authority of 30 days with a client of 10; none where faketime is missing.
fn with_alice_10_days_ago() -> Option<Authority> {
    let authority = Authority::none();
    authority.pki_at("-30d", &["init", "--no-passphrase"])?.ok();
    authority.pki_at("-10d", &["issue-client", "alice"])?.ok();
    Some(authority)
}

#[test]
fn certificates_of_ours_are_accepted_whatever_they_are_for() {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.pki(&["issue-client", "alice"]).ok();
    authority.pki(&["issue-server", "www.example.org"]).ok();
    for reference in ["alice", "www.example.org", "issuing", "root"] {
        let document = verified(&authority, reference, &[]).ok().json();
        assert_eq!(document["accepted"], true, "{document:#}");
        assert_eq!(document["reason"], Value::Null);
        assert_eq!(document["certificate"]["status"], "valid");
        let checks = document["checks"].as_array().unwrap();
        assert_eq!(checks.len(), 11);
        for check in checks {
            assert!(
                check["detail"].is_string() && check["ok"] != false,
                "{check:#}"
            );
        }
    }
    // A PEM file with its chain.
    let chain = authority.path("ca-data/servers/www.example.org/fullchain.pem");
    let told = authority.pki(&["verify", path_text(&chain)]).ok().out();
    assert!(told.contains("accepted"), "{told}");
}

#[test]
fn a_revoked_certificate_is_refused_from_its_revocation_on_and_accepted_before() {
    let Some(authority) = with_alice_10_days_ago() else {
        return;
    };
    let revoke = ["revoke", "alice", "--yes", "--reason", "keyCompromise"];
    let reference = authority.json(&["show", "alice"])["serial_number"].clone();
    let reference = reference.as_str().unwrap();
    authority.pki_at("-5d", &revoke).unwrap().ok();
    let now = verified(&authority, reference, &[]);
    let document = assert_refused(now, "revoked", &["revocation"]);
    assert_eq!(document["certificate"]["reason_code"], "keyCompromise");
    let at = |days: i64| {
        let then = time::OffsetDateTime::now_utc() - time::Duration::days(days);
        let format = time::format_description::well_known::Rfc3339;
        let then = then.format(&format).unwrap();
        verified(&authority, reference, &["--at", &then])
    };
    at(7).ok();
    assert_refused(at(3), "revoked", &["revocation"]);
    assert_refused(at(20), "not-yet-valid", &["not-before"]);
    assert_refused(at(-400), "revoked", &["revocation", "not-after"]);
}

#[test]
fn what_was_on_hold_then_is_refused_for_then_alone() {
    let Some(authority) = with_alice_10_days_ago() else {
        return;
    };
    let at = |offset: &str, words: &[&str]| drop(authority.pki_at(offset, words).unwrap().ok());
    let hold = ["revoke", "alice", "--yes", "--reason", "certificateHold"];
    at("-8d", &hold);
    at("-6d", &["unrevoke", "alice"]);
    let days = |days: i64| {
        let then = time::OffsetDateTime::now_utc() - time::Duration::days(days);
        then.date().to_string()
    };
    // `list` and `verify` are of one mind.
    for (ago, valid) in [(9, true), (7, false), (5, true)] {
        let verified = verified(&authority, "alice", &["--at", &days(ago)]);
        assert_eq!(verified.json()["accepted"], valid, "{ago}");
        let listed = authority.json(&["list", "alice", "--valid-at", &days(ago)]);
        let count = listed["certificates"].as_array().unwrap().len();
        assert_eq!(count, usize::from(valid), "{ago}");
    }
    let shown = authority.json(&["show", "alice"]);
    let history = shown["history"].as_array().unwrap().iter();
    let events: Vec<_> = history.map(|it| it["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["issued", "held", "lifted"]);
}

#[test]
fn an_ended_and_a_foreign_certificate_are_refused_with_their_reasons() {
    let (authority, stranger) = (Authority::init(&[]), Authority::init(&[]));
    authority
        .pki(&["issue-client", "alice", "--validity", "1h"])
        .ok();
    stranger.pki(&["issue-client", "alice"]).ok();
    let file = stranger.path("alice.pem");
    stranger
        .pki(&[
            "export",
            "alice",
            "--form",
            "pem",
            "--out",
            path_text(&file),
        ])
        .ok();
    let foreign = authority.pki(&["verify", path_text(&file), "--json"]);
    assert_refused(foreign, "unknown-issuer", &["issuer", "inventory"]);
    let own = authority.path("own.pem");
    authority
        .pki(&["export", "alice", "--form", "pem", "--out", path_text(&own)])
        .ok();
    let Some(ended) = authority.pki_at("+2h", &["verify", path_text(&own), "--json"]) else {
        return;
    };
    assert_refused(ended, "expired", &["not-after"]);
}

#[test]
fn a_file_without_a_certificate_and_one_that_cannot_be_read_are_malformed() {
    let authority = Authority::init(&["--no-passphrase"]);
    let noise = authority.path("noise");
    let texts: [&[u8]; 5] = [
        b"",
        b"hello",
        b"0\x82",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    ];
    for text in texts {
        fs::write(&noise, text).unwrap();
        let refused = authority.pki(&["verify", path_text(&noise), "--json"]);
        let document = assert_refused(refused, "malformed", &["readable"]);
        assert_eq!(document["certificate"], Value::Null);
    }
    for unreadable in ["absent.pem", "."] {
        let refused = authority.pki(&["verify", unreadable, "--json"]);
        assert!(refused.err().contains("cannot read"), "{}", refused.err());
        assert_refused(refused, "malformed", &["readable"]);
    }
}
