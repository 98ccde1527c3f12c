//! The keys of CAs that a backup has not as it should, and whether an earlier one is better.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::super::CaData;
use super::super::store::agreement::{self, KeyState};
use super::archive::{Member, read};
use crate::error::{ErrorKind, Result};
use crate::file;
use crate::inventory::Inventory;

/// The key of a CA that is damaged or gone.
pub(super) struct Wanting {
    /// Its path in `ca-data`.
    place: PathBuf,
    /// What lies there.
    contents: Option<Zeroizing<Vec<u8>>>,
    /// What is wrong, in a sentence without a full stop.
    pub(super) fact: String,
}

/// The keys of our CAs that are damaged, or gone without having been taken away. One that is encrypted is taken for good, and of a CA that
/// has ended none is missed.
pub(super) fn wanting_keys(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Vec<Wanting>> {
    let issuing = inventory.issuing_authority()?;
    let mut wanting = Vec::new();
    for record in inventory.authorities()? {
        let authority = &record.certificate;
        let is_issuing = (issuing.as_ref()).is_some_and(|it| it.certificate == *authority);
        let path = data.issuer_key(authority);
        let fact = match agreement::key(&path, authority, None) {
            Ok(KeyState::Absent) if is_issuing || inventory.key_was_left_here(authority)? => {
                format!("the key of {} is not here", authority.subject())
            }
            // A mode that lets others read it keeps it out of no backup.
            Err(cause) if cause.kind() != ErrorKind::File => cause.message().to_owned(),
            _ => continue,
        };
        if is_issuing || authority.validity().contains(now) {
            let place = path.strip_prefix(data.directory()).unwrap_or(&path);
            wanting.push(Wanting {
                place: place.to_path_buf(),
                contents: file::read(&path).map(Zeroizing::new).ok(),
                fact,
            });
        }
    }
    Ok(wanting)
}

impl Wanting {
    /// Says whether a backup that is there already has something else in the place of this key, which may be the key.
    pub(super) fn is_another_in(&self, backup: &Path) -> bool {
        let mut is_another = false;
        let read = read(backup, |member, contents| {
            if *member == Member::Data(self.place.clone()) {
                let mut key = Zeroizing::new(Vec::new());
                let length = contents.read_to_end(&mut key);
                is_another = length.is_ok() && self.contents.as_ref() != Some(&key);
            }
            Ok(())
        });
        // What cannot be read to its end is no backup that anybody could restore.
        read.is_ok() && is_another
    }
}
