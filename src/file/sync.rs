//! What outlasts a power failure, and from when on.

use std::fs::File;
#[cfg(target_os = "linux")]
use std::io;
use std::path::Path;

use super::{directory_of, failure};
use crate::error::Result;
use crate::failpoint;

/// Syncs the directory that holds `path`, so that its entry outlasts a power failure.
///
/// # Errors
/// Says which directory could not be synced.
pub fn sync_directory_of(path: &Path) -> Result<()> {
    let directory = directory_of(path);
    File::open(directory)
        .and_then(|opened| opened.sync_all())
        .map_err(|cause| failure("sync the directory", directory, &cause))?;
    failpoint::reached("file.directory-synced");
    Ok(())
}

/// Syncs many files of one directory together: one write-back of their file system costs less than one for each.
///
/// # Errors
/// Names the directory, or the file that could not be synced.
pub fn sync_many(directory: &Path, files: &[&Path]) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        let _ = files;
        let failed = |cause: io::Error| failure("sync the files in", directory, &cause);
        let opened = File::open(directory).map_err(failed)?;
        rustix::fs::syncfs(&opened).map_err(|cause| failed(cause.into()))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = directory;
        let sync = |path: &&Path| {
            let synced = File::open(path).and_then(|file| file.sync_all());
            synced.map_err(|cause| failure("sync", path, &cause))
        };
        files.iter().try_for_each(sync)
    }
}
