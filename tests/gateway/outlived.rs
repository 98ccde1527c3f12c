//! What is on its way, one way or both, does not outlive the certificate.

use serde_json::Value;

use super::{Companion, Kind, Site};
use crate::support::process::wait_for;

/// A body in chunks, of which the first one is sent with the head.
fn upload(path: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
    )
}

#[test]
fn a_revocation_ends_a_websocket_of_which_the_client_has_finished_its_half() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("websocket", "/talk") else {
        return;
    };
    client.wait_for("open chat true");
    client.tell("finish");
    site.application.wait_for("end");
    // The other half goes on, well past the time after which it would be judged again.
    let before = client.count("message more");
    wait_for("the application goes on", || {
        (client.count("message more") > before + 30).then_some(())
    });
    site.authority.pki(&["revoke", "alice", "--yes"]).ok();
    assert!(client.wait_for_the_end().contains("closed"));
    site.application.wait_for("close");
    site.server.wait_for_log("refused revoked CN=alice");
}

#[test]
fn a_revocation_ends_a_websocket_of_which_the_application_has_finished_its_half() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let mut raw = Companion::start({
        let mut command = site.raw_command();
        command.arg("half");
        command
    });
    raw.send("GET /half HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    raw.wait_for("half closed");
    raw.send("before");
    site.application.wait_for("part before");
    site.authority.pki(&["revoke", "alice", "--yes"]).ok();
    site.application.wait_for("close");
    site.server.wait_for_log("refused revoked CN=alice");
    wait_for("nothing can be sent any more", || {
        let is_broken = raw.said().contains("broken");
        if !is_broken {
            raw.send("after");
        }
        is_broken.then_some(())
    });
    assert!(!site.application.said().contains("after"));
}

#[test]
fn a_revocation_ends_an_upload_whether_it_was_answered_already_or_not() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for (path, is_answered) in [("/slow-upload", false), ("/beforehand", true)] {
        let mut raw = site.raw();
        let url = site.url(path);
        let Some(mut client) = site.client("upload", path) else {
            return;
        };
        raw.send(&upload(path));
        client.tell("two");
        site.application.wait_for("part one");
        site.application.wait_for("part two");
        if is_answered {
            raw.wait_for("received");
            client.wait_for("status 200\nanswered");
        }
        // It goes on, past the answer.
        raw.send("5\r\nthree\r\n");
        client.tell("four");
        site.application.wait_for("part three");
        site.application.wait_for("part four");
        let hold = ["revoke", "alice", "--yes", "--reason", "certificateHold"];
        site.authority.pki(&hold).ok();
        // Both go on: it is not because they stop that they are broken off.
        wait_for("both are broken off", || {
            raw.tell_perhaps(&Value::from("4\r\nmore\r\n").to_string());
            client.tell_perhaps("more");
            (site.application.count("broken") == 2).then_some(())
        });
        assert!(client.wait_for_the_end().contains("closed"), "{url}");
        let said = raw.wait_for_the_end();
        assert_eq!(said.contains("HTTP/1.1 200"), is_answered, "{said}");
        assert_eq!(site.application.count("whole"), 0);
        site.authority.pki(&["unrevoke", "alice"]).ok();
        site.application.forget();
    }
}

#[test]
fn the_end_of_a_certificate_ends_what_is_on_its_way() {
    let Some((site, clock)) = Site::with_clock(Kind::Python) else {
        return;
    };
    let words = ["bob", "--validity", "1h"];
    let bob = site.authority.issue_client(&words);
    let Some(bob) = site.authority.credentials(&bob) else {
        return;
    };
    let begin = |protocol: &str| {
        let words = [protocol, "--no-buffer", &site.url("/events")];
        let curl = Companion::start(site.curl_command(Some(&bob), &words));
        curl.wait_for("data: 0");
        curl
    };
    let curls = super::passing::PROTOCOLS.map(begin);
    clock.set("+2h");
    for mut curl in curls {
        assert!(curl.wait_for_the_end().contains("curl: ("));
    }
    site.server.wait_for_log("refused expired CN=bob");
    // Another one goes on.
    site.echo(&[]);
}
