//! What may be wrong with the server's own certificate.

use super::{Told, Ward};
use crate::servers::s_server::{S_SERVER, configuration_with};
use crate::support::{Authority, path_text};

/// What the doctor says of a server with this certificate and key, and the chain above them where it presents one.
#[track_caller]
fn told_of(ward: &Ward, certificate: &str, key: &str, presents_chain: bool) -> Option<Told> {
    let (root, issuing) = (ward.ca("root"), ward.ca("issuing"));
    let path = |relative: &str| ward.authority.path(relative).display().to_string();
    let (certificate, key) = (path(certificate), path(key));
    let server = ward.start(&S_SERVER, |site| {
        let mut words = vec![
            "-cert",
            &certificate,
            "-key",
            &key,
            "-Verify",
            "2",
            "-CAfile",
            &root,
        ];
        if presents_chain {
            words.extend(["-cert_chain", &issuing]);
        }
        configuration_with(site, &words)
    })?;
    Some(ward.doctor(server.port(), "/", 3))
}

fn trusted(told: &Told) -> bool {
    told.document["server"]["trusted"] == true
}

#[test]
fn one_that_has_expired_is_told_so_and_nothing_else() {
    let Some((ward, _)) = Ward::with_ended_crls() else {
        return;
    };
    let words = [
        "issue-server",
        "localhost",
        "--name",
        "old",
        "--validity",
        "7d",
    ];
    let Some(issued) = ward.authority.pki_at("-20d", &words) else {
        return;
    };
    issued.ok();
    let files = (
        "ca-data/servers/old/fullchain.pem",
        "ca-data/servers/old/key.pem",
    );
    let Some(told) = told_of(&ward, files.0, files.1, true) else {
        return;
    };
    assert!(!trusted(&told));
    told.prevented_by(&["expired"]).asks("required", "required");
    // Whatever else, it leads to our root.
    assert_eq!(told.document["server"]["anchor"], "this-authority");
}

#[test]
fn one_for_another_name_and_one_without_its_chain_are_told_apart() {
    let ward = Ward::new();
    let words = ["issue-server", "www.example.org", "--name", "other"];
    ward.authority.pki(&words).ok();
    let files = (
        "ca-data/servers/other/fullchain.pem",
        "ca-data/servers/other/key.pem",
    );
    let Some(told) = told_of(&ward, files.0, files.1, true) else {
        return;
    };
    told.prevented_by(&["wrong-name"]);
    let message = told.document["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("www.example.org"), "{message}");

    let files = (
        "ca-data/servers/localhost/fullchain.pem",
        "ca-data/servers/localhost/key.pem",
    );
    let Some(told) = told_of(&ward, files.0, files.1, false) else {
        return;
    };
    told.prevented_by(&["intermediate-missing"]);
    assert_eq!(
        told.document["server"]["chain"].as_array().unwrap().len(),
        1
    );
}

#[test]
fn one_signed_by_itself_is_told_so() {
    let ward = Ward::new();
    let words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        "self.key",
        "-out",
        "self.pem",
    ];
    let Some(made) = ward.authority.openssl(&words) else {
        return;
    };
    made.ok();
    let Some(told) = told_of(&ward, "self.pem", "self.key", false) else {
        return;
    };
    told.prevented_by(&["self-signed"]).offers(None);
    assert_eq!(told.document["server"]["anchor"], serde_json::Value::Null);
}

#[test]
fn one_of_a_ca_that_nobody_here_knows_is_told_so() {
    let ward = Ward::new();
    let nobody = Authority::none();
    let root = ward.ca("root");
    let (certificate, key) = (
        ward.authority
            .path("ca-data/servers/localhost/fullchain.pem"),
        ward.authority.path("ca-data/servers/localhost/key.pem"),
    );
    let issuing = ward.ca("issuing");
    let Some(server) = ward.start(&S_SERVER, |site| {
        let words = [
            "-cert",
            path_text(&certificate),
            "-key",
            path_text(&key),
            "-cert_chain",
            &issuing,
            "-Verify",
            "2",
            "-CAfile",
            &root,
        ];
        configuration_with(site, &words)
    }) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let told = Told::read(&nobody.pki(&["doctor", "--json", &url]).exits(3));
    told.prevented_by(&["unknown-issuer", "no-candidate"]);
}
