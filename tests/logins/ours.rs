//! `pki login`, our own client.

use serde_json::Value;

use crate::support::process::finish;
use crate::support::{Authority, Client, Finished, Server};

/// `pki login` with the bundle's password in the environment.
pub(super) fn login(
    authority: &Authority,
    server: &Server,
    client: &Client,
    more: &[&str],
) -> Finished {
    let name = client.certificate["name"].as_str().unwrap();
    let words = [&["login", name, &server.https, "--json"], more].concat();
    finish(
        authority
            .locked_command(&words)
            .env("PKI_BUNDLE_PASSWORD", &client.password),
    )
}

#[test]
fn a_login_reports_the_verdict_the_session_and_that_both_ends_agree() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    for (version, protocol) in [("1.2", "TLSv1.2"), ("1.3", "TLSv1.3")] {
        let document = login(&authority, &server, &alice, &["--tls", version])
            .ok()
            .json();
        assert_eq!(document["verdict"], "accepted");
        assert_eq!(document["reason"], Value::Null);
        assert_eq!(document["alert"], Value::Null);
        assert_eq!(document["exporter_matches"], true);
        assert_eq!(document["session"]["protocol"], protocol);
        assert_eq!(document["server_certificate"]["subject"], "CN=localhost");
    }
    let document = login(&authority, &server, &alice, &[]).ok().json();
    assert_eq!(document["session"]["key_exchange_group"], "X25519MLKEM768");
}

#[test]
fn what_the_client_tells_that_it_signed_is_the_transcript_under_the_words_of_its_version() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    for version in ["1.2", "1.3"] {
        let told = login(&authority, &server, &alice, &["--tls", version]);
        let told = &told.ok().json()["handshake"];
        assert_eq!(told["complete"], true);
        assert_eq!(told["client_certificate"][0]["subject"], "CN=alice");
        assert_eq!(told["server_certificate"][0]["subject"], "CN=localhost");
        let signed = &told["client_signature"];
        assert_eq!(signed["over"], "transcript");
        let (context, hash) = match version {
            "1.3" => ("TLS 1.3, client CertificateVerify".into(), "SHA-384"),
            _ => (Value::Null, "SHA-256"),
        };
        assert_eq!(signed["context"], context);
        assert_eq!(signed["hash"], hash);
        let octets = signed["hash_value"].as_str().unwrap().len() / 2;
        assert_eq!(octets, if hash == "SHA-384" { 48 } else { 32 });
    }
}

#[test]
fn a_refused_handshake_is_told_up_to_the_alert() {
    let authority = Authority::init(&[]);
    let bob = authority.issue_client(&["bob"]);
    authority.pki(&["revoke", "bob", "--yes"]).ok();
    let server = Server::start(&authority, &["--client-auth", "required"]);
    let file = bob.bundle.to_str().unwrap();
    for version in ["1.2", "1.3"] {
        let words = ["login", "--bundle", file, &server.https, "--tls", version];
        let go = |more: &[&str]| {
            let mut command = authority.locked_command(&[&words[..], more].concat());
            finish(command.env("PKI_BUNDLE_PASSWORD", &bob.password)).exits(1)
        };
        let told = &go(&["--json"]).json()["handshake"];
        assert_eq!(told["alert"], "certificate_revoked", "{version}");
        assert_eq!(told["client_finished"], true, "{version}");
        assert_eq!(told["client_certificate"][0]["subject"], "CN=bob");
        let text = go(&["--resume"]);
        let out = text.out();
        let finished = out.find("Finished: client to server").unwrap();
        let alert = out.find("Alert: server to client").unwrap();
        assert!(finished < alert, "{out}");
        assert!(
            text.err().contains("there was no second one"),
            "{}",
            text.err()
        );
    }
}

#[test]
fn a_login_that_resumes_tells_what_it_kept_and_what_it_renewed() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    for version in ["1.2", "1.3"] {
        let options = ["--tls", version, "--resume"];
        let document = login(&authority, &server, &alice, &options).ok().json();
        assert_eq!(document["session"]["resumed"], true);
        assert_eq!(document["exporter_matches"], true);
        let earlier = &document["handshake"]["resumes"];
        for value in ["client_random", "server_random", "exporter_sha256"] {
            assert_eq!(earlier[value].as_str().map(str::len), Some(64), "{value}");
            assert_ne!(earlier[value], document["session"][value], "{value}");
        }
    }
    let words = ["login", "alice", &server.https, "--resume"];
    let mut command = authority.locked_command(&words);
    let told = finish(command.env("PKI_BUNDLE_PASSWORD", &alice.password)).ok();
    for part in ["The handshake, in order", "kept: ", "renewed: ", "then  "] {
        assert!(told.out().contains(part), "{part}: {}", told.out());
    }
    let brief = [&words[..], &["--brief"]].concat();
    let mut command = authority.locked_command(&brief);
    let told = finish(command.env("PKI_BUNDLE_PASSWORD", &alice.password)).ok();
    assert!(!told.out().contains("in order"), "{}", told.out());
}

#[test]
fn a_refused_login_exits_one_with_the_reason_in_optional_mode_and_the_alert_in_required_mode() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let optional = Server::start(&authority, &["--client-auth", "optional"]);
    let required = Server::start(&authority, &["--client-auth", "required"]);
    for version in ["1.2", "1.3"] {
        // The name no longer points to a valid certificate, the file still holds one.
        let file = alice.bundle.to_str().unwrap();
        let say = |server: &Server, more: &[&str]| {
            let words = ["login", "--bundle", file, &server.https, "--tls", version];
            let mut command = authority.locked_command(&[&words, more].concat());
            finish(command.env("PKI_BUNDLE_PASSWORD", &alice.password)).exits(1)
        };
        let go = |server: &Server| say(server, &["--json"]).json();
        let told = go(&optional);
        assert_eq!(told["verdict"], "refused");
        assert_eq!(told["reason"], "revoked");
        assert_eq!(told["alert"], Value::Null);
        let shut_out = go(&required);
        assert_eq!(shut_out["verdict"], "refused");
        assert_eq!(shut_out["reason"], Value::Null);
        assert_eq!(shut_out["alert"], "certificate_revoked", "{shut_out:#}");
        assert_eq!(shut_out.get("meaning"), None, "{shut_out:#}");
        // For people the alert is explained: what it means, and what to do.
        let said = say(&required, &[]).out();
        for row in [
            "alert     ",
            "meaning   ",
            "next      ",
            "or is on hold",
            "Ask whoever keeps the certificate authority",
        ] {
            assert!(said.contains(row), "{row}: {said}");
        }
        assert!(
            said.contains(&format!("pki doctor {}/", required.https)),
            "{said}"
        );
        let said = say(&optional, &[]).out();
        assert!(!said.contains("meaning  "), "{said}");
        let more = format!("{}/refusals/revoked", optional.https);
        assert!(said.contains(&more), "{more}: {said}");
    }
}

#[test]
fn a_server_that_is_not_ours_is_not_logged_in_to() {
    let ours = Authority::init(&[]);
    let alice = ours.issue_client(&["alice"]);
    let theirs = Authority::init(&[]);
    let server = Server::start(&theirs, &[]);
    let refused = login(&ours, &server, &alice, &[]).exits(1);
    assert!(!refused.out().contains("accepted"), "{}", refused.out());
}

#[test]
fn a_login_with_a_wrong_bundle_password_is_refused_before_anything_is_sent() {
    let authority = Authority::init(&[]);
    let mut alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    alice.password.push('x');
    let refused = login(&authority, &server, &alice, &[]).exits(1).json();
    assert_eq!(refused["error"]["kind"], "wrong-passphrase");
}

#[test]
fn a_server_that_is_asked_to_stop_ends_in_good_order_and_frees_its_port() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let address = format!("127.0.0.1:{}", server.port());
    assert_eq!(server.stop(), Some(0));
    std::net::TcpListener::bind(address).unwrap();
}
