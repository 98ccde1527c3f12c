//! Writes the files of a site, those that differ.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::authority::CaData;
use crate::error::Result;
use crate::file::{self, Access, Existing};
use crate::site::File;

/// What was written.
pub(super) struct Written {
    pub(super) directory: PathBuf,
    /// The names of the files that are not what they were.
    pub(super) changed: Vec<String>,
}

impl Written {
    /// Writes each file in one step, where it is not there as it should be.
    pub(super) fn write(directory: &Path, files: &[File], data: &CaData) -> Result<Self> {
        let made = file::create_private_directory(directory)?;
        if !data.holds(directory) {
            // The server may run as somebody else, and everything in there is public.
            for directory in &made {
                let mode = fs::Permissions::from_mode(0o755);
                fs::set_permissions(directory, mode)
                    .map_err(|cause| file::failure("open to others", directory, &cause))?;
            }
        }
        let mut changed = Vec::new();
        for file in files {
            let path = directory.join(&file.name);
            let access = match file.executable {
                true => Access::Program,
                false => Access::Public,
            };
            if fs::read(&path).is_ok_and(|there| there == file.contents.as_bytes()) {
                continue;
            }
            file::write(&path, file.contents.as_bytes(), access, Existing::Replace)?;
            changed.push(file.name.clone());
        }
        Ok(Self {
            directory: directory.to_path_buf(),
            changed,
        })
    }

    /// What changed, in words.
    pub(super) fn told(&self) -> String {
        match self.changed.is_empty() {
            true => "nothing".to_owned(),
            false => self.changed.join(", "),
        }
    }
}
