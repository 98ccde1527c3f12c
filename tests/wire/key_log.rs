//! `--keylog` on both sides: off unless asked for, said loudly when on, and enough for tshark.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::relay::Relay;
use super::{login, requests};
use crate::support::tls::{DOCUMENT, Session, visit_by};
use crate::support::{Authority, Server, Tls, finish, path_text};

const LOUD: &str = "whoever has the file can decrypt";

fn option(keys: &Path) -> [String; 2] {
    [
        "-o".to_owned(),
        format!("tls.keylog_file:{}", keys.display()),
    ]
}

#[test]
fn tshark_decrypts_a_session_with_the_key_log_of_either_side() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let (ours, theirs) = (authority.path("client.keys"), authority.path("server.keys"));
    let server = Server::start(&authority, &["--keylog", path_text(&theirs)]);
    assert!(server.log().contains(LOUD), "{}", server.log());
    server.wait_for_log("The secrets of every session go to");
    for version in ["1.2", "1.3"] {
        let relay = Relay::before(server.port());
        let url = format!("https://localhost:{}", relay.port);
        let recorded = authority.path(&format!("{version}.pcapng"));
        let logs = ["--keylog", path_text(&ours), "--pcap", path_text(&recorded)];
        let words = [&[&url, "--tls", version], &logs[..]].concat();
        let said = login(&authority, &alice, &words).ok().err();
        assert_eq!(said.matches(LOUD).count(), 2, "{said}");
        let Some(relayed) = relay.recording(&authority, version) else {
            return;
        };
        let read = |options: &[&str]| requests(&authority, &relayed, options).unwrap();
        assert_eq!(read(&[]), [""; 0]);
        for keys in [&ours, &theirs] {
            let option = option(keys);
            assert_eq!(
                read(&option.each_ref().map(String::as_str)),
                ["/login.json"]
            );
            let mode = fs::metadata(keys).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(
            requests(&authority, &recorded, &[]).unwrap(),
            ["/login.json"]
        );
    }
}

#[test]
fn the_servers_key_log_opens_what_a_client_of_others_sent() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let keys = authority.path("server.keys");
    let server = Server::start(&authority, &["--keylog", path_text(&keys)]);
    for tls in Tls::BOTH {
        let relay = Relay::before(server.port());
        let port = relay.port.clone();
        let visit = visit_by(
            &authority,
            &port,
            Some(&alice),
            tls,
            Session::Fresh,
            &[],
            &[DOCUMENT],
        )
        .unwrap();
        visit.assert_judged(200, "accepted", None);
        let Some(relayed) = relay.recording(&authority, tls.name()) else {
            return;
        };
        let option = option(&keys);
        let read = requests(&authority, &relayed, &option.each_ref().map(String::as_str));
        assert_eq!(read.unwrap(), ["/login.json"]);
    }
}

#[test]
fn the_environment_alone_lets_no_secret_out() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let keys = authority.path("keys");
    let server = Server::start_in(&authority, &[], &[("SSLKEYLOGFILE", path_text(&keys))]);
    for version in ["1.2", "1.3"] {
        let words = ["login", "alice", &server.https, "--tls", version];
        let mut command = authority.locked_command(&words);
        command
            .env("PKI_BUNDLE_PASSWORD", &alice.password)
            .env("SSLKEYLOGFILE", &keys);
        let said = finish(&mut command).ok().err();
        assert!(!said.contains("secrets"), "{said}");
    }
    server.wait_for_log("accepted");
    assert!(!server.log().contains("secrets"), "{}", server.log());
    assert!(!keys.exists());
}
