//! What was looked up lately, for as long as it is still so.
//!
//! Whatever changes a certificate's status appends an entry to the audit log, in the same transaction. So what was read
//! behind one entry holds until another one stands at the log's end, and each look begins with a question for that: a
//! revocation by another process counts on the next request. Then only what the new entries tell of is forgotten.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::glances::Glances;
use super::lately::Lately;
use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::inventory::{Changes, Head, Inventory, Record};
use crate::judge::Verified;

/// How many certificates are remembered, the oldest forgotten first. One takes about 4 KiB.
const CERTIFICATES: usize = 16_384;

/// A memory of the inventory that never answers with what has changed since.
pub(super) struct Recent {
    /// By which it is asked where the log ends.
    glances: Arc<Glances>,
    remembered: RwLock<Remembered>,
}

struct Remembered {
    /// Where the log ended when all this was read; nothing is remembered where it was never asked.
    head: Option<Head>,
    authorities: Option<Arc<Vec<Record>>>,
    verified: Lately<Fingerprint, Arc<Verified>>,
}

impl Recent {
    /// Remembers nothing yet.
    pub(super) fn new(glances: Arc<Glances>) -> Self {
        Self {
            glances,
            remembered: RwLock::default(),
        }
    }

    /// The certificate, where it is remembered and nothing has changed; it waits for nobody.
    pub(super) fn verified_at_hand(&self, fingerprint: &Fingerprint) -> Option<Arc<Verified>> {
        self.at_hand(|remembered| remembered.verified.get(fingerprint).cloned())
    }

    /// The CA's own certificates, likewise.
    pub(super) fn authorities_at_hand(&self) -> Option<Arc<Vec<Record>>> {
        self.at_hand(|remembered| remembered.authorities.clone())
    }

    /// The certificate, from the inventory where it is not remembered; nothing where the inventory does not know it, or
    /// none of our CAs signed it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(super) fn verified(
        &self,
        inventory: &Inventory,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Arc<Verified>>> {
        let authorities = self.authorities(inventory)?;
        if let Some(verified) = self.read().verified.get(fingerprint) {
            return Ok(Some(verified.clone()));
        }
        let Some(record) = inventory.find_by_fingerprint(fingerprint)? else {
            return Ok(None);
        };
        let Some(verified) = Verified::new(record, &authorities).map(Arc::new) else {
            return Ok(None);
        };
        self.write().verified.keep(*fingerprint, verified.clone());
        Ok(Some(verified))
    }

    /// The CA's own certificates, newest first, after everything was forgotten that has changed.
    ///
    /// Whoever has the inventory is the only one who adds something, so that what another one reads meanwhile from an older
    /// state cannot be remembered as belonging to this one. What changes between the question for the log's end and a
    /// look-up behind it is forgotten at the next question, though it was read anew already.
    ///
    /// # Errors
    /// Fails when the database does.
    pub(super) fn authorities(&self, inventory: &Inventory) -> Result<Arc<Vec<Record>>> {
        let head = inventory.head()?;
        let seen = {
            let remembered = self.read();
            remembered.head.zip(remembered.authorities.clone())
        };
        let changed = match seen {
            Some((seen, authorities)) if seen == head => return Ok(authorities),
            // An entry that cannot be read is nothing to be sure about.
            Some((seen, authorities)) => match inventory.changes_since(&seen, &authorities) {
                Ok(Changes::Of(changed)) => Some((changed, authorities)),
                Ok(Changes::Everything) | Err(_) => None,
            },
            None => None,
        };
        let (changed, authorities) = match changed {
            Some((changed, authorities)) => (Some(changed), authorities),
            None => (None, Arc::new(inventory.authorities()?)),
        };
        let mut remembered = self.write();
        match changed {
            Some(changed) => remembered.verified.forget(&changed),
            None => *remembered = Remembered::default(),
        }
        remembered.head = Some(head);
        remembered.authorities = Some(authorities.clone());
        Ok(authorities)
    }

    /// Looks something up, unless something has changed or somebody would have to be waited for.
    fn at_hand<T>(&self, look_up: impl FnOnce(&Remembered) -> Option<T>) -> Option<T> {
        let head = self.glances.head()?;
        let remembered = self.read();
        match remembered.head == Some(head) {
            true => look_up(&remembered),
            false => None,
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Remembered> {
        self.remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Remembered> {
        self.remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            head: None,
            authorities: None,
            verified: Lately::new(CERTIFICATES),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::inventory::{Login, ReasonCode};
    use crate::judge::{Reason, Verdict};
    use crate::profile::Profile;
    use crate::testing::{NOW, TestAuthority, years};

    /// A memory with one glance, beside a CA with these people.
    fn beside(authority: &TestAuthority) -> Result<Recent> {
        let glances = Glances::new(vec![Inventory::open(&authority.path())?])?;
        Ok(Recent::new(Arc::new(glances)))
    }

    fn verdict(verified: Option<Arc<Verified>>) -> Option<Verdict> {
        verified.map(|verified| verified.judge(NOW))
    }

    #[test]
    fn a_revocation_counts_on_the_next_look_and_nobody_else_is_forgotten() -> Result<()> {
        let authority = TestAuthority::new()?;
        let people = [authority.issue("alice")?, authority.issue("bob")?];
        let [alice, bob] = people
            .each_ref()
            .map(|record| record.certificate.fingerprint());
        let inventory = Inventory::open(&authority.path())?;
        let recent = beside(&authority)?;
        assert!(recent.verified_at_hand(&alice).is_none());
        for person in [&alice, &bob] {
            let looked_up = recent.verified(&inventory, person)?;
            assert_eq!(verdict(looked_up), Some(Verdict::Accepted));
            let at_hand = recent.verified_at_hand(person);
            assert_eq!(verdict(at_hand), Some(Verdict::Accepted));
        }
        let before = recent.verified_at_hand(&bob).unwrap();

        // As another process does, through a connection of its own.
        let hold = ReasonCode::CertificateHold;
        let [record, _] = people;
        authority
            .inventory
            .revoke(std::slice::from_ref(&record), hold, NOW)?;
        assert!(recent.verified_at_hand(&alice).is_none());
        let looked_up = recent.verified(&inventory, &alice)?;
        assert_eq!(verdict(looked_up), Some(Verdict::Refused(Reason::Revoked)));
        let at_hand = recent.verified_at_hand(&alice);
        assert_eq!(verdict(at_hand), Some(Verdict::Refused(Reason::Revoked)));
        let after = recent.verified_at_hand(&bob).unwrap();
        assert!(Arc::ptr_eq(&before, &after));

        authority.inventory.unrevoke(&record, NOW)?;
        let looked_up = recent.verified(&inventory, &alice)?;
        assert_eq!(verdict(looked_up), Some(Verdict::Accepted));
        Ok(())
    }

    #[test]
    fn logins_and_what_is_issued_to_others_leave_the_memory_as_it_is() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?.certificate.fingerprint();
        let inventory = Inventory::open(&authority.path())?;
        let recent = beside(&authority)?;
        let before = recent.verified(&inventory, &alice)?.unwrap();
        let login = Login {
            at: NOW,
            peer: None,
            verdict: "accepted",
            reason: None,
            certificate: Some(alice),
            subject: None,
        };
        authority.inventory.record_logins(&[login], NOW)?;
        assert!(recent.verified_at_hand(&alice).is_some());
        authority.issue("bob")?;
        // The log has another end, so that somebody has to look.
        assert!(recent.verified_at_hand(&alice).is_none());
        let after = recent.verified(&inventory, &alice)?.unwrap();
        assert!(Arc::ptr_eq(&before, &after));
        assert!(recent.verified_at_hand(&alice).is_some());
        Ok(())
    }

    #[test]
    fn another_ca_and_the_end_of_one_are_seen_at_once() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?.certificate.fingerprint();
        let inventory = Inventory::open(&authority.path())?;
        let recent = beside(&authority)?;
        recent.verified(&inventory, &alice)?;
        assert_eq!(recent.authorities_at_hand().unwrap().len(), 2);
        // Any certificate will do that stands under the profile of a CA.
        let next = authority.sign(Profile::Client, "next", &[], years(1)?)?;
        authority
            .inventory
            .record(&next, Profile::Issuing, None, NOW)?;
        assert!(recent.authorities_at_hand().is_none());
        assert_eq!(recent.authorities(&inventory)?.len(), 3);
        assert_eq!(recent.authorities_at_hand().unwrap().len(), 3);

        recent.verified(&inventory, &alice)?;
        let issuing = authority.find(authority.issuing.certificate())?.unwrap();
        authority
            .inventory
            .revoke(&[issuing], ReasonCode::CaCompromise, NOW)?;
        let looked_up = recent.verified(&inventory, &alice)?;
        assert_eq!(verdict(looked_up), Some(Verdict::Refused(Reason::Revoked)));
        Ok(())
    }

    #[test]
    fn what_the_inventory_does_not_know_is_not_remembered() -> Result<()> {
        let authority = TestAuthority::new()?;
        let unknown = authority.sign(Profile::Client, "alice", &[], years(1)?)?;
        let recent = beside(&authority)?;
        let fingerprint = unknown.fingerprint();
        assert!(
            recent
                .verified(&authority.inventory, &fingerprint)?
                .is_none()
        );
        assert!(recent.verified_at_hand(&fingerprint).is_none());
        authority.record(&unknown, "alice")?;
        assert!(
            recent
                .verified(&authority.inventory, &fingerprint)?
                .is_some()
        );
        Ok(())
    }

    #[test]
    fn nobody_waits_for_a_glance_that_another_thread_takes() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?.certificate.fingerprint();
        let recent = beside(&authority)?;
        recent.verified(&authority.inventory, &alice)?;
        let taken = recent.glances.taken();
        assert!(taken.is_some());
        assert!(recent.verified_at_hand(&alice).is_none());
        drop(taken);
        assert!(recent.verified_at_hand(&alice).is_some());
        Ok(())
    }
}
