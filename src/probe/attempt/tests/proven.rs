//! CertificateVerify as it goes over the wire, looked at by another library than the one that signs.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::super::super::case::Proof;
use super::*;

const ALL: [Proof; 3] = [
    Proof::OtherKey,
    Proof::OtherTranscript,
    Proof::SchemeNotOffered,
];

async fn unproven() -> Server {
    Server::start(Settings {
        clients: Clients::Unproven,
        ..Settings::default()
    })
    .await
}

fn is_good(
    algorithm: &'static dyn VerificationAlgorithm,
    shown: &Presented,
    proof: &server::Proof,
    message: &[u8],
) -> bool {
    let key = UnparsedPublicKey::new(algorithm, shown.key.public_key());
    key.verify(message, &proof.signature).is_ok()
}

#[tokio::test]
async fn who_checks_refuses_all_three_in_both_versions_and_who_does_not_is_found_out() {
    let checking = Server::start(Settings::default()).await;
    let unproven = unproven().await;
    let good = alice();
    for proof in ALL {
        let let_in = learned(&checking, &good).await;
        let attempt = sign(&checking.place, &good, proof, &let_in).await;
        assert!(
            matches!(attempt.told, Told::RefusedInHandshake(_)),
            "{proof:?}: {attempt:?}"
        );
        assert_eq!(attempt.seen.len(), 2, "{attempt:?}");
        let let_in = learned(&unproven, &good).await;
        let attempt = sign(&unproven.place, &good, proof, &let_in).await;
        assert!(attempt.told.is_let_in(), "{proof:?}: {attempt:?}");
    }
}

#[tokio::test]
async fn an_honest_signature_is_good_in_the_scheme_that_it_names() {
    use rustls::SignatureScheme as S;
    let server = unproven().await;
    let let_in = learned(&server, &alice()).await;
    let kinds: [(KeyKind, S, &'static dyn VerificationAlgorithm); 3] = [
        (
            KeyKind::P256,
            S::ECDSA_NISTP256_SHA256,
            &ECDSA_P256_SHA256_ASN1,
        ),
        (
            KeyKind::P384,
            S::ECDSA_NISTP384_SHA384,
            &ECDSA_P384_SHA384_ASN1,
        ),
        (
            KeyKind::Rsa(2048),
            S::RSA_PSS_SHA256,
            &RSA_PSS_2048_8192_SHA256,
        ),
    ];
    for (kind, scheme, algorithm) in kinds {
        let shown = client("alice", kind);
        server.proofs();
        for version in [Version::Tls13, Version::Tls12] {
            server
                .place
                .visit(Some(&shown), Some(version), &let_in)
                .await;
            let proofs = server.proofs();
            assert_eq!((proofs.len(), proofs[0].scheme), (1, scheme));
            assert!(is_good(algorithm, &shown, &proofs[0], &proofs[0].message));
        }
    }
}

#[tokio::test]
async fn another_key_signs_the_same_transcript_and_the_right_key_another_one() {
    let server = unproven().await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    server.proofs();
    sign(&server.place, &good, Proof::OtherKey, &let_in).await;
    let proofs = server.proofs();
    assert_eq!(proofs.len(), 2);
    for proof in proofs {
        assert_eq!(proof.scheme, rustls::SignatureScheme::ECDSA_NISTP256_SHA256);
        assert!(!is_good(
            &ECDSA_P256_SHA256_ASN1,
            &good,
            &proof,
            &proof.message
        ));
    }
    sign(&server.place, &good, Proof::OtherTranscript, &let_in).await;
    let proofs = server.proofs();
    assert_eq!(proofs.len(), 2);
    for proof in proofs {
        assert!(!is_good(
            &ECDSA_P256_SHA256_ASN1,
            &good,
            &proof,
            &proof.message
        ));
        let mut other = proof.message.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(is_good(&ECDSA_P256_SHA256_ASN1, &good, &proof, &other));
    }
}

#[tokio::test]
async fn a_scheme_that_was_not_offered_is_named_and_its_signature_is_good() {
    use rustls::SignatureScheme as S;
    let server = unproven().await;
    let kinds: [(KeyKind, S, &'static dyn VerificationAlgorithm); 2] = [
        (KeyKind::P256, S::ECDSA_SHA1_Legacy, &ECDSA_P256_SHA1_ASN1),
        (
            KeyKind::Rsa(2048),
            S::RSA_PKCS1_SHA1,
            &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        ),
    ];
    for (kind, scheme, algorithm) in kinds {
        let good = client("alice", kind);
        let let_in = learned(&server, &good).await;
        server.proofs();
        let attempt = sign(&server.place, &good, Proof::SchemeNotOffered, &let_in).await;
        let proofs = server.proofs();
        assert_eq!(proofs.len(), 2, "{attempt:?}");
        for proof in &proofs {
            assert_eq!(proof.scheme, scheme);
            assert!(is_good(algorithm, &good, proof, &proof.message));
        }
        // TLS 1.3 came first: what it signs begins with padding (RFC 8446 §4.4.3).
        assert!(proofs[0].message.starts_with(&[b' '; 64]));
        assert!(
            attempt.seen[0].starts_with("In TLSv1.3, signed with "),
            "{attempt:?}"
        );
        assert!(
            attempt.seen[1].starts_with("In TLSv1.2, signed with "),
            "{attempt:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_has_only_one_scheme_cannot_show_another() {
    let server = Server::start(Settings::default()).await;
    let good = client("alice", KeyKind::Ed25519);
    let let_in = learned(&server, &good).await;
    let attempt = sign(&server.place, &good, Proof::SchemeNotOffered, &let_in).await;
    assert!(matches!(attempt.told, Told::NotDone(_)), "{attempt:?}");
}

#[tokio::test]
async fn who_asks_for_no_certificate_says_nothing_about_proofs() {
    let server = Server::start(Settings {
        clients: Clients::NotAsked,
        application: |_, _| (200, "hello".to_owned()),
        ..Settings::default()
    })
    .await;
    let good = alice();
    let let_in = learned(&server, &good).await;
    for proof in ALL {
        let attempt = sign(&server.place, &good, proof, &let_in).await;
        assert!(matches!(attempt.told, Told::CouldNotTell(_)), "{attempt:?}");
    }
}
