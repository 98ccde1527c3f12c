//! A Unix socket on which proxies ask.

use std::fs::{self, File};
use std::io::{self, ErrorKind as Io};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::{UnixListener, UnixStream};

use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::server::Peer;
use crate::server::accept::Listen;

/// The mode of the socket: its owner and its group may ask. Whose group that is, the directory says.
const MODE: u32 = 0o660;
/// How often another server that starts at the same place is waited for, and how long each time.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

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
        // Else two that start at once could each take the other's for one that was left behind.
        let _turn = Turn::take(&path)?;
        let bound = match UnixListener::bind(&path) {
            Err(cause) if cause.kind() == Io::AddrInUse => {
                make_room(&path)?;
                UnixListener::bind(&path)
            }
            bound => bound,
        };
        let listener = bound.map_err(|cause| failure(&path, &cause))?;
        let inode = open_to_group(&path).map_err(|cause| failure(&path, &cause))?;
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
    // Who may open it, its mode says.
    const IS_TRUSTING: bool = true;

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
    match connects(path) {
        Err(cause) if cause.kind() == Io::ConnectionRefused => {
            fs::remove_file(path).map_err(|cause| failure(path, &cause))
        }
        // Whoever listened has just gone.
        Err(cause) if cause.kind() == Io::NotFound => Ok(()),
        Err(cause) => Err(failure(path, &cause)),
        Ok(()) => refuse(
            format!("another server answers at {}", path.display()),
            "Stop it, or give another path.",
        ),
    }
}

/// Says whether somebody listens at a path, also where whoever listens takes nobody at the moment: that is not waited for.
fn connects(path: &Path) -> io::Result<()> {
    let address = SocketAddrUnix::new(path)?;
    let socket = net::socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )?;
    match net::connect(&socket, &address) {
        Err(Errno::AGAIN | Errno::INPROGRESS) => Ok(()),
        other => Ok(other?),
    }
}

/// Sets the mode of the socket that lies at a path, and tells which it is. A link in its place is not followed.
fn open_to_group(path: &Path) -> io::Result<(u64, u64)> {
    let lies_there = fs::symlink_metadata(path)?;
    if !lies_there.file_type().is_socket() {
        return Err(io::Error::other("something else lies there now"));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(MODE))?;
    let inode = inode_of(path)?;
    match inode == (lies_there.dev(), lies_there.ino()) {
        true => Ok(inode),
        false => Err(io::Error::other("something else lies there now")),
    }
}

/// The right to make room in a directory, until it is dropped.
struct Turn(#[expect(dead_code, reason = "the lock ends with it")] File);

impl Turn {
    /// Waits for its turn; not for ever, as whoever may read the directory may lock it.
    fn take(path: &Path) -> Result<Self> {
        let directory = File::open(file::directory_of(path));
        let directory = directory.map_err(|cause| failure(path, &cause))?;
        for _ in 0..TRIES {
            match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self(directory)),
                Err(Errno::WOULDBLOCK) => sleep(PAUSE),
                Err(cause) => return Err(failure(path, &cause.into())),
            }
        }
        Err(failure(
            path,
            &io::Error::other("another program has locked its directory"),
        ))
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
    use std::os::unix::net::{UnixListener as BlockingListener, UnixStream as Blocking};

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
            drop(BlockingListener::bind(&path).unwrap());
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
    fn of_many_that_start_at_once_beside_one_that_was_left_behind_one_listens() {
        for _ in 0..20 {
            in_a_runtime(|directory| {
                let path = directory.join("socket");
                drop(BlockingListener::bind(&path).unwrap());
                let runtime = tokio::runtime::Handle::current();
                let start = || {
                    let _entered = runtime.enter();
                    Socket::bind(&path).ok()
                };
                let bound: Vec<_> = std::thread::scope(|scope| {
                    let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
                    let bound = threads.into_iter().map(|thread| thread.join().unwrap());
                    bound.flatten().collect()
                });
                assert_eq!(bound.len(), 1);
                assert!(Blocking::connect(&path).is_ok());
            });
        }
    }

    #[test]
    fn one_that_listens_but_takes_nobody_is_not_waited_for() {
        in_a_runtime(|directory| {
            let path = directory.join("socket");
            let address = SocketAddrUnix::new(&path).unwrap();
            let full = net::socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
            net::bind(&full, &address).unwrap();
            net::listen(&full, 0).unwrap();
            let _waiting = Blocking::connect(&path).unwrap();
            let refusal = Socket::bind(&path).map(drop).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::AlreadyExists);
        });
    }

    #[test]
    fn a_link_in_its_place_is_not_followed() {
        in_a_runtime(|directory| {
            let (path, other) = (directory.join("link"), directory.join("other"));
            fs::write(&other, "").unwrap();
            fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::symlink(&other, &path).unwrap();
            assert!(open_to_group(&path).is_err());
            assert!(Socket::bind(&path).is_err());
            assert_eq!(fs::metadata(&other).unwrap().mode() & 0o777, 0o600);
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
