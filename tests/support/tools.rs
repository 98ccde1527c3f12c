//! The programs of others that judge our work.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The program's path, or a failure that says what to do; with `PKI_TEST_SKIP_MISSING=1` none, said loudly.
///
/// ```ignore
/// let Some(openssl) = tool("openssl") else { return };
/// ```
#[track_caller]
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file());
    found.or_else(|| missing(name))
}

/// The Python of the virtual environment that `tests/run` makes, where pkilint is installed.
#[track_caller]
pub(crate) fn python_with_pkilint() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-tools/venv/bin/python");
    if target.is_file() {
        return Some(target);
    }
    missing("pkilint")
}

/// A file that lies in the repository.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path)
}

#[track_caller]
pub(crate) fn missing(name: &str) -> Option<PathBuf> {
    assert!(
        std::env::var_os("PKI_TEST_SKIP_MISSING").is_some_and(|value| value == "1"),
        "`{name}` is missing: tests/run installs it, or says why it cannot"
    );
    let test = std::thread::current();
    // Written past the harness, which shows nothing that a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {}: `{name}` is missing",
        test.name().unwrap_or("a test")
    );
    None
}
