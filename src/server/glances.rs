//! Looks at the inventory that wait for nobody.

use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::error::Result;
use crate::inventory::{Head, Inventory};

/// Connections for short questions, as many as there are threads that may ask at once. None of them waits for another process, so that
/// they may be asked where nothing may block.
pub(super) struct Glances(Vec<Mutex<Glance>>);

struct Glance {
    inventory: Inventory,
    /// Where the audit log ended, and behind which change by anybody.
    seen: Option<(i64, Head)>,
}

impl Glances {
    /// Takes connections that nobody else uses.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(super) fn new(inventories: Vec<Inventory>) -> Result<Self> {
        for inventory in &inventories {
            inventory.be_impatient()?;
        }
        let glance = |inventory| {
            Mutex::new(Glance {
                inventory,
                seen: None,
            })
        };
        Ok(Self(inventories.into_iter().map(glance).collect()))
    }

    /// What is found out at once; nothing where somebody would have to be waited for, or the database fails.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&Inventory) -> Result<T>) -> Option<T> {
        question(&self.free()?.inventory).ok()
    }

    /// Where the audit log ends now; nothing where that is not found out at once.
    pub(super) fn head(&self) -> Option<Head> {
        let mut glance = self.free()?;
        // Before the log's end is read: whatever is changed between the two is another version at the next look.
        let version = glance.inventory.version().ok()?;
        match &glance.seen {
            Some((seen, head)) if *seen == version => Some(*head),
            _ => {
                let head = glance.inventory.head().ok()?;
                glance.seen = Some((version, head));
                Some(head)
            }
        }
    }

    fn free(&self) -> Option<MutexGuard<'_, Glance>> {
        self.0.iter().find_map(|glance| match glance.try_lock() {
            Ok(glance) => Some(glance),
            // A look-up that panicked has changed nothing.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        })
    }

    /// Takes the first one away, as another thread does.
    #[cfg(test)]
    pub(super) fn taken(&self) -> Option<impl Drop> {
        self.0.first()?.lock().ok()
    }
}
