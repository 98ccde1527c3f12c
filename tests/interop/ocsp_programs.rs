//! GnuTLS, Java and pkilint judge the same answers as OpenSSL.

use std::fs;
use std::path::PathBuf;

use crate::support::tools::{fixture, python_with_pkilint};
use crate::support::{Server, finish, hermetic, path_text, tool};

use super::ocsp::{Cast, ask};

#[test]
fn gnutls_verifies_every_answer_and_agrees_with_it() {
    let Some(cast) = Cast::new(&[]) else { return };
    let server = Server::start(&cast.authority, &[]);
    let anchors = ["root.pem", "issuing.pem"].map(|file| {
        let path = cast.authority.path(&format!("ca-data/{file}"));
        fs::read_to_string(path).unwrap()
    });
    fs::write(cast.authority.path("anchors.pem"), anchors.concat()).unwrap();
    for (name, _, state) in &cast.certificates {
        for nonce in [&["--nonce"][..], &[]] {
            let Some(ocsptool) = tool("ocsptool") else {
                return;
            };
            let mut ocsptool = hermetic(ocsptool, cast.authority.home());
            ocsptool
                .args([
                    "--load-issuer",
                    "ca-data/issuing.pem",
                    "--load-trust",
                    "anchors.pem",
                ])
                .args(["--load-cert", &cast.file(name)])
                .arg(format!("--ask={}/ocsp", server.http))
                .args(nonce);
            let said = finish(&mut ocsptool).ok().out();
            let status = format!("Certificate Status: {state}\n");
            assert!(said.contains(&status), "{name}: {said}");
            assert!(said.contains("Verifying OCSP Response: Success."), "{said}");
        }
    }
}

#[test]
fn javas_revocation_checker_agrees() {
    for algorithm in ["p256", "rsa-2048"] {
        let Some(cast) = Cast::new(&["--key-algorithm", algorithm]) else {
            return;
        };
        let server = Server::start(&cast.authority, &[]);
        let Some(java) = tool("java") else { return };
        let mut java = hermetic(java, cast.authority.home());
        java.arg(fixture("interop/java/Pkix.java"))
            .args([
                "--ocsp",
                &format!("{}/ocsp", server.http),
                "--end-entity-only",
            ])
            .args(["ca-data/root.pem", "ca-data/issuing.pem"])
            .args(["alice", "bob", "carol", "dave", "erin"].map(|name| cast.file(name)));
        let said = finish(&mut java).ok().out();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "good", "{said}");
        assert!(
            lines[1].starts_with("REVOKED") && lines[1].contains("KEY_COMPROMISE"),
            "{said}"
        );
        assert!(
            lines[2].starts_with("REVOKED") && lines[2].contains("CERTIFICATE_HOLD"),
            "{said}"
        );
        // Java looks at the validity first, and asks nobody about what has expired.
        assert!(lines[3].starts_with("EXPIRED"), "{said}");
        assert!(lines[4].starts_with("EXPIRED"), "{said}");
    }
}

#[test]
fn java_asks_the_responder_that_the_certificate_names() {
    let Some(cast) = Cast::new(&["--base-url", "http://127.0.0.1:9"]) else {
        return;
    };
    // Nobody listens there: without the answer the certificate is not good, so the good ones above were asked about.
    let Some(java) = tool("java") else { return };
    let mut java = hermetic(java, cast.authority.home());
    java.arg(fixture("interop/java/Pkix.java"))
        .args([
            "--end-entity-only",
            "ca-data/root.pem",
            "ca-data/issuing.pem",
        ])
        .arg(cast.file("alice"));
    let said = finish(&mut java).ok().out();
    assert!(said.starts_with("UNDETERMINED_REVOCATION_STATUS"), "{said}");
}

#[test]
fn pkilint_reports_nothing_about_any_answer() {
    let Some(cast) = Cast::new(&[]) else { return };
    let server = Server::start(&cast.authority, &[]);
    let mut files: Vec<PathBuf> = Vec::new();
    let mut answers = cast
        .certificates
        .iter()
        .map(|(_, serial, _)| vec![&**serial])
        .collect::<Vec<_>>();
    answers.push(vec!["0badc0de"]);
    answers.push(answers.concat());
    for (number, serials) in answers.iter().enumerate() {
        for (kind, options) in [("nonce", &[][..]), ("plain", &["-no_nonce", "-sha256"])] {
            let file = cast.authority.path(&format!("{number}-{kind}.der"));
            let options = [options, &["-respout", path_text(&file)]].concat();
            let Some(asked) = ask(&cast.authority, &server, &options, serials) else {
                return;
            };
            asked.ok();
            files.push(file);
        }
    }
    let Some(python) = python_with_pkilint() else {
        return;
    };
    let mut python = hermetic(python, cast.authority.home());
    python
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(fixture("interop/lint_ocsp_responses.py"))
        .args(&files);
    let said = finish(&mut python).ok().out();
    assert_eq!(said, format!("linted {}\n", files.len()));
}
