//! `pki renew`, `needs-renewal` and `unrevoke`: a certificate's end is nobody's surprise.

use serde_json::Value;

use crate::support::tls::Session;
use crate::support::{Authority, Server, Tls, Tree, path_text, visit};

/// One certificate's document, by its serial number.
#[track_caller]
fn show(authority: &Authority, certificate: &Value) -> Value {
    let serial_number = certificate["serial_number"].as_str().unwrap();
    authority.json(&["show", serial_number])
}

#[test]
fn a_renewal_has_a_new_key_and_serial_number_and_the_same_names() {
    let authority = Authority::init(&[]);
    let names = [
        "--email",
        "alice@example.org",
        "--upn",
        "alice@corp.example",
    ];
    let old = authority.issue_client(&[&["alice", "--validity", "30d"], &names[..]].concat());
    let new = authority.client(&authority.json(&["renew", "alice"]));
    let (old, new) = (show(&authority, &old.certificate), new.certificate);
    for same in ["subject", "subject_alt_names", "key_algorithm", "profile"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    for different in ["serial_number", "fingerprint_sha256"] {
        assert_ne!(old[different], new[different], "{different}");
    }
    assert_eq!(new["supersedes"], old["serial_number"]);
    assert_eq!(old["superseded_by"], new["serial_number"]);
    assert_eq!(old["status"], "valid");
    // A certificate is renewed once; its successor is what is renewed then.
    let again = authority.pki(&["renew", old["serial_number"].as_str().unwrap(), "--json"]);
    assert_eq!(again.exits(1).json()["error"]["kind"], "not-permitted");
    assert_eq!(
        authority.json(&["renew", "alice"])["certificate"]["supersedes"],
        new["serial_number"]
    );
}

#[test]
fn the_old_certificate_logs_in_during_the_overlap_and_not_after_it() {
    let authority = Authority::init(&[]);
    let old = authority.issue_client(&["alice"]);
    let Some(credentials) = authority.credentials(&old) else {
        return;
    };
    authority.pki(&["renew", "alice"]).ok();
    let server = Server::start(&authority, &[]);
    let go = |server: &Server| {
        visit(
            &authority,
            server,
            Some(&credentials),
            Tls::V1_3,
            Session::Fresh,
        )
        .unwrap()
    };
    go(&server).assert_judged(200, "accepted", None);
    let listed = |offset: &str| {
        let words = ["list", "alice", "--status", "revoked", "--json"];
        authority
            .pki_at(offset, &words)
            .map(|listed| listed.ok().json())
    };
    let Some(before) = listed("+6d") else { return };
    assert_eq!(before["certificates"].as_array().unwrap().len(), 0);
    let after = listed("+8d").unwrap();
    assert_eq!(
        after["certificates"][0]["serial_number"],
        old.certificate["serial_number"]
    );
    assert_eq!(after["certificates"][0]["reason_code"], "superseded");
}

#[test]
fn the_old_certificate_is_refused_at_once_where_it_is_revoked_with_the_renewal() {
    let authority = Authority::init(&[]);
    let old = authority.issue_client(&["alice"]);
    let Some(credentials) = authority.credentials(&old) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let new = authority.client(&authority.json(&["renew", "alice", "--revoke-old"]));
    let refused = visit(
        &authority,
        &server,
        Some(&credentials),
        Tls::V1_3,
        Session::Fresh,
    )
    .unwrap();
    refused.assert_judged(403, "refused", Some("revoked"));
    let renewed = authority.credentials(&new).unwrap();
    let accepted = visit(
        &authority,
        &server,
        Some(&renewed),
        Tls::V1_3,
        Session::Fresh,
    )
    .unwrap();
    accepted.assert_judged(200, "accepted", None);
}

#[test]
fn a_server_is_renewed_in_its_place_and_a_request_by_its_own_key() {
    let authority = Authority::init(&[]);
    authority
        .pki(&["issue-server", "www.example.org", "example.org"])
        .ok();
    let renewed = authority.json(&["renew", "www.example.org"]);
    let fullchain = authority.path("ca-data/servers/www.example.org/fullchain.pem");
    assert_eq!(
        show(&authority, &renewed["certificate"])["subject_alt_names"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let in_place = authority.json(&["show", path_text(&fullchain)]);
    assert_eq!(
        in_place["serial_number"],
        renewed["certificate"]["serial_number"]
    );
    let words = [
        "req",
        "-new",
        "-noenc",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ];
    let files = [
        "-subj",
        "/CN=other",
        "-keyout",
        "device.key",
        "-out",
        "device.csr",
    ];
    let Some(made) = authority.openssl(&[&words[..], &files].concat()) else {
        return;
    };
    made.ok();
    let csr = authority.path("device.csr");
    // No chain takes a place beside the key of another.
    let before = Tree::of(authority.home());
    let words = [
        "renew",
        "www.example.org",
        "--csr",
        path_text(&csr),
        "--json",
    ];
    let refused = authority.pki(&words).exits(1).json();
    assert_eq!(refused["error"]["kind"], "not-permitted", "{refused:#}");
    before.assert_unchanged(authority.home(), "a key of another");
    let elsewhere = [&words[..], &["--out", "web.pem"]].concat();
    assert_eq!(authority.pki(&elsewhere).ok().json()["path"], "web.pem");
    authority.pki(&["verify-store"]).ok();
    authority
        .pki(&[
            "sign-csr",
            path_text(&csr),
            "--profile",
            "client",
            "--name",
            "device",
        ])
        .ok();
    let renewed = authority.json(&["renew", "device", "--csr", path_text(&csr)]);
    assert_eq!(renewed["certificate"]["subject"], "CN=device");
    assert!(renewed["path"].is_string());
}

#[test]
fn needs_renewal_answers_by_its_exit_code() {
    let authority = Authority::init(&[]);
    authority.issue_client(&["alice", "--validity", "30d"]);
    authority.pki(&["needs-renewal", "alice"]).exits(1);
    authority
        .pki(&["needs-renewal", "alice", "--within", "29d"])
        .exits(1);
    authority
        .pki(&["needs-renewal", "alice", "--within", "31d"])
        .exits(0);
    authority.pki(&["needs-renewal", "bob"]).exits(2);
    let slip = ["needs-renewal", "alice", "--within", "5"];
    authority.pki(&slip).exits(255);
    authority.pki(&["needs-renewal"]).exits(255);
    let nowhere = authority.path("nowhere");
    authority
        .pki(&["needs-renewal", "alice", "--ca-data", path_text(&nowhere)])
        .exits(255);
    if let Some(later) = authority.pki_at("+25d", &["needs-renewal", "alice"]) {
        later.exits(0);
    }
}

#[test]
fn a_hold_is_lifted_and_no_other_revocation() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    authority.pki(&["unrevoke", "alice"]).exits(1);
    authority
        .pki(&["revoke", "alice", "--yes", "--reason", "certificateHold"])
        .ok();
    assert_eq!(show(&authority, &alice.certificate)["status"], "revoked");
    authority.pki(&["unrevoke", "alice"]).ok();
    assert_eq!(show(&authority, &alice.certificate)["status"], "valid");
    authority
        .pki(&["revoke", "alice", "--yes", "--reason", "keyCompromise"])
        .ok();
    authority.pki(&["unrevoke", "alice"]).exits(1);
    assert_eq!(
        show(&authority, &alice.certificate)["reason_code"],
        "keyCompromise"
    );
}
