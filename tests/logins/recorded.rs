//! Who was here: the last login of a certificate, and the certificates that nobody uses.

use serde_json::Value;

use crate::support::process::wait_for;
use crate::support::{Authority, Client, Server};

use super::ours::login;

fn names(document: &Value) -> Vec<&str> {
    let certificates = document["certificates"].as_array().unwrap();
    let names = certificates.iter().map(|it| it["name"].as_str().unwrap());
    names.collect()
}

/// What `show` tells once so many logins of the certificate were written down.
fn shown(authority: &Authority, client: &Client, logins: usize) -> Value {
    let serial_number = client.certificate["serial_number"].as_str().unwrap();
    wait_for("the logins are written down", || {
        let show = || authority.json(&["show", serial_number]);
        // What is told of one moment is asked piece by piece: one that came in between is told whole the next time.
        (show()["logins"].as_array().unwrap().len() == logins).then(show)
    })
}

#[test]
fn show_tells_the_last_login_and_the_refused_one_after_it() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    assert_eq!(shown(&authority, &alice, 0)["last_login_at"], Value::Null);
    let document = login(&authority, &server, &alice, &[]).ok().json();
    assert_eq!(document["verdict"], "accepted");
    let once = shown(&authority, &alice, 1);
    let at = once["last_login_at"].as_str().unwrap();
    assert_eq!(once["last_login_from"], "127.0.0.1");
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let file = [
        "login",
        "--bundle",
        alice.bundle.to_str().unwrap(),
        &server.https,
    ];
    let mut refused = authority.locked_command(&file);
    crate::support::finish(refused.env("PKI_BUNDLE_PASSWORD", &alice.password)).exits(1);
    let twice = shown(&authority, &alice, 2);
    assert_eq!(twice["last_login_at"], at);
    assert_eq!(twice["logins"][0]["verdict"], "refused");
    assert_eq!(twice["logins"][0]["reason"], "revoked");
    assert_eq!(twice["logins"][1]["at"], at);
    let serial_number = alice.certificate["serial_number"].as_str().unwrap();
    let text = authority.pki(&["show", serial_number]).ok().out();
    let last = text.lines().find(|line| line.starts_with("last login"));
    let last = last.expect("a last login");
    assert!(
        last.contains(at) && last.ends_with("from 127.0.0.1"),
        "{text}"
    );
    assert!(text.contains("refused (revoked) from 127.0.0.1"), "{text}");
    let listed = authority.json(&["list", "alice"]);
    assert_eq!(listed["certificates"][0]["last_login_at"], at);
}

#[test]
fn logins_that_wait_to_be_written_are_written_when_the_server_stops() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &["--client-auth", "required"]);
    for _ in 0..3 {
        login(&authority, &server, &alice, &[]).ok();
    }
    assert_eq!(server.stop(), Some(0));
    let shown = authority.json(&["show", "alice"]);
    assert_eq!(shown["logins"].as_array().unwrap().len(), 3);
}

#[test]
fn who_has_not_been_here_for_long_is_listed_and_who_was_or_is_new_is_not() {
    let authority = Authority::none();
    let Some(made) = authority.pki_at("-100d", &["init"]) else {
        return;
    };
    made.ok();
    let issued = |name: &str| {
        let words = ["issue-client", name, "--json"];
        let document = authority.pki_at("-95d", &words).unwrap().ok().json();
        authority.client(&document)
    };
    let (alice, _, _) = (issued("alice"), issued("bob"), issued("dave"));
    authority.issue_client(&["carol"]);
    authority.pki(&["revoke", "dave", "--yes"]).ok();
    let unused = |duration: &str| authority.json(&["list", "--unused-for", duration]);
    assert_eq!(names(&unused("90d")), ["bob", "alice"]);
    assert_eq!(names(&unused("96d")), [""; 0]);
    let server = Server::start(&authority, &[]);
    login(&authority, &server, &alice, &[]).ok();
    shown(&authority, &alice, 1);
    assert_eq!(names(&unused("90d")), ["bob"]);
    let first = authority.json(&["list", "--unused-for", "90d", "--limit", "1"]);
    assert_eq!(first["next_cursor"], Value::Null);
}
