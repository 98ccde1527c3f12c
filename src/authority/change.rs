//! Changes to the CA's own files that take several steps: all of them happen, or none.
//!
//! The new files are put together in `.change`, and the plan that is written there last is the decision: a command that
//! was killed before it has changed nothing, and what one that was killed after it left undone is finished by the next
//! command that opens the CA. Whoever changes the CA's keys holds the lock of `issuers/`, so that one change follows the
//! other.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::CaData;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Wait};
use crate::inventory::{Action, Inventory};
use crate::profile::Profile;

const PLAN: &str = "plan";

/// A change that is being put together; dropped without [`Change::carry_out`], it leaves nothing behind.
pub(super) struct Change<'a> {
    data: &'a CaData,
    inventory: &'a Inventory,
    /// Where the new files go, beneath `ca-data`; each lies under its number until then.
    places: Vec<PathBuf>,
    decided: bool,
    _lock: Option<File>,
}

/// What the inventory learns of a change once its files have their places.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Outcome {
    /// There is a new issuing CA: its certificate in PEM.
    Issuing(String),
    /// The root's key is here again; its entry is not written where one stands behind `after` already.
    Attached { detail: Value, after: i64 },
    /// The keys were encrypted anew; the entry is not written where one stands behind `after` already.
    Passphrase { detail: Value, after: i64 },
}

#[derive(Serialize, Deserialize)]
struct Plan {
    places: Vec<PathBuf>,
    outcome: Outcome,
    /// When it was decided, in seconds since 1970.
    at: i64,
}

impl<'a> Change<'a> {
    /// Waits for a change that is under way, and begins another.
    pub(super) fn begin(data: &'a CaData, inventory: &'a Inventory) -> Result<Self> {
        let lock = exclusively(data, inventory)?;
        file::create_private_directory(&data.change())?;
        Ok(Self {
            data,
            inventory,
            places: Vec::new(),
            decided: false,
            _lock: lock,
        })
    }

    /// Writes a file that shall lie at `place`; returns where it lies until then, so that it can be read back.
    pub(super) fn put(&mut self, place: &Path, contents: &[u8], access: Access) -> Result<PathBuf> {
        let directory = self.data.directory();
        let relative = place.strip_prefix(directory).map_err(|_| {
            Error::new(
                ErrorKind::Internal,
                format!("{} lies outside {}", place.display(), directory.display()),
            )
        })?;
        let staged = self.data.change().join(self.places.len().to_string());
        file::write_synced(&staged, place, contents, access)?;
        self.places.push(relative.to_path_buf());
        Ok(staged)
    }

    /// Decides for the change and carries it out.
    pub(super) fn carry_out(mut self, outcome: Outcome, now: OffsetDateTime) -> Result<()> {
        let plan = Plan {
            places: std::mem::take(&mut self.places),
            outcome,
            at: now.unix_timestamp(),
        };
        let path = self.data.change().join(PLAN);
        let text = serde_json::to_vec(&plan)
            .map_err(|cause| file::failure("write", &path, &cause.into()))?;
        file::write(&path, &text, Access::Private, Existing::Refuse)?;
        self.decided = true;
        finish_under_lock(self.data, self.inventory)
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        if !self.decided {
            // First the plan, should it have got its name all the same: without the files it would look carried out.
            let plan = self.data.change().join(PLAN);
            file::remove_quietly(&plan);
            drop(file::sync_directory_of(&plan));
            drop(fs::remove_dir_all(self.data.change()));
        }
    }
}

/// Waits until no other command changes the CA's keys, finishes what a killed one left, and keeps the others waiting for
/// as long as the returned handle lives.
pub(super) fn exclusively(data: &CaData, inventory: &Inventory) -> Result<Option<File>> {
    let lock = file::lock(&data.issuers(), Wait::Yes)?;
    finish_under_lock(data, inventory)?;
    Ok(lock)
}

/// Finishes or discards what a killed command left behind; one that is at work is waited for.
pub(super) fn finish_interrupted(data: &CaData, inventory: &Inventory) -> Result<()> {
    match data.change().is_dir() {
        true => exclusively(data, inventory).map(drop),
        false => Ok(()),
    }
}

/// Every step may have been taken already.
fn finish_under_lock(data: &CaData, inventory: &Inventory) -> Result<()> {
    let directory = data.change();
    if !directory.is_dir() {
        return Ok(());
    }
    let path = directory.join(PLAN);
    if path.is_file() {
        let plan = serde_json::from_slice::<Plan>(&file::read(&path)?).map_err(|_| {
            Error::new(
                ErrorKind::Malformed,
                format!("{} cannot be read", path.display()),
            )
            .with_hint("Put back the newest backup; the keys may be half changed.")
        })?;
        for (number, place) in plan.places.iter().enumerate() {
            let staged = directory.join(number.to_string());
            let place = data.directory().join(place);
            if staged.is_file() {
                file::create_private_directory(file::directory_of(&place))?;
                file::rename(&staged, &place, Existing::Replace)?;
            }
        }
        // The inventory comes last: what it knows has its files.
        tell(inventory, plan)?;
    }
    fs::remove_dir_all(&directory).map_err(|cause| file::failure("remove", &directory, &cause))
}

fn tell(inventory: &Inventory, plan: Plan) -> Result<()> {
    let at = OffsetDateTime::from_unix_timestamp(plan.at)
        .map_err(|_| Error::new(ErrorKind::Malformed, "a time is out of range"))?;
    match plan.outcome {
        Outcome::Issuing(pem) => {
            let certificate = Certificate::from_file(pem.as_bytes())?;
            let known = inventory.find_by_fingerprint(&certificate.fingerprint())?;
            match known {
                Some(_) => Ok(()),
                None => inventory.record(&certificate, Profile::Issuing, None, at),
            }
        }
        Outcome::Attached { detail, after } => {
            inventory.note_once(Action::AttachRoot, &detail, after, at)
        }
        Outcome::Passphrase { detail, after } => {
            inventory.note_once(Action::Passphrase, &detail, after, at)
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{NOW, TestAuthority};

    struct Scene {
        _directory: tempfile::TempDir,
        data: CaData,
        authority: TestAuthority,
    }

    impl Scene {
        fn new() -> Result<Self> {
            let directory = tempfile::tempdir().unwrap();
            let data = CaData::new(directory.path());
            file::create_private_directory(&data.issuers())?;
            let key = data.issuers().join("one");
            file::write(&key, b"old", Access::Private, Existing::Refuse)?;
            Ok(Self {
                data,
                authority: TestAuthority::new()?,
                _directory: directory,
            })
        }

        fn place(&self, name: &str) -> PathBuf {
            self.data.issuers().join(name)
        }

        fn staged(&self) -> Result<Change<'_>> {
            let mut change = Change::begin(&self.data, &self.authority.inventory)?;
            change.put(&self.place("one"), b"new", Access::Private)?;
            change.put(&self.place("deep/two"), b"new", Access::Private)?;
            Ok(change)
        }

        fn outcome(&self) -> Result<Outcome> {
            Ok(Outcome::Passphrase {
                detail: json!({}),
                after: self.authority.inventory.head()?.id,
            })
        }

        /// What a command that is killed here leaves behind: its files, but no lock and no clean-up.
        fn kill(mut change: Change<'_>) {
            change.decided = true;
        }

        fn contents(&self, name: &str) -> Option<Vec<u8>> {
            fs::read(self.place(name)).ok()
        }
    }

    #[test]
    fn a_change_takes_its_places_and_is_told_to_the_inventory_once() -> Result<()> {
        let scene = Scene::new()?;
        let before = scene.authority.inventory.head()?.id;
        scene.staged()?.carry_out(scene.outcome()?, NOW)?;
        assert_eq!(scene.contents("one").unwrap(), b"new");
        assert_eq!(scene.contents("deep/two").unwrap(), b"new");
        assert_eq!(scene.authority.inventory.head()?.id, before + 1);
        assert!(!scene.data.change().exists());
        Ok(())
    }

    #[test]
    fn a_change_that_is_given_up_or_killed_before_its_plan_leaves_everything_as_it_was()
    -> Result<()> {
        let scene = Scene::new()?;
        let before = scene.authority.inventory.head()?.id;
        drop(scene.staged()?);
        assert!(!scene.data.change().exists());
        Scene::kill(scene.staged()?);
        finish_interrupted(&scene.data, &scene.authority.inventory)?;
        assert!(!scene.data.change().exists());
        assert_eq!(scene.contents("one").unwrap(), b"old");
        assert_eq!(scene.contents("deep/two"), None);
        assert_eq!(scene.authority.inventory.head()?.id, before);
        Ok(())
    }

    #[test]
    fn a_change_killed_at_any_step_after_its_plan_is_finished() -> Result<()> {
        for renamed in 0..=2 {
            for told in [false, true] {
                let scene = Scene::new()?;
                let inventory = &scene.authority.inventory;
                let before = inventory.head()?.id;
                let change = scene.staged()?;
                let plan = Plan {
                    places: change.places.clone(),
                    outcome: scene.outcome()?,
                    at: NOW.unix_timestamp(),
                };
                fs::write(
                    scene.data.change().join(PLAN),
                    serde_json::to_vec(&plan).unwrap(),
                )
                .unwrap();
                Scene::kill(change);
                for (number, place) in plan.places.iter().enumerate().take(renamed) {
                    let place = scene.data.directory().join(place);
                    file::create_private_directory(file::directory_of(&place))?;
                    fs::rename(scene.data.change().join(number.to_string()), place).unwrap();
                }
                if told {
                    tell(inventory, plan)?;
                }
                finish_interrupted(&scene.data, inventory)?;
                assert_eq!(scene.contents("one").unwrap(), b"new");
                assert_eq!(scene.contents("deep/two").unwrap(), b"new");
                assert_eq!(inventory.head()?.id, before + 1, "{renamed} {told}");
                assert!(!scene.data.change().exists());
            }
        }
        Ok(())
    }
}
