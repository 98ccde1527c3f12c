//! curl logs in with the bundle itself, as a script would.

use serde_json::Value;

use crate::support::process::finish_with_input;
use crate::support::{Authority, Client, Server, hermetic, path_text, tool};

/// `GET /login.json` with or without a bundle: the HTTP status and the document.
fn ask(
    authority: &Authority,
    server: &Server,
    client: Option<&Client>,
    more: &[&str],
) -> Option<(String, Value)> {
    let mut curl = hermetic(tool("curl")?, authority.home());
    curl.args(["--silent", "--show-error", "--config", "-", "--cacert"])
        .arg(authority.root())
        .args(["--write-out", "\n%{http_code}"])
        .args(more)
        .arg(format!("{}/login.json", server.https.trim_end_matches('/')));
    // On standard input, so that the password stands in no process list.
    let config = client.map_or(String::new(), |client| {
        let bundle = path_text(&client.bundle);
        format!("cert-type = P12\ncert = \"{bundle}:{}\"\n", client.password)
    });
    let answer = finish_with_input(&mut curl, Some(config.as_bytes()))
        .ok()
        .out();
    let (document, status) = answer.rsplit_once('\n').expect("a status");
    Some((
        status.to_owned(),
        serde_json::from_str(document).expect("JSON"),
    ))
}

#[test]
fn curl_logs_in_with_the_bundle_in_every_http_and_tls_version() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    for (more, protocol, alpn) in [
        (
            &["--http1.1", "--tls-max", "1.2"][..],
            "TLSv1.2",
            "http/1.1",
        ),
        (&["--http2", "--tls-max", "1.2"], "TLSv1.2", "h2"),
        (&["--http1.1", "--tlsv1.3"], "TLSv1.3", "http/1.1"),
        (&["--http2", "--tlsv1.3"], "TLSv1.3", "h2"),
    ] {
        let Some((status, document)) = ask(&authority, &server, Some(&alice), more) else {
            return;
        };
        assert_eq!(status, "200", "{document:#}");
        assert_eq!(document["verdict"], "accepted");
        assert_eq!(document["reason"], Value::Null);
        assert_eq!(document["certificate"]["name"], "alice");
        assert_eq!(document["session"]["protocol"], protocol);
        assert_eq!(document["session"]["alpn"], alpn);
    }
}

#[test]
fn curl_without_a_certificate_is_told_so() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let Some((status, document)) = ask(&authority, &server, None, &[]) else {
        return;
    };
    assert_eq!(status, "401");
    assert_eq!(document["verdict"], "no-certificate");
    assert_eq!(document["certificate"], Value::Null);
}

#[test]
fn curl_is_refused_as_soon_as_the_certificate_is_revoked() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let Some((status, _)) = ask(&authority, &server, Some(&alice), &[]) else {
        return;
    };
    assert_eq!(status, "200");
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let (status, document) = ask(&authority, &server, Some(&alice), &[]).unwrap();
    assert_eq!(status, "403");
    assert_eq!(document["verdict"], "refused");
    assert_eq!(document["reason"], "revoked");
}
