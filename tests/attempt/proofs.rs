//! What others say to a CertificateVerify that proves nothing, and to one that does.

use std::sync::Arc;

use pki::login::Version;
use pki::probe::attempt::{Attempt, sign};
use pki::probe::case::Proof;
use pki::probe::{Key, KeyKind, Presented};

use super::{Ground, gnutls, is_let_in, is_refused_by, wait};
use crate::servers::Running;
use crate::servers::s_server::S_SERVER;
use crate::support::path_text;
use crate::support::process::wait_for;

/// `openssl s_server` with the server's certificate for localhost, and these words.
#[track_caller]
pub(super) fn s_server(ground: &Ground, words: &[&str]) -> Option<Running> {
    let chain = ground.ca("issuing");
    ground.start(&S_SERVER, |site| {
        let accept = format!("127.0.0.1:{}", site.port);
        // Not quiet: it is to say what it does not like.
        let own = [
            "s_server",
            "-www",
            "-accept",
            &accept,
            "-cert",
            path_text(&site.fullchain),
            "-cert_chain",
            &chain,
            "-key",
            path_text(&site.key),
        ];
        [&own[..], words].concat().join("\n")
    })
}

const ALL: [Proof; 3] = [
    Proof::OtherKey,
    Proof::OtherTranscript,
    Proof::SchemeNotOffered,
];

#[test]
fn openssl_says_to_each_what_is_wrong_with_it_and_nothing_to_an_honest_one() {
    let Some(ground) = Ground::new() else { return };
    let root = ground.ca("root");
    let words = ["-Verify", "2", "-verify_return_error", "-CAfile", &root];
    let Some(server) = s_server(&ground, &words) else {
        return;
    };
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    for version in [Version::Tls13, Version::Tls12] {
        is_let_in(&wait(place.visit(
            Some(&ground.alice),
            Some(version),
            &let_in,
        )));
    }
    let mut known = server.log().matches(":error:").count();
    for proof in ALL {
        let attempt = wait(sign(&place, &ground.alice, proof, &let_in));
        let (alerts, reason) = match proof {
            Proof::OtherKey | Proof::OtherTranscript => (["decrypt_error"; 2], ":bad signature:"),
            Proof::SchemeNotOffered => (
                ["illegal_parameter", "handshake_failure"],
                ":wrong signature type:",
            ),
        };
        is_refused_by(&attempt, alerts[0]);
        is_seen(&attempt, "TLSv1.3", alerts[0]);
        is_seen(&attempt, "TLSv1.2", alerts[1]);
        known += 2;
        let log = wait_for("openssl says what it does not like", || {
            let log = server.log();
            (log.matches(":error:").count() >= known).then_some(log)
        });
        let errors: Vec<_> = log.lines().filter(|it| it.contains(":error:")).collect();
        assert_eq!(errors.len(), known, "{log}");
        let new = &errors[known - 2..];
        assert!(
            new.iter().all(|it| it.contains(reason)),
            "{proof:?}: {new:?}"
        );
    }
}

/// Panics unless this alert was seen in this version.
#[track_caller]
fn is_seen(attempt: &Attempt, version: &str, alert: &str) {
    let begins = format!("In {version}, signed with ");
    let ends = format!(": alert {alert}.");
    let mut seen = attempt.seen.iter();
    assert!(
        seen.any(|it| it.starts_with(&begins) && it.ends_with(&ends)),
        "{attempt:?}"
    );
}

#[test]
fn gnutls_says_to_each_what_is_wrong_with_it_and_nothing_to_an_honest_one() {
    let Some(ground) = Ground::new() else { return };
    let Some(server) = gnutls::start(&ground) else {
        return;
    };
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    for version in [Version::Tls13, Version::Tls12] {
        is_let_in(&wait(place.visit(
            Some(&ground.alice),
            Some(version),
            &let_in,
        )));
    }
    for proof in [Proof::OtherKey, Proof::OtherTranscript] {
        let attempt = wait(sign(&place, &ground.alice, proof, &let_in));
        is_refused_by(&attempt, "decrypt_error");
        for version in ["TLSv1.3", "TLSv1.2"] {
            is_seen(&attempt, version, "decrypt_error");
        }
    }
    let attempt = wait(sign(
        &place,
        &ground.alice,
        Proof::SchemeNotOffered,
        &let_in,
    ));
    is_refused_by(&attempt, "illegal_parameter");
    is_seen(&attempt, "TLSv1.3", "illegal_parameter");
    // In TLS 1.2 it takes all that a key on P-256 can do here, SHA-1 too.
    let all = "In TLSv1.2, the server offers every scheme that the key can sign with.";
    assert!(attempt.seen.iter().any(|it| it == all), "{attempt:?}");
    let said = "Public key signature verification has failed.";
    wait_for("gnutls says what it does not like", || {
        (server.log().matches(said).count() == 4).then_some(())
    });
    assert_eq!(
        server
            .log()
            .matches("An illegal parameter has been received.")
            .count(),
        1
    );
}

#[test]
fn openssl_takes_the_signatures_of_keys_of_every_kind() {
    let Some(ground) = Ground::new() else { return };
    let root = ground.ca("root");
    // It looks at the proof, and does not mind who issued the certificate or how weak it is.
    let words = [
        "-Verify",
        "2",
        "-CAfile",
        &root,
        "-cipher",
        "DEFAULT@SECLEVEL=0",
    ];
    let Some(server) = s_server(&ground, &words) else {
        return;
    };
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    for kind in [
        KeyKind::P384,
        KeyKind::Rsa(2048),
        KeyKind::Rsa(1024),
        KeyKind::Ed25519,
    ] {
        let Some(shown) = self_signed(&ground, kind) else {
            return;
        };
        for version in [Version::Tls13, Version::Tls12] {
            let attempt = wait(place.visit(Some(&shown), Some(version), &let_in));
            assert!(
                attempt.told.is_let_in(),
                "{kind:?} {version:?}: {attempt:?}"
            );
            let other = Presented {
                key: Arc::new(Key::generate(kind).unwrap()),
                ..shown.clone()
            };
            let attempt = wait(place.visit(Some(&other), Some(version), &let_in));
            is_refused_by(&attempt, "decrypt_error");
        }
    }
}

/// A certificate for alice that OpenSSL makes for such a key.
#[track_caller]
fn self_signed(ground: &Ground, kind: KeyKind) -> Option<Presented> {
    let key = Key::generate(kind).unwrap();
    let (key_file, certificate) = (
        ground.authority.path("own.key"),
        ground.authority.path("own.pem"),
    );
    let block = pem::Pem::new("PRIVATE KEY", key.pkcs8().as_slice());
    std::fs::write(&key_file, pem::encode(&block)).unwrap();
    let words = [
        "req",
        "-x509",
        "-new",
        "-subj",
        "/CN=alice",
        "-days",
        "1",
        "-key",
        path_text(&key_file),
        "-out",
        path_text(&certificate),
    ];
    ground.authority.openssl(&words)?.ok();
    Some(Presented {
        chain: vec![super::certificate(&certificate).der().to_vec()],
        key: Arc::new(key),
    })
}
