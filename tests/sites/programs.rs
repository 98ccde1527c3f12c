//! The programs that are the application themselves: whom they let in, and what they do that their TLS library does not.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use super::anchor::Anchor;
use super::kind::Kind;
use super::let_in::lets_in_whom_the_ca_lets_in;
use super::visit::greets;
use super::{Running, Signal, configure, person};
use crate::support::process::wait_for;
use crate::support::{Authority, Credentials, Daemon, PASSPHRASE, finish, hermetic, tool};

#[test]
fn node_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("node");
}

#[test]
fn python_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("python");
}

#[test]
fn java_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("java");
}

#[test]
fn openssl_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("openssl");
}

#[test]
fn gnutls_lets_in_whom_the_ca_lets_in() {
    lets_in_whom_the_ca_lets_in("gnutls");
}

/// What a program that reads its files again by itself must do besides; one start for all of it.
#[track_caller]
fn judges_by_what_it_has_read(word: &str) {
    let authority = Authority::init(&[]);
    let (Some(anchor), Some(alice)) = (Anchor::make(&authority), person(&authority, "alice"))
    else {
        return;
    };
    let Some(server) = Running::start(word, &authority, Some(&anchor.directory)) else {
        return;
    };
    let visit = |who: &Credentials| server.visit(&authority, Some(who), "", &[]);
    takes_no_ca_beneath(&server, &anchor, &visit);
    keeps_what_it_has(&server, &alice, &visit);
    ends_what_was_kept_open(&server, &authority, &alice);
}

type Visit<'a> = dyn Fn(&Credentials) -> Option<super::visit::Answer> + 'a;

/// A CA beneath one of those that issue is none of them; it would be one as soon as it stood in the file of these.
#[track_caller]
fn takes_no_ca_beneath(server: &Running, anchor: &Anchor, visit: &Visit<'_>) {
    let Some(plain) = visit(&anchor.plain) else {
        return;
    };
    assert!(plain.welcomes("alice"), "{plain:?}");
    let deeper = visit(&anchor.deeper).unwrap();
    assert!(deeper.is_refused(), "{deeper:?}");
    let issuing = server.directory().join("issuing.pem");
    let right = fs::read_to_string(&issuing).unwrap();
    let sub = fs::read_to_string(anchor.directory.join("sub.pem")).unwrap();
    fs::write(&issuing, right.clone() + &sub).unwrap();
    server.reload();
    let deeper = visit(&anchor.deeper).unwrap();
    assert!(deeper.welcomes("alice"), "{deeper:?}");
    fs::write(&issuing, right).unwrap();
    server.reload();
}

/// Without CRLs it does not begin to let everybody in, and does not end either.
#[track_caller]
fn keeps_what_it_has(server: &Running, alice: &Credentials, visit: &Visit<'_>) {
    let crls = server.directory().join("crl.pem");
    let right = fs::read(&crls).unwrap();
    for (wrong, said) in [("", 1), ("no CRL", 2)] {
        fs::write(&crls, wrong).unwrap();
        server.refuses_to_read(said);
    }
    let Some(alice) = visit(alice) else { return };
    assert!(alice.welcomes("alice"), "{alice:?}");
    fs::write(&crls, right).unwrap();
}

impl Running {
    /// Lets it read files that it cannot read, for the so manieth time.
    #[track_caller]
    fn refuses_to_read(&self, times: usize) {
        self.server.signal(Signal::HUP);
        wait_for("the older files are kept", || {
            let log = self.log();
            let said = log.matches("goes on with the older files").count();
            (said == times).then_some(())
        });
    }
}

/// Who was let in before a revocation is not heard any more over the connection from then.
#[track_caller]
fn ends_what_was_kept_open(server: &Running, authority: &Authority, alice: &Credentials) {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let mut client = hermetic(openssl, authority.home())
        .args(["s_client", "-quiet", "-servername", "localhost", "-connect"])
        .arg(format!("127.0.0.1:{}", server.port()))
        .arg("-CAfile")
        .arg(authority.root())
        .arg("-cert")
        .arg(&alice.certificate)
        .arg("-key")
        .arg(&alice.key)
        .arg("-cert_chain")
        .arg(authority.issuing())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut to = client.stdin.take().unwrap();
    let mut from = BufReader::new(client.stdout.take().unwrap());
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    to.write_all(request).unwrap();
    let mut line = String::new();
    while !greets(&line, "alice") {
        line.clear();
        assert_ne!(from.read_line(&mut line).unwrap(), 0, "{}", server.log());
    }
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    server.refresh(authority);
    // It may be gone already.
    let _ = to.write_all(request);
    drop(to);
    let mut rest = String::new();
    let _ = from.read_to_string(&mut rest);
    assert!(!greets(&rest, "alice"), "{rest}");
    client.wait().unwrap();
}

#[test]
fn node_judges_by_what_it_has_read() {
    judges_by_what_it_has_read("node");
}

#[test]
fn python_judges_by_what_it_has_read() {
    judges_by_what_it_has_read("python");
}

#[test]
fn java_judges_by_what_it_has_read() {
    judges_by_what_it_has_read("java");
}

#[test]
fn a_refresh_leaves_a_process_alone_that_only_has_the_number_of_the_program() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let directory = configure(Kind::of("node"), &authority, 443, None, None);
    let Some(sleep) = tool("sleep") else { return };
    let log = authority.path("sleep.log");
    let mut command = hermetic(sleep, authority.home());
    let mut other = Daemon::spawn(command.arg("600"), &log, Signal::TERM);
    fs::write(directory.join("pid"), format!("{}\n", other.id())).unwrap();
    let mut refresh = hermetic(directory.join("refresh"), authority.home());
    let refused = finish(refresh.env("PKI_PASSPHRASE", PASSPHRASE)).exits(1);
    assert!(!directory.join(".loaded").exists(), "{}", refused.said());
    assert!(!other.has_ended());
}

#[test]
fn it_is_said_that_gnutls_listens_on_all_addresses_where_one_was_asked_for() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let said = |word, listen| {
        let words = ["server-config", word, "--listen", listen];
        let said = authority.pki(&words).ok().err();
        said.contains("listens on all addresses of this machine")
    };
    assert!(said("gnutls", "127.0.0.1:8443"));
    assert!(!said("gnutls", "0.0.0.0:8443"));
    assert!(!said("openssl", "127.0.0.1:8443"));
}

#[test]
fn openssl_takes_no_ca_beneath() {
    let authority = Authority::init(&[]);
    let Some(anchor) = Anchor::make(&authority) else {
        return;
    };
    let Some(server) = Running::start("openssl", &authority, Some(&anchor.directory)) else {
        return;
    };
    let visit = |who: &Credentials| server.visit(&authority, Some(who), "", &[]);
    let Some(plain) = visit(&anchor.plain) else {
        return;
    };
    assert!(plain.welcomes("alice"), "{plain:?}");
    let deeper = visit(&anchor.deeper).unwrap();
    assert!(deeper.is_refused(), "{deeper:?}");
}
