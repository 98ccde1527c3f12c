//! Writes the files of a site, those that differ.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::authority::CaData;
use crate::error::{ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::site::{File, Kind};

/// What was written.
pub(super) struct Written {
    pub(super) directory: PathBuf,
    /// The names of the files that are not what they were.
    pub(super) changed: Vec<String>,
    /// The names of those whose former contents lie beside them, and of the files in which.
    pub(super) kept: Vec<(String, String)>,
}

impl Written {
    /// Writes each file in one step, where it is not there as it should be.
    ///
    /// What was there of `configuration` and is replaced stays beside it: somebody may have changed it.
    pub(super) fn write(
        directory: &Path,
        files: &[File],
        configuration: &[File],
        data: &CaData,
    ) -> Result<Self> {
        let made = file::create_private_directory(directory)?;
        if !data.holds(directory) {
            // The server may run as somebody else, and everything in there is public.
            for directory in &made {
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(directory, mode)
                    .map_err(|cause| file::failure("open to others", directory, &cause))?;
            }
        }
        let (mut changed, mut kept) = (Vec::new(), Vec::new());
        for file in files {
            let path = directory.join(&file.name);
            let contents = file.contents.as_bytes();
            let access = match file.kind {
                Kind::Text => Access::Public,
                Kind::Program => Access::Program,
                Kind::Link => {
                    if fs::read_link(&path).is_ok_and(|target| target == Path::new(&file.contents))
                    {
                        continue;
                    }
                    file::link(Path::new(&file.contents), &path)?;
                    changed.push(file.name.clone());
                    continue;
                }
            };
            if is_there(&path, contents, access) {
                continue;
            }
            if let Some(former) = former(&path, contents).filter(|_| configuration.contains(file)) {
                kept.push((file.name.clone(), keep(directory, &file.name, &former)?));
            }
            file::write(&path, contents, access, Existing::Replace)?;
            changed.push(file.name.clone());
        }
        Ok(Self {
            directory: directory.to_path_buf(),
            changed,
            kept,
        })
    }

    /// What changed, in words.
    pub(super) fn told(&self) -> String {
        match self.changed.is_empty() {
            true => "nothing has changed".to_owned(),
            false => format!("changed: {}", self.changed.join(", ")),
        }
    }
}

/// Keeps what a file was as `NAME.old`, `NAME.old.2` and so on, and overwrites none of them; the name.
fn keep(directory: &Path, name: &str, former: &[u8]) -> Result<String> {
    let mut old = format!("{name}.old");
    let mut number = 1;
    loop {
        let path = directory.join(&old);
        if fs::read(&path).is_ok_and(|kept| kept == former) {
            return Ok(old);
        }
        // Somebody may have written a secret into it.
        match file::write(&path, former, Access::Private, Existing::Refuse) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                number += 1;
                old = format!("{name}.old.{number}");
            }
            written => return written.map(|()| old),
        }
    }
}

/// What stands in a file that is to be replaced by something else.
fn former(path: &Path, contents: &[u8]) -> Option<Vec<u8>> {
    let former = fs::read(path).ok()?;
    (former != contents).then_some(former)
}

/// Says whether a file is as it would be written.
fn is_there(path: &Path, contents: &[u8], access: Access) -> bool {
    let mode = fs::symlink_metadata(path).map(|it| it.is_file().then_some(it.mode() & 0o7777));
    matches!(mode, Ok(Some(mode)) if mode == access.mode())
        && fs::read(path).is_ok_and(|there| there == contents)
}
