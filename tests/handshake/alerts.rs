//! What an alert of OpenSSL's means, as `pki login` tells it: measured against OpenSSL's own server, with which Apache and
//! HAProxy verify.

use std::fs;

use super::OpensslServer;
use crate::logins::Cast;
use crate::support::{Credentials, Finished, finish, hermetic, path_text, set_clock, tool};

const PASSWORD: &str = "for-this-test-only";

/// A server that requires certificates of the cast's authority: with these options, and a clock set off by so much.
fn server(cast: &Cast, options: &[&str], offset: &str) -> Option<OpensslServer> {
    let authority = &cast.authority;
    let files = [authority.root(), authority.issuing()];
    let both: String = files.map(|file| fs::read_to_string(file).unwrap()).concat();
    fs::write(authority.path("both.pem"), both).unwrap();
    let mut command = hermetic(tool("openssl")?, authority.home());
    command.args(["s_server", "-cert", "ca-data/servers/web/fullchain.pem"]);
    command.args(["-cert_chain", "ca-data/issuing.pem"]);
    command.args(["-key", "ca-data/servers/web/key.pem", "-CAfile", "both.pem"]);
    command.args(["-Verify", "3", "-verify_return_error"]);
    command.args(options);
    Some(OpensslServer::start(set_clock(&mut command, offset)?))
}

/// `pki login` with these credentials, or none.
fn login(
    cast: &Cast,
    server: &OpensslServer,
    credentials: Option<&Credentials>,
    more: &[&str],
) -> Finished {
    let authority = &cast.authority;
    let port = server.address.rsplit(':').next().unwrap();
    let url = format!("https://web.localhost:{port}");
    let mut words = vec!["login", &url, "--brief"];
    if let Some(credentials) = credentials {
        let key = path_text(&credentials.key);
        let certificate = path_text(&credentials.certificate);
        let mut bundle = vec!["pkcs12", "-export", "-inkey", key, "-in", certificate];
        if let Some(chain) = &credentials.chain {
            bundle.extend(["-certfile", path_text(chain)]);
        }
        let password = format!("pass:{PASSWORD}");
        bundle.extend(["-passout", &password, "-out", "tried.p12"]);
        authority.openssl(&bundle).unwrap().ok();
        words.extend(["--bundle", "tried.p12"]);
    }
    let mut command = authority.locked_command(&[&words, more].concat());
    finish(command.env("PKI_BUNDLE_PASSWORD", PASSWORD))
}

/// Says which alert came, in both versions, and that its meaning names this.
#[track_caller]
fn assert_alert(
    cast: &Cast,
    server: &OpensslServer,
    credentials: Option<&Credentials>,
    alerts: [&str; 2],
    meaning: &str,
) {
    for (version, alert) in ["1.2", "1.3"].into_iter().zip(alerts) {
        let go = |more: &[&str]| {
            let more = [&["--tls", version], more].concat();
            login(cast, server, credentials, &more).exits(1)
        };
        let document = go(&["--json"]).json();
        assert_eq!(
            document["alert"], alert,
            "{meaning}, TLS {version}: {document}"
        );
        let said = go(&[]).out();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(meaning), "{meaning}, TLS {version}: {said}");
        assert!(said.contains(" next "), "{said}");
    }
}

#[test]
fn each_alert_of_openssl_is_told_with_the_reason_that_led_to_it() {
    let Some(cast) = Cast::assemble() else { return };
    cast.authority
        .pki(&["crl", "--out", "issuing.crl.pem"])
        .ok();
    let checked = ["-crl_check", "-CRL", "issuing.crl.pem"];
    let Some(running) = server(&cast, &checked, "+0") else {
        return;
    };
    let required = ["handshake_failure", "certificate_required"];
    assert_alert(
        &cast,
        &running,
        None,
        required,
        "read more pki doctor https://",
    );
    // Our client presents no certificate of version 1.
    let usable = |it: &Credentials| !it.certificate.ends_with("version-1.pem");
    let refused = cast.refused.iter().filter(|(_, it)| usable(it));
    for (reason, credentials) in refused {
        let (alert, meaning) = match *reason {
            "unknown-issuer" => ("unknown_ca", "another or no CA in the server's file"),
            "bad-signature" => ("decrypt_error", "signed by another key than that of the CA"),
            "wrong-extended-key-usage" => (
                "unsupported_certificate",
                "its extKeyUsage or keyUsage does not allow TLS client authentication",
            ),
            "revoked" => ("certificate_revoked", "it stands in the server's CRL"),
            "not-yet-valid" => ("bad_certificate", "is not valid yet"),
            "expired" => ("certificate_expired", "the certificate has expired"),
            // Who only verifies the chain lets it in, as its page says.
            "not-issued-here" => {
                login(&cast, &running, Some(credentials), &[]).ok();
                continue;
            }
            other => panic!("{other} is new"),
        };
        assert_alert(&cast, &running, Some(credentials), [alert; 2], meaning);
    }
    login(&cast, &running, Some(&cast.accepted), &[]).ok();
}

#[test]
fn a_crl_that_is_missing_or_has_expired_locks_out_with_an_alert_that_says_something_else() {
    let Some(cast) = Cast::assemble() else { return };
    cast.authority
        .pki(&["crl", "--out", "issuing.crl.pem"])
        .ok();
    let alice = Some(&cast.accepted);
    let Some(without) = server(&cast, &["-crl_check"], "+0") else {
        return;
    };
    let missing = "or no CRL for one of the CAs where CRLs are checked";
    assert_alert(&cast, &without, alice, ["unknown_ca"; 2], missing);
    let checked = ["-crl_check", "-CRL", "issuing.crl.pem"];
    let Some(late) = server(&cast, &checked, "+10d") else {
        return;
    };
    let expired = "the server's copy of the CRL has, which locks everybody out";
    assert_alert(&cast, &late, alice, ["certificate_expired"; 2], expired);
}
