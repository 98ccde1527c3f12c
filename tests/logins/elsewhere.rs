//! `pki login` at servers of others: what their answers say of the certificate, and what they do not.

use crate::servers::nginx::{NGINX, configuration_with};
use crate::servers::{Revocations, Running};
use crate::support::process::finish;
use crate::support::{Authority, Client, Finished, Server, path_text};

/// An authority with a server's certificate for localhost, and alice.
struct Visitor {
    authority: Authority,
    alice: Client,
}

impl Visitor {
    #[track_caller]
    fn new() -> Self {
        let authority = Authority::init(&["--no-passphrase"]);
        authority.pki(&["issue-server", "localhost"]).ok();
        let alice = authority.issue_client(&["alice"]);
        Self { authority, alice }
    }

    /// Starts nginx with these directives; none where the program is missing.
    #[track_caller]
    fn nginx(&self, directives: &str) -> Option<Running> {
        let configure = |site: &_| configuration_with(site, directives);
        Running::start_with(&NGINX, &self.authority, &Revocations::None, &configure)
    }

    /// What `pki login` says with these words, which it must end with this exit code.
    #[track_caller]
    fn login(&self, words: &[&str], code: i32) -> Finished {
        let words = [&["login", "--brief"], words].concat();
        let mut command = self.authority.locked_command(&words);
        finish(command.env("PKI_BUNDLE_PASSWORD", &self.alice.password)).exits(code)
    }

    /// The directives that ask everybody for a certificate of this CA.
    fn asking(&self) -> String {
        let root = self.authority.root();
        let root = root.display();
        format!("ssl_client_certificate {root}; ssl_verify_client optional; ssl_verify_depth 2;")
    }
}

/// Panics unless each of these is said.
#[track_caller]
fn says(told: &Finished, parts: &[&str]) {
    let said = [told.out(), told.err()].concat();
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[test]
fn a_server_that_failed_has_said_nothing_of_the_certificate() {
    let visitor = Visitor::new();
    let asking = visitor.asking();
    let Some(server) = visitor.nginx(&format!(
        "{asking} location / {{ return 500; }} location /behind {{ return 502; }}"
    )) else {
        return;
    };
    for (path, status) in [("/", "500"), ("/behind", "502")] {
        let url = format!("https://localhost:{}{path}", server.port());
        let told = visitor.login(&["alice", &url], 1);
        let failed = "failed, which says nothing of a certificate";
        says(&told, &[failed, &format!("HTTP {status}"), "meaning"]);
        assert!(!told.out().contains("refused"), "{}", told.out());
        // The document keeps to the words that it has.
        let document = visitor.login(&["alice", &url, "--json"], 1).json();
        assert_eq!(document["verdict"], "refused");
    }
}

#[test]
fn our_gateway_without_its_application_has_said_nothing_of_the_certificate() {
    let visitor = Visitor::new();
    let nobody = ["--upstream", "http://127.0.0.1:1"];
    let server = Server::start(&visitor.authority, &nobody);
    let told = visitor.login(&["alice", &format!("{}/app", server.https)], 1);
    says(&told, &["failed, which says", "HTTP 502"]);
}

#[test]
fn a_reason_that_comes_through_a_server_in_front_is_told_with_what_it_means() {
    let visitor = Visitor::new();
    let asking = visitor.asking();
    let Some(server) = visitor.nginx(&format!(
        "{asking} location / {{ add_header Pki-Reason revoked always; return 403; }}
        location /unheard {{ add_header Pki-Reason because always; return 403; }}
        location /open {{ add_header Pki-Reason revoked always; return 200; }}"
    )) else {
        return;
    };
    let url = |path: &str| format!("https://localhost:{}{path}", server.port());
    let told = visitor.login(&["alice", &url("/")], 1);
    says(&told, &["refused", "reason", "revoked", "HTTP 403"]);
    says(&told, &[&format!("pki doctor {} --as alice", url("/"))]);
    let reason = |path: &str, code| {
        let told = visitor.login(&["alice", &url(path), "--json"], code);
        told.json()["reason"].clone()
    };
    assert_eq!(reason("/", 1), "revoked");
    assert_eq!(reason("/unheard", 1), serde_json::Value::Null);
    assert_eq!(reason("/open", 0), serde_json::Value::Null);
}

#[test]
fn read_more_names_the_certificate_that_was_refused() {
    let visitor = Visitor::new();
    let Some(server) = visitor.nginx(&format!(
        "{} location / {{ return 403; }}",
        visitor.asking()
    )) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let bundle = path_text(&visitor.alice.bundle);
    for (words, more) in [
        (vec!["alice", &url], format!("pki doctor {url} --as alice")),
        (
            vec!["--bundle", bundle, &url],
            format!("pki doctor {url} --bundle {bundle}"),
        ),
        (vec![&url], format!("pki doctor {url}")),
    ] {
        let said = visitor.login(&words, 1).out();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("read more {more} server")), "{said}");
    }
}

#[test]
fn whoever_is_let_in_without_a_certificate_has_proven_nothing_which_is_said() {
    let visitor = Visitor::new();
    let asking = visitor.asking();
    let let_in = "location / { return 204; }";
    let Some(server) = visitor.nginx(&format!("{asking} {let_in}")) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let without = "accepted, without a certificate";
    let told = visitor.login(&[&url], 0);
    says(&told, &[without, "nothing was proven"]);
    let document = visitor.login(&[&url, "--json"], 0).json();
    assert_eq!(document["verdict"], "accepted");
    let told = visitor.login(&["alice", &url], 0);
    assert!(!told.out().contains("without"), "{}", told.out());
    // With a certificate at hand that nobody asks for it is the same.
    let server = visitor.nginx(let_in).unwrap();
    let url = format!("https://localhost:{}/", server.port());
    let told = visitor.login(&["alice", &url], 0);
    says(&told, &[without, "asked for no certificate"]);
    assert_eq!(told.err(), "");
    let told = visitor.login(&["alice", &url, "--json"], 0);
    assert!(
        told.err().contains("asked for no certificate"),
        "{}",
        told.err()
    );
}

#[test]
fn a_port_without_tls_is_told_so() {
    let visitor = Visitor::new();
    let server = Server::start(&visitor.authority, &[]);
    let port = server.http.rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}/");
    let told = visitor.login(&["alice", &url, "--json"], 1).json();
    assert_eq!(
        told["error"]["message"],
        format!("the port of {url} speaks plain HTTP, not TLS")
    );
    let hint = told["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("http://"), "{hint}");
}

#[test]
fn a_certificate_for_other_names_is_told_with_its_names() {
    let visitor = Visitor::new();
    let Some(server) = visitor.nginx("location / { return 204; }") else {
        return;
    };
    let url = format!("https://127.0.0.1:{}/", server.port());
    let told = visitor.login(&["alice", &url, "--json"], 1).json();
    assert_eq!(
        told["error"]["message"],
        "the server's certificate is not for 127.0.0.1, but for localhost"
    );
}
