//! Writes the files of a site, those that differ.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::authority::CaData;
use crate::error::Result;
use crate::file::{self, Access, Existing};
use crate::site::{File, Kind};

/// What was written.
pub(super) struct Written {
    pub(super) directory: PathBuf,
    /// The names of the files that are not what they were.
    pub(super) changed: Vec<String>,
    /// What was there before and is replaced, by its name, and where it lies now.
    pub(super) kept: Vec<(String, PathBuf)>,
}

impl Written {
    /// Writes each file in one step, where it is not there as it should be.
    ///
    /// What was there in place of one of `keep` stays beside it: somebody may have written it.
    pub(super) fn write(
        directory: &Path,
        files: &[File],
        keep: &[File],
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
            if is_there(&path, file) {
                continue;
            }
            if keep.contains(file)
                && let Some(former) = former(&path, file)?
            {
                kept.push((file.name.clone(), kept_beside(&path, &former)?));
            }
            match file.kind {
                Kind::Link => file::link(Path::new(&file.contents), &path)?,
                Kind::Text | Kind::Program => {
                    let contents = file.contents.as_bytes();
                    file::write(&path, contents, access(file.kind), Existing::Replace)?;
                }
            }
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

/// Who may read a file.
fn access(kind: Kind) -> Access {
    match kind {
        Kind::Text | Kind::Link => Access::Public,
        Kind::Program => Access::Program,
    }
}

/// What stands in a file that is to be replaced by something else; what a link leads to stays where it is.
fn former(path: &Path, file: &File) -> Result<Option<Vec<u8>>> {
    if path.is_symlink() {
        return Ok(None);
    }
    match fs::read(path) {
        Ok(former) => Ok((former != file.contents.as_bytes()).then_some(former)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(file::failure("read", path, &cause)),
    }
}

/// Writes what stood in a file to the first of `FILE.old.1`, `FILE.old.2` … that is free or holds the same already.
fn kept_beside(path: &Path, former: &[u8]) -> Result<PathBuf> {
    let mut number = 1;
    loop {
        let old = path.with_added_extension(format!("old.{number}"));
        if fs::read(&old).is_ok_and(|there| there == former) {
            return Ok(old);
        }
        if fs::symlink_metadata(&old).is_err() {
            // Somebody may have written a secret into it.
            file::write(&old, former, Access::Private, Existing::Refuse)?;
            return Ok(old);
        }
        number += 1;
    }
}

/// Says whether a file is as it would be written.
fn is_there(path: &Path, file: &File) -> bool {
    if file.kind == Kind::Link {
        return fs::read_link(path).is_ok_and(|target| target == Path::new(&file.contents));
    }
    let mode = fs::symlink_metadata(path).map(|it| it.is_file().then_some(it.mode() & 0o7777));
    matches!(mode, Ok(Some(mode)) if mode == access(file.kind).mode())
        && fs::read(path).is_ok_and(|there| there == file.contents.as_bytes())
}
