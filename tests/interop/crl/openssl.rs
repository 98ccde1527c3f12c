//! OpenSSL.

use std::path::Path;

use super::super::{KEY_ALGORITHMS, platform};
use super::{Setting, Verdict};
use crate::support::{Authority, path_text};

/// `openssl verify` with the status of every certificate of the chain.
fn verify(setting: &Setting, certificate: &Path) -> Option<Verdict> {
    let authority = &setting.authority;
    let (root, issuing) = (authority.root(), authority.issuing());
    let verified = authority.openssl(&[
        "verify",
        "-x509_strict",
        "-crl_check_all",
        "-CAfile",
        path_text(&root),
        "-untrusted",
        path_text(&issuing),
        "-CRLfile",
        path_text(&setting.bundle),
        path_text(certificate),
    ])?;
    let said = verified.said();
    Some(match verified.code {
        Some(0) => Verdict::Good,
        _ if said.contains("certificate revoked") => Verdict::Revoked,
        _ if said.contains("certificate has expired") => Verdict::Expired,
        _ => panic!("{said}"),
    })
}

#[test]
fn openssl_verifies_the_crls_of_every_key_algorithm_and_agrees_with_them() {
    for algorithm in KEY_ALGORITHMS {
        let key = ["--key-algorithm", algorithm];
        let client = [&key[..], &["--for", platform(algorithm)]].concat();
        let Some(setting) = Setting::new(&key, &client) else {
            return;
        };
        for (crl, issuer) in &setting.crls {
            let Some(verified) = setting.authority.openssl(&[
                "crl",
                "-inform",
                "DER",
                "-in",
                path_text(crl),
                "-verify",
                "-CAfile",
                path_text(issuer),
                "-noout",
            ]) else {
                return;
            };
            assert!(verified.ok().said().contains("verify OK"), "{algorithm}");
        }
        setting.assert_agreed(|case| verify(&setting, &case.certificate));
    }
}

#[test]
fn openssl_agrees_where_the_certificates_name_the_place_of_their_crl() {
    let published = ["--base-url", "http://pki.example.com"];
    let Some(setting) = Setting::new(&published, &[]) else {
        return;
    };
    setting.assert_agreed(|case| verify(&setting, &case.certificate));
}

#[test]
fn a_crl_reads_in_openssl_as_it_was_told() {
    let authority = Authority::init(&[]);
    let told = authority.json(&["crl"]);
    let path = authority.home().join(told["path"].as_str().unwrap());
    let Some(read) = authority.openssl(&[
        "crl",
        "-in",
        path_text(&path),
        "-noout",
        "-crlnumber",
        "-lastupdate",
        "-nextupdate",
        "-dateopt",
        "iso_8601",
    ]) else {
        return;
    };
    let out = read.ok().out();
    let number = format!("crlNumber=0x{:X}", told["crl_number"].as_u64().unwrap());
    assert!(out.contains(&number), "{out}");
    for (theirs, ours) in [("lastUpdate", "this_update"), ("nextUpdate", "next_update")] {
        let instant = told[ours].as_str().unwrap().replace('T', " ");
        assert!(out.contains(&format!("{theirs}={instant}")), "{out}");
    }
}
