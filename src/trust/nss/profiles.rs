//! Firefox's profiles: which there are, and whether Firefox uses one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockType, Pid, fcntl_getlk, test_kill_process};

/// What Firefox writes into a profile before anything else.
const SIGNS: [&str; 3] = ["cert9.db", "prefs.js", "times.json"];

/// The profiles below one of Firefox's directories: those that lie there, and those elsewhere that `profiles.ini` names.
pub(super) fn profiles(directory: &Path) -> Vec<PathBuf> {
    let is_profile = |path: &PathBuf| SIGNS.iter().any(|sign| path.join(sign).is_file());
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.map(|entry| entry.path()).collect();
    found.extend(named(directory));
    found.retain(is_profile);
    found.sort();
    found.dedup();
    found
}

/// The paths in `profiles.ini`, absolute or below its directory.
fn named(directory: &Path) -> Vec<PathBuf> {
    let contents = fs::read(directory.join("profiles.ini")).unwrap_or_default();
    let text = String::from_utf8_lossy(&contents).into_owned();
    let paths = text.lines().filter_map(|line| line.strip_prefix("Path="));
    // `join` takes an absolute path as it is.
    paths.map(|path| directory.join(path.trim())).collect()
}

/// Says whether Firefox runs with this profile.
///
/// It locks `.parentlock` for as long as it runs. Where a file system knows no locks, the symbolic link `lock` names its
/// process, as `ADDRESS:NUMBER`; `ADDRESS:+NUMBER` says that the lock of the file is the one that counts.
pub(super) fn in_use(profile: &Path) -> bool {
    is_locked(&profile.join(".parentlock")) || is_linked(&profile.join("lock"))
}

fn is_locked(file: &Path) -> bool {
    let whole = Flock::from(FlockType::WriteLock);
    File::open(file)
        .ok()
        .and_then(|file| fcntl_getlk(file, &whole).ok().flatten())
        .is_some()
}

fn is_linked(link: &Path) -> bool {
    let target = fs::read_link(link).ok();
    target
        .as_deref()
        .and_then(|target| target.to_str()?.rsplit_once(':'))
        .filter(|(_, number)| !number.starts_with('+'))
        .and_then(|(_, number)| Pid::from_raw(number.parse().ok()?))
        .is_some_and(|process| test_kill_process(process) != Err(rustix::io::Errno::SRCH))
}
