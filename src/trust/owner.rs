//! Whose a directory is: what root, or anybody, would make in the home of another user, that user could not change any more.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::geteuid;

use crate::error::{Error, ErrorKind, Result};

/// Refuses a directory of another user, and one that would be made in such a one. Root's are nobody else's: there
/// permissions decide.
///
/// # Errors
/// Says whose it is.
pub(super) fn check(directory: &Path) -> Result<()> {
    check_as(directory, geteuid().as_raw())
}

fn check_as(directory: &Path, user: u32) -> Result<()> {
    // A relative path has ancestors only once it is made absolute.
    let absolute = std::path::absolute(directory);
    let absolute = absolute.as_deref().unwrap_or(directory);
    let nearest = absolute.ancestors().find_map(|it| fs::metadata(it).ok());
    let owner = nearest.map_or(user, |metadata| metadata.uid());
    if owner == user || owner == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!(
            "{} belongs to another user, whose number is {owner}",
            directory.display()
        ),
    )
    .with_hint("Run the command as that user, without sudo; or set HOME to your own home."))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_directory_and_what_would_be_made_in_it_are_refused_to_all_but_their_owner() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let owner = fs::metadata(directory).unwrap().uid();
        for path in [directory.to_path_buf(), directory.join("to/be/made")] {
            assert!(check_as(&path, owner).is_ok());
            // Where the tests run as root, what they make is root's.
            assert_eq!(check_as(&path, owner + 1).is_ok(), owner == 0);
        }
        assert!(check_as(Path::new("/"), owner + 1).is_ok());
    }
}
