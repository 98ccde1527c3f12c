//! What a clock that stood ahead wrote, and what becomes of it once the clock is right again.

use rusqlite::params;
use time::OffsetDateTime;

use super::audit::{self, Action};
use super::{Inventory, Record, commit, failure};
use crate::error::Result;

/// A change by a clock that stood ahead, which counts from now on.
#[derive(Debug, Clone)]
pub struct BroughtForward {
    /// The certificate, as it stood before.
    pub record: Record,
    /// It was not revoked, but a hold was lifted.
    pub is_lifted: bool,
}

impl BroughtForward {
    /// A sentence about it, without a full stop.
    pub fn sentence(&self) -> String {
        let who = self.record.reference();
        match self.is_lifted {
            false => format!(
                "{who} was revoked by a clock that stood ahead: it counts as revoked from now on"
            ),
            true => format!(
                "the hold of {who} was lifted by a clock that stood ahead: it counts as lifted from now on"
            ),
        }
    }
}

impl Inventory {
    /// Brings forward to now what was revoked, and which holds were lifted, by a clock that stood ahead: the one would count as valid
    /// again until that clock's time has come, and the other as held. The planned ends of overlaps stay where they are. Returns what was
    /// brought forward.
    ///
    /// The clock is looked at once the database is: what others wrote before that lies behind it, however long either took.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn bring_forward(
        &self,
        clock: impl FnOnce() -> OffsetDateTime,
    ) -> Result<Vec<BroughtForward>> {
        let view = self.connection.unchecked_transaction();
        let view = view.map_err(|cause| failure(&cause))?;
        self.head()?;
        let now = clock();
        let at = now.unix_timestamp();
        let mut found = Vec::new();
        for authority in self.authorities()? {
            let issuer = authority.certificate.subject().der();
            let revoked = self.select(
                "WHERE c.issuer = ?1 AND c.revoked_at > ?2 AND c.revoked_at IS NOT c.superseded_at",
                params![issuer, at],
            )?;
            found.extend(revoked.into_iter().map(|record| (record, false)));
        }
        let lifted = self.select(
            "WHERE c.id IN (SELECT certificate_id FROM hold WHERE lifted_at > ?1 AND lifted_at > held_at)",
            params![at],
        )?;
        found.extend(lifted.into_iter().map(|record| (record, true)));
        drop(view);
        let found: Vec<_> = found
            .into_iter()
            .map(|(record, is_lifted)| BroughtForward { record, is_lifted })
            .collect();
        if found.is_empty() {
            return Ok(found);
        }
        let transaction = self.begin()?;
        let mut brought = Vec::new();
        for it in found {
            let (change, action) = match it.is_lifted {
                false => (
                    "UPDATE certificate SET revoked_at = ?2 WHERE id = ?1 AND revoked_at > ?2",
                    Action::Revoke,
                ),
                true => (
                    "UPDATE hold SET lifted_at = max(held_at, ?2) WHERE certificate_id = ?1 AND lifted_at > ?2 AND lifted_at > held_at",
                    Action::Unrevoke,
                ),
            };
            let changed = transaction
                .prepare_cached(change)
                .and_then(|mut statement| statement.execute(params![it.record.id, at]))
                .map_err(|cause| failure(&cause))?;
            // Another process may have been faster.
            if changed == 0 {
                continue;
            }
            audit::state(&transaction, &it.record.certificate.fingerprint())
                .and_then(|detail| self.append(&transaction, action, &detail, now))
                .map_err(|cause| failure(&cause))?;
            brought.push(it);
        }
        commit(transaction).map_err(|cause| failure(&cause))?;
        Ok(brought)
    }
}
