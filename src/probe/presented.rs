//! What a probe shows a server: a chain, and the key that proves it.

use std::fmt;
use std::sync::Arc;

use super::forge::Key;

/// A chain and the key of its first certificate; its `Debug` shows nothing of either.
#[derive(Clone)]
pub struct Presented {
    /// Certificates in DER, well-formed or not, the end entity's first; the trust anchor is left out (RFC 8446 §4.4.2).
    pub chain: Vec<Vec<u8>>,
    /// The end entity's key.
    pub key: Arc<Key>,
}

impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}
