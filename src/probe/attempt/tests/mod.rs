//! Attempts at servers in this process; `tests/probe` makes them at those of others.

mod claimed;
mod proven;
mod server;
mod sessions;

use super::super::forge::KeyKind;
use super::super::let_in::{By, LetIn};
use super::super::presented::Presented;
use super::super::told::Told;
use super::*;
use server::{Clients, NEW, OLD, Server, Settings, client, place};

fn alice() -> Presented {
    client("alice", KeyKind::P256)
}

async fn learned(server: &Server, good: &Presented) -> LetIn {
    let baseline = Baseline::take(&server.place, good).await.unwrap();
    baseline.let_in.unwrap()
}

#[tokio::test]
async fn keys_of_every_kind_log_in_in_both_versions() {
    let server = Server::start(Settings {
        clients: Clients::Required,
        ..Settings::default()
    })
    .await;
    let let_in = learned(&server, &alice()).await;
    assert_eq!(let_in.by(), By::Status);
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Rsa(2048),
        KeyKind::Ed25519,
    ] {
        let shown = client("alice", kind);
        for version in [Version::Tls12, Version::Tls13] {
            let attempt = server
                .place
                .visit(Some(&shown), Some(version), &let_in)
                .await;
            assert!(attempt.told.is_let_in(), "{kind:?}: {attempt:?}");
            assert_eq!(attempt.version, Some(version));
            assert_eq!((attempt.distrust, attempt.seen), (None, Vec::new()));
        }
    }
    let attempt = server.place.visit(None, None, &let_in).await;
    let refused = Told::RefusedInHandshake("alert certificate_required".to_owned());
    assert_eq!(attempt.told, refused);
}

#[tokio::test]
async fn an_alert_is_told_over_http2_too() {
    let server = Server::start(Settings {
        clients: Clients::Required,
        http2: true,
        ..Settings::default()
    })
    .await;
    let visitor = Visitor {
        identity: None,
        version: None,
    };
    let client = Returning::over_http2(&visitor).unwrap();
    let question = server.place.question();
    let visit = client.visit(&server.place.url, &question).await.unwrap();
    assert!(visit.is_http2);
    assert_eq!(visit.end, End::Alert("certificate_required".to_owned()));
}

#[tokio::test]
async fn a_version_that_a_server_does_not_speak_is_said_as_such() {
    for (versions, spoken, other) in [
        (OLD, Version::Tls12, Version::Tls13),
        (NEW, Version::Tls13, Version::Tls12),
    ] {
        let server = Server::start(Settings {
            versions,
            ..Settings::default()
        })
        .await;
        let good = alice();
        let let_in = learned(&server, &good).await;
        let attempt = server.place.visit(Some(&good), Some(spoken), &let_in).await;
        assert!(attempt.told.is_let_in(), "{attempt:?}");
        let attempt = server.place.visit(Some(&good), Some(other), &let_in).await;
        let not_spoken = format!(
            "the server does not speak {}: alert protocol_version",
            other.as_str()
        );
        assert_eq!(attempt.told, Told::NotDone(not_spoken));
        let session = Session::open(&server.place, &good, other, &let_in).await;
        assert!(matches!(session.unwrap_err().told, Told::NotDone(_)));
    }
}

#[tokio::test]
async fn a_server_that_asks_nobody_lets_everybody_in_and_that_is_seen() {
    let server = Server::start(Settings {
        clients: Clients::NotAsked,
        application: |_, _| (200, "hello".to_owned()),
        ..Settings::default()
    })
    .await;
    let let_in = learned(&server, &alice()).await;
    assert_eq!(let_in.by(), By::Nothing);
    let attempt = server.place.visit(None, None, &let_in).await;
    assert!(attempt.told.is_let_in());
    assert_eq!(
        attempt.seen,
        ["The server asked for no certificate in the handshake."]
    );
}

#[tokio::test]
async fn a_server_whose_certificate_leads_elsewhere_is_probed_and_not_trusted() {
    let server = Server::start(Settings::default()).await;
    let other = Server::start(Settings::default()).await;
    let place = Place {
        root: other.place.root.clone(),
        ..server.place.clone()
    };
    let good = alice();
    let let_in = learned(&server, &good).await;
    let attempt = place.visit(Some(&good), None, &let_in).await;
    assert!(attempt.told.is_let_in());
    assert!(
        attempt
            .distrust
            .is_some_and(|why| why.contains("does not lead to the root"))
    );
}

#[tokio::test]
async fn nobody_at_the_port_is_no_refusal() {
    let server = Server::start(Settings::default()).await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let nobody = place(free.local_addr().unwrap().port(), server.place.root.clone());
    drop(free);
    let attempt = nobody.visit(None, None, &let_in).await;
    assert!(matches!(attempt.told, Told::CouldNotTell(_)), "{attempt:?}");
    assert!(Baseline::take(&nobody, &good).await.is_err());
    let attempt = crowd(&nobody, &good, &let_in).await;
    assert!(
        matches!(&attempt.told, Told::CouldNotTell(how) if how.starts_with("0 of 200 were let in")),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn two_hundred_at_once_are_let_in_each_by_a_handshake_of_its_own() {
    let server = Server::start(Settings::default()).await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    server.proofs();
    let attempt = crowd(&server.place, &good, &let_in).await;
    assert!(
        matches!(&attempt.told, Told::LetIn(how) if how.starts_with("200 of 200 were let in")),
        "{attempt:?}"
    );
    assert_eq!(server.proofs().len(), 200);
}

#[tokio::test]
async fn a_crowd_of_which_some_are_turned_away_is_refused() {
    static CAME: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(Settings {
        application: |fields, name| {
            match CAME.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                // Two of these are the baseline's.
                0..151 => server::greet(fields, name),
                _ => (403, "too many".to_owned()),
            }
        },
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    let attempt = crowd(&server.place, &good, &let_in).await;
    assert!(
        matches!(&attempt.told, Told::RefusedByStatus(how)
            if how.starts_with("148 of 200 were let in") && how.ends_with("; 52: HTTP 403")),
        "{attempt:?}"
    );
}
