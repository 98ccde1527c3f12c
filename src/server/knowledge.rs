//! What the server must know to judge, and nothing more.

use std::sync::{Mutex, PoisonError};

use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::inventory::{Inventory, Record};

/// Looks up what the inventory knows at this moment, whoever wrote it.
///
/// The look-ups may block; the server calls them outside its asynchronous threads, but for the one in a handshake that
/// requires a certificate, where rustls waits for the answer.
pub trait Knowledge: Send + Sync {
    /// The CA's own certificates, root and issuing, newest first.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn authorities(&self) -> Result<Vec<Record>>;

    /// The certificate with exactly this fingerprint.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn record(&self, fingerprint: &Fingerprint) -> Result<Option<Record>>;
}

impl Knowledge for Mutex<Inventory> {
    fn authorities(&self) -> Result<Vec<Record>> {
        // A look-up that panicked has changed nothing, so the inventory behind a poisoned lock is as good as before.
        let inventory = self.lock().unwrap_or_else(PoisonError::into_inner);
        inventory.authorities()
    }

    fn record(&self, fingerprint: &Fingerprint) -> Result<Option<Record>> {
        let inventory = self.lock().unwrap_or_else(PoisonError::into_inner);
        inventory.find_by_fingerprint(fingerprint)
    }
}
