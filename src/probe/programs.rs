//! The programs of others that judge what is made here.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The program's path, or a failure that says what to do; with `PKI_TEST_SKIP_MISSING=1` none.
#[track_caller]
pub(in crate::probe) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file());
    assert!(
        found.is_some() || std::env::var_os("PKI_TEST_SKIP_MISSING").is_some_and(|set| set == "1"),
        "`{name}` is missing: tests/run installs it, or says why it cannot"
    );
    found
}

/// Runs a command to its end; everything that it said, and whether it succeeded.
pub(in crate::probe) fn run(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
