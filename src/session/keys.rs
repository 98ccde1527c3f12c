//! The keys that both ends derive in a handshake: their names, sizes and purposes, as the cipher suite determines them.

use rustls::SupportedCipherSuite;
use serde::Serialize;

use super::{End, cipher_suite, provider};

/// A key or secret that both ends derived for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DerivedKey {
    /// Its name in RFC 8446 §7.1 or RFC 5246 §6.3.
    pub name: &'static str,
    /// Who writes with it; null where it protects nothing by itself.
    pub writer: Option<End>,
    /// Its length in octets.
    pub octets: usize,
    /// What it encrypts with; null where other keys are derived from it.
    pub algorithm: Option<&'static str>,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it was taken over from the connection that this one resumes, and not made anew.
    pub from_earlier: bool,
}

/// The keys that a suite leads to; nothing for a suite that this program does not speak.
pub(super) fn derived(suite: u16, resumed: bool) -> Vec<DerivedKey> {
    let provider = provider();
    let found = (provider.cipher_suites.iter()).find(|known| u16::from(known.suite()) == suite);
    let algorithm = algorithm_of(&cipher_suite(suite));
    match found {
        Some(SupportedCipherSuite::Tls13(suite)) => {
            let octets = suite.common.hash_provider.output_len();
            let secret = |name, writer, purpose| DerivedKey {
                name,
                writer,
                octets,
                algorithm: None,
                purpose,
                from_earlier: false,
            };
            let key = suite.aead_alg.key_len();
            let keys = |name, writer| DerivedKey {
                name,
                writer: Some(writer),
                octets: key,
                algorithm,
                purpose: written_with(writer),
                from_earlier: false,
            };
            vec![
                secret(
                    "client_handshake_traffic_secret",
                    Some(End::Client),
                    "protects the client's messages up to its Finished",
                ),
                secret(
                    "server_handshake_traffic_secret",
                    Some(End::Server),
                    "protects the server's messages up to its Finished",
                ),
                secret(
                    "client_application_traffic_secret_0",
                    Some(End::Client),
                    "gives the key for what the client sends",
                ),
                secret(
                    "server_application_traffic_secret_0",
                    Some(End::Server),
                    "gives the key for what the server sends",
                ),
                keys("client_write_key", End::Client),
                keys("server_write_key", End::Server),
                secret(
                    "exporter_master_secret",
                    None,
                    "gives the exporter's values to the application",
                ),
                secret(
                    "resumption_master_secret",
                    None,
                    "lets a later connection resume this session",
                ),
            ]
        }
        Some(SupportedCipherSuite::Tls12(suite)) => {
            let octets = suite.aead_alg.key_block_shape().enc_key_len;
            let keys = |name, writer| DerivedKey {
                name,
                writer: Some(writer),
                octets,
                algorithm,
                purpose: written_with(writer),
                from_earlier: false,
            };
            vec![
                DerivedKey {
                    name: "master_secret",
                    writer: None,
                    // RFC 5246 §8.1
                    octets: 48,
                    algorithm: None,
                    purpose: "gives all other keys, and lets a later connection resume this session",
                    from_earlier: resumed,
                },
                keys("client_write_key", End::Client),
                keys("server_write_key", End::Server),
            ]
        }
        None => Vec::new(),
    }
}

/// What the key of one end is for. It is the same at both ends: what one encrypts with it the other decrypts with it.
fn written_with(writer: End) -> &'static str {
    match writer {
        End::Client => {
            "encrypts what the client sends; the server has it too, and decrypts with it"
        }
        End::Server => {
            "encrypts what the server sends; the client has it too, and decrypts with it"
        }
    }
}

/// The cipher in a suite's name.
fn algorithm_of(suite: &str) -> Option<&'static str> {
    const KNOWN: [(&str, &str); 3] = [
        ("AES_128_GCM", "AES-128-GCM"),
        ("AES_256_GCM", "AES-256-GCM"),
        ("CHACHA20_POLY1305", "ChaCha20-Poly1305"),
    ];
    let found = KNOWN.iter().find(|(part, _)| suite.contains(part));
    found.map(|(_, algorithm)| *algorithm)
}
