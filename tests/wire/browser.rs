//! What Chromium shows of its own connection is what was on the wire.

use super::dissection::Dissection;
use super::names::Suites;
use super::page::{assert_all_shown, shown};
use super::relay::Relay;
use super::{handshake, session};
use crate::support::browser::chromium;
use crate::support::{Authority, Server, finish, path_text, tool};

#[test]
fn chromium_shows_what_was_on_the_wire() {
    // A root that may speak for this machine alone needs no yes.
    let permitted = ["--permit-dns", "localhost", "--permit-ip", "127.0.0.0/8"];
    let authority = Authority::init(&permitted);
    let alice = authority.issue_client(&["alice"]);
    if tool("certutil").is_none() {
        return;
    }
    let words = ["browser", "install", "--bundle", path_text(&alice.bundle)];
    let mut command = authority.command(&words);
    command.env("HOME", authority.path("home"));
    std::fs::create_dir_all(authority.path("home")).unwrap();
    finish(command.env("PKI_BUNDLE_PASSWORD", &alice.password)).ok();
    let Some(suites) = Suites::of_openssl(&authority) else {
        return;
    };
    let keys = authority.path("server.keys");
    let server = Server::start(&authority, &["--keylog", path_text(&keys)]);
    let relay = Relay::before_many(server.port());
    let url = format!("https://localhost:{}", relay.port);
    let Some(page) = chromium(authority.home(), &url, "wire") else {
        return;
    };
    let dom = page.dom();
    assert!(dom.contains("Logged in as"), "{}", page.said());
    let random = shown(&dom, "client_hello.random").remove(0);
    let Some(relayed) = relay.recording_with(&authority, &random) else {
        return;
    };
    let option = format!("tls.keylog_file:{}", keys.display());
    let wire = Dissection::of(&authority, &relayed, &["-o", &option]).unwrap();
    let mut told = handshake::expected(&wire, &suites);
    // Chromium does not tell its own value; that the server's is right is tested with clients that do.
    let exporter = shown(&dom, "session.exporter_sha256").remove(0);
    told["session"] = session::expected(&wire, &suites, &exporter.into());
    assert_eq!(told["session"]["alpn"], "h2");
    let offered = told["client_hello"]["groups"].to_string();
    assert!(offered.contains("GREASE"), "{offered}");
    assert_all_shown(&dom, &told, false);
}
