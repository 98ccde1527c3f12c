//! Sessions that are resumed, or not.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::super::case::Must;
use super::*;

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

#[tokio::test]
async fn a_server_that_resumes_does_so_and_one_that_does_not_makes_a_whole_handshake() {
    for resumes in [true, false] {
        let server = Server::start(Settings {
            resumes,
            ..Settings::default()
        })
        .await;
        let good = alice();
        let let_in = learned(&server, &good).await;
        for version in VERSIONS {
            let session = Session::open(&server.place, &good, version, &let_in)
                .await
                .unwrap();
            server.proofs();
            let attempt = session.resume(&server.place, Must::Accept, &let_in).await;
            assert!(attempt.told.is_let_in(), "{attempt:?}");
            assert_eq!(
                (attempt.resumed, attempt.version),
                (Some(resumes), Some(version))
            );
            // Who resumes does not prove anything again.
            assert_eq!(server.proofs().is_empty(), resumes);
            // In TLS 1.2 in two ways.
            let ways = match version {
                Version::Tls12 => 2,
                Version::Tls13 => 1,
            };
            assert_eq!(attempt.seen.len(), ways, "{attempt:?}");
        }
    }
}

#[tokio::test]
async fn who_is_judged_anew_when_resumed_is_kept_out_after_a_revocation() {
    static REVOKED: AtomicBool = AtomicBool::new(false);
    let server = Server::start(Settings {
        application: |fields, name| match REVOKED.load(Ordering::Relaxed) {
            true => (403, "revoked".to_owned()),
            false => server::greet(fields, name),
        },
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    let mut sessions = Vec::new();
    for version in VERSIONS {
        sessions.push(
            Session::open(&server.place, &good, version, &let_in)
                .await
                .unwrap(),
        );
    }
    REVOKED.store(true, Ordering::Relaxed);
    for session in sessions {
        let attempt = session.resume(&server.place, Must::Refuse, &let_in).await;
        assert_eq!(attempt.told, Told::RefusedByStatus("HTTP 403".to_owned()));
        assert_eq!(attempt.resumed, Some(true));
    }
    let session = Session::open(&server.place, &good, Version::Tls13, &let_in).await;
    let Told::CouldNotTell(how) = session.unwrap_err().told else {
        panic!("a session was opened by who is kept out");
    };
    assert_eq!(how, "no session could be opened: HTTP 403");
}

#[tokio::test]
async fn without_openssl_nothing_is_renegotiated_and_without_tls_1_2_there_is_nothing_to_renegotiate()
 {
    for (versions, is_done) in [(server::BOTH, true), (NEW, false)] {
        let server = Server::start(Settings {
            versions,
            ..Settings::default()
        })
        .await;
        let good = alice();
        let let_in = learned(&server, &good).await;
        let open = Renegotiation::open(&server.place, &good, &let_in).await;
        let attempt = open.renegotiate(&server.place, &let_in).await;
        match is_done {
            true => assert!(
                matches!(&attempt.told, Told::CouldNotTell(how) if how.starts_with("openssl is not installed")),
                "{attempt:?}"
            ),
            false => assert!(matches!(attempt.told, Told::NotDone(_)), "{attempt:?}"),
        }
    }
}
