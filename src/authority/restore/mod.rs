//! Putting a backup in the place of `ca-data`: verified before anything is replaced, and replaced in one step.
//!
//! The backup is unpacked beside `ca-data`, into `.NAME.restoring`, and everything in it is checked there. Then the two
//! directories change places, and what was there before gets a name under which it is kept. The mark `.restoring` lies in
//! the new directory from its first moment on; where it lies tells the next command how far a killed one came.
//!
//! Whoever has an inventory open shares the lock of its directory, so that having it alone means that nobody does.

mod swap;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod verify;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::json;
use time::OffsetDateTime;
use zeroize::Zeroizing;

pub(super) use swap::finish_interrupted;

use super::CaData;
use super::backup::{self, FACTS, FORMAT, Facts, Member, kind_of};
use super::store::agreement::KeyState;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access};
use crate::inventory::{Action, Forgotten, Inventory, Verification, check_copy};
use crate::profile::Profile;
use crate::secret::Secret;
use swap::Staging;

/// A backup that was unpacked and verified, and waits to take the place of `ca-data`; dropped, it leaves nothing behind.
pub struct Restoring {
    // Dropped first: the directory can be removed once nobody has it open.
    inventory: Inventory,
    staging: Staging,
    file: PathBuf,
    facts: Facts,
    keys: Vec<(Certificate, KeyState)>,
    log: Verification,
    loss: Loss,
    /// The root of the CA that it is to replace.
    replaced: Option<Certificate>,
}

/// What becomes of a backup whose audit log does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenLog {
    /// It is not restored.
    Refuse,
    /// It is restored, and the entry of the restore says how much was wrong.
    Accept,
}

/// What the inventory that is replaced knows and the backup does not.
#[derive(Debug)]
pub enum Loss {
    /// There is none to be replaced.
    Nothing,
    /// It can be told.
    Known(Forgotten),
    /// The inventory in place cannot be read, and this is why.
    Unknown(Error),
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// Of what it was a backup.
    pub facts: Facts,
    /// Where what was there before is kept.
    pub before: Option<PathBuf>,
    /// The CAs, and what could be told of their keys.
    pub keys: Vec<(Certificate, KeyState)>,
    /// What the verification of its audit log found.
    pub log: Verification,
    /// What is forgotten.
    pub loss: Loss,
    /// How many private keys of people, devices and servers lie only where what was there before is kept.
    pub left: usize,
}

impl Loss {
    /// Says whether anything is lost, or could be.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Known(forgotten) => forgotten.is_empty(),
            Self::Unknown(_) => false,
        }
    }
}

impl Restoring {
    /// Unpacks a backup beside `ca-data` and verifies it; `passphrase` opens the CA's keys where it is at hand.
    ///
    /// # Errors
    /// Refuses a directory that another process has open, and whatever is not a whole and consistent backup.
    pub fn prepare(
        data: &CaData,
        archive: &Path,
        passphrase: Option<&Secret>,
        broken_log: BrokenLog,
        now: OffsetDateTime,
    ) -> Result<Self> {
        swap::finish_interrupted(data);
        check_place(data)?;
        let staging = Staging::make(data, now)?;
        let unpacked = CaData::new(staging.path());
        let facts = unpack(archive, &unpacked)?;
        check_copy(&unpacked.inventory())?;
        let inventory = Inventory::open_locked(&unpacked.inventory(), staging.lock()?)?;
        let keys = verify::verify(&unpacked, &inventory, &facts, passphrase)?;
        let (loss, replaced) = loss(&staging, &unpacked)?;
        Ok(Self {
            log: verify::log(&inventory, broken_log)?,
            loss,
            replaced,
            inventory,
            staging,
            file: archive.to_path_buf(),
            facts,
            keys,
        })
    }

    /// What the inventory that is replaced knows and the backup does not.
    pub fn loss(&self) -> &Loss {
        &self.loss
    }

    /// The roots of the backup and of the CA that it is to replace, where that is another one.
    pub fn another_ca(&self) -> Option<(&Certificate, &Certificate)> {
        let replaced = self.replaced.as_ref()?;
        let is_root = |it: &&Certificate| it.fingerprint().to_string() == self.facts.root;
        let root = self
            .keys
            .iter()
            .map(|(authority, _)| authority)
            .find(is_root)?;
        (replaced.der() != root.der()).then_some((root, replaced))
    }

    /// What the verification of the backup's audit log found.
    pub fn log(&self) -> &Verification {
        &self.log
    }

    /// Puts the backup in its place.
    ///
    /// # Errors
    /// Says why it cannot take it; then everything is as it was.
    pub fn carry_out(self, now: OffsetDateTime) -> Result<Restored> {
        let Self {
            inventory,
            staging,
            file,
            facts,
            keys,
            log,
            loss,
            ..
        } = self;
        let place = CaData::new(staging.directory());
        let (certificates, revocations) = match &loss {
            Loss::Nothing => (Some(0), Some(0)),
            Loss::Known(forgotten) => (
                Some(forgotten.certificates.len()),
                Some(forgotten.revocations.len()),
            ),
            Loss::Unknown(_) => (None, None),
        };
        let detail = json!({
            "file": file.display().to_string(),
            "created_at": facts.created_at,
            "forgotten_certificates": certificates,
            "forgotten_revocations": revocations,
            "log_problems": log.count(),
        });
        if let Loss::Known(forgotten) = &loss {
            inventory.continue_numbers(&forgotten.crls, now)?;
        }
        inventory.note(Action::Restore, &detail, now)?;
        inventory.checkpoint()?;
        drop(inventory);
        file::create_private_directory(&CaData::new(staging.path()).pending())?;
        let before = staging.swap()?;
        let left = before.as_deref().map_or(0, |before| {
            // What is restored is restored, whatever could be counted.
            let keys = backup::end_entity_keys(&CaData::new(before)).unwrap_or_default();
            let is_left = |key: &&PathBuf| !place.directory().join(key).exists();
            keys.iter().filter(is_left).count()
        });
        Ok(Restored {
            before,
            facts,
            keys,
            log,
            loss,
            left,
        })
    }
}

/// Writes the files of an archive below `staging`, with the modes that they have in a CA's directory.
fn unpack(archive: &Path, staging: &CaData) -> Result<Facts> {
    let mut facts = None;
    backup::read(archive, |member, contents| {
        let failed = |cause: std::io::Error| file::failure("read", archive, &cause);
        match member {
            Member::Facts => {
                let mut text = Vec::new();
                contents.read_to_end(&mut text).map_err(failed)?;
                let read = serde_json::from_slice::<Facts>(&text)
                    .ok()
                    .filter(|facts| facts.format == FORMAT);
                let unknown = || {
                    backup::refusal(
                        archive,
                        &format!("has a {FACTS} that this program cannot read"),
                    )
                };
                facts = Some(read.ok_or_else(unknown)?);
                Ok(())
            }
            Member::Data(place) => {
                let access = kind_of(place).map_or(Access::Private, |kind| kind.access);
                let path = staging.directory().join(place);
                file::create_private_directory(file::directory_of(&path))?;
                write(&path, contents, access)
            }
        }
    })?;
    facts.ok_or_else(|| backup::refusal(archive, &format!("has no {FACTS}")))
}

/// Writes and syncs a file of any size.
fn write(path: &Path, contents: &mut dyn Read, access: Access) -> Result<()> {
    file::write_synced(path, path, b"", access)?;
    let mut buffer = Zeroizing::new(vec![0; 1 << 16]);
    let mut copied = || {
        let mut file = File::options().append(true).open(path)?;
        loop {
            match contents.read(&mut buffer)? {
                0 => return file.sync_all(),
                count => {
                    std::io::Write::write_all(&mut file, buffer.get(..count).unwrap_or_default())?
                }
            }
        }
    };
    copied().map_err(|cause| file::failure("write", path, &cause))
}

/// What the inventory in place knows that the unpacked one does not, and its root.
fn loss(staging: &Staging, unpacked: &CaData) -> Result<(Loss, Option<Certificate>)> {
    let current = CaData::new(staging.directory()).inventory();
    let Some(lock) = staging.replaced()?.filter(|_| current.exists()) else {
        return Ok((Loss::Nothing, None));
    };
    let told = Inventory::open_locked(&current, lock).and_then(|current| {
        let root = current.current_authority(Profile::Root)?;
        let forgotten = current.forgotten_by(&unpacked.inventory())?;
        Ok((forgotten, root.map(|root| root.certificate)))
    });
    Ok(match told {
        Ok((forgotten, root)) => (Loss::Known(forgotten), root),
        Err(cause) => (Loss::Unknown(cause), None),
    })
}

/// Refuses a directory that holds something, and nothing of a CA: whoever named it did not mean it to be replaced.
fn check_place(data: &CaData) -> Result<()> {
    let directory = data.directory();
    let Ok(mut entries) = std::fs::read_dir(directory) else {
        return Ok(());
    };
    if entries.next().is_none() || data.holds_any_of_a_ca() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!("{} holds no CA, and something else", directory.display()),
    )
    .with_hint("A restore takes the place of a whole directory: give one that is not there yet, or a CA's."))
}
