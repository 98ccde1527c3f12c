//! Which roots could speak for every site: we and OpenSSL agree, and such a root needs a yes.

use std::fs;

use super::CONSTRAINED;
use crate::support::{Authority, path_text, tool};

/// Sites of others: what a root that is confined must not be able to speak for.
const STRANGERS: [&str; 3] = ["DNS:www.example.com", "IP:203.0.113.9", "IP:2001:db8::9"];
const NO_ADDRESS: &str =
    ", excluded;IP:0.0.0.0/0.0.0.0, excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0";

/// A CA that OpenSSL made with these name constraints, taken over.
#[track_caller]
fn imported(constraints: Option<&str>) -> Option<Authority> {
    let authority = Authority::none();
    let configuration = format!(
        "[req]\ndistinguished_name=dn\nx509_extensions=root\n[dn]\n[root]\nbasicConstraints=critical,CA:TRUE\n\
         keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n{}",
        constraints.map_or(String::new(), |text| format!("nameConstraints={text}\n"))
    );
    fs::write(authority.path("root.cnf"), configuration).unwrap();
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 99 -subj /CN=theirs -config root.cnf \
                 -keyout root.key -out root.pem";
    let words: Vec<_> = words.split_whitespace().collect();
    authority.openssl(&words)?.ok();
    authority
        .pki(&["import-ca", "--cert", "root.pem", "--key", "root.key"])
        .ok();
    Some(authority)
}

/// Whether OpenSSL would take a server for one of these, certified by the root's own key past this program.
#[track_caller]
fn openssl_is_fooled(authority: &Authority) -> bool {
    STRANGERS.iter().any(|stranger| {
        let words = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /O=x -keyout x.key -out x.csr";
        let words: Vec<_> = words.split_whitespace().collect();
        authority.openssl(&words).unwrap().ok();
        fs::write(authority.path("x.cnf"), format!("subjectAltName={stranger}\n")).unwrap();
        let words = "x509 -req -in x.csr -CA root.pem -CAkey root.key -days 9 -extfile x.cnf -out x.pem";
        let words: Vec<_> = words.split_whitespace().collect();
        authority.openssl(&words).unwrap().ok();
        let (kind, host) = stranger.split_once(':').unwrap();
        let option = match kind {
            "DNS" => "-verify_hostname",
            _ => "-verify_ip",
        };
        let words = ["verify", "-CAfile", "root.pem", option, host, "x.pem"];
        authority.openssl(&words).unwrap().code == Some(0)
    })
}

#[test]
fn a_root_is_let_in_without_a_word_exactly_where_openssl_takes_no_stranger_from_it() {
    let confined = [
        format!("critical,permitted;DNS:localhost{NO_ADDRESS}"),
        // Who knows the extension obeys it, critical or not.
        format!("permitted;DNS:localhost{NO_ADDRESS}"),
        format!("critical,permitted;DNS:a.example, permitted;email:b.example{NO_ADDRESS}"),
    ];
    let open = [
        None,
        Some("critical,permitted;email:example.org".to_owned()),
        // Addresses are left open.
        Some("critical,permitted;DNS:localhost".to_owned()),
        // All but one domain, and a whole top-level domain.
        Some(format!("critical,excluded;DNS:invalid{NO_ADDRESS}")),
        Some(format!("critical,permitted;DNS:com{NO_ADDRESS}")),
    ];
    let cases = confined.map(|text| (Some(text), true)).into_iter();
    for (constraints, is_confined) in cases.chain(open.map(|text| (text, false))) {
        let Some(authority) = imported(constraints.as_deref()) else {
            return;
        };
        assert_eq!(
            openssl_is_fooled(&authority),
            !is_confined,
            "{constraints:?}"
        );
        let status = authority.json(&["trust", "status"]);
        assert_eq!(
            status["root"]["constrained"], is_confined,
            "{constraints:?}"
        );
    }
}

#[test]
fn a_constraint_of_the_issuing_ca_alone_does_not_confine_the_root() {
    let authority = Authority::none();
    let root = "[req]\ndistinguished_name=dn\n[dn]\n[root]\nbasicConstraints=critical,CA:TRUE\n\
                keyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n[below]\n\
                basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
                authorityKeyIdentifier=keyid\nnameConstraints=critical,permitted;DNS:localhost";
    fs::write(authority.path("root.cnf"), format!("{root}{NO_ADDRESS}\n")).unwrap();
    for words in [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 99 -subj /CN=top -config root.cnf \
         -extensions root -keyout root.key -out root.pem",
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=below -config root.cnf -keyout below.key \
         -out below.csr",
        "x509 -req -in below.csr -CA root.pem -CAkey root.key -days 98 -extfile root.cnf -extensions below -out below.pem",
    ] {
        let words: Vec<_> = words.split_whitespace().collect();
        let Some(made) = authority.openssl(&words) else {
            return;
        };
        made.ok();
    }
    let words = [
        "import-ca",
        "--cert",
        "below.pem",
        "--key",
        "below.key",
        "--chain",
        "root.pem",
    ];
    authority.pki(&words).ok();
    assert!(openssl_is_fooled(&authority));
    let status = authority.json(&["trust", "status"]);
    assert_eq!(status["root"]["subject"], "CN=top");
    assert_eq!(status["root"]["constrained"], false);
}

/// A home with a database of Chromium in it, so that there is a store that can be changed without harm.
#[track_caller]
fn with_a_store(options: &[&str]) -> Option<Authority> {
    let authority = Authority::init(options);
    tool("certutil")?;
    fs::create_dir_all(authority.path(".pki/nssdb")).unwrap();
    Some(authority)
}

#[test]
fn an_unconstrained_root_is_refused_and_the_refusal_says_how_a_constrained_ca_is_made() {
    let Some(authority) = with_a_store(&[]) else {
        return;
    };
    let words = ["trust", "install", "--store", "nss"];
    let refused = authority
        .pki(&[&words[..], &["--json"]].concat())
        .exits(1)
        .json();
    assert_eq!(refused["error"]["kind"], "not-permitted");
    assert!(!authority.path(".pki/nssdb/cert9.db").exists());
    let hint = refused["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("--unconstrained"), "{hint}");
    let made = hint.split(" alone with: pki ").nth(1).unwrap();
    let made: Vec<_> = made.split(' ').collect();
    authority.pki(&made).ok();
    let data = authority.path("constrained-ca");
    let constrained = ["--ca-data", path_text(&data)];
    authority.pki(&[&words[..], &constrained].concat()).ok();
    authority
        .pki(&[&words[..], &["--unconstrained"]].concat())
        .ok();
    // What is taken out needs no yes.
    for more in [&[][..], &constrained] {
        authority
            .pki(&[&["trust", "uninstall", "--store", "nss"], more].concat())
            .ok();
    }
}

#[test]
fn on_a_terminal_a_yes_lets_an_unconstrained_root_in_and_anything_else_does_not() {
    let Some(authority) = with_a_store(&[]) else {
        return;
    };
    let words = ["trust", "install", "--store", "nss"];
    for (answer, code) in [("n", 1), ("", 1), ("y", 0)] {
        let Some(answered) = authority.pki_on_a_terminal(200, answer, &words) else {
            return;
        };
        let said = answered.exits(code).said();
        assert!(said.contains("could speak for every site"), "{said}");
        assert_eq!(
            authority.path(".pki/nssdb/cert9.db").exists(),
            code == 0,
            "{answer:?}"
        );
    }
    let Some(confined) = with_a_store(&CONSTRAINED) else {
        return;
    };
    let quiet = confined
        .pki_on_a_terminal(200, "n", &words)
        .unwrap()
        .ok()
        .said();
    assert!(!quiet.contains("every site"), "{quiet}");
}
