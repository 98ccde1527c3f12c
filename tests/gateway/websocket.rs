//! WebSockets: a connection that changes over, goes on both ways, and ends with its certificate.

use serde_json::json;

use super::{Kind, Site};
use crate::interop::bundles::{nss_database, pk12util};
use crate::pages::looks::Browser;

#[test]
fn messages_go_both_ways_until_one_end_has_finished() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("websocket", "/greeting") else {
        return;
    };
    client.wait_for("open chat true");
    client.wait_for("message hello");
    // The application learns who it is like with every other request.
    site.application.wait_for("upgrade /greeting CN=alice chat");
    client.tell("one");
    client.wait_for("message one");
    client.tell("long 3000000");
    client.wait_for("message 3000000");
    // The client has nothing more to say, but still listens: the application says the last word.
    client.tell("finish");
    let said = client.wait_for_the_end();
    assert!(
        said.trim_end().ends_with("message good bye\nclosed"),
        "{said}"
    );
    site.application.wait_for("end\nclose");
}

#[test]
fn a_revocation_ends_a_websocket() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("websocket", "/") else {
        return;
    };
    client.wait_for("open chat true");
    client.tell("one");
    client.wait_for("message one");
    site.authority.pki(&["revoke", "alice", "--yes"]).ok();
    let said = client.wait_for_the_end();
    assert!(
        said.contains("closed") && !said.contains("good bye"),
        "{said}"
    );
    site.application.wait_for("close");
    site.server.wait_for_log("refused revoked CN=alice");
    let Some(mut again) = site.client("websocket", "/") else {
        return;
    };
    // Node refuses to go on with a page where it wanted to change over.
    assert!(again.wait_for_the_end().contains("status 403"));
    assert_eq!(site.application.count("upgrade"), 1);
}

#[test]
fn an_application_may_refuse_to_change_over_and_nothing_else_is_changed_to() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("websocket", "/refused") else {
        return;
    };
    assert_eq!(client.wait_for_the_end().trim(), "status 400");
    let upgrade = |protocol: &str| {
        format!(
            "GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: {protocol}\r\n\
             HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
        )
    };
    for protocol in ["h2c", "websocket, h2c", "TLS/1.3"] {
        let said = site.answer(&upgrade(protocol));
        assert!(said.contains("HTTP/1.1 200 OK"), "{said}");
        let told = said.to_lowercase();
        assert!(
            !told.contains("\"upgrade\"") && !told.contains("http2-settings"),
            "{said}"
        );
    }
    assert_eq!(
        site.application.count("upgrade"),
        1,
        "the one that was refused"
    );
}

#[test]
fn an_end_of_the_application_ends_the_websocket_and_of_the_server_too() {
    let Some(mut site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let open = |site: &Site| {
        let client = site.client("websocket", "/")?;
        client.wait_for("open chat true");
        Some(client)
    };
    let (Some(mut one), Some(mut other)) = (open(&site), open(&site)) else {
        return;
    };
    one.child.kill().unwrap();
    site.application.wait_for("end");
    let _ = site.application.child.kill();
    assert!(other.wait_for_the_end().contains("closed"));
    site.application = super::Companion::start(std::process::Command::new("true"));
    assert_eq!(site.server.stop(), Some(0));
}

/// Chromium speaks HTTP/2 with the page and opens a connection of HTTP/1.1 for the WebSocket, because RFC 8441 is not offered.
#[test]
fn chromium_opens_a_page_and_a_websocket_with_its_certificate() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(database) = nss_database(&site.authority) else {
        return;
    };
    let bob = site.authority.issue_client(&["bob"]);
    pk12util(&site.authority, &database, &bob).unwrap().ok();
    let say = "new Promise((resolve) => {
        const socket = new WebSocket(`wss://${location.host}/browser`, 'chat');
        socket.onopen = () => socket.send('from a browser');
        socket.onmessage = ({ data }) => resolve({ data, protocol: socket.protocol });
        socket.onerror = () => resolve('failed');
    })";
    let choices = [(site.server.https.clone(), "bob")];
    let jobs = [json!({"name": "page", "url": site.url("/"), "say": say})];
    let Some(found) = Browser::of(&site.authority, &choices).visit(&jobs) else {
        return;
    };
    assert_eq!(found[0]["status"], 200, "{found:#?}");
    assert_eq!(found[0]["protocol"], "h2");
    let said = json!({"data": "from a browser", "protocol": "chat"});
    assert_eq!(found[0]["said"], said, "{}", site.application.said());
    site.application.wait_for("upgrade /browser CN=bob chat");
}
