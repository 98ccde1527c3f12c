//! The older ways between two OpenSSLs that still speak them: what an observer with the server's key can do.

use super::recording::Recording;
use crate::support::Authority;

/// A directory with an RSA key and a certificate that signed itself.
fn old_server() -> Option<Authority> {
    let directory = Authority::none();
    let subject = ["-subj", "/CN=old.example", "-days", "1"];
    let files = ["-keyout", "old.key", "-out", "old.pem"];
    let words = ["req", "-x509", "-newkey", "rsa:2048", "-noenc"];
    directory
        .openssl(&[&words[..], &files, &subject].concat())?
        .ok();
    Some(directory)
}

#[test]
fn a_recording_with_rsa_key_transport_opens_with_the_servers_key_and_one_with_an_exchange_does_not()
{
    let Some(directory) = old_server() else {
        return;
    };
    let key = directory.path("old.key");
    for (cipher, exchange, opens) in [
        ("AES128-SHA", "RSA key transport", true),
        ("AES128-GCM-SHA256", "RSA key transport", true),
        ("DHE-RSA-AES128-GCM-SHA256", "DHE", false),
        ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE", false),
    ] {
        let Some(recording) = Recording::of(&directory, cipher) else {
            return;
        };
        let said = recording.client.said();
        assert!(said.contains("HTTP/1.0 200"), "{cipher}: {said}");
        assert!(recording.shows_a_handshake(), "{cipher}");
        assert_eq!(
            recording.opens_with_key(&key),
            opens,
            "{exchange}, {cipher}"
        );
        // Nothing else is wrong with the recording: whoever has the session's secrets reads it.
        assert!(recording.opens_with_secrets(), "{exchange}, {cipher}");
    }
}

#[test]
fn another_key_than_the_servers_opens_nothing() {
    let (Some(directory), Some(other)) = (old_server(), old_server()) else {
        return;
    };
    let Some(recording) = Recording::of(&directory, "AES128-GCM-SHA256") else {
        return;
    };
    assert!(recording.opens_with_key(&directory.path("old.key")));
    assert!(!recording.opens_with_key(&other.path("old.key")));
}
