//! Files and directories: private by default, written whole or not at all, never overwritten by accident.

mod disk;
mod lock;
mod stamp;
mod sync;
mod write;

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use zeroize::Zeroizing;

pub use disk::hindrance;
pub use lock::{Wait, lock, lock_to_append, share};
pub use stamp::Stamp;
pub use sync::{sync_directory_of, sync_many};
pub use write::{write, write_new, write_pieces, write_synced};

use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;

/// The mode of everything that holds a key, a password or the inventory.
const PRIVATE: u32 = 0o600;
/// The mode of certificates and CRLs, which anybody may read.
const PUBLIC: u32 = 0o644;
/// The mode of programs, which anybody may run.
const PROGRAM: u32 = 0o755;
/// The largest file that is read into memory, in octets.
const MAX_FILE: u64 = 64 << 20;
/// The largest CRL, in octets.
pub const MAX_CRL: u64 = 1 << 30;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// The owner alone: 0600.
    Private,
    /// Everybody: 0644.
    Public,
    /// Everybody, who may run it too: 0755.
    Program,
}

impl Access {
    /// The mode of such a file.
    pub fn mode(self) -> u32 {
        match self {
            Self::Private => PRIVATE,
            Self::Public => PUBLIC,
            Self::Program => PROGRAM,
        }
    }
}

/// What happens when the file is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The write is refused, and the file stays as it is.
    Refuse,
    /// The new file takes its place in one step.
    Replace,
}

/// Lets no file of this process be readable by others, whatever the shell's umask says.
pub fn restrict_umask() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Makes a directory and its parents that only the owner may enter: 0700; returns those that were not there, the
/// outermost first.
///
/// # Errors
/// Says which directory could not be made; then none was.
pub fn create_private_directory(path: &Path) -> Result<Vec<PathBuf>> {
    let made = create_unsynced(path)?;
    made.iter()
        .try_for_each(|directory| sync_directory_of(directory))?;
    Ok(made)
}

/// The same; what was made outlasts a power failure only once the directories above were synced.
///
/// # Errors
/// As [`create_private_directory`].
pub fn create_unsynced(path: &Path) -> Result<Vec<PathBuf>> {
    let named = path
        .ancestors()
        .filter(|ancestor| !ancestor.as_os_str().is_empty());
    let mut missing: Vec<_> = named
        .take_while(|ancestor| !ancestor.exists())
        .map(Path::to_path_buf)
        .collect();
    missing.reverse();
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|cause| {
        remove_empty_directories(&missing);
        failure("make the directory", path, &cause)
    })?;
    failpoint::reached("file.directory-made");
    Ok(missing)
}

/// Removes directories, given the outermost first, as far as they are empty.
pub fn remove_empty_directories(directories: &[PathBuf]) {
    for directory in directories.iter().rev() {
        drop(fs::remove_dir(directory));
        failpoint::reached("file.directory-removed");
    }
}

/// Renames a file in one step and syncs its new directory.
///
/// # Errors
/// As [`rename_unsynced`].
pub fn rename(from: &Path, to: &Path, existing: Existing) -> Result<()> {
    rename_unsynced(from, to, existing)?;
    sync_directory_of(to)
}

/// Renames a file in one step; its new name outlasts a power failure only once the directory was synced.
///
/// # Errors
/// With [`Existing::Refuse`] refuses a target that is there, without a moment in which it could appear between the
/// question and the rename.
pub fn rename_unsynced(from: &Path, to: &Path, existing: Existing) -> Result<()> {
    failpoint::reached("file.unnamed");
    let renamed = match existing {
        Existing::Replace => fs::rename(from, to),
        Existing::Refuse => rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)
            .map_err(io::Error::from)
            .or_else(|cause| match cause.raw_os_error() {
                // Some file systems know no such flag: a hard link cannot overwrite either, and where there are none
                // (FAT, some network shares) a look before the rename is the best there is.
                Some(code) if code == rustix::io::Errno::INVAL.raw_os_error() => {
                    fs::hard_link(from, to)
                        .and_then(|()| fs::remove_file(from))
                        .or_else(|refusal| match refusal.kind() {
                            io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
                                if !to.exists() =>
                            {
                                fs::rename(from, to)
                            }
                            _ => Err(refusal),
                        })
                }
                _ => Err(cause),
            }),
    };
    renamed.map_err(|cause| failure("write", to, &cause))?;
    failpoint::reached("file.named");
    Ok(())
}

/// Makes a symbolic link, which takes the place of whatever has its name in one step.
///
/// # Errors
/// Names the link.
pub fn link(target: &Path, path: &Path) -> Result<()> {
    let temporary = temporary_beside(path)?;
    std::os::unix::fs::symlink(target, &temporary)
        .map_err(|cause| failure("write", path, &cause))?;
    let renamed = rename(&temporary, path, Existing::Replace);
    if renamed.is_err() {
        remove_quietly(&temporary);
    }
    renamed
}

/// Lets two files or directories of one file system change places in one step, and syncs the directory of the second; where that
/// fails they are where they were.
///
/// # Errors
/// Names the second; says that a file system cannot do it, or that the place is a mount point.
pub fn exchange(one: &Path, other: &Path) -> Result<()> {
    exchange_unsynced(one, other)?;
    failpoint::reached("file.exchanged");
    sync_directory_of(other).inspect_err(|_| drop(exchange_unsynced(one, other)))
}

/// The same without a sync, as for taking it back.
///
/// # Errors
/// As [`exchange`].
pub fn exchange_unsynced(one: &Path, other: &Path) -> Result<()> {
    rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
        .map_err(|cause| failure("replace", other, &cause.into()))
}

/// Reads a whole file of at most 64 MiB.
///
/// # Errors
/// Says which file could not be read, or that it is too large.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let hint = "Give a certificate, key, bundle or request.";
    read_at_most(path, MAX_FILE, hint)
}

/// Reads a whole CRL of at most 1 GiB: one of a million entries has some 50 MB.
///
/// # Errors
/// As [`read`].
pub fn read_crl(path: &Path) -> Result<Vec<u8>> {
    let hint =
        "No server takes a CRL of this length: begin a new issuing CA with pki rotate-issuing.";
    read_at_most(path, MAX_CRL, hint)
}

fn read_at_most(path: &Path, limit: u64, hint: &str) -> Result<Vec<u8>> {
    let mut contents = Vec::new();
    let file = File::open(path).map_err(|cause| failure("read", path, &cause))?;
    // As much as is there, so that a long file is not moved while it grows in memory.
    let length = file
        .metadata()
        .map_or(0, |metadata| metadata.len().min(limit));
    contents.reserve_exact(
        usize::try_from(length)
            .unwrap_or_default()
            .saturating_add(1),
    );
    file.take(limit + 1)
        .read_to_end(&mut contents)
        .map_err(|cause| failure("read", path, &cause))?;
    if contents.len() as u64 > limit {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("{} is larger than {} MiB", path.display(), limit >> 20),
        )
        .with_hint(hint));
    }
    Ok(contents)
}

/// Reads a file that holds a key or another secret, wiping it from memory after use.
///
/// # Errors
/// Refuses a file that others may read, with the command that mends it.
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let metadata = fs::metadata(path).map_err(|cause| failure("read", path, &cause))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(Error::new(
            ErrorKind::File,
            format!(
                "{} holds a secret and its mode {:04o} lets others read it",
                path.display(),
                metadata.mode() & 0o7777
            ),
        )
        .with_hint(format!("Run chmod 600 {}.", path.display())));
    }
    read(path).map(Zeroizing::new)
}

/// Removes a file that is of no use any more; that it is gone already is as good.
pub fn remove_quietly(path: &Path) {
    drop(fs::remove_file(path));
    failpoint::reached("file.removed");
}

/// The directory in which `path` lies; the working directory for a bare file name.
pub fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Says in one sentence what could not be done with which file, and why.
pub fn failure(verb: &str, path: &Path, cause: &io::Error) -> Error {
    let (kind, hint) = match cause.kind() {
        io::ErrorKind::NotFound => (
            ErrorKind::NotFound,
            "Check the path; its directory must exist.",
        ),
        io::ErrorKind::AlreadyExists => (
            ErrorKind::AlreadyExists,
            "Move it away or give another name; nothing is overwritten.",
        ),
        io::ErrorKind::PermissionDenied => (
            ErrorKind::File,
            "Run as the user who owns it, or choose another place.",
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (
                ErrorKind::File,
                "Make room on the disk and run the command again.",
            )
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            (ErrorKind::File, "Choose a place that can be written.")
        }
        _ => (
            ErrorKind::File,
            "Check that the path and its disk are in order.",
        ),
    };
    let reason = match cause.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::AlreadyExists => "it exists already".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => cause.to_string(),
    };
    Error::new(kind, format!("cannot {verb} {}: {reason}", path.display())).with_hint(hint)
}

/// A name beside `path` that no other process uses.
///
/// # Errors
/// Fails when the system's random source does.
pub fn temporary_beside(path: &Path) -> Result<PathBuf> {
    let mut random = [0u8; 8];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| Error::new(ErrorKind::Internal, "the system's random source failed"))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(directory_of(path).join(format!(".{name}.{:016x}.tmp", u64::from_be_bytes(random))))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> io::Result<u32> {
        Ok(fs::metadata(path)?.mode() & 0o777)
    }

    #[test]
    fn a_file_is_written_whole_with_the_mode_of_its_kind() -> Result<(), Box<dyn std::error::Error>>
    {
        let directory = tempfile::tempdir()?;
        let (secret, public) = (directory.path().join("key"), directory.path().join("pem"));
        write(&secret, b"k", Access::Private, Existing::Refuse)?;
        write(&public, b"c", Access::Public, Existing::Refuse)?;
        assert_eq!((mode(&secret)?, mode(&public)?), (0o600, 0o644));
        assert_eq!(fs::read_dir(directory.path())?.count(), 2);
        Ok(())
    }

    #[test]
    fn a_crl_may_be_longer_than_other_files() -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let long = directory.path().join("crl.der");
        File::create(&long)?.set_len(MAX_FILE + 1)?;
        let refusal = read(&long).map(drop).map_err(|error| error.to_string());
        assert!(refusal.is_err_and(|fact| fact.contains("larger than 64 MiB")));
        assert_eq!(read_crl(&long)?.len() as u64, MAX_FILE + 1);
        File::create(&long)?.set_len(MAX_FILE)?;
        assert_eq!(read(&long)?.len() as u64, MAX_FILE);
        Ok(())
    }

    #[test]
    fn an_existing_file_is_kept_unless_it_is_to_be_replaced()
    -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("file");
        write(&path, b"old", Access::Private, Existing::Refuse)?;
        let refused = write(&path, b"new", Access::Private, Existing::Refuse);
        assert_eq!(
            refused.map_err(|error| error.kind()),
            Err(ErrorKind::AlreadyExists)
        );
        assert_eq!(fs::read(&path)?, b"old");
        write(&path, b"new", Access::Private, Existing::Replace)?;
        assert_eq!(fs::read(&path)?, b"new");
        assert_eq!(fs::read_dir(directory.path())?.count(), 1);
        Ok(())
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_the_mend()
    -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("key");
        write(&path, b"k", Access::Private, Existing::Refuse)?;
        assert!(read_private(&path).is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640))?;
        let refused = read_private(&path).err();
        assert!(
            refused.and_then(|error| error.hint().map(|hint| hint.contains("chmod 600")))
                == Some(true)
        );
        Ok(())
    }
}
