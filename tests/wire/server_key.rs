//! The server's private key alone decrypts no session with forward secrecy, though it would have done in older ways.

use std::path::Path;

use super::dissection::Dissection;
use super::names::scheme;
use super::relay::Relay;
use super::{login, requests, run};
use crate::support::tls::{DOCUMENT, Session, visit_by};
use crate::support::{Authority, Server, Tls, path_text};

/// An authority whose server has an RSA key: the only kind with which a key alone could decrypt.
fn with_rsa_server() -> Authority {
    let authority = Authority::init(&[]);
    let names = [
        "localhost",
        "login.localhost",
        "*.login.localhost",
        "127.0.0.1",
        "::1",
    ];
    let options = ["--name", "pki-serve", "--key-algorithm", "rsa-2048"];
    let words = [&["issue-server"], &names[..], &options].concat();
    authority.pki(&words).ok();
    authority
}

fn key_of(authority: &Authority) -> std::path::PathBuf {
    authority.path("ca-data/servers/pki-serve/key.pem")
}

/// How tshark is given a server's private key.
fn with_key(key: &Path) -> [String; 2] {
    [
        "-o".to_owned(),
        format!("uat:rsa_keys:\"{}\",\"\"", key.display()),
    ]
}

#[test]
fn the_servers_key_decrypts_no_login_and_the_sessions_secrets_do() {
    let authority = with_rsa_server();
    let alice = authority.issue_client(&["alice"]);
    let Some(credentials) = authority.credentials(&alice) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let key = with_key(&key_of(&authority));
    let key = key.each_ref().map(String::as_str);
    for tls in Tls::BOTH {
        let version = tls.name().trim_start_matches("TLSv");
        let recording = authority.path(&format!("{version}.pcapng"));
        let (whole, bare) = (
            path_text(&recording),
            authority.path(&format!("{version}.bare")),
        );
        let document = login(
            &authority,
            &alice,
            &[&server.https, "--tls", version, "--pcap", whole],
        );
        let document = document.ok().json();
        assert_eq!(document["session"]["forward_secrecy"], true);
        let Some(wire) = Dissection::of(&authority, &recording, &[]) else {
            return;
        };
        let signed = wire.signature_scheme(false).map(scheme).unwrap();
        assert!(signed.starts_with("rsa_"), "{signed}: not with that key");
        let words = ["--discard-all-secrets", whole, path_text(&bare)];
        if run(&authority, "editcap", &words).is_none() {
            return;
        }
        assert_eq!(
            requests(&authority, &bare, &key).unwrap(),
            [""; 0],
            "{tls:?}"
        );
        assert_eq!(
            requests(&authority, &recording, &[]).unwrap(),
            ["/login.json"]
        );

        let secrets = authority.path(&format!("{version}.keys"));
        let relay = Relay::before(server.port());
        let port = relay.port.clone();
        let words = ["-keylogfile", path_text(&secrets)];
        let visit = visit_by(
            &authority,
            &port,
            Some(&credentials),
            tls,
            Session::Fresh,
            &words,
            &[DOCUMENT],
        );
        visit.unwrap().assert_judged(200, "accepted", None);
        let relayed = relay.recording(&authority, version).unwrap();
        assert_eq!(
            requests(&authority, &relayed, &key).unwrap(),
            [""; 0],
            "{tls:?}"
        );
        let secrets = ["-o", &format!("tls.keylog_file:{}", secrets.display())];
        assert_eq!(
            requests(&authority, &relayed, &secrets).unwrap(),
            ["/login.json"]
        );
    }
}
