//! How every serial number stands, kept in memory by a thread of its own.
//!
//! What it holds is never believed beyond the end of the audit log behind which it was read: whoever asks says where the log
//! ends now. Until the thread has caught up, the inventory itself is asked.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::thread;
use std::time::Instant;

use crate::certificate::DistinguishedName;
use crate::inventory::{Head, Inventory, Standing, Standings};
use crate::serial::SerialNumber;

/// How many times as long as all took to be read the thread waits before it reads all anew.
const REST: u32 = 10;

/// A memory that follows the inventory once it was asked for the first time, and takes no room before.
pub(super) struct Following {
    known: Arc<RwLock<Option<Standings>>>,
    nudges: SyncSender<()>,
}

impl Following {
    /// Follows by a connection that nobody else uses. Where no thread can be had, nothing is ever at hand.
    pub(super) fn new(inventory: Inventory) -> Self {
        // One nudge that waits is as good as many: it is obeyed after all that came before it.
        let (nudges, nudged) = sync_channel(1);
        let known = Arc::default();
        let followed = Arc::clone(&known);
        let thread = thread::Builder::new().name("serial numbers".to_owned());
        let _ = thread.spawn(move || follow(&inventory, &followed, &nudged));
        Self { known, nudges }
    }

    /// How a serial number stands where the log ends with `head`; nothing where the inventory itself must be asked.
    pub(super) fn at_hand(
        &self,
        head: &Head,
        issuer: &DistinguishedName,
        number: &SerialNumber,
    ) -> Option<Standing> {
        // The thread holds it for as long as it takes in what is new, which is not waited for.
        let known = self.known.try_read().ok()?;
        match &*known {
            Some(known) if known.head() == head => known.get(issuer, number),
            _ => {
                let _ = self.nudges.try_send(());
                None
            }
        }
    }
}

/// Ends when nobody can nudge it any more.
fn follow(inventory: &Inventory, known: &RwLock<Option<Standings>>, nudged: &Receiver<()>) {
    let mut earliest = Instant::now();
    for () in nudged {
        if catch_up(inventory, known) || Instant::now() < earliest {
            continue;
        }
        // What is there is of no use any more, and need not take room beside what comes.
        *write(known) = None;
        let begin = Instant::now();
        // What fails, as for want of a look at the database, is tried again at a later nudge.
        let anew = inventory.standings().ok();
        *write(known) = anew;
        earliest = Instant::now() + begin.elapsed() * REST;
    }
}

/// Takes in what is new; says whether that was possible.
fn catch_up(inventory: &Inventory, known: &RwLock<Option<Standings>>) -> bool {
    loop {
        // Only this thread ever writes, so that what it reads still follows on what is there.
        let news = match &*known.read().unwrap_or_else(PoisonError::into_inner) {
            Some(known) => inventory.standings_since(known),
            None => return false,
        };
        let Ok(Some(news)) = news else {
            return false;
        };
        let is_all = news.is_all();
        if let Some(known) = &mut *write(known) {
            known.take_in(news);
        }
        if is_all {
            return true;
        }
    }
}

fn write(known: &RwLock<Option<Standings>>) -> RwLockWriteGuard<'_, Option<Standings>> {
    known.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::error::Result;
    use crate::inventory::ReasonCode;
    use crate::testing::{NOW, TestAuthority};

    #[test]
    fn what_is_not_caught_up_with_is_not_told() -> Result<()> {
        let authority = TestAuthority::new()?;
        let alice = authority.issue("alice")?;
        let issuer = alice.certificate.issuer();
        let number = alice.certificate.serial_number();
        let following = Following::new(Inventory::open(&authority.path())?);
        let told = || {
            let head = authority.inventory.head()?;
            Ok(following.at_hand(&head, issuer, number))
        };
        // Each time that it is asked and is behind, the thread is nudged.
        let caught_up = || -> Result<Standing> {
            let begin = Instant::now();
            loop {
                match told()? {
                    Some(standing) => return Ok(standing),
                    None => assert!(begin.elapsed().as_secs() < 60, "it never caught up"),
                }
                thread::yield_now();
            }
        };
        assert_eq!(told()?, None);
        assert_eq!(caught_up()?, Standing::Issued { revocation: None });

        let reason = ReasonCode::KeyCompromise;
        authority
            .inventory
            .revoke(std::slice::from_ref(&alice), reason, NOW)?;
        let revoked = caught_up()?;
        assert_eq!(revoked, authority.inventory.standing(issuer, number)?);
        assert_eq!(revoked.revocation().unwrap().reason, reason);
        Ok(())
    }
}
