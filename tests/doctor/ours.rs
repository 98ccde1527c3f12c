//! `pki serve`, and ports where nobody speaks TLS.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::Ward;
use crate::support::{Authority, Server, finish, path_text, tool};

fn port(server: &Server) -> u16 {
    server.port().parse().unwrap()
}

#[test]
fn our_server_asks_optionally_and_says_who_is_refused() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let told = ward.doctor_as_alice(port(&server), "/", 0);
    told.asks("optional", "optional")
        .answers(401, 401)
        .offers(None);
    told.logs_in(&["accepted", "accepted"]);
    told.does_not_find("only-the-root-named")
        .does_not_find("open-to-all");
    assert_eq!(told.document["server"]["application_protocol"], "h2");
    ward.authority.pki(&["revoke", "alice", "--yes"]).ok();
    // Without a valid certificate in the inventory nothing is left to be offered.
    ward.doctor(port(&server), "/", 3)
        .prevented_by(&["no-candidate"]);
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    let url = format!("https://localhost:{}/", port(&server));
    let password = ward.password_file("alice", &ward.alice.password);
    let words = [
        &url,
        "--as",
        serial,
        "--password-file",
        password.to_str().unwrap(),
    ];
    let told = ward.run(&words, 3);
    told.logs_in(&["refused", "refused"])
        .prevented_by(&["refused-as-revoked"]);
    assert_eq!(told.document["logins"][0]["status"], 403);
    // Our own server says why, at any path.
    assert_eq!(told.document["logins"][0]["reason"], "revoked");
    told.does_not_find("crl-may-be-expired");
}

#[test]
fn one_that_was_renewed_is_let_in_until_its_overlap_ends_and_that_is_right() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    ward.authority.pki(&["renew", "alice"]).ok();
    let serial = ward.alice.certificate["serial_number"].as_str().unwrap();
    let url = format!("https://localhost:{}/", port(&server));
    let password = ward.password_file("alice", &ward.alice.password);
    let words = [&url, "--as", serial, "--password-file"];
    let words = [&words[..], &[password.to_str().unwrap()]].concat();
    let told = ward.run(&words, 0);
    told.logs_in(&["accepted", "accepted"])
        .does_not_find("revocation-not-checked");
}

#[test]
fn our_server_that_requires_one_is_told_by_its_alerts() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &["--client-auth", "required"]);
    let told = ward.doctor_as_alice(port(&server), "/", 0);
    told.asks("required", "required");
    told.logs_in(&["accepted", "accepted"]);
    let without = &told.document["versions"][1]["without_certificate"];
    assert_eq!(without["alert"], "certificate_required");
    assert!(without["message"].as_str().unwrap().len() > 10);
}

#[test]
fn a_port_that_speaks_http_without_tls_is_told_so() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let plain: u16 = server.http.rsplit(':').next().unwrap().parse().unwrap();
    let told = ward.run(&[&format!("https://127.0.0.1:{plain}/")], 3);
    told.asks("", "").prevented_by(&["plain-http"]);
    assert_eq!(
        told.document["server"]["certificate"],
        serde_json::Value::Null
    );
}

#[test]
fn a_port_that_speaks_something_else_is_told_so_and_a_closed_one_is_an_error() {
    let ward = Ward::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    // It answers whoever comes until it is told to end, however many come.
    let done = Arc::new(AtomicBool::new(false));
    let speaking = std::thread::spawn({
        let done = done.clone();
        move || {
            for stream in listener.incoming() {
                if done.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever has gone again does not read it.
                let _ = stream.unwrap().write_all(b"SSH-2.0-nobody\r\n");
            }
        }
    });
    let told = ward.doctor(port, "/", 3);
    told.prevented_by(&["not-tls"]);
    done.store(true, Ordering::SeqCst);
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    speaking.join().unwrap();
    // Now nobody listens there any more.
    let url = format!("https://localhost:{port}/");
    let refused = ward.authority.pki(&["doctor", "--json", &url]).exits(1);
    assert_eq!(refused.json()["error"]["kind"], "network");
}

#[test]
fn every_key_is_always_there() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let told = ward.doctor_as_alice(port(&server), "/", 0);
    let whole = &told.document;
    let plain: u16 = server.http.rsplit(':').next().unwrap().parse().unwrap();
    let bare = ward
        .run(&[&format!("https://127.0.0.1:{plain}/")], 3)
        .document;
    same_keys("", whole, &bare);
    // Each of a list has the keys of the others, whatever was found.
    for list in ["versions", "candidates", "logins", "findings"] {
        let all = whole[list].as_array().unwrap().iter();
        let all: Vec<_> = all.chain(bare[list].as_array().unwrap()).collect();
        for pair in all.windows(2) {
            same_keys(list, pair[0], pair[1]);
        }
        assert!(!all.is_empty(), "{list}");
    }
}

/// Panics unless both have the same keys, also in the objects within; an object that is nothing has none.
#[track_caller]
fn same_keys(place: &str, one: &Value, other: &Value) {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else {
        return;
    };
    let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(one), keys(other), "{place}");
    for (key, value) in one {
        same_keys(&format!("{place}/{key}"), value, &other[key]);
    }
}

#[test]
fn the_text_tells_the_verdict_first_and_never_the_password() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let url = format!("https://localhost:{}/", port(&server));
    let mut command = ward.authority.command(&["doctor", &url, "--as", "alice"]);
    command.env("PKI_BUNDLE_PASSWORD", &ward.alice.password);
    let said = finish(&mut command).ok();
    let out = said.out();
    assert!(out.starts_with("Verdict:  a login would work"), "{out}");
    for heading in ["Server", "Request", "Certificates", "Logins", "Findings"] {
        assert!(out.lines().any(|line| line == heading), "{heading}: {out}");
    }
    assert!(!said.said().contains(&ward.alice.password));
}

#[test]
fn what_lies_in_a_browsers_database_is_looked_at_too() {
    let ward = Ward::new();
    for needed in ["certutil", "pk12util"] {
        if tool(needed).is_none() {
            return;
        }
    }
    let server = Server::start(&ward.authority, &[]);
    let before = ward.doctor(port(&server), "/", 0);
    before.finds("not-imported").finds("root-not-installed");
    let password = ward.password_file("alice", &ward.alice.password);
    let home = ward.authority.path(".pki/nssdb");
    std::fs::create_dir_all(&home).unwrap();
    let install = [
        "browser",
        "install",
        "alice",
        "--unconstrained",
        "--password-file",
        path_text(&password),
    ];
    ward.authority.pki(&install).ok();
    let told = ward.doctor(port(&server), "/", 0);
    told.does_not_find("not-imported")
        .does_not_find("root-not-installed");
    let candidates = told.document["candidates"].as_array().unwrap();
    let found = candidates
        .iter()
        .find(|it| it["place"] == "database")
        .unwrap();
    assert_eq!(found["certificate"]["name"], "alice");
    assert_eq!(found["owner"], "Chromium");
    assert_eq!(
        found["offers"],
        serde_json::json!([
            {"browser": "chromium", "offered": true, "reason": null, "message": null, "hint": null}
        ])
    );
    let stores = told.document["server"]["stores"].as_array().unwrap();
    let trusting = stores.iter().find(|it| it["store"] == "nss").unwrap();
    assert_eq!(trusting["trusted"], true);
}

#[test]
fn a_bundle_is_enough_where_there_is_no_ca() {
    let ward = Ward::new();
    let server = Server::start(&ward.authority, &[]);
    let nobody = Authority::none();
    let bundle = nobody.path("alice.p12");
    std::fs::copy(&ward.alice.bundle, &bundle).unwrap();
    let url = format!("https://localhost:{}/", port(&server));
    let mut command = nobody.command(&["doctor", "--json", &url, "--bundle", path_text(&bundle)]);
    command.env("PKI_BUNDLE_PASSWORD", &ward.alice.password);
    let told = super::Told::read(&finish(&mut command).exits(0));
    told.offers(None).logs_in(&["accepted", "accepted"]);
    assert_eq!(told.document["server"]["anchor"], "this-authority");
    assert_eq!(told.document["candidates"][0]["path"], path_text(&bundle));
    // It made nothing there.
    assert!(!nobody.data().exists());
}

#[test]
fn a_password_file_without_a_bundle_is_a_mistake_on_the_command_line() {
    let nobody = Authority::none();
    let words = [
        "doctor",
        "https://localhost:1/",
        "--password-file",
        "password",
    ];
    nobody.pki(&words).exits(2);
}
