//! A running server follows what other processes do, renews what it can, and says what it cannot.

use std::fs;

use crate::support::{Authority, Client, Finished, Server};

use super::ours::login;

/// The serial number of the certificate that the server presents.
fn presented(authority: &Authority, server: &Server, client: &Client) -> String {
    let document = login(authority, server, client, &[]).ok().json();
    let certificate = &document["server_certificate"];
    certificate["serial_number"].as_str().unwrap().to_owned()
}

#[test]
fn a_server_presents_the_certificate_that_another_process_gave_it_in_the_next_handshake() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    // The first one makes the certificate that the second one, locked, goes on with.
    let unlocked = Server::start(&authority, &[]);
    let locked = Server::start_locked(&authority, &[]);
    let before = presented(&authority, &locked, &alice);
    let renewed = authority.json(&["renew", "pki-serve"]);
    let after = renewed["certificate"]["serial_number"].as_str().unwrap();
    assert_ne!(before, after);
    for server in [&unlocked, &locked] {
        assert_eq!(presented(&authority, server, &alice), after);
    }
    for server in [unlocked, locked] {
        assert_eq!(server.stop(), Some(0));
    }
}

#[test]
fn an_unlocked_server_renews_its_own_certificate_in_time_under_the_same_names() {
    let authority = Authority::init(&[]);
    let options = ["--host", "further.localhost"];
    let Some((server, clock)) = Server::start_with_clock(&authority, &options) else {
        return;
    };
    let chain = authority.path("ca-data/servers/pki-serve/fullchain.pem");
    let before = fs::read(&chain).unwrap();
    // It lives for 397 days and is renewed when a third of that is left.
    clock.set("+270d");
    server.wait_for_log("renewed the certificate of pki serve itself");
    assert_ne!(fs::read(&chain).unwrap(), before);
    let shown = authority.json(&["show", "./ca-data/servers/pki-serve/fullchain.pem"]);
    let names = shown["subject_alt_names"].as_array().unwrap();
    let named = |host: &str| names.iter().any(|name| name["value"] == host);
    assert!(
        named("further.localhost") && named("localhost"),
        "{names:?}"
    );
    assert_eq!(server.logged("warning: this server's own certificate"), 0);
}

#[test]
fn a_locked_server_says_what_it_will_not_renew_and_warns_again_when_that_runs_out() {
    let authority = Authority::init(&[]);
    assert_eq!(Server::start(&authority, &[]).stop(), Some(0));
    let chain = authority.path("ca-data/servers/pki-serve/fullchain.pem");
    let before = fs::read(&chain).unwrap();
    let Some((server, clock)) = Server::start_locked_with_clock(&authority) else {
        return;
    };
    let shown = authority.json(&["show", "pki-serve"]);
    let ends = shown["not_after"].as_str().unwrap();
    // Nothing is near its end: one line says what comes first.
    let locked = "warning: the CA's key is locked, and nothing is renewed: ";
    server.wait_for_log(&format!("{locked}the first to end is "));
    assert_eq!(server.logged("warning: "), 1, "{}", server.log());
    clock.set("+390d");
    let warning = "warning: this server's own certificate";
    server.wait_for_log(&format!("{warning} ends {ends}: "));
    clock.set("+398d");
    server.wait_for_log(&format!("{warning} ended {ends}: "));
    assert_eq!(server.logged(warning), 2, "{}", server.log());
    assert_eq!(fs::read(&chain).unwrap(), before);
    // Nothing of this is data.
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_server_without_the_passphrase_takes_the_renewal_that_another_command_made() {
    let authority = Authority::none();
    let earlier = |words: &[&str]| authority.pki_at("-300d", words).map(Finished::ok);
    if earlier(&["init"]).is_none() {
        return;
    }
    let hosts = ["localhost", "127.0.0.1", "--name", "pki-serve"];
    earlier(&[&["issue-server"], &hosts[..]].concat());
    let alice = earlier(&["issue-client", "alice", "--json"]).unwrap();
    let alice = authority.client(&alice.json());
    let locked = Server::start_locked(&authority, &[]);
    let before = presented(&authority, &locked, &alice);
    // It has the passphrase, finds that less than a third of the certificate's life is left, and ends again.
    assert_eq!(Server::start(&authority, &[]).stop(), Some(0));
    assert_ne!(presented(&authority, &locked, &alice), before);
}
