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
