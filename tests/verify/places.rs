//! Where proxies ask, and who may.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::{Passed, Place, serve};
use crate::support::{Authority, Server, path_text};

const SECRET: &str = "correct-horse-battery-staple";

fn secret(authority: &Authority, text: &str, mode: u32) -> String {
    let file = authority.path("verify.secret");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    path_text(&file).to_owned()
}

#[test]
fn an_address_is_asked_with_the_secret_and_no_other() {
    let authority = Authority::init(&[]);
    let Some(credentials) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let file = secret(&authority, &format!("{SECRET}\n"), 0o600);
    let words = [
        "--verify",
        "127.0.0.1:0",
        "--verify-form",
        "traefik",
        "--verify-secret-file",
        &file,
    ];
    let server = Server::start(&authority, &words);
    let place = Place::of(&server);
    let value = Passed::of(&credentials.certificate).base64;
    let certificate = ("X-Forwarded-Tls-Client-Cert", value.as_str());
    let right = ("Pki-Verify-Secret", SECRET);
    assert_eq!(place.connect().ask(&[certificate, right]).status, 200);
    for wrong in [
        &[][..],
        &[("Pki-Verify-Secret", "")],
        &[("Pki-Verify-Secret", "correct-horse-battery-stapl")],
        &[("Pki-Verify-Secret", "correct-horse-battery-staples")],
        &[right, right],
        &[("Pki_Verify_Secret", SECRET)],
    ] {
        // Whoever does not know it learns nothing, not even whether there is a certificate.
        for certificates in [&[certificate][..], &[]] {
            let told = place.connect().ask(&[certificates, wrong].concat());
            assert_eq!(
                (told.status, told.field("Pki-Reason")),
                (403, None),
                "{wrong:?}"
            );
            assert_eq!(told.field("Connection"), Some("close"));
            assert_eq!(told.field("Pki-Name"), None);
        }
    }
    server.wait_for_log("Pki-Verify-Secret does not hold the secret");
    assert!(!server.log().contains(SECRET));
}

#[test]
fn a_socket_may_ask_for_the_secret_too() {
    let authority = Authority::init(&[]);
    let file = secret(&authority, SECRET, 0o600);
    let server = serve(&authority, "pem", &["--verify-secret-file", &file]);
    let mut proxy = Place::of(&server).connect();
    assert_eq!(proxy.ask(&[("Pki-Verify-Secret", SECRET)]).status, 401);
    assert_eq!(proxy.ask(&[]).status, 403);
}

#[test]
fn what_would_let_anybody_ask_is_refused_before_anything_listens() {
    let authority = Authority::init(&[]);
    let good = secret(&authority, SECRET, 0o600);
    let refused = |words: &[&str], code: i32, said: &str| {
        let words = [
            &["serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"],
            words,
        ]
        .concat();
        let finished = authority.pki(&words).exits(code);
        assert!(
            finished.err().contains(said),
            "{words:?}: {}",
            finished.err()
        );
        assert!(!finished.said().contains(SECRET));
    };
    let address = ["--verify", "127.0.0.1:0", "--verify-form", "pem"];
    refused(&address, 2, "--verify-secret-file");
    let open = [
        "--verify",
        "0.0.0.0:0",
        "--verify-form",
        "pem",
        "--verify-secret-file",
        &good,
    ];
    refused(&open, 2, "other machines");
    refused(
        &["--verify", "unix:", "--verify-form", "pem"],
        2,
        "unix:/run/pki/verify.sock",
    );
    refused(&["--verify", "unix:x"], 2, "--verify-form");
    refused(&["--verify-form", "pem"], 2, "--verify");
    refused(&["--verify-secret-file", &good], 2, "--verify");
    let with_secret = [&address[..], &["--verify-secret-file", &good]].concat();
    secret(&authority, SECRET, 0o644);
    refused(&with_secret, 1, "chmod 600");
    secret(&authority, "0123456789abcde\n", 0o600);
    refused(&with_secret, 1, "openssl rand");
    secret(&authority, "", 0o600);
    refused(&with_secret, 1, "openssl rand");
}

#[test]
fn a_socket_is_made_for_its_group_and_is_gone_with_its_server() {
    let authority = Authority::init(&[]);
    let path = authority.path("pem.sock");
    // What a killed server left behind.
    drop(UnixListener::bind(&path).unwrap());
    let server = serve(&authority, "pem", &[]);
    let place = server.verify.clone();
    assert_eq!(
        place.as_deref(),
        Some(format!("unix:{}", path_text(&path)).as_str())
    );
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o660);

    let words = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--verify",
    ];
    let second = [&words[..], &["unix:pem.sock", "--verify-form", "pem"]].concat();
    let refused = authority.pki(&second).exits(1);
    assert!(
        refused.err().contains("another server answers at"),
        "{}",
        refused.err()
    );
    assert_eq!(Place::of(&server).connect().ask(&[]).status, 401);
    assert_eq!(server.stop(), Some(0));
    assert!(!path.exists());

    fs::write(&path, "kept").unwrap();
    let refused = authority.pki(&second).exits(1);
    assert!(refused.err().contains("is no socket"), "{}", refused.err());
    assert_eq!(fs::read(&path).unwrap(), b"kept");
}

#[test]
fn a_server_without_proxies_says_so() {
    let authority = Authority::init(&[]);
    assert_eq!(Server::start(&authority, &[]).verify, None);
}
