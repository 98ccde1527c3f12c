//! The state of the disk on which a file lies.

use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

/// What keeps everybody from writing to the disk on which a file lies, and what to do; nothing where that is not so.
pub fn hindrance(path: &Path) -> Option<(&'static str, &'static str)> {
    let disk = statvfs(path).ok()?;
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        let hint = "Mount it so that it can be written, or copy the directory to another disk and say --ca-data.";
        return Some(("its file system is read-only", hint));
    }
    let hint = "Make room on the disk and run the command again.";
    (disk.f_bfree == 0).then_some(("the disk is full", hint))
}
