//! OpenSSL asks our OCSP responder, and the delegated chain verifies.

use std::fs;

use crate::support::process::finish_with_input;
use crate::support::{Authority, Finished, Server, finish, hermetic, path_text, tool};

use super::KEY_ALGORITHMS;

/// An authority that has been there for 100 days, with a certificate in every state.
pub(super) struct Cast {
    pub(super) authority: Authority,
    /// Name, serial number, and what must be said of it.
    pub(super) certificates: Vec<(&'static str, String, &'static str)>,
}

impl Cast {
    /// Who stands how, as OpenSSL says it.
    const STATES: [(&'static str, &'static str); 5] = [
        ("alice", "good"),
        ("bob", "revoked"),
        ("carol", "revoked"),
        ("dave", "good"),
        ("erin", "revoked"),
    ];

    /// Dave's and Erin's certificates have expired, and Erin's was revoked before.
    #[track_caller]
    pub(super) fn new(init: &[&str]) -> Option<Self> {
        let authority = Authority::none();
        let mut certificates = Vec::new();
        authority.pki_at("-100d", &[&["init"], init].concat())?.ok();
        for (name, state) in Self::STATES {
            let words = ["issue-client", name, "--validity", "90d", "--json"];
            let issued = match name {
                "dave" | "erin" => authority.pki_at("-100d", &words)?,
                _ => authority.pki(&words),
            };
            let serial = issued.ok().json()["certificate"]["serial_number"].clone();
            certificates.push((name, serial.as_str().unwrap().to_owned(), state));
        }
        for (name, reason) in [("bob", "keyCompromise"), ("carol", "certificateHold")] {
            let words = ["revoke", name, "--yes", "--reason", reason];
            authority.pki(&words).ok();
        }
        let words = ["revoke", "erin", "--yes", "--reason", "superseded"];
        authority.pki_at("-50d", &words)?.ok();
        Some(Self {
            authority,
            certificates,
        })
    }

    /// The serial number that belongs to a name.
    pub(super) fn serial(&self, name: &str) -> &str {
        let found = self.certificates.iter().find(|(known, ..)| *known == name);
        &found.unwrap().1
    }

    /// The certificate of a name as a file.
    #[track_caller]
    pub(super) fn file(&self, name: &str) -> String {
        let file = format!("{name}.pem");
        let words = ["export", self.serial(name), "--form", "pem", "--out", &file];
        if !self.authority.path(&file).exists() {
            self.authority.pki(&words).ok();
        }
        file
    }
}

/// `openssl ocsp` about these serial numbers; it verifies the answer up to the root.
#[track_caller]
pub(super) fn ask(
    authority: &Authority,
    server: &Server,
    options: &[&str],
    serials: &[&str],
) -> Option<Finished> {
    let url = format!("{}/ocsp", server.http);
    let mut words = vec!["ocsp", "-issuer", "ca-data/issuing.pem", "-CAfile"];
    words.extend(["ca-data/root.pem", "-url", &url]);
    words.extend(options);
    let serials: Vec<String> = serials.iter().map(|serial| format!("0x{serial}")).collect();
    words.extend(serials.iter().flat_map(|serial| ["-serial", serial]));
    authority.openssl(&words)
}

/// What OpenSSL was told about one serial number: its status and, where it is revoked, the reason.
#[track_caller]
pub(super) fn status(authority: &Authority, server: &Server, serial: &str) -> Option<String> {
    let said = ask(authority, server, &[], &[serial])?.ok();
    assert!(said.err().contains("Response verify OK"), "{}", said.said());
    let out = said.out();
    let status = out.split(": ").nth(1).unwrap().lines().next().unwrap();
    let reason = out
        .split("Reason: ")
        .nth(1)
        .and_then(|rest| rest.lines().next());
    Some(
        [status]
            .into_iter()
            .chain(reason)
            .collect::<Vec<_>>()
            .join(" "),
    )
}

#[test]
fn openssl_is_told_the_state_of_every_certificate_by_a_chain_that_verifies() {
    let Some(cast) = Cast::new(&[]) else { return };
    let server = Server::start(&cast.authority, &[]);
    let never = "0badc0de0badc0de";
    let mut serials: Vec<&str> = cast
        .certificates
        .iter()
        .map(|(_, serial, _)| &**serial)
        .collect();
    serials.push(never);
    // OpenSSL complains where a nonce that it sent is missing or another.
    for options in [
        &[][..],
        &["-no_nonce"],
        &["-sha256"],
        &["-sha384"],
        &["-sha512", "-no_nonce"],
    ] {
        let Some(said) = ask(&cast.authority, &server, options, &serials) else {
            return;
        };
        let said = said.ok();
        assert!(said.err().contains("Response verify OK"), "{}", said.said());
        assert!(!said.err().contains("WARNING"), "{}", said.said());
        for (name, serial, state) in &cast.certificates {
            let line = format!("0x{serial}: {state}\n");
            assert!(said.out().contains(&line), "{name}: {}", said.out());
        }
        assert!(said.out().contains(&format!("0x{never}: unknown\n")));
        for reason in ["keyCompromise", "certificateHold", "superseded"] {
            assert!(said.out().contains(&format!("Reason: {reason}\n")));
        }
    }
}

#[test]
fn openssl_verifies_the_answers_for_a_ca_with_a_key_of_any_algorithm() {
    for algorithm in KEY_ALGORITHMS {
        let authority = Authority::init(&["--key-algorithm", algorithm]);
        let alice = authority.issue_client(&["alice"]);
        let serial = alice.certificate["serial_number"].as_str().unwrap();
        let server = Server::start(&authority, &[]);
        let Some(said) = status(&authority, &server, serial) else {
            return;
        };
        assert_eq!(said, "good", "{algorithm}");
    }
}

#[test]
fn a_revocation_in_another_process_is_in_the_very_next_answer_and_so_is_its_lifting() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let serial = alice.certificate["serial_number"].as_str().unwrap();
    let server = Server::start(&authority, &[]);
    let Some(said) = status(&authority, &server, serial) else {
        return;
    };
    assert_eq!(said, "good");
    let told = |words: &[&str]| {
        authority.pki(words).ok();
        status(&authority, &server, serial).unwrap()
    };
    let hold = ["revoke", "alice", "--yes", "--reason", "certificateHold"];
    assert_eq!(told(&hold), "revoked certificateHold");
    assert_eq!(told(&["unrevoke", "alice"]), "good");
    // A reason that is unspecified is not told.
    let words = ["revoke", "alice", "--yes", "--reason", "unspecified"];
    assert_eq!(told(&words), "revoked");
}

#[test]
fn a_server_without_the_passphrase_answers_from_init_on_and_says_until_when() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let serial = alice.certificate["serial_number"].as_str().unwrap();
    // The server's own certificate is the one thing that it cannot do without.
    Server::start(&authority, &[]).stop();
    let server = Server::start_locked(&authority, &[]);
    let said = "the CA's key is locked, and nothing is renewed: the first to end is ";
    server.wait_for_log(said);
    let Some(said) = status(&authority, &server, serial) else {
        return;
    };
    assert_eq!(said, "good");

    let key = authority.path("ca-data/ocsp.key.pem");
    let first = fs::read(&key).unwrap();
    assert!(!first.windows(9).any(|window| window == b"ENCRYPTED"));
    fs::remove_file(&key).unwrap();
    let asked = ask(&authority, &server, &[], &[serial]).unwrap();
    assert!(asked.said().contains("trylater"), "{}", asked.said());

    // Any command with the passphrase makes a new one, and the very next answer is signed by it.
    authority.issue_client(&["bob"]);
    assert_ne!(fs::read(&key).unwrap(), first);
    assert_eq!(status(&authority, &server, serial).unwrap(), "good");
}

#[test]
fn a_responder_that_another_process_renewed_signs_the_very_next_answer() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let serial = alice.certificate["serial_number"].as_str().unwrap();
    let Some((server, clock)) = Server::start_with_clock(&authority, &[]) else {
        return;
    };
    let responder = || {
        // What OpenSSL makes of a time to come is no matter here; the answer verified above.
        let asked = ask(&authority, &server, &["-noverify", "-resp_text"], &[serial]).unwrap();
        let said = asked.out();
        let id = said.split("Responder Id: ").nth(1).expect("an answer");
        id.lines().next().unwrap().to_owned()
    };
    let first = responder();
    clock.set("+5d");
    assert_eq!(responder(), first);
    let words = ["issue-client", "bob", "--json"];
    authority.pki_at("+5d", &words).unwrap().ok();
    assert_ne!(responder(), first);
    // By then the first one has ended.
    clock.set("+9d");
    assert_ne!(responder(), first);
}

#[test]
fn a_certificate_of_another_ca_is_refused_as_unauthorized() {
    let (authority, other) = (Authority::init(&[]), Authority::init(&[]));
    let server = Server::start(&authority, &[]);
    let url = format!("{}/ocsp", server.http);
    let issuer = other.issuing();
    let words = [
        "ocsp",
        "-issuer",
        path_text(&issuer),
        "-serial",
        "1",
        "-url",
        &url,
    ];
    let Some(asked) = authority.openssl(&words) else {
        return;
    };
    assert!(asked.said().contains("unauthorized"), "{}", asked.said());
}

#[test]
fn the_server_staples_its_own_status_and_nothing_where_nobody_can_answer() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let handshake = |version: &str| {
        let mut client = hermetic(tool("openssl")?, authority.home());
        client
            .args(["s_client", "-status", "-servername", "localhost", version])
            .args(["-connect", &format!("127.0.0.1:{}", server.port())])
            .args(["-verify_return_error", "-CAfile", "ca-data/root.pem"]);
        Some(finish_with_input(&mut client, Some(b"")).ok().out())
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let Some(said) = handshake(version) else {
            return;
        };
        assert!(said.contains("OCSP Response Status: successful"), "{said}");
        assert!(said.contains("Cert Status: good"), "{said}");
    }
    authority
        .pki(&["revoke", "pki-serve", "--yes", "--reason", "superseded"])
        .ok();
    let said = handshake("-tls1_3").unwrap();
    assert!(said.contains("Cert Status: revoked"), "{said}");
    fs::remove_file(authority.path("ca-data/ocsp.key.pem")).unwrap();
    let said = handshake("-tls1_3").unwrap();
    assert!(said.contains("OCSP response: no response sent"), "{said}");
}

#[test]
fn curl_with_cert_status_accepts_the_staple() {
    let authority = Authority::init(&[]);
    let server = Server::start(&authority, &[]);
    let Some(curl) = tool("curl") else { return };
    let mut curl = hermetic(curl, authority.home());
    curl.args(["--silent", "--show-error", "--cert-status", "--cacert"])
        .args(["ca-data/root.pem", "--resolve"])
        .arg(format!("localhost:{}:127.0.0.1", server.port()))
        .arg(format!("https://localhost:{}/login.json", server.port()));
    assert!(finish(&mut curl).ok().out().contains("no-certificate"));
}
