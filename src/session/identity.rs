//! What one end of a login presents: a certificate chain and its key.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SigningKey};

use super::{Chain, provider};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// A certificate, those that lead to a root, and its key; its `Debug` shows nothing of the key.
#[derive(Clone)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    /// The same certificates once more, for those that keep them longer than they present them.
    chain: Chain,
}

impl Identity {
    /// Puts a chain, the end's own certificate first, together with its key in PKCS#8.
    ///
    /// # Errors
    /// Refuses a key that cannot be read or is not the certificate's.
    pub fn new(chain: &[Certificate], pkcs8: &[u8]) -> Result<Self> {
        let chain = chain
            .iter()
            .map(|certificate| CertificateDer::from(certificate.der().to_vec()))
            .collect();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.to_vec()));
        let certified = CertifiedKey::from_der(chain, key, &provider()).map_err(|cause| {
            Error::new(
                ErrorKind::Malformed,
                format!("the certificate and its key cannot be used: {cause}"),
            )
            .with_hint("Give the bundle as it was issued; a server's certificate is issued again.")
        })?;
        Ok(Self::from(certified))
    }

    /// Puts certificates in DER, the end's own first, together with whatever signs for them: neither is looked at.
    ///
    /// That is for who tries what a server makes of certificates that are malformed, and of signatures that prove nothing.
    pub fn unchecked(chain: &[Vec<u8>], key: Arc<dyn SigningKey>) -> Self {
        let chain = chain.iter().cloned().map(CertificateDer::from).collect();
        Self::from(CertifiedKey::new(chain, key))
    }

    /// The chain and key in rustls' form.
    pub fn certified_key(&self) -> Arc<CertifiedKey> {
        self.certified.clone()
    }

    /// The chain.
    pub fn chain(&self) -> Chain {
        self.chain.clone()
    }
}

impl From<CertifiedKey> for Identity {
    fn from(certified: CertifiedKey) -> Self {
        Self {
            chain: certified.cert.as_slice().into(),
            certified: Arc::new(certified),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("certificates", &self.chain.len())
            .finish_non_exhaustive()
    }
}
