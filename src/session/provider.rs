//! What both ends of a login can speak.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{DEFAULT_CIPHER_SUITES, default_provider, kx_group};

/// The one crypto provider, with the key exchanges and cipher suites that this program speaks.
///
/// A hybrid exchange comes first, so that what is recorded today is not opened by a quantum computer later. Every suite
/// has an ephemeral exchange and authenticated encryption: there is no static RSA, no CBC, RC4 or 3DES.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        kx_groups: vec![
            kx_group::X25519MLKEM768,
            kx_group::X25519,
            kx_group::SECP256R1,
            kx_group::SECP384R1,
        ],
        cipher_suites: DEFAULT_CIPHER_SUITES.to_vec(),
        ..default_provider()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cipher_suite_has_forward_secrecy_and_authenticated_encryption() {
        for suite in &provider().cipher_suites {
            let name = super::super::cipher_suite(suite.suite().into());
            let tls_1_3 = suite.tls13().is_some();
            assert!(tls_1_3 || name.starts_with("TLS_ECDHE_"), "{name}");
            assert!(
                name.contains("_GCM_") || name.contains("_CHACHA20_POLY1305_"),
                "{name}"
            );
        }
    }

    #[test]
    fn the_hybrid_exchange_comes_first() {
        let provider = provider();
        let groups: Vec<_> = (provider.kx_groups.iter())
            .map(|group| super::super::named_group(group.name().into()))
            .collect();
        assert_eq!(
            groups,
            ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1"]
        );
    }
}
