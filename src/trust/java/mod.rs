//! The keystores of Java installations: which there are, and how the root gets in and out.

mod homes;
mod keytool;
#[cfg(test)]
mod tests;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{Access as Permission, access};

use super::{Kind, Standing, Store, Surroundings, name_of, system};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Existing, Stamp, Wait};
use homes::Place;
use keytool::{Entry, Keytool};

/// Where systems keep a keystore that they make from their own store as a whole: Fedora and RHEL, Arch, openSUSE.
const MADE_FROM_THE_SYSTEM: [&str; 3] = [
    "etc/pki/ca-trust/extracted",
    "etc/ca-certificates/extracted",
    "var/lib/ca-certificates",
];

/// The keystores that are there.
pub(super) fn stores(surroundings: &Surroundings) -> Vec<Box<dyn Store + '_>> {
    let places = homes::places(surroundings).into_iter();
    places
        .map(|place| {
            Box::new(Keystore {
                surroundings,
                place,
            }) as Box<dyn Store>
        })
        .collect()
}

/// The file of roots that a Java installation trusts.
struct Keystore<'a> {
    surroundings: &'a Surroundings,
    place: Place,
}

impl Keystore<'_> {
    fn keytool(&self) -> Result<Keytool<'_>> {
        if self.place.is_of_another_user {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!("{} lies in the home of another user", self.place()),
            )
            .with_hint("Run the command as that user."));
        }
        Keytool::find(&self.place.home, self.surroundings)
    }

    /// Says whether an entry is one of ours: what was put in here, or what Debian carried on from the system's store, under
    /// the name that its file has there.
    fn is_ours(&self, entry: &Entry, root: &Certificate) -> bool {
        let name = name_of(root);
        entry.alias == name
            || entry.alias == format!("debian:{name}.pem")
            || self.is_made_from_the_system() && system::is_ours(self.surroundings, root)
    }

    fn is_made_from_the_system(&self) -> bool {
        let mut places = MADE_FROM_THE_SYSTEM.iter();
        places.any(|place| {
            self.place
                .file
                .starts_with(self.surroundings.root.join(place))
        })
    }

    fn of_root(&self, root: &Certificate) -> Result<Vec<Entry>> {
        let mut entries = self.keytool()?.entries(&self.place.file)?;
        entries.retain(|entry| entry.is_trusted && entry.der == root.der());
        Ok(entries)
    }

    /// Changes a copy, looks whether that is all that changed, and lets it take the keystore's place in one step: keytool
    /// writes in place, and a keystore of which half is there would trust nobody.
    fn change(
        &self,
        act: impl FnOnce(&Keytool<'_>, &Path) -> Result<()>,
        expected: impl FnOnce(&mut Vec<Entry>),
    ) -> Result<()> {
        if self.is_made_from_the_system() {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!("{} is made from the system's store", self.place()),
            )
            .with_hint("Use --store system."));
        }
        let keytool = self.keytool()?;
        // Another command of ours would take the copy away; other programs do not know the lock and are noticed at the end.
        let directory = file::directory_of(&self.place.file);
        let Some(_alone) = file::lock(directory, Wait::No)? else {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!("another command is changing {}", self.place()),
            )
            .with_hint("Wait until it has ended and run the command again."));
        };
        let before = Stamp::of(&self.place.file);
        let mut wanted = keytool.entries(&self.place.file)?;
        expected(&mut wanted);
        let copy = Copy::of(&self.place.file)?;
        act(&keytool, &copy.0)?;
        let mut made = keytool.entries(&copy.0)?;
        wanted.sort();
        made.sort();
        if made != wanted {
            return Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "keytool would have changed more in {} than it was told",
                    self.place()
                ),
            )
            .with_hint("The keystore is as it was; look at it with keytool -list."));
        }
        if Stamp::of(&self.place.file) != before {
            return Err(Error::new(
                ErrorKind::File,
                format!("another program has changed {} meanwhile", self.place()),
            )
            .with_hint("Run the command again."));
        }
        copy.take_the_place_of(&self.place.file)
    }
}

impl Store for Keystore<'_> {
    fn kind(&self) -> Kind {
        Kind::Java
    }

    fn place(&self) -> String {
        self.place.file.display().to_string()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        let entries = self.of_root(root)?;
        if entries.iter().any(|entry| self.is_ours(entry, root)) {
            return Ok(Standing::Installed);
        }
        let foreign = entries.into_iter().next();
        Ok(foreign.map_or(Standing::Absent, |entry| Standing::Foreign(entry.alias)))
    }

    fn is_writable(&self) -> bool {
        [
            self.place.file.as_path(),
            file::directory_of(&self.place.file),
        ]
        .iter()
        .all(|path| access(*path, Permission::WRITE_OK).is_ok())
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        let alias = name_of(root);
        self.change(
            |keytool, file| keytool.import(file, &alias, root),
            |entries| {
                entries.push(Entry {
                    alias: alias.clone(),
                    der: root.der().to_vec(),
                    is_trusted: true,
                });
            },
        )
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        let mut ours = self.of_root(root)?;
        ours.retain(|entry| self.is_ours(entry, root));
        self.change(
            |keytool, file| {
                ours.iter()
                    .try_for_each(|entry| keytool.delete(file, &entry.alias))
            },
            |entries| entries.retain(|entry| !ours.contains(entry)),
        )
    }

    fn java_home(&self) -> Option<&Path> {
        Some(&self.place.home)
    }
}

/// A copy of a keystore beside it, which is gone with this value unless it took the keystore's place.
struct Copy(PathBuf);

impl Copy {
    fn of(file: &Path) -> Result<Self> {
        remove_leftovers(file);
        let copy = Self(file::temporary_beside(file)?);
        fs::copy(file, &copy.0).map_err(|cause| file::failure("write", &copy.0, &cause))?;
        Ok(copy)
    }

    fn take_the_place_of(self, file: &Path) -> Result<()> {
        let failed = |cause: std::io::Error| file::failure("write", file, &cause);
        let before = fs::metadata(file).map_err(failed)?;
        let now = fs::metadata(&self.0).map_err(failed)?;
        if (before.uid(), before.gid()) != (now.uid(), now.gid()) {
            chown(&self.0, Some(before.uid()), Some(before.gid())).map_err(failed)?;
        }
        fs::set_permissions(&self.0, before.permissions()).map_err(failed)?;
        fs::File::open(&self.0)
            .and_then(|opened| opened.sync_all())
            .map_err(failed)?;
        file::rename(&self.0, file, Existing::Replace)
    }
}

/// Removes the copies of commands that were killed.
fn remove_leftovers(file: &Path) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = fs::read_dir(file::directory_of(file)).into_iter().flatten();
    for entry in beside.flatten() {
        let theirs = entry.file_name();
        let drawn = theirs.to_str().and_then(|theirs| {
            theirs
                .strip_prefix(&format!(".{name}."))?
                .strip_suffix(".tmp")
        });
        if drawn.is_some_and(|drawn| {
            drawn.len() == 16 && drawn.bytes().all(|it| it.is_ascii_hexdigit())
        }) {
            file::remove_quietly(&entry.path());
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        file::remove_quietly(&self.0);
    }
}
