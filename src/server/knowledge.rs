//! What the server must know to judge, and nothing more.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::authority::{CaData, ResponderAtHand};
use crate::certificate::{DistinguishedName, Fingerprint};
use crate::error::Result;
use crate::inventory::{Inventory, Record, Standing};
use crate::ocsp::Responder;
use crate::serial::SerialNumber;

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

    /// What is known of an issuer's serial number.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing>;

    /// Who answers OCSP requests; nobody, where no key and certificate are at hand.
    ///
    /// # Errors
    /// Says why key or certificates cannot be read.
    fn responder(&self, now: OffsetDateTime) -> Result<Option<Arc<Responder>>>;
}

/// An inventory together with what lies beside it in `ca-data`.
pub struct Living {
    inventory: Mutex<Inventory>,
    responder: ResponderAtHand,
}

impl Living {
    /// Takes an inventory and the directory that it was opened in.
    pub fn new(inventory: Inventory, data: CaData) -> Self {
        Self {
            inventory: Mutex::new(inventory),
            responder: ResponderAtHand::new(data),
        }
    }
}

impl Knowledge for Living {
    fn authorities(&self) -> Result<Vec<Record>> {
        self.inventory.authorities()
    }

    fn record(&self, fingerprint: &Fingerprint) -> Result<Option<Record>> {
        self.inventory.record(fingerprint)
    }

    fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing> {
        self.inventory.standing(issuer, serial_number)
    }

    fn responder(&self, now: OffsetDateTime) -> Result<Option<Arc<Responder>>> {
        let inventory = self
            .inventory
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        self.responder.get(&inventory, now)
    }
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
    fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing> {
        let inventory = self.lock().unwrap_or_else(PoisonError::into_inner);
        inventory.standing(issuer, serial_number)
    }

    /// An inventory alone has no key.
    fn responder(&self, _: OffsetDateTime) -> Result<Option<Arc<Responder>>> {
        Ok(None)
    }
}
