//! `openssl s_server`, for what no other server does so easily.

use super::Ward;
use crate::servers::s_server::{S_SERVER, configuration_with};
use crate::servers::{Running, Site};
use crate::support::path_text;

/// One with the server's certificate for localhost, and these words.
fn start(ward: &Ward, words: &[&str]) -> Option<Running> {
    let configure = |site: &Site| {
        let chain = ward.ca("issuing");
        let identity = [
            "-cert",
            path_text(&site.fullchain),
            "-cert_chain",
            &chain,
            "-key",
            path_text(&site.key),
        ];
        configuration_with(site, &[&identity[..], words].concat())
    };
    ward.start(&S_SERVER, configure)
}

#[test]
fn one_that_speaks_tls_1_2_only_and_names_no_issuer_takes_any() {
    let ward = Ward::new();
    let root = ward.ca("root");
    // Unlike -CAfile, this one is not shown to clients.
    let words = [
        "-tls1_2",
        "-Verify",
        "2",
        "-verify_return_error",
        "-verifyCAfile",
        &root,
    ];
    let Some(server) = start(&ward, &words) else {
        return;
    };
    let told = ward.doctor_as_alice(server.port(), "/", 0);
    told.asks("required", "")
        .answers("handshake_failure", "protocol_version");
    told.finds("any-issuer").finds("tls-1.2-only").offers(None);
    told.logs_in(&["accepted"]);
    assert!(told.issuers().is_empty());
}

#[test]
fn one_that_does_not_look_at_extended_key_usage_lets_a_servers_certificate_in_that_no_browser_offers()
 {
    let ward = Ward::new();
    let root = ward.ca("root");
    let password = ward.password_file("web", "a server's own bundle");
    let bundle = ward.authority.path("web.p12");
    let (cert, key) = (
        "ca-data/servers/localhost/fullchain.pem",
        "ca-data/servers/localhost/key.pem",
    );
    let passout = format!("file:{}", path_text(&password));
    let words = [
        "pkcs12",
        "-export",
        "-in",
        cert,
        "-inkey",
        key,
        "-out",
        path_text(&bundle),
        "-passout",
        &passout,
    ];
    let Some(exported) = ward.authority.openssl(&words) else {
        return;
    };
    exported.ok();
    let log_in = |server: &Running, code| {
        let url = format!("https://localhost:{}/", server.port());
        let words = [
            &url,
            "--bundle",
            path_text(&bundle),
            "--password-file",
            path_text(&password),
        ];
        ward.run(&words, code)
    };
    let checking = ["-Verify", "2", "-verify_return_error", "-CAfile", &root];
    let Some(server) = start(&ward, &[&checking[..], &["-purpose", "any"]].concat()) else {
        return;
    };
    let told = log_in(&server, 3);
    told.offers(Some("wrong-extended-key-usage"))
        .logs_in(&["accepted", "accepted"]);
    told.prevented_by(&["not-offered"])
        .finds("usage-not-checked");
    // One that looks refuses it.
    let Some(server) = start(&ward, &checking) else {
        return;
    };
    let told = log_in(&server, 3);
    told.logs_in(&["refused", "refused"])
        .does_not_find("usage-not-checked");
    told.prevented_by(&["not-offered", "login-refused"]);
    assert_eq!(
        told.document["logins"][1]["alert"],
        "unsupported_certificate"
    );
}
