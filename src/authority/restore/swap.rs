//! Two directories change places in one step, and the next command finishes what a killed one began.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::super::CaData;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Existing, Wait};
use crate::validity::format_instant;

/// Lies in the directory that is restored, and says how what was there before shall be called.
const MARK: &str = ".restoring";

/// A directory beside the one that is to be replaced, by their real paths: what changes places are directories, never
/// links to them. Dropped before it has taken its place, it is removed.
#[derive(Debug)]
pub(super) struct Staging {
    directory: PathBuf,
    path: PathBuf,
    before: PathBuf,
    /// Nobody takes the staging directory for a dead command's.
    lock: File,
    /// Nobody opens the directory that is to be replaced.
    replaced: Option<File>,
}

impl Staging {
    /// Makes the staging directory, locked and marked, while nobody else has the other one open.
    pub(super) fn make(data: &CaData, now: OffsetDateTime) -> Result<Self> {
        let (directory, path) = real(data.directory())?;
        let replaced = alone(&directory)?;
        let busy = || {
            Error::new(
                ErrorKind::AlreadyExists,
                format!("another restore is at work in {}", path.display()),
            )
            .with_hint("Wait for it; if there is none, remove that directory.")
        };
        if path.symlink_metadata().is_ok() {
            return Err(busy());
        }
        file::create_private_directory(&path)?;
        let lock = file::lock(&path, Wait::No)?.ok_or_else(busy)?;
        let before = free_name(&directory, now);
        fs::write(path.join(MARK), name_of(&before)).map_err(|cause| {
            drop(fs::remove_dir_all(&path));
            file::failure("write", &path, &cause)
        })?;
        Ok(Self {
            directory,
            path,
            before,
            lock,
            replaced,
        })
    }

    /// The directory that is to be replaced.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The staging directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle of the staging directory's lock.
    pub(super) fn lock(&self) -> Result<File> {
        duplicate(&self.lock)
    }

    /// Another handle of the lock of the directory that is to be replaced; nothing where there is none.
    pub(super) fn replaced(&self) -> Result<Option<File>> {
        self.replaced.as_ref().map(duplicate).transpose()
    }

    /// Puts the staging directory into its place; tells where what was there before is kept. Where that fails, what has moved is moved back.
    pub(super) fn swap(self) -> Result<Option<PathBuf>> {
        let empty = fs::read_dir(&self.directory).map(|mut entries| entries.next().is_none());
        let kept = match empty {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                file::rename(&self.path, &self.directory, Existing::Refuse)
                    .inspect_err(|_| self.undo_rename())?;
                None
            }
            Ok(true) => {
                let permissions = fs::metadata(&self.directory).map(|it| it.permissions());
                file::rename(&self.path, &self.directory, Existing::Replace)
                    .inspect_err(|_| {
                        self.undo_rename();
                        // The empty one is gone where ours had its place.
                        if let (Ok(permissions), Ok(())) =
                            (permissions, fs::create_dir(&self.directory))
                        {
                            let _ = fs::set_permissions(&self.directory, permissions);
                        }
                    })
                    .map_err(|cause| in_the_way(&self.directory, &cause))?;
                None
            }
            _ => {
                file::exchange(&self.path, &self.directory)
                    .map_err(|cause| in_the_way(&self.directory, &cause))?;
                if let Err(cause) = file::rename(&self.path, &self.before, Existing::Refuse) {
                    return match self.undo_exchange() {
                        Ok(()) => Err(cause),
                        // It is done, and the next command gives what was there before its name, if it has none.
                        Err(_) if self.path.exists() => Ok(Some(self.path.clone())),
                        Err(_) => Ok(Some(self.before.clone())),
                    };
                }
                Some(self.before.clone())
            }
        };
        file::remove_quietly(&self.directory.join(MARK));
        Ok(kept)
    }

    /// Puts the directories back where they were before one of them got a name, which it may have, and could not be synced.
    fn undo_exchange(&self) -> Result<()> {
        if !self.path.exists() {
            file::rename_unsynced(&self.before, &self.path, Existing::Refuse)?;
        }
        file::exchange_unsynced(&self.path, &self.directory)
    }

    /// Takes back a name that could not be synced.
    fn undo_rename(&self) {
        if !self.path.exists() {
            let _ = file::rename_unsynced(&self.directory, &self.path, Existing::Refuse);
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Once the directories have changed places, what lies here is the CA that was there before: it has no mark.
        if self.path.join(MARK).is_file() {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

/// Finishes or discards what a killed `restore` left behind; one that is at work is left alone.
///
/// Whatever cannot be done is left for the next command: the CA is whole before and after.
pub(in crate::authority) fn finish_interrupted(data: &CaData) {
    let Ok((directory, staging)) = real(data.directory()) else {
        return;
    };
    let mark = directory.join(MARK);
    if mark.is_file() {
        let Ok(Some(_lock)) = file::lock(&directory, Wait::No) else {
            return;
        };
        // The directories have changed places: only the names are missing.
        let before = fs::read_to_string(&mark).unwrap_or_default();
        let named = match staging.is_dir() && !before.is_empty() && !before.contains('/') {
            true => {
                let before = directory.with_file_name(before);
                file::rename(&staging, &before, Existing::Refuse).is_ok()
            }
            false => !staging.exists(),
        };
        if named {
            file::remove_quietly(&mark);
        }
    } else if staging.is_dir() {
        let Ok(Some(_dead)) = file::lock(&staging, Wait::No) else {
            return;
        };
        match staging.join(MARK).is_file() {
            true => drop(fs::remove_dir_all(&staging)),
            // Killed before it had marked it, or not ours.
            false => drop(fs::remove_dir(&staging)),
        }
    }
}

/// The directory and its staging directory, with every link followed.
fn real(directory: &Path) -> Result<(PathBuf, PathBuf)> {
    let failed = |cause: std::io::Error| file::failure("read", directory, &cause);
    let real = match fs::canonicalize(directory) {
        Ok(real) => real,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            let parent = fs::canonicalize(file::directory_of(directory)).map_err(failed)?;
            let name = directory.file_name();
            parent.join(name.ok_or_else(|| failed(cause))?)
        }
        Err(cause) => return Err(failed(cause)),
    };
    let staging = real.with_file_name(format!(".{}.restoring", name_of(&real)));
    Ok((real, staging))
}

/// The lock of a directory that nobody has open; nothing where there is none.
fn alone(directory: &Path) -> Result<Option<File>> {
    if !directory.is_dir() {
        return Ok(None);
    }
    file::lock(directory, Wait::No)?.map(Some).ok_or_else(|| {
        Error::new(
            ErrorKind::NotPermitted,
            format!("{} is in use by another process", directory.display()),
        )
        .with_hint(
            "Stop pki serve and whatever else works with this CA, then run the command again.",
        )
    })
}

/// How what was there before is called from now on.
fn free_name(directory: &Path, now: OffsetDateTime) -> PathBuf {
    let moment = format_instant(now).replace([':', '-'], "");
    let name = format!("{}.before-restore-{moment}", name_of(directory));
    let mut before = directory.with_file_name(&name);
    for number in 2_u32.. {
        if before.symlink_metadata().is_err() {
            break;
        }
        before = directory.with_file_name(format!("{name}-{number}"));
    }
    before
}

fn duplicate(lock: &File) -> Result<File> {
    lock.try_clone()
        .map_err(|cause| Error::new(ErrorKind::File, format!("a lock cannot be shared: {cause}")))
}

fn name_of(directory: &Path) -> String {
    let name = directory.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn in_the_way(directory: &Path, cause: &Error) -> Error {
    Error::new(
        ErrorKind::File,
        format!(
            "{} cannot be replaced: {}",
            directory.display(),
            cause.message()
        ),
    )
    .with_hint(
        "A mount point cannot: restore into a directory beneath it (--ca-data DIR/ca), or into another place.",
    )
}
