//! A resumed session proves no key and checks no chain again: the certificate it began with is judged anew.

use crate::support::tls::Session;
use crate::support::{Authority, Server, Tls, visit};

use super::Cast;

const MODES: [&str; 2] = ["optional", "required"];

#[test]
fn a_good_session_is_resumed_and_accepted() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let kept = authority.path("session");
    for mode in MODES {
        let server = Server::start(&authority, &["--client-auth", mode]);
        for tls in Tls::BOTH {
            let go = |session| visit(&authority, &server, Some(&alice), tls, session).unwrap();
            let first = go(Session::Keep(&kept));
            first.assert_judged(200, "accepted", None);
            assert_eq!(first.document["session"]["resumed"], false);
            let again = go(Session::Resume(&kept));
            again.assert_judged(200, "accepted", None);
            assert!(again.resumed, "{mode}, {tls:?}: {}", again.finished.said());
            assert_eq!(again.document["session"]["resumed"], true);
            assert_eq!(
                again.document["session"]["signature_scheme"],
                serde_json::Value::Null
            );
            let resumes = &again.document["handshake"]["resumes"];
            for value in ["client_random", "server_random", "exporter_sha256"] {
                assert_eq!(resumes[value], first.document["session"][value], "{value}");
                assert_ne!(resumes[value], again.document["session"][value], "{value}");
            }
            assert_eq!(resumes["resumed"], false);
            assert_eq!(
                first.document["handshake"]["resumes"],
                serde_json::Value::Null
            );
        }
    }
}

/// The identifier that a client brings from TLS 1.2 is sent back in every TLS 1.3 hello (RFC 8446 §4.1.3): it proves nothing.
#[test]
fn a_full_handshake_tells_of_no_earlier_connection_whatever_identifier_it_brings() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let kept = authority.path("session");
    let go =
        |credentials, tls, session| visit(&authority, &server, credentials, tls, session).unwrap();
    go(Some(&alice), Tls::V1_2, Session::Keep(&kept)).assert_judged(200, "accepted", None);
    let stranger = go(None, Tls::Newest, Session::Resume(&kept));
    stranger.assert_judged(401, "no-certificate", None);
    assert_eq!(stranger.document["session"]["protocol"], "TLSv1.3");
    assert_eq!(stranger.document["session"]["resumed"], false);
    let told = &stranger.document["handshake"];
    assert_eq!(told["resumes"], serde_json::Value::Null);
    // And who does resume it is told.
    let again = go(Some(&alice), Tls::V1_2, Session::Resume(&kept));
    assert!(again.document["handshake"]["resumes"].is_object());
}

#[test]
fn a_session_whose_certificate_was_revoked_is_refused_with_the_reason_in_both_modes() {
    let authority = Authority::init(&[]);
    let kept = authority.path("session");
    for mode in MODES {
        let server = Server::start(&authority, &["--client-auth", mode]);
        for tls in Tls::BOTH {
            let name = format!("{mode}-{}", tls.name());
            let Some(client) = authority.credentials(&authority.issue_client(&[&name])) else {
                return;
            };
            let go = |session| visit(&authority, &server, Some(&client), tls, session).unwrap();
            go(Session::Keep(&kept)).assert_judged(200, "accepted", None);
            authority.pki(&["revoke", &name, "--yes"]).ok();
            let again = go(Session::Resume(&kept));
            assert!(again.resumed, "{mode}, {tls:?}: {}", again.finished.said());
            again.assert_judged(403, "refused", Some("revoked"));
        }
    }
}

#[test]
fn a_session_whose_certificate_has_expired_is_refused_with_the_reason_in_both_modes() {
    let authority = Authority::init(&[]);
    let hour = authority.issue_client(&["alice", "--validity", "1h"]);
    let Some(alice) = authority.credentials(&hour) else {
        return;
    };
    let kept = authority.path("session");
    for mode in MODES {
        for tls in Tls::BOTH {
            let options = ["--client-auth", mode];
            let Some((server, clock)) = Server::start_with_clock(&authority, &options) else {
                return;
            };
            let go = |session| visit(&authority, &server, Some(&alice), tls, session).unwrap();
            go(Session::Keep(&kept)).assert_judged(200, "accepted", None);
            clock.set("+2h");
            let again = go(Session::Resume(&kept));
            assert!(again.resumed, "{mode}, {tls:?}: {}", again.finished.said());
            again.assert_judged(403, "refused", Some("expired"));
        }
    }
}

#[test]
fn no_refused_certificate_becomes_good_by_resuming() {
    let Some(cast) = Cast::assemble() else { return };
    let server = Server::start(&cast.authority, &["--client-auth", "optional"]);
    let kept = cast.authority.path("session");
    for tls in Tls::BOTH {
        for (reason, credentials) in &cast.refused {
            let go =
                |session| visit(&cast.authority, &server, Some(credentials), tls, session).unwrap();
            go(Session::Keep(&kept)).assert_judged(403, "refused", Some(reason));
            go(Session::Resume(&kept)).assert_judged(403, "refused", Some(reason));
        }
        let go = |session| visit(&cast.authority, &server, None, tls, session).unwrap();
        assert_eq!(go(Session::Keep(&kept)).status, Some(401));
        assert_eq!(go(Session::Resume(&kept)).status, Some(401));
    }
}
