//! Servers that keep everybody out: nothing passes, and what is likely is told.

use std::fs;
use std::path::Path;

use crate::support::Authority;

use super::lab::{Lab, Subject};

/// What is told of a server that keeps alice out.
#[track_caller]
fn kept_out(server: &Subject, options: &[&str]) -> (Option<String>, String, String) {
    let cases = ["expired", "no-certificate", "tls12", "rsa-1024"];
    let found = server.probe_with("", &cases, options);
    let document = found.document();
    assert_eq!(
        (&document["right"], &document["wrong"]),
        (&0.into(), &0.into())
    );
    assert!(found.verdicts().values().all(|it| *it == "could-not-tell"));
    let word = |field: &str| document["kept_out"][field].as_str().unwrap().to_owned();
    let (why, mend) = (word("why"), word("mend"));
    let seen = found.case("expired")["seen"].as_str().unwrap();
    assert_eq!(seen, why);
    // Once for all of them.
    let told = server.read(&cases, options);
    assert!(
        told.contains(&format!("\nbecause  {why}.\nmend     {mend}\n")),
        "{told}"
    );
    assert!(!told.contains("Cases"), "{told}");
    let software = document["software"].as_str().map(str::to_owned);
    (software, why, mend)
}

/// An authority that was made a month ago, and its CRLs of then, which have ended.
fn with_an_old_list() -> Option<(Lab, String)> {
    let authority = Authority::none();
    authority.pki_at("-30d", &["init", "--no-passphrase"])?.ok();
    authority
        .pki_at("-30d", &["crl", "--bundle", "--out", "old.pem"])?
        .ok();
    authority.pki(&["issue-server", "localhost"]).ok();
    authority.issue_client(&["alice"]);
    let old = fs::read_to_string(authority.path("old.pem")).unwrap();
    Some((Lab::of(authority), old))
}

#[test]
fn a_crl_that_has_ended_keeps_everybody_out_and_is_named_as_the_likely_cause() {
    let Some((lab, old)) = with_an_old_list() else {
        return;
    };
    for (word, software, why, mend) in [
        ("nginx", Some("nginx"), "a CRL that has ended", "`ssl_crl`"),
        (
            "haproxy",
            None,
            "a CRL that the server reads has ended",
            "pki crl --bundle",
        ),
        ("apache", None, "a CRL that has ended", "pki crl --bundle"),
    ] {
        let Some(server) = lab.start(word, &[]) else {
            return;
        };
        // It is the CRL that does it.
        server.probe_with("", &["expired"], &[]).is_right();
        let lists = server.directory().join("crl.pem");
        let ended = format!(
            "{old}{}",
            fs::read_to_string(lab.anchor.join("crl.pem")).unwrap()
        );
        replace(&server, &lists, &ended);
        let told = kept_out(&server, &[]);
        assert_eq!(told.0.as_deref(), software);
        assert!(told.1.contains(why), "{told:?}");
        assert!(told.2.contains(mend), "{told:?}");
        if word == "apache" {
            // It says nothing before the handshake is over; but somebody knows.
            let told = kept_out(&server, &["--software", word]);
            assert!(told.2.contains("`SSLCARevocationFile`"), "{told:?}");
        }
    }
}

#[test]
fn the_file_of_another_ca_keeps_everybody_out_and_is_named() {
    let lab = Lab::new();
    let stranger = Authority::init(&["--no-passphrase"]);
    let root = fs::read_to_string(stranger.root()).unwrap();
    for (word, software, mend) in [
        ("nginx", Some("nginx"), "`ssl_client_certificate`"),
        ("haproxy", None, "never the CAs of the system"),
    ] {
        let Some(server) = lab.start(word, &[]) else {
            return;
        };
        server.probe_with("", &["expired"], &[]).is_right();
        let authorities = server.directory().join("client-ca.pem");
        replace(&server, &authorities, &root);
        let told = kept_out(&server, &[]);
        assert_eq!(told.0.as_deref(), software);
        assert!(
            told.1.contains("names another CA as the only one"),
            "{told:?}"
        );
        assert!(told.2.contains(mend), "{told:?}");
        // Those of a system are more, and ours is not among them either.
        let system = fs::read_to_string(lab.anchor.join("system.pem")).unwrap();
        replace(&server, &authorities, &format!("{root}{system}"));
        let told = kept_out(&server, &[]);
        assert!(
            told.1
                .contains("2 CAs that it accepts, and this one is not among"),
            "{told:?}"
        );
    }
}

#[test]
fn the_crl_of_one_ca_that_is_missing_keeps_everybody_out_and_is_named() {
    let lab = Lab::new();
    let Some(haproxy) = lab.start("haproxy", &[]) else {
        return;
    };
    haproxy.probe_with("", &["expired"], &[]).is_right();
    lab.authority
        .pki(&["crl", "--out", "issuing-only.pem"])
        .ok();
    let issuing = fs::read_to_string(lab.authority.path("issuing-only.pem")).unwrap();
    replace(&haproxy, &haproxy.directory().join("crl.pem"), &issuing);
    let told = kept_out(&haproxy, &["--software", "haproxy"]);
    assert!(
        told.1.contains("lacks the CRL of a CA of the chain"),
        "{told:?}"
    );
    assert!(told.2.contains("`crl-file`"), "{told:?}");
}

#[test]
fn apache_that_asks_for_a_certificate_too_late_gets_none_and_is_told_so() {
    let lab = Lab::new();
    let late = (
        "SSLVerifyClient require",
        "<Location />\nSSLVerifyClient require\n</Location>",
    );
    let Some(apache) = lab.start("apache", &[late]) else {
        return;
    };
    let told = kept_out(&apache, &[]);
    assert!(
        told.1.contains("asks for no certificate in the handshake"),
        "{told:?}"
    );
    assert!(told.2.contains("for the whole virtual host"), "{told:?}");
}

#[test]
fn an_application_that_does_not_let_alice_in_is_not_taken_for_a_crl() {
    let lab = Lab::new();
    let Some(nginx) = lab.start("nginx", &[("proxy_pass ", "return 403; # ")]) else {
        return;
    };
    let (_, why, mend) = kept_out(&nginx, &[]);
    assert!(
        why.contains("the application does not let in this name"),
        "{why}"
    );
    assert!(!why.contains("CRL"), "{why}");
    assert!(
        mend.contains("Let the application let in this name"),
        "{mend}"
    );
}

#[track_caller]
fn replace(server: &Subject, path: &Path, contents: &str) {
    fs::write(path, contents).unwrap();
    server.make(&[]);
}
