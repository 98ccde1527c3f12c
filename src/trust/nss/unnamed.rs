//! Files without a name, by which NSS's programs are given what may not stand on their command lines.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek, Write};
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::io::{FdFlags, fcntl_setfd};

use crate::error::Result;
use crate::file;

/// Contents that a program reads at a path, for as long as this value lives.
///
/// The path is that of an open file, which the programs inherit, and no directory holds it: however this process ends, by
/// Ctrl-C or by a failure, nothing is left behind. A pipe would not do: `pk12util -i` and `certutil -i` ask for the size.
#[derive(Debug)]
pub(super) struct Unnamed {
    file: File,
    path: PathBuf,
}

impl Unnamed {
    /// Keeps the contents in memory, or where the system has no such files in one of `temporary` that has lost its name
    /// before anything was written to it.
    ///
    /// # Errors
    /// Says what could not be written.
    pub(super) fn new(what: &str, contents: &[u8], temporary: &Path) -> Result<Self> {
        let file = in_memory(what).or_else(|_| without_name(&temporary.join(what)))?;
        let path = PathBuf::from(format!("/dev/fd/{}", file.as_raw_fd()));
        let unnamed = Self { file, path };
        unnamed
            .fill(contents)
            .map_err(|cause| file::failure("write", &unnamed.path, &cause))?;
        unnamed.begin_anew()?;
        Ok(unnamed)
    }

    fn fill(&self, contents: &[u8]) -> io::Result<()> {
        self.file.set_permissions(Permissions::from_mode(0o600))?;
        (&self.file).write_all(contents)?;
        Ok(fcntl_setfd(&self.file, FdFlags::empty())?)
    }

    /// Lets the next program read from the beginning: on systems other than Linux, opening the path does not do that.
    pub(super) fn begin_anew(&self) -> Result<()> {
        let rewound = (&self.file).rewind();
        rewound.map_err(|cause| file::failure("read", &self.path, &cause))
    }
}

impl Deref for Unnamed {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

#[cfg(target_os = "linux")]
fn in_memory(what: &str) -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create(what, MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn in_memory(_: &str) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn without_name(place: &Path) -> Result<File> {
    let path = file::temporary_beside(place)?;
    let mut options = File::options();
    let opened = options.read(true).write(true).create_new(true).open(&path);
    let opened = opened.map_err(|cause| file::failure("write", &path, &cause))?;
    fs::remove_file(&path).map_err(|cause| file::failure("remove", &path, &cause))?;
    Ok(opened)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::process::Command;

    use super::*;

    fn read_by_another_program(path: &Path) -> Vec<u8> {
        Command::new("cat").arg(path).output().unwrap().stdout
    }

    #[test]
    fn a_program_reads_it_as_often_as_it_likes_and_no_directory_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let unnamed = Unnamed::new("bundle", b"a secret", directory.path()).unwrap();
        for _ in 0..2 {
            assert_eq!(read_by_another_program(&unnamed), b"a secret");
            unnamed.begin_anew().unwrap();
        }
        let mode = fs::metadata(&*unnamed).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_there_are_none_in_memory_the_file_has_lost_its_name_before_it_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut opened = without_name(&directory.path().join("bundle")).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        opened.write_all(b"a secret").unwrap();
        fcntl_setfd(&opened, FdFlags::empty()).unwrap();
        opened.rewind().unwrap();
        let path = PathBuf::from(format!("/dev/fd/{}", opened.as_raw_fd()));
        assert_eq!(read_by_another_program(&path), b"a secret");
    }
}
