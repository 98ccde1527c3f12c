//! Life with two issuing CAs, from outside: both generations log in and are checked, until the former CA is revoked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::tls::Session;
use crate::support::{Authority, Credentials, Finished, Server, Tls, path_text, visit};

/// A CA after its rotation, with servers that were started before it, one with the passphrase and one without.
struct Rotated {
    authority: Authority,
    servers: [Server; 2],
    /// Subject, serial number and file of each issuing CA, the former first.
    issuing: [(String, String, PathBuf); 2],
    /// One client of each.
    alice: Credentials,
    bob: Credentials,
}

impl Rotated {
    #[track_caller]
    fn new() -> Option<Self> {
        let authority = Authority::init(&["--name", "Example"]);
        let former = authority.path("former.pem");
        fs::copy(authority.issuing(), &former).unwrap();
        let alice = authority.credentials(&authority.issue_client(&["alice"]))?;
        let servers = [
            Server::start(&authority, &[]),
            Server::start_locked(&authority, &[]),
        ];
        // They know the former CA well before there is another.
        for server in &servers {
            login(&authority, server, &alice).assert_judged(200, "accepted", None);
        }
        let told = authority.json(&["rotate-issuing"]);
        let bob = authority.credentials(&authority.issue_client(&["bob"]))?;
        let of = |key: &str, file| {
            let text = |field: &str| told[key][field].as_str().unwrap().to_owned();
            (text("subject"), text("serial_number"), file)
        };
        Some(Self {
            issuing: [of("before", former), of("issuing", authority.issuing())],
            authority,
            servers,
            alice,
            bob,
        })
    }

    /// OpenSSL's verdict on a client of the CA in this file by the CRLs of the whole chain.
    #[track_caller]
    fn verify(&self, issuing: &Path, client: &Credentials) -> Finished {
        let root = self.authority.root();
        let words = ["verify", "-x509_strict", "-crl_check_all", "-CRLfile"];
        let more = ["crls.pem", "-CAfile", path_text(&root), "-untrusted"];
        let rest = [path_text(issuing), path_text(&client.certificate)];
        let words = [&words[..], &more, &rest].concat();
        self.authority.openssl(&words).unwrap()
    }

    /// Writes the CRLs of all CAs, and says how many there are.
    #[track_caller]
    fn write_crls(&self) -> usize {
        let words = ["crl", "--bundle", "--out", "crls.pem"];
        self.authority.pki(&words).ok();
        let bundle = fs::read_to_string(self.authority.path("crls.pem")).unwrap();
        bundle.matches("BEGIN X509 CRL").count()
    }
}

#[track_caller]
fn login(
    authority: &Authority,
    server: &Server,
    client: &Credentials,
) -> crate::support::tls::Visit {
    visit(authority, server, Some(client), Tls::V1_3, Session::Fresh).unwrap()
}

#[test]
fn servers_from_before_a_rotation_let_both_generations_in_with_the_next_handshake() {
    let Some(rotated) = Rotated::new() else {
        return;
    };
    for server in &rotated.servers {
        for client in [&rotated.bob, &rotated.alice] {
            let visit = login(&rotated.authority, server, client);
            visit.assert_judged(200, "accepted", None);
            let issuers = visit.document["session"]["acceptable_issuers"].clone();
            for (subject, ..) in &rotated.issuing {
                let named = issuers.as_array().unwrap().iter();
                let named = named.filter(|issuer| *issuer == subject).count();
                assert_eq!(named, 1, "{subject}: {issuers:#}");
            }
        }
    }
}

#[test]
fn crls_and_ocsp_speak_for_both_generations() {
    let Some(rotated) = Rotated::new() else {
        return;
    };
    let authority = &rotated.authority;
    let dora = authority.issue_client(&["dora"]);
    let dora = authority.credentials(&dora).unwrap();
    authority.pki(&["revoke", "dora", "--yes"]).ok();
    // Both issuing CAs' and the root's.
    assert_eq!(rotated.write_crls(), 3);
    let [(.., former), (.., current)] = &rotated.issuing;
    rotated.verify(former, &rotated.alice).ok();
    rotated.verify(current, &rotated.bob).ok();
    let refused = rotated.verify(current, &dora).said();
    assert!(refused.contains("certificate revoked"), "{refused}");
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    rotated.write_crls();
    let refused = rotated.verify(former, &rotated.alice).said();
    assert!(refused.contains("certificate revoked"), "{refused}");

    for server in &rotated.servers {
        let url = format!("{}/ocsp", server.http);
        for (issuing, client, status) in [
            (former, &rotated.alice, "revoked"),
            (current, &rotated.bob, "good"),
            (current, &dora, "revoked"),
        ] {
            let words = ["ocsp", "-url", &url, "-CAfile", "ca-data/root.pem"];
            let certificates = ["-issuer", path_text(issuing), "-cert"];
            let certificate = [path_text(&client.certificate)];
            let words = [&words[..], &certificates, &certificate].concat();
            let said = authority.openssl(&words).unwrap().ok().said();
            assert!(said.contains("Response verify OK"), "{said}");
            assert!(said.contains(&format!(": {status}\n")), "{status}: {said}");
        }
    }
}

#[test]
fn revoking_the_former_ca_refuses_its_clients_everywhere_and_only_them() {
    let Some(rotated) = Rotated::new() else {
        return;
    };
    let authority = &rotated.authority;
    let [(_, serial_number, former), (_, current_number, current)] = &rotated.issuing;
    let refused = authority.pki(&["revoke", current_number, "--yes", "--json"]);
    assert_eq!(refused.exits(1).json()["error"]["kind"], "not-permitted");
    let words = ["revoke", serial_number, "--reason", "cACompromise", "--yes"];
    authority.pki(&words).ok();
    for server in &rotated.servers {
        let visit = login(authority, server, &rotated.alice);
        visit.assert_judged(403, "refused", Some("revoked"));
        login(authority, server, &rotated.bob).assert_judged(200, "accepted", None);
    }
    // The root's CRL was made with the revocation, and lists this CA alone.
    let crl = authority.issuer_directory(&authority.root()).unwrap();
    let crl = crl.join("crl.der");
    let words = ["crl", "-inform", "DER", "-noout", "-text", "-in"];
    let printed = authority.openssl(&[&words[..], &[path_text(&crl)]].concat());
    let printed = printed.unwrap().ok().out();
    let listed: Vec<_> = printed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Serial Number: "))
        .map(str::to_lowercase)
        .collect();
    assert_eq!(listed, [serial_number.as_str()], "{printed}");
    assert!(printed.contains("CA Compromise"), "{printed}");
    rotated.write_crls();
    let refused = rotated.verify(former, &rotated.alice).said();
    assert!(refused.contains("certificate revoked"), "{refused}");
    rotated.verify(current, &rotated.bob).ok();
}
