//! Who is let in, and who is not any more after a revocation.

use std::fs;
use std::path::PathBuf;

use super::visit::greets;
use super::{Running, person};
use crate::support::process::finish_with_input;
use crate::support::{Authority, Credentials, hermetic, tool};

/// In which versions sessions are taken up.
const VERSIONS: [&str; 2] = ["-tls1_2", "-tls1_3"];

/// What becomes of a session.
enum Session {
    Kept,
    TakenUp,
}

/// A session in a file.
fn file(authority: &Authority, version: &str) -> PathBuf {
    authority.path(&format!("session{version}"))
}

/// Whether the application greets Alice in a session that OpenSSL's client keeps or takes up again.
#[track_caller]
fn is_welcome(
    server: &Running,
    authority: &Authority,
    credentials: &Credentials,
    version: &str,
    session: &Session,
) -> Option<(bool, bool)> {
    let mut client = hermetic(tool("openssl")?, authority.home());
    client
        .args(["s_client", "-ign_eof", version, "-servername", "localhost"])
        .args(["-connect", &format!("127.0.0.1:{}", server.port())])
        .arg("-CAfile")
        .arg(authority.root())
        .arg("-cert")
        .arg(&credentials.certificate)
        .arg("-key")
        .arg(&credentials.key)
        .arg("-cert_chain")
        .arg(authority.issuing())
        .arg(match session {
            Session::Kept => "-sess_out",
            Session::TakenUp => "-sess_in",
        })
        .arg(file(authority, version));
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let out = finish_with_input(&mut client, Some(request)).out();
    Some((greets(&out, "alice"), out.contains("Reused, TLS")))
}

/// Alice is let in, in every version and also in a session that she takes up; nobody is without a certificate. After her revocation
/// and a refresh she is not, also in a session from before; and Bob still is.
#[track_caller]
pub(super) fn lets_in_whom_the_ca_lets_in(word: &str) {
    let authority = Authority::init(&[]);
    let (Some(alice), Some(bob)) = (person(&authority, "alice"), person(&authority, "bob")) else {
        return;
    };
    let Some(server) = Running::start(word, &authority, None) else {
        return;
    };
    let visit = |who, more: &[&str]| server.visit(&authority, who, "", more);
    for more in [
        ["--http1.1", "--tls-max", "1.2"],
        ["--http2", "--tls-max", "1.2"],
        ["--http2", "--tls-max", "1.3"],
    ] {
        let Some(answer) = visit(Some(&alice), &more) else {
            return;
        };
        assert!(answer.welcomes("alice"), "{word} {more:?}: {answer:?}");
    }
    let nobody = visit(None, &[]).unwrap();
    assert!(nobody.is_refused(), "{word}: {nobody:?}");
    for version in VERSIONS {
        let session = |session| is_welcome(&server, &authority, &alice, version, &session).unwrap();
        assert_eq!(session(Session::Kept), (true, false), "{word} {version}");
        assert_eq!(session(Session::TakenUp), (true, true), "{word} {version}");
    }
    let revoke = ["revoke", "alice", "--reason", "keyCompromise", "--yes"];
    authority.pki(&revoke).ok();
    server.refresh(&authority);
    let alice_now = visit(Some(&alice), &[]).unwrap();
    assert!(alice_now.is_refused(), "{word}: {alice_now:?}");
    let bob_now = visit(Some(&bob), &[]).unwrap();
    assert!(bob_now.welcomes("bob"), "{word}: {bob_now:?}");
    for version in VERSIONS {
        let later = is_welcome(&server, &authority, &alice, version, &Session::TakenUp);
        assert!(!later.unwrap().0, "{word} {version}");
    }
}

#[test]
fn nginx_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("nginx");
}

#[test]
fn apache_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("apache");
}

#[test]
fn haproxy_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("haproxy");
}

#[test]
fn caddy_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("caddy");
}

#[test]
fn haproxy_knows_an_issuing_ca_whose_name_looks_like_a_comment() {
    let authority = Authority::init(&["--name", "#1"]);
    let Some(alice) = person(&authority, "alice") else {
        return;
    };
    let Some(server) = Running::start("haproxy", &authority, None) else {
        return;
    };
    let issuers = server.directory().join("issuers.txt");
    assert!(fs::read_to_string(issuers).unwrap().starts_with(" #1 "));
    let Some(answer) = server.visit(&authority, Some(&alice), "", &[]) else {
        return;
    };
    assert!(answer.welcomes("alice"), "{answer:?}");
}
