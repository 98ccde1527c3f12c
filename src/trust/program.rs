//! Runs the programs that keep this machine's trust stores.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::Surroundings;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::one_line;

/// Where programs of the administrator lie, which not everybody's PATH names.
const MORE_PLACES: [&str; 3] = ["usr/local/sbin", "usr/sbin", "sbin"];

/// A program of somebody else.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
}

impl Program {
    /// Finds a program on PATH, or among those of the administrator.
    pub(super) fn find(name: &str, surroundings: &Surroundings) -> Option<Self> {
        let more = MORE_PLACES.map(|place| surroundings.root.join(place));
        let candidates = std::env::split_paths(&surroundings.path).chain(more);
        candidates
            .map(|directory| directory.join(name))
            .find_map(Self::at)
    }

    /// A program at this path, if there is one.
    pub(super) fn at(path: PathBuf) -> Option<Self> {
        let metadata = fs::metadata(&path).ok()?;
        let executable = metadata.is_file() && metadata.permissions().mode() & 0o111 != 0;
        executable.then_some(Self { path })
    }

    /// A command line that begins with it.
    ///
    /// What this process writes nobody else may read; what a store of the whole system is made of, everybody must.
    pub(super) fn command(&self, surroundings: &Surroundings) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "umask 022 && exec \"$0\" \"$@\""])
            .arg(&self.path)
            .env_clear()
            .envs(
                surroundings
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .env("LC_ALL", "C");
        command
    }

    /// Runs a command line of it to its end and returns what it wrote to stdout.
    ///
    /// # Errors
    /// Says with the program's last words that it failed.
    pub(super) fn run(&self, command: &mut Command) -> Result<Vec<u8>> {
        self.run_with_input(command, b"")
    }

    /// The same with something on stdin.
    pub(super) fn run_with_input(&self, command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
        let output =
            finish(command, input).map_err(|cause| file::failure("run", &self.path, &cause))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failure(&output)),
        }
    }

    fn failure(&self, output: &Output) -> Error {
        let name = self.path.file_name().map(OsStr::to_string_lossy);
        // keytool complains on stdout.
        let said = [&output.stderr, &output.stdout].map(|octets| String::from_utf8_lossy(octets));
        let mut lines = said.iter().flat_map(|text| text.lines().rev());
        let last = lines.find(|line| !line.trim().is_empty());
        Error::new(
            ErrorKind::File,
            format!(
                "{} failed: {}",
                name.unwrap_or_default(),
                one_line(
                    last.unwrap_or("it did not say why")
                        .trim()
                        .trim_end_matches('.')
                )
            ),
        )
        .with_hint("Mend what it complains of and run the command again.")
    }
}

fn finish(command: &mut Command, input: &[u8]) -> std::io::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A certificate fits into a pipe, so that this waits for nobody; a program that does not read it says why itself.
        let _ = stdin.write_all(input);
    }
    child.wait_with_output()
}
