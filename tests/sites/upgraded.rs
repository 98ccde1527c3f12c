//! What a connection may change over to (RFC 9110 §7.8): a WebSocket, and nothing else, in front of an application that would change
//! over to anything.

use rustix::process::Signal;

use super::{Running, at_each_proxy, person};
use crate::support::process::wait_for;
use crate::support::tools::fixture;
use crate::support::{Authority, Daemon, hermetic, tool};

/// What comes back unchanged where a connection has changed over.
const SAID: &str = "hello there\n";

/// A request to change over, by these lines.
fn request(lines: &str) -> String {
    format!(
        "GET /headers HTTP/1.1\r\nHost: localhost\r\n{lines}\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[test]
fn each_proxy_passes_a_websocket_on_however_it_is_spelled() {
    at_each_proxy("alice", |word, server, authority, alice| {
        for lines in [
            "Connection: Upgrade\r\nUpgrade: websocket",
            // As Firefox writes the one, and RFC 6455 §4.2.1 allows for the other.
            "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket",
        ] {
            let answer = server.converse(authority, alice, [&request(lines), SAID]);
            let Some(answer) = answer else { return };
            assert!(answer.starts_with("HTTP/1.1 101"), "{word}: {answer}");
            assert!(answer.ends_with(SAID), "{word}: {answer}");
        }
    });
}

/// Whether a field names this protocol. The certificate that the application is told of is left out: among some hundred letters of
/// base64 these three come up by chance.
fn names(answer: &str, protocol: &str) -> bool {
    let said = answer.to_lowercase();
    let mut lines = said.lines();
    lines.any(|line| !line.starts_with("x-ssl-client-cert:") && line.contains(protocol))
}

/// What it speaks then no proxy looks at, and in it names and hosts can be anything.
#[track_caller]
fn changes_over_to_nothing_else(word: &str) {
    let authority = Authority::init(&[]);
    let Some(alice) = person(&authority, "alice") else {
        return;
    };
    let Some(server) = Running::start(word, &authority, None) else {
        return;
    };
    for (upgrade, may_be_websocket) in [
        ("Upgrade: h2c", false),
        ("Upgrade: TLS/1.3", false),
        ("Upgrade: websocket2", false),
        ("Upgrade: h2c, websocket", true),
        ("Upgrade: websocket, h2c", true),
        ("Upgrade: h2c\r\nUpgrade: websocket", true),
        ("Upgrade: websocket\r\nUpgrade: h2c", true),
    ] {
        let lines = format!("Connection: close, Upgrade\r\n{upgrade}");
        let answer = server.converse(&authority, &alice, [&request(&lines), SAID]);
        let Some(answer) = answer else { return };
        let has_changed = answer.starts_with("HTTP/1.1 101");
        assert!(
            !has_changed || may_be_websocket,
            "{word}, {upgrade}: {answer}"
        );
        for protocol in ["h2c", "tls/1.3", "websocket2"] {
            let is_named = names(&answer, protocol);
            assert!(!is_named, "{word}, {upgrade}: {answer}");
        }
    }
    // Nor over HTTP/2, where nobody may ask for it (RFC 9113 §8.2.2).
    let words = ["--http2", "--header", "Upgrade: h2c"];
    let answer = server.visit(&authority, Some(&alice), "headers", &words);
    let answer = answer.unwrap();
    assert!(!names(&answer.body, "h2c"), "{word}: {answer:?}");
}

#[test]
fn nginx_changes_over_to_nothing_but_a_websocket() {
    changes_over_to_nothing_else("nginx");
}

#[test]
fn apache_changes_over_to_nothing_but_a_websocket() {
    changes_over_to_nothing_else("apache");
}

#[test]
fn haproxy_changes_over_to_nothing_but_a_websocket() {
    changes_over_to_nothing_else("haproxy");
}

#[test]
fn caddy_changes_over_to_nothing_but_a_websocket() {
    changes_over_to_nothing_else("caddy");
}

/// `pki serve` is asked about requests alone, and a WebSocket is one for as long as it lasts.
#[test]
fn a_refresh_after_a_revocation_ends_the_websockets_that_caddy_holds() {
    let authority = Authority::init(&[]);
    let Some(alice) = person(&authority, "alice") else {
        return;
    };
    let (Some(server), Some(python)) = (Running::start("caddy", &authority, None), tool("python3"))
    else {
        return;
    };
    server.refresh(&authority);
    let mut client = hermetic(python, authority.home());
    client
        .arg(fixture("sites/hold.py"))
        .arg(server.port().to_string())
        .arg(authority.root())
        .args([&alice.certificate, &alice.key]);
    let client = Daemon::spawn(&mut client, &authority.path("held.log"), Signal::TERM);
    wait_for("a WebSocket is open", || {
        client.log().contains("open").then_some(())
    });
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    server.refresh(&authority);
    wait_for("the WebSocket ends", || {
        client.log().contains("closed").then_some(())
    });
    let again = server.visit(&authority, Some(&alice), "", &[]);
    assert!(again.unwrap().is_refused());
}
