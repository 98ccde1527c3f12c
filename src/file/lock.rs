//! Locks on files and directories, which leave nothing behind.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::failure;
use crate::error::Result;

/// Whether to wait for a lock that another process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// As long as it takes.
    Yes,
    /// Not at all.
    No,
}

/// Locks a file or directory for as long as the returned handle lives; nothing where another process has locked it and
/// `wait` says not to wait.
///
/// # Errors
/// Says what could not be opened or locked.
pub fn lock(path: &Path, wait: Wait) -> Result<Option<File>> {
    let failed = |cause: io::Error| failure("lock", path, &cause);
    let opened = File::open(path).map_err(failed)?;
    let operation = match wait {
        Wait::Yes => FlockOperation::LockExclusive,
        Wait::No => FlockOperation::NonBlockingLockExclusive,
    };
    match flock(&opened, operation) {
        Ok(()) => Ok(Some(opened)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(cause) => Err(failed(cause.into())),
    }
}

/// Opens a file to read and to append to, and locks it; nothing where another process has.
///
/// The returned handle is of the file that has the name now: one that was replaced meanwhile is left alone.
///
/// # Errors
/// Says what could not be opened or locked.
pub fn lock_to_append(path: &Path) -> Result<Option<File>> {
    let failed = |cause: io::Error| failure("write", path, &cause);
    loop {
        let opened = OpenOptions::new().read(true).append(true).open(path);
        let opened = opened.map_err(failed)?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
            Err(cause) => return Err(failed(cause.into())),
        }
        if has_its_name(&opened, path).map_err(failed)? {
            return Ok(Some(opened));
        }
    }
}

/// Says whether a name still leads to what was opened by it.
fn has_its_name(opened: &File, path: &Path) -> io::Result<bool> {
    let (held, named) = (opened.metadata()?, fs::metadata(path)?);
    Ok((held.dev(), held.ino()) == (named.dev(), named.ino()))
}

/// Shares a directory's lock with everybody else who shares it, waiting for whoever has it alone, as [`lock`] does.
///
/// The returned handle is of the directory that has the name now: one that was replaced while this waited is left alone.
///
/// # Errors
/// Says what could not be opened or locked.
pub fn share(directory: &Path) -> Result<File> {
    let failed = |cause: io::Error| failure("lock", directory, &cause);
    loop {
        let opened = File::open(directory).map_err(failed)?;
        flock(&opened, FlockOperation::LockShared).map_err(|cause| failed(cause.into()))?;
        if has_its_name(&opened, directory).map_err(failed)? {
            return Ok(opened);
        }
    }
}
