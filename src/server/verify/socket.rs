//! A Unix socket on which proxies ask.

use std::fs;
use std::io::{self, ErrorKind as Io};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::server::Peer;
use crate::server::accept::Listen;

/// The mode of the socket: its owner and its group may ask. Whose group that is, the directory says.
const MODE: u32 = 0o660;

/// A bound socket; its file is gone when it is dropped.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// The file that was made: another server's at the same place is left alone.
    inode: (u64, u64),
}

impl Socket {
    /// Binds a socket at a path; one that a killed server left there is replaced.
    ///
    /// # Errors
    /// Refuses a path at which a server answers, or at which something else lies.
    pub(super) fn bind(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(|cause| failure(path, &cause))?;
        let bound = match UnixListener::bind(&path) {
            Err(cause) if cause.kind() == Io::AddrInUse => {
                make_room(&path)?;
                UnixListener::bind(&path)
            }
            bound => bound,
        };
        let listener = bound.map_err(|cause| failure(&path, &cause))?;
        let inode = fs::set_permissions(&path, fs::Permissions::from_mode(MODE))
            .and_then(|()| inode_of(&path))
            .map_err(|cause| failure(&path, &cause))?;
        Ok(Self {
            listener,
            path,
            inode,
        })
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Listen for Socket {
    type Stream = UnixStream;
    type Peer = Peer;

    async fn next(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, Peer::Socket))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if inode_of(&self.path).is_ok_and(|inode| inode == self.inode) {
            file::remove_quietly(&self.path);
        }
    }
}

/// Removes a socket on which nobody listens any more.
fn make_room(path: &Path) -> Result<()> {
    let lies_there = fs::symlink_metadata(path).map_err(|cause| failure(path, &cause))?;
    let refuse =
        |fact: String, hint: &str| Err(Error::new(ErrorKind::AlreadyExists, fact).with_hint(hint));
    if !lies_there.file_type().is_socket() {
        return refuse(
            format!("{} is there and is no socket", path.display()),
            "Give another path; nothing is overwritten.",
        );
    }
    match Blocking::connect(path) {
        Err(cause) if cause.kind() == Io::ConnectionRefused => {
            fs::remove_file(path).map_err(|cause| failure(path, &cause))
        }
        // Whoever listened has just gone.
        Err(cause) if cause.kind() == Io::NotFound => Ok(()),
        Err(cause) => Err(failure(path, &cause)),
        Ok(_) => refuse(
            format!("another server answers at {}", path.display()),
            "Stop it, or give another path.",
        ),
    }
}

fn inode_of(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

fn failure(path: &Path, cause: &io::Error) -> Error {
    let hint = match cause.kind() {
        Io::NotFound => "Make its directory first.",
        Io::PermissionDenied => "Choose a directory in which this user may write.",
        Io::InvalidInput => "A socket's path has 107 octets at most: choose a shorter one.",
        _ => "Choose another path, such as one below /run.",
    };
    let fact = format!("could not listen at {}: {cause}", path.display());
    Error::new(ErrorKind::Network, fact).with_hint(hint)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// Tokio's sockets need a runtime.
    fn in_a_runtime(test: impl FnOnce(&Path)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let _entered = runtime.enter();
        test(directory.path());
    }

    #[test]
    fn a_socket_is_open_to_its_group_and_gone_afterwards() {
        in_a_runtime(|directory| {
            let path = directory.join("socket");
            let socket = Socket::bind(&path).unwrap();
            assert_eq!(socket.path(), path);
            let mode = fs::metadata(&path).unwrap().mode() & 0o777;
            assert_eq!(mode, 0o660);
            drop(socket);
            assert!(!path.exists());
        });
    }

    #[test]
    fn a_socket_that_nobody_listens_on_is_replaced_and_a_live_one_is_not() {
        in_a_runtime(|directory| {
            let path = directory.join("socket");
            drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
            assert!(path.exists());
            let socket = Socket::bind(&path).unwrap();
            let refusal = Socket::bind(&path).map(drop).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::AlreadyExists);
            assert!(Blocking::connect(&path).is_ok());
            // Another one at the same place is not ours to remove.
            fs::remove_file(&path).unwrap();
            let other = Socket::bind(&path).unwrap();
            drop(socket);
            assert!(path.exists());
            drop(other);
        });
    }

    #[test]
    fn what_is_no_socket_is_left_alone_and_each_refusal_says_what_to_do() {
        in_a_runtime(|directory| {
            let path = directory.join("file");
            fs::write(&path, "kept").unwrap();
            let refusal = Socket::bind(&path).map(drop).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&path).unwrap(), b"kept");
            for (path, hint) in [
                (directory.join("none/socket"), "directory first"),
                (directory.join("x".repeat(120)), "shorter"),
            ] {
                let refusal = Socket::bind(&path).map(drop).unwrap_err();
                assert!(refusal.hint().unwrap().contains(hint), "{refusal}");
            }
        });
    }
}
