//! CRLs over HTTP, fetched with curl and read with OpenSSL: whoever signs them, a running server publishes the newest.

use std::fs;

use crate::support::process::wait_for;
use crate::support::{Authority, Client, Server, finish, hermetic, tool};

/// What was fetched.
struct Fetched {
    status: String,
    entity_tag: String,
    /// The CRL as OpenSSL prints it; nothing where there was no content.
    text: String,
}

/// Fetches the issuing CA's CRL, unless it is still the one with this entity tag; none where a tool is missing.
#[track_caller]
fn fetch(authority: &Authority, server: &Server, known: Option<&str>) -> Option<Fetched> {
    let file = authority.path("fetched.crl");
    let _ = fs::remove_file(&file);
    let url = format!("{}/crl/issuing.crl", server.http);
    let mut curl = hermetic(tool("curl")?, authority.home());
    curl.args(["--silent", "--show-error", "--output"])
        .arg(&file);
    curl.args(["--write-out", "%{http_code} %header{etag}", &url]);
    if let Some(tag) = known {
        curl.args(["--header", &format!("If-None-Match: {tag}")]);
    }
    let told = finish(&mut curl).ok().out();
    let (status, entity_tag) = told.split_once(' ').expect("a status and a tag");
    let text = match file.is_file() {
        true => {
            let words = [
                "crl",
                "-inform",
                "DER",
                "-noout",
                "-text",
                "-in",
                "fetched.crl",
            ];
            authority.openssl(&words)?.ok().out()
        }
        false => String::new(),
    };
    Some(Fetched {
        status: status.to_owned(),
        entity_tag: entity_tag.to_owned(),
        text: text.to_lowercase(),
    })
}

fn lists(fetched: &Fetched, client: &Client) -> bool {
    let serial_number = client.certificate["serial_number"].as_str().unwrap();
    fetched.text.contains(serial_number)
}

#[test]
fn an_unlocked_server_publishes_a_new_crl_after_a_revocation_by_a_process_without_the_key() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let Some(before) = fetch(&authority, &server, None) else {
        return;
    };
    assert!(!lists(&before, &alice), "{}", before.text);
    finish(&mut authority.locked_command(&["revoke", "alice", "--yes"])).ok();
    let after = wait_for("the CRL lists alice", || {
        let fetched = fetch(&authority, &server, Some(&before.entity_tag))?;
        (fetched.status == "200").then_some(fetched)
    });
    assert!(lists(&after, &alice), "{}", after.text);
    server.wait_for_log("renewed the CRL of ");
}

#[test]
fn a_locked_server_publishes_the_crl_that_another_command_made_with_the_next_request() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    assert_eq!(Server::start(&authority, &[]).stop(), Some(0));
    let server = Server::start_locked(&authority, &[]);
    let Some(before) = fetch(&authority, &server, None) else {
        return;
    };
    let tag = Some(before.entity_tag.as_str());
    finish(&mut authority.locked_command(&["revoke", "alice", "--yes"])).ok();
    assert_eq!(fetch(&authority, &server, tag).unwrap().status, "304");
    authority.pki(&["crl"]).ok();
    let after = fetch(&authority, &server, tag).unwrap();
    assert_eq!(after.status, "200");
    assert!(lists(&after, &alice), "{}", after.text);
    assert_ne!(after.entity_tag, before.entity_tag);
    let again = fetch(&authority, &server, Some(&after.entity_tag)).unwrap();
    assert_eq!((again.status.as_str(), again.text.as_str()), ("304", ""));
}

#[test]
fn the_end_of_an_overlap_is_in_the_crl_soon_after_it_came() {
    let authority = Authority::init(&[]);
    let old = authority.issue_client(&["alice"]);
    let words = ["renew", "alice", "--overlap", "1h"];
    let new = authority.client(&authority.json(&words));
    let Some((server, clock)) = Server::start_with_clock(&authority, &[]) else {
        return;
    };
    let Some(before) = fetch(&authority, &server, None) else {
        return;
    };
    assert!(!lists(&before, &old), "{}", before.text);
    clock.set("+2h");
    let after = wait_for("the CRL lists the old certificate", || {
        let fetched = fetch(&authority, &server, Some(&before.entity_tag))?;
        (fetched.status == "200").then_some(fetched)
    });
    assert!(
        lists(&after, &old) && !lists(&after, &new),
        "{}",
        after.text
    );
}

#[test]
fn a_server_warns_in_time_of_a_crl_that_it_cannot_renew() {
    let authority = Authority::init(&[]);
    assert_eq!(Server::start(&authority, &[]).stop(), Some(0));
    let Some((server, clock)) = Server::start_locked_with_clock(&authority) else {
        return;
    };
    server.wait_for_log(
        "warning: the CA's key is locked, and nothing is renewed: the first to end is ",
    );
    clock.set("+6d");
    server.wait_for_log("warning: the CRL of CN=");
    server.wait_for_log(" ends 20");
    clock.set("+8d");
    server.wait_for_log(" ended 20");
}
