//! Servers that trust CAs that they may not, take chains that are too long, or keys that are too weak.

use std::fs;

use super::lab::{Change, Lab};
use super::{REVOKED, with};
use crate::sites::system;
use crate::support::{finish, hermetic, tool};

#[test]
fn a_verification_that_goes_too_deep_is_found_out() {
    let lab = Lab::new();
    let depths: [(&str, Change, &str); 4] = [
        (
            "nginx",
            ("ssl_verify_depth 1;", "ssl_verify_depth 5;"),
            "`ssl_verify_depth 1`",
        ),
        (
            "apache",
            ("SSLVerifyDepth 2", "SSLVerifyDepth 10"),
            "`SSLVerifyDepth 2`",
        ),
        (
            "haproxy",
            ("http-request deny deny_status 403 unless", "# "),
            "`ssl_c_i_dn`",
        ),
        (
            "node",
            ("if (!issuers.some", "if (false && !issuers.some"),
            "Compare the certificate of the issuer",
        ),
    ];
    let cases = ["path-length", "deeper-chain", "system-trusted-ca"];
    for (word, change, mend) in depths {
        let Some(server) = lab.start(word, &[change]) else {
            return;
        };
        let found = server.probe_with("", &cases, &[]);
        found
            .is_wrong_in(Some(word), &[(&["deeper-chain"], mend)])
            .could_not_tell(&[]);
        assert_eq!(
            found.case("path-length")["notes"].as_array().unwrap().len(),
            0
        );
    }
    // Where no chain is as long as that, nothing shows that pathLenConstraint is looked at.
    let Some(nginx) = lab.start("nginx", &[]) else {
        return;
    };
    let found = nginx.probe_with("", &cases, &[]);
    found.is_right();
    let notes = found.case("path-length")["notes"].to_string();
    assert!(notes.contains("may not have been looked at"), "{notes}");
}

#[test]
fn the_systems_cas_in_the_file_of_those_that_let_in_are_found_out() {
    let lab = Lab::new();
    for (word, crls, mend) in [
        (
            "nginx",
            ("ssl_crl ", "# ssl_crl "),
            "`ssl_client_certificate`",
        ),
        (
            "apache",
            ("    SSLCARevocationCheck ", "    # "),
            "`SSLCACertificateFile`",
        ),
    ] {
        let Some(server) = lab.start(word, &[crls]) else {
            return;
        };
        let file = server.directory().join("client-ca.pem");
        let ours = fs::read_to_string(&file).unwrap();
        let system = fs::read_to_string(lab.anchor.join("system.pem")).unwrap();
        fs::write(&file, ours + &system).unwrap();
        server.make(&[crls]);
        let cases = with(&REVOKED, &["system-trusted-ca", "unknown-ca"]);
        let found = server.probe_with("", &cases, &["--wait", "0"]);
        let lists = match word {
            "nginx" => "`ssl_crl`",
            _ => "`SSLCARevocationFile`",
        };
        found.is_wrong_in(
            Some(word),
            &[(&["system-trusted-ca"], mend), (&REVOKED, lists)],
        );
        let meaning = found.case("system-trusted-ca")["meaning"].as_str().unwrap();
        assert!(
            meaning.contains("that the server's system trusts"),
            "{meaning}"
        );
    }
}

/// What a program trusts that is told of no root: the word of the server that is started in the same way, and how it is asked.
const BY_DEFAULT: [(&str, &str, &[&str]); 2] = [
    ("openssl", "openssl", &["verify"]),
    ("gnutls", "certtool", &["--verify", "--infile"]),
];

#[test]
fn what_stands_in_for_the_systems_roots_is_what_programs_trust_by_default() {
    let lab = Lab::new();
    let root = lab.anchor.join("system.pem");
    for (word, program, words) in BY_DEFAULT {
        let Some(program) = tool(program) else {
            return;
        };
        let trusting = system::trusting(&root, word, &program, &lab.authority);
        let Some(mut trusting) = trusting else {
            return;
        };
        finish(trusting.args(words).arg(&root)).ok();
        let mut without = hermetic(&program, lab.authority.home());
        let without = finish(without.args(words).arg(&root));
        assert_ne!(without.code, Some(0), "{word}: {}", without.said());
    }
}

#[test]
fn java_that_trusts_the_roots_of_its_system_is_found_out() {
    let lab = Lab::new();
    let roots = (
        "for (var root : certificates(ROOTS)) anchors",
        "var system = TrustManagerFactory.getInstance(\"PKIX\");
         system.init((KeyStore) null);
         for (var root : ((X509TrustManager) system.getTrustManagers()[0]).getAcceptedIssuers())
             anchors.add(new TrustAnchor(root, null));
         for (var root : certificates(ROOTS)) anchors",
    );
    // No CRL of such a CA is there, and whatever is valid is let in.
    let unrevoked = (
        "path.addCertPathChecker(revocation);",
        "path.setRevocationEnabled(false);",
    );
    let any = ("judge.issued(certificate) ? ", "true ? ");
    let Some(java) = lab.start("java", &[roots, unrevoked, any]) else {
        return;
    };
    let found = java.probe_with("", &["system-trusted-ca", "unknown-ca"], &[]);
    assert_eq!(found.wrong(), ["system-trusted-ca"], "{found}");
    found.could_not_tell(&[]);
}

#[test]
fn a_security_level_of_nothing_takes_sha_1_and_short_keys() {
    let lab = Lab::new();
    let level = |right, wrong| [(right, wrong)];
    let nginx = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2";
    let haproxy = "ciphers ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2";
    for (word, changes, wrong, mend) in [
        (
            "nginx",
            level(nginx, "DEFAULT@SECLEVEL=0"),
            &["sha1-signature", "rsa-1024"][..],
            "`ssl_ciphers`",
        ),
        (
            "haproxy",
            level(haproxy, "ciphers DEFAULT@SECLEVEL=0"),
            &["sha1-signature", "rsa-1024"],
            "`ciphers` on the `bind` line",
        ),
        // Node's own level, which is 1, takes the short key.
        (
            "node",
            level("`${DEFAULT_CIPHERS}:@SECLEVEL=2`", "DEFAULT_CIPHERS"),
            &["rsa-1024"],
            "End `ciphers`",
        ),
    ] {
        let Some(server) = lab.start(word, &changes) else {
            return;
        };
        let cases = ["sha1-signature", "rsa-1024", "rsa", "unknown-ca"];
        let found = server.probe_with("", &cases, &[]);
        found
            .is_wrong_in(Some(word), &[(wrong, mend)])
            .could_not_tell(&[]);
    }
}
