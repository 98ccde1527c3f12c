//! `pki serve` gives not one wrong answer.

use super::{below, probe, with_alice};
use crate::sites::application;
use crate::support::Server;

/// What no answer is needed for: the server takes nothing but what its inventory holds, and so no throw-away root.
const BENEATH_THE_THROW_AWAY_ROOT: usize = 11;

#[test]
fn the_page_that_explains_gives_not_one_wrong_answer() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let probed = probe(&authority, &server.https, &[], 0);
    assert_eq!(probed.untold(), [""; 0], "{probed}");
    assert_eq!(
        probed.case("no-certificate")["verdict"],
        "refused-by-status"
    );
    assert_eq!(probed.case("revoked")["verdict"], "refused-by-status");
    let resumed = probed.case("resumed-after-revocation-tls13");
    assert_eq!(resumed["verdict"], "refused-by-status", "{resumed}");
    assert!(resumed["notes"].to_string().contains("resumed the session"));
    assert_eq!(probed.document()["server_is_ours"], true);
    assert_eq!(probed.document()["revocation"]["has_arrived"], true);
}

#[test]
fn the_server_that_requires_a_certificate_gives_not_one_wrong_answer() {
    let authority = with_alice();
    let server = Server::start(&authority, &["--client-auth", "required"]);
    let probed = probe(&authority, &server.https, &[], 0);
    assert_eq!(probed.untold(), [""; 0], "{probed}");
    assert_eq!(
        probed.case("no-certificate")["verdict"],
        "refused-in-handshake"
    );
    assert_eq!(probed.case("revoked")["seen"], "alert certificate_revoked");
    // Its session was opened when the certificate was good: the handshake cannot refuse it any more, the request can.
    let resumed = probed.case("resumed-after-revocation-tls12");
    assert_eq!(resumed["verdict"], "refused-by-status", "{resumed}");
}

#[test]
fn an_application_that_goes_by_the_name_in_the_inventory_lets_in_whom_the_probe_pretends_to_be() {
    let authority = with_alice();
    let Some((_application, port)) = application(&authority) else {
        return;
    };
    let upstream = format!("http://127.0.0.1:{port}");
    let server = Server::start(&authority, &["--upstream", &upstream]);
    let probed = probe(&authority, &format!("{}/named", server.https), &[], 0);
    assert_eq!(probed.untold(), [""; 0], "{probed}");
}

#[test]
fn what_a_throw_away_root_signed_says_nothing_about_a_server_that_does_not_trust_it() {
    let authority = with_alice();
    let server = Server::start(&authority, &[]);
    let anchor = below(&authority, "anchor");
    let probed = probe(&authority, &server.https, &["--probe-anchor", &anchor], 0);
    assert_eq!(probed.wrong(), [""; 0], "{probed}");
    assert_eq!(
        probed.untold().len(),
        BENEATH_THE_THROW_AWAY_ROOT,
        "{probed}"
    );
    let why = probed.case("rsa-1024")["seen"].to_string();
    assert!(
        why.contains("was not told to trust the throw-away root"),
        "{why}"
    );
}
