//! Verifying the log: the chain in itself, and the inventory by what the log tells of it.

use super::super::{Inventory, failure};
use super::chain::Chain;
use super::entry::{COLUMNS, Stored};
use super::replay::Replay;
use super::{Head, head};
use crate::error::Result;

/// How many findings of one kind are told; the others are counted.
pub(in crate::inventory) const MAX_TOLD: usize = 100;

/// What a verification of the audit log found.
#[derive(Debug)]
pub struct Verification {
    /// How many entries there are.
    pub entries: u64,
    /// The last of them.
    pub head: Head,
    /// About the chain: entries that were changed, removed or put elsewhere.
    pub chain: Findings,
    /// About certificates of which the log does not tell, or tells otherwise, and those that are gone.
    pub certificates: Findings,
    /// About revocations and holds that are not what the log tells.
    pub revocations: Findings,
}

/// What is wrong.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub told: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The entry of the log that it is about, where it is about one.
    pub entry: Option<i64>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

impl Verification {
    /// Says whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.count() == 0
    }

    /// How many things are wrong.
    pub fn count(&self) -> u64 {
        self.kinds().iter().map(|findings| findings.count).sum()
    }

    /// The first thing that is wrong.
    pub fn first(&self) -> Option<&Finding> {
        self.kinds()
            .into_iter()
            .find_map(|findings| findings.told.first())
    }

    fn kinds(&self) -> [&Findings; 3] {
        [&self.chain, &self.certificates, &self.revocations]
    }
}

impl Findings {
    pub(in crate::inventory) fn add(&mut self, entry: Option<i64>, message: impl Into<String>) {
        self.count += 1;
        if self.told.len() < MAX_TOLD {
            let message = message.into();
            self.told.push(Finding { entry, message });
        }
    }
}

impl Inventory {
    /// Walks along the whole log and compares the inventory with it, both as they are at one moment.
    ///
    /// # Errors
    /// Fails when the database does; what is wrong with its contents is found, not an error.
    pub fn verify_audit(&self) -> Result<Verification> {
        self.verify_audit_while(&mut |_| {})
    }

    /// The same; `observe` is told after each entry how many are behind.
    ///
    /// # Errors
    /// As [`Inventory::verify_audit`].
    pub fn verify_audit_while(&self, observe: &mut dyn FnMut(u64)) -> Result<Verification> {
        let mut verify = || -> rusqlite::Result<Verification> {
            let mut behind = 0;
            // A transaction that only reads sees one moment and keeps nobody waiting.
            let moment = self.connection.unchecked_transaction()?;
            let (mut chain, mut replay) = (Chain::new(), Replay::default());
            let mut entries =
                moment.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY id"))?;
            let mut rows = entries.query([])?;
            while let Some(row) = rows.next()? {
                let entry = Stored::from_row(row)?;
                chain.take(&entry);
                replay.take(&entry);
                behind += 1;
                observe(behind);
            }
            let (certificates, revocations) = replay.compare(&moment)?;
            let (chain, entries, head) = chain.finish();
            Ok(Verification {
                entries,
                head,
                chain,
                certificates,
                revocations,
            })
        };
        verify().map_err(|cause| failure(&cause))
    }

    /// The hash of one entry, and the last entry, both as they are at one moment.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn hash_of_entry(&self, id: i64) -> Result<(Option<[u8; 32]>, Head)> {
        use rusqlite::OptionalExtension;
        let look = || -> rusqlite::Result<_> {
            let moment = self.connection.unchecked_transaction()?;
            let hash = moment
                .query_row("SELECT hash FROM audit WHERE id = ?1", [id], |row| {
                    row.get(0)
                })
                .optional()?;
            Ok((hash, head(&moment)?))
        };
        look().map_err(|cause| failure(&cause))
    }
}
