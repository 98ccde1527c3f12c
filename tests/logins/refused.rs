//! New connections: the good certificate is accepted, and each bad one refused for its own reason.

use crate::support::tls::Session;
use crate::support::{Server, Tls, visit};

use super::Cast;

#[test]
fn optional_mode_accepts_alice_and_tells_everyone_else_his_own_reason() {
    let Some(cast) = Cast::assemble() else { return };
    let server = Server::start(&cast.authority, &["--client-auth", "optional"]);
    for tls in Tls::BOTH {
        let go = |credentials| {
            visit(&cast.authority, &server, credentials, tls, Session::Fresh).unwrap()
        };
        let accepted = go(Some(&cast.accepted));
        accepted.assert_judged(200, "accepted", None);
        assert_eq!(accepted.document["certificate"]["name"], "alice");
        go(None).assert_judged(401, "no-certificate", None);
        for (reason, credentials) in &cast.refused {
            go(Some(credentials)).assert_judged(403, "refused", Some(reason));
        }
    }
}

#[test]
fn required_mode_sends_an_alert_and_writes_the_reason_to_the_log() {
    let Some(cast) = Cast::assemble() else { return };
    for tls in Tls::BOTH {
        for (reason, credentials) in &cast.refused {
            // A server for each, so that the reason in the log can only be of this visit.
            let server = Server::start(&cast.authority, &["--client-auth", "required"]);
            let refused = visit(
                &cast.authority,
                &server,
                Some(credentials),
                tls,
                Session::Fresh,
            )
            .unwrap();
            let said = refused.finished.said();
            assert_eq!(refused.status, None, "{reason}, {tls:?}: {said}");
            assert!(refused.alert.is_some(), "{reason}, {tls:?}: {said}");
            server.wait_for_log(reason);
        }
    }
}

#[test]
fn required_mode_accepts_alice_and_refuses_whoever_shows_nothing() {
    let Some(cast) = Cast::assemble() else { return };
    for tls in Tls::BOTH {
        let server = Server::start(&cast.authority, &["--client-auth", "required"]);
        let go = |credentials| {
            visit(&cast.authority, &server, credentials, tls, Session::Fresh).unwrap()
        };
        go(Some(&cast.accepted)).assert_judged(200, "accepted", None);
        let refused = go(None);
        let said = refused.finished.said();
        assert_eq!(refused.status, None, "{said}");
        // RFC 8446 §4.4.2.4: certificate_required. rustls sends it in TLS 1.2 too, where handshake_failure was meant.
        let alerts: &[u8] = match tls {
            Tls::V1_2 => &[40, 116],
            Tls::V1_3 | Tls::Newest => &[116],
        };
        assert!(
            refused.alert.is_some_and(|alert| alerts.contains(&alert)),
            "{tls:?}: {said}"
        );
        server.wait_for_log("no-certificate");
    }
}
