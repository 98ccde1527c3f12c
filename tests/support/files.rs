//! Looking at directories: what lies there, how wide it is open, and whether anything changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Everything below a directory: path → mode, and for a file its content.
#[derive(PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>);

impl Tree {
    /// The state of a directory now; empty when there is none.
    pub(crate) fn of(directory: &Path) -> Self {
        let entries = entries_below(directory).into_iter().map(|path| {
            let metadata = fs::symlink_metadata(&path).expect("an entry can be looked at");
            let content = metadata
                .is_file()
                .then(|| fs::read(&path).expect("a file can be read"));
            (path, (metadata.mode() & 0o7777, content))
        });
        Self(entries.collect())
    }

    /// What differs between two states, a path a line; empty when nothing does.
    pub(crate) fn changes_to(&self, later: &Self) -> String {
        let paths = self.0.keys().chain(later.0.keys());
        let mut changes: Vec<String> = paths
            .filter_map(|path| match (self.0.get(path), later.0.get(path)) {
                (before, after) if before == after => None,
                (None, Some(_)) => Some(format!("appeared: {}", path.display())),
                (Some(_), None) => Some(format!("vanished: {}", path.display())),
                _ => Some(format!("changed: {}", path.display())),
            })
            .collect();
        changes.sort();
        changes.dedup();
        changes.join("\n")
    }

    /// Panics with what changed since, if anything did.
    #[track_caller]
    pub(crate) fn assert_unchanged(&self, directory: &Path, after: &str) {
        let changes = self.changes_to(&Self::of(directory));
        assert!(changes.is_empty(), "after {after}:\n{changes}");
    }
}

/// Every directory and file below, the directory itself first.
pub(crate) fn entries_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(path) = open.pop() {
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("a directory can be read");
            open.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        }
        found.push(path);
    }
    found.sort();
    found
}

/// Every file below.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = entries_below(directory);
    files.retain(|path| path.is_file());
    files
}

/// A path as a word of a command line.
pub(crate) fn path_text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are UTF-8")
}

/// Nothing below has a temporary name; those all say that they are.
#[track_caller]
pub(crate) fn assert_no_leftovers(directory: &Path) {
    let mut left = entries_below(directory);
    left.retain(|path| {
        let name = path_text(path).rsplit('/').next().expect("a name");
        name.starts_with('.')
            || name.contains("tmp")
            || name.contains("temporary")
            || name.ends_with("-journal")
    });
    assert!(left.is_empty(), "{left:?}");
}
