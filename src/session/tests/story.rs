//! The story of a handshake, and what its signatures sign.

use super::*;

/// The messages of a story, each with who sends it.
fn messages(session: &Session) -> Vec<(&'static str, &'static str)> {
    let story = session.story();
    story
        .iter()
        .map(|step| (step.from.as_str(), step.message))
        .collect()
}

#[tokio::test]
async fn a_tls_1_3_handshake_is_told_in_the_order_of_rfc_8446() {
    let Ends { server, .. } = Pair::new(Ability::of(&version::TLS13)).connect().await;
    assert_eq!(
        messages(&server),
        [
            ("client", "ClientHello"),
            ("server", "ServerHello"),
            ("server", "EncryptedExtensions"),
            ("server", "CertificateRequest"),
            ("server", "Certificate"),
            ("server", "CertificateVerify"),
            ("server", "Finished"),
            ("client", "Certificate"),
            ("client", "CertificateVerify"),
            ("client", "Finished"),
        ]
    );
    let story = server.story();
    let clear: Vec<_> = (story.iter())
        .filter(|step| step.protection == Protection::Clear)
        .map(|step| step.message)
        .collect();
    assert_eq!(clear, ["ClientHello", "ServerHello"]);
    let signing: Vec<_> = (story.iter())
        .filter_map(|step| Some((step.private_key?.as_str(), step.message)))
        .collect();
    assert_eq!(
        signing,
        [
            ("server", "CertificateVerify"),
            ("client", "CertificateVerify")
        ]
    );
    assert_eq!(server.inheritance(), None);
}

#[tokio::test]
async fn a_tls_1_2_handshake_is_told_in_the_order_of_rfc_5246() {
    let pair = Pair::new(Ability::of(&version::TLS12));
    let Ends { server, .. } = pair.connect().await;
    assert_eq!(
        messages(&server),
        [
            ("client", "ClientHello"),
            ("server", "ServerHello"),
            ("server", "Certificate"),
            ("server", "ServerKeyExchange"),
            ("server", "CertificateRequest"),
            ("server", "ServerHelloDone"),
            ("client", "Certificate"),
            ("client", "ClientKeyExchange"),
            ("client", "CertificateVerify"),
            ("client", "Finished"),
            ("server", "Finished"),
        ]
    );
    // A resumed one is short, and the server finishes first (RFC 5246 §7.3).
    let Ends { server, .. } = pair.connect().await;
    assert_eq!(
        messages(&server),
        [
            ("client", "ClientHello"),
            ("server", "ServerHello"),
            ("server", "Finished"),
            ("client", "Finished"),
        ]
    );
    assert!(server.inheritance().is_some());
    assert!(server.forward_secrecy_reason().contains("earlier"));
}

#[test]
fn what_tls_1_3_signs_is_a_context_and_the_hash_of_the_transcript() {
    let mut content = [b' '; 64].to_vec();
    content.extend_from_slice(b"TLS 1.3, client CertificateVerify\0");
    content.extend_from_slice(&[0xab; 32]);
    let signed = Signed::read(End::Client, SignatureScheme::ED25519, &content);
    assert_eq!(signed.signature_scheme, "ed25519");
    assert_eq!(signed.over, "transcript");
    assert_eq!(
        signed.context.as_deref(),
        Some("TLS 1.3, client CertificateVerify")
    );
    assert_eq!(signed.hash, Some("SHA-256"));
    assert_eq!(signed.hash_value, Some("ab".repeat(32)));
    assert_eq!(signed.octets, 64 + 34 + 32);
}

#[test]
fn in_tls_1_2_the_client_signs_its_messages_and_the_server_its_share() {
    let scheme = SignatureScheme::RSA_PSS_SHA256;
    let client = Signed::read(End::Client, scheme, b"");
    assert_eq!((client.over, client.context), ("transcript", None));
    // SHA-256 of nothing.
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(client.hash_value.as_deref(), Some(empty));
    let server = Signed::read(End::Server, scheme, b"");
    assert_eq!(server.over, "key-exchange");
}
