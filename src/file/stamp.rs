//! Which version of a file lies at a path.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Tells one version of a file from another without reading it.
///
/// A file that was replaced by a rename is another inode; the number of one that is gone may be given again, and a file may
/// be written in place, so that size and times count too. The time of the last change of status is among them: it tells
/// of a mode that was mended, and nobody can set it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of what lies at a path now; nothing where none can be seen.
    ///
    /// Take it before the file is read: what is replaced between the two is then read once more, and never missed.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// When the contents were last written, in seconds since the beginning of 1970.
    pub fn modified(&self) -> i64 {
        self.modified.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Access, Existing, write};

    #[test]
    fn a_stamp_changes_with_a_replacement_of_equal_size_and_only_then()
    -> Result<(), Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("file");
        assert_eq!(Stamp::of(&path), None);
        write(&path, b"one", Access::Private, Existing::Refuse)?;
        let first = Stamp::of(&path);
        assert!(first.is_some());
        assert_eq!(Stamp::of(&path), first);
        write(&path, b"two", Access::Private, Existing::Replace)?;
        assert_ne!(Stamp::of(&path), first);
        Ok(())
    }
}
