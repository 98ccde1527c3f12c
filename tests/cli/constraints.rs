//! Name constraints: in the certificates, enforced by us, and enforced by OpenSSL against whoever gets past us.

use std::fs;

use crate::support::{Authority, Tree, path_text};

const PERMITTED: [&str; 8] = [
    "--permit-dns",
    "corp.example",
    "--permit-email",
    "corp.example",
    "--permit-ip",
    "10.0.0.0/8",
    "--permit-ip",
    "fd00::/8",
];

#[test]
fn permitted_names_stand_in_the_ca_certificate_as_critical_name_constraints() {
    let authority = Authority::init(&PERMITTED);
    let constrained = [authority.root(), authority.issuing()].iter().any(|file| {
        let printed = authority.openssl(&["x509", "-noout", "-text", "-in", path_text(file)]);
        printed.is_none_or(|printed| {
            let printed = printed.ok().out();
            let mut names = [
                "DNS:corp.example",
                "email:corp.example",
                "IP:10.0.0.0/255.0.0.0",
                "IP:FD00:",
            ]
            .iter();
            printed.contains("X509v3 Name Constraints: critical")
                && names.all(|name| printed.contains(name))
        })
    });
    assert!(constrained);
}

#[test]
fn a_permitted_email_warns_of_servers_on_rustls() {
    let authority = Authority::none();
    let made = authority
        .pki(&["init", "--permit-email", "corp.example"])
        .ok();
    assert!(made.err().contains("rustls"), "{}", made.err());
    let quiet_about_it = Authority::none()
        .pki(&["init", "--permit-dns", "corp.example"])
        .ok();
    assert!(
        !quiet_about_it.err().contains("rustls"),
        "{}",
        quiet_about_it.err()
    );
}

#[test]
fn names_inside_the_constraints_are_issued_and_names_outside_refused() {
    let authority = Authority::init(&PERMITTED);
    authority
        .pki(&["issue-server", "web.corp.example", "10.1.2.3", "fd00::1"])
        .ok();
    authority.pki(&["issue-client", "alice@corp.example"]).ok();
    let before = Tree::of(authority.home());
    for outside in [
        &["issue-server", "web.example.org"][..],
        &["issue-server", "notcorp.example"],
        &["issue-server", "11.1.2.3"],
        &["issue-server", "fe80::1"],
        &["issue-client", "alice", "--email", "alice@example.org"],
        &["issue-client", "mallory@example.org"],
    ] {
        let refused = authority
            .pki(&[outside, &["--json"]].concat())
            .exits(1)
            .json();
        assert_eq!(refused["error"]["kind"], "not-permitted", "{outside:?}");
    }
    before.assert_unchanged(authority.home(), "refused names");
}

#[test]
fn a_person_whom_openssl_takes_for_a_host_outside_is_warned_of_and_nobody_else() {
    let authority = Authority::init(&PERMITTED);
    let is_warned_of = |said: &str| said.contains("takes");
    for (name, is_outside) in [
        ("alice.smith", true),
        ("alice", false),
        ("alice smith", false),
        ("alice.corp.example", false),
    ] {
        let issued = authority.pki(&["issue-client", name]).ok();
        assert_eq!(is_warned_of(&issued.err()), is_outside, "{}", issued.said());
        let form = ["export", name, "--form", "pem", "--out", "own.pem"];
        authority.pki(&form).ok();
        let words = "verify -purpose sslclient -CAfile ca-data/root.pem -untrusted ca-data/issuing.pem own.pem";
        if let Some(verified) = authority.openssl(&words.split(' ').collect::<Vec<_>>()) {
            assert_eq!(verified.code != Some(0), is_outside, "{}", verified.said());
        }
        fs::remove_file(authority.path("own.pem")).unwrap();
    }
    // In a table too, and under a CA without constraints nowhere.
    fs::write(authority.path("table.csv"), "name\nbob.smith\nbob\n").unwrap();
    fs::create_dir(authority.path("out")).unwrap();
    let words = "issue-clients table.csv --out-dir out --passwords passwords.csv --json";
    let told = authority.pki(&words.split(' ').collect::<Vec<_>>()).ok();
    assert_eq!(told.json()["taken_for_hosts"], 1, "{}", told.said());
    assert!(is_warned_of(&told.err()), "{}", told.said());
    let issued = Authority::init(&[]).pki(&["issue-client", "alice.smith"]);
    assert!(!is_warned_of(&issued.ok().err()));
}

#[test]
fn a_server_that_has_only_addresses_is_trusted_by_openssl_under_constraints() {
    for (constraints, common_name) in [
        (&PERMITTED[..], "CN=server 10.1.2.3"),
        (&["--permit-ip", "10.0.0.0/8"], "CN=server 10.1.2.3"),
        (&[], "CN=10.1.2.3"),
    ] {
        let authority = Authority::init(constraints);
        let issued = authority.json(&["issue-server", "10.1.2.3"]);
        assert_eq!(issued["certificate"]["subject"], common_name);
        // Renewed it is the same.
        let renewed = authority.pki(&["renew", "10.1.2.3", "--json"]).ok();
        assert_eq!(renewed.json()["certificate"]["subject"], common_name);
        assert!(!renewed.err().contains("takes"), "{}", renewed.said());
        let words = "verify -purpose sslserver -verify_ip 10.1.2.3 -CAfile ca-data/root.pem -untrusted ca-data/issuing.pem ca-data/servers/10.1.2.3/fullchain.pem";
        if let Some(verified) = authority.openssl(&words.split(' ').collect::<Vec<_>>()) {
            verified.ok();
        }
    }
}

#[test]
fn openssl_refuses_a_name_outside_the_constraints_that_was_signed_behind_our_back() {
    let authority = Authority::init(&PERMITTED);
    let (issuing, key, root) = (
        authority.issuing(),
        authority.issuing_key(),
        authority.root(),
    );
    let signed = |host: &str| {
        let file = format!("{host}.pem");
        let request = format!("{host}.csr");
        authority
            .openssl(&[
                "req",
                "-new",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-noenc",
                "-keyout",
                "server.key",
                "-out",
                &request,
                "-subj",
                "/CN=server",
            ])?
            .ok();
        fs::write(
            authority.path("server.cnf"),
            format!("subjectAltName = DNS:{host}\n"),
        )
        .unwrap();
        authority
            .openssl(&[
                "x509",
                "-req",
                "-in",
                &request,
                "-out",
                &file,
                "-days",
                "9",
                "-extfile",
                "server.cnf",
                "-CA",
                path_text(&issuing),
                "-CAkey",
                path_text(&key),
                "-passin",
                "env:PASSPHRASE",
            ])?
            .ok();
        authority.openssl(&[
            "verify",
            "-CAfile",
            path_text(&root),
            "-untrusted",
            path_text(&issuing),
            &file,
        ])
    };
    let Some(inside) = signed("web.corp.example") else {
        return;
    };
    inside.ok();
    let outside = signed("web.example.org").unwrap();
    assert_ne!(outside.code, Some(0));
    assert!(
        outside.err().contains("permitted subtree violation"),
        "{}",
        outside.err()
    );
}
