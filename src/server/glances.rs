//! Looks at the inventory that wait for nobody.

use std::sync::{Mutex, TryLockError};

use crate::error::Result;
use crate::inventory::Inventory;

/// Connections for short questions, as many as there are threads that may ask at once. None of them waits for another process, so that
/// they may be asked where nothing may block.
pub(super) struct Glances(Vec<Mutex<Inventory>>);

impl Glances {
    /// Takes connections that nobody else uses.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(super) fn new(inventories: Vec<Inventory>) -> Result<Self> {
        for inventory in &inventories {
            inventory.be_impatient()?;
        }
        Ok(Self(inventories.into_iter().map(Mutex::new).collect()))
    }

    /// What is found out at once; nothing where somebody would have to be waited for, or the database fails.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Inventory) -> Result<T>) -> Option<T> {
        let free = self.0.iter().find_map(|glance| match glance.try_lock() {
            Ok(inventory) => Some(inventory),
            // A look-up that panicked has changed nothing.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        });
        question(&*free?).ok()
    }

    /// Takes the first one away, as another thread does.
    #[cfg(test)]
    pub(super) fn taken(&self) -> Option<std::sync::MutexGuard<'_, Inventory>> {
        self.0.first()?.lock().ok()
    }
}
