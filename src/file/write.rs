//! Files written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::{Access, Existing, failure, remove_quietly, rename, temporary_beside};
use crate::error::Result;
use crate::failpoint;

/// Writes a whole file: under a temporary name, synced, then renamed, and the directory synced.
///
/// # Errors
/// Says which file could not be written; then nothing is left behind and an older file is untouched.
pub fn write(path: &Path, contents: &[u8], access: Access, existing: Existing) -> Result<()> {
    write_pieces(path, [contents], access, existing)
}

/// The same with contents that come piece by piece, so that a long file is never in memory as a whole.
///
/// # Errors
/// As [`write()`].
pub fn write_pieces<P: AsRef<[u8]>>(
    path: &Path,
    pieces: impl IntoIterator<Item = P>,
    access: Access,
    existing: Existing,
) -> Result<()> {
    let temporary = temporary_beside(path)?;
    let file = create(&temporary, path, pieces, access)?;
    sync(&file, &temporary, path)?;
    let renamed = rename(&temporary, path, existing);
    if renamed.is_err() {
        remove_quietly(&temporary);
    }
    renamed
}

/// Writes and syncs a new file at `path` that will later be called `target`.
///
/// # Errors
/// Names the target; refuses where the file is there already; what could not be written whole is removed.
pub fn write_synced(path: &Path, target: &Path, contents: &[u8], access: Access) -> Result<()> {
    let file = write_new(path, target, contents, access)?;
    sync(&file, path, target)
}

fn sync(file: &File, path: &Path, target: &Path) -> Result<()> {
    file.sync_all().map_err(|cause| {
        remove_quietly(path);
        failure("write", target, &cause)
    })?;
    failpoint::reached("file.synced");
    Ok(())
}

/// Writes a new file at `path` that will later be called `target`; it outlasts a power failure only once it was synced.
///
/// # Errors
/// As [`write_synced`].
pub fn write_new(path: &Path, target: &Path, contents: &[u8], access: Access) -> Result<File> {
    create(path, target, [contents], access)
}

fn create<P: AsRef<[u8]>>(
    path: &Path,
    target: &Path,
    pieces: impl IntoIterator<Item = P>,
    access: Access,
) -> Result<File> {
    let mode = access.mode();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(|cause| failure("write", target, &cause))?;
    failpoint::reached("file.created");
    let written = pieces
        .into_iter()
        .try_for_each(|piece| file.write_all(piece.as_ref()))
        // The umask may have taken bits away from a public file; a private one is 0600 already.
        .and_then(|()| match access {
            Access::Private => Ok(()),
            Access::Public | Access::Program => {
                file.set_permissions(fs::Permissions::from_mode(mode))
            }
        });
    match written {
        Ok(()) => {
            failpoint::reached("file.written");
            Ok(file)
        }
        Err(cause) => {
            remove_quietly(path);
            Err(failure("write", target, &cause))
        }
    }
}
