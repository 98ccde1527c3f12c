//! Runs the programs that keep this machine's trust stores.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Surroundings;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::one_line;

/// Where programs of the administrator lie, which not everybody's PATH names.
const MORE_PLACES: [&str; 3] = ["usr/local/sbin", "usr/sbin", "sbin"];

/// How long a program may take that makes a whole store anew, as `update-ca-certificates` does with the hook for Java.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// How soon it is seen that a program which has said everything has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// A program of somebody else.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
}

impl Program {
    /// Finds a program on PATH, or among those of the administrator.
    pub(super) fn find(name: &str, surroundings: &Surroundings) -> Option<Self> {
        let mut more = MORE_PLACES
            .iter()
            .map(|place| surroundings.root.join(place).join(name));
        Self::on(&surroundings.path, name).or_else(|| more.find_map(Self::at))
    }

    /// Finds a program on a PATH.
    pub(super) fn on(path: &OsStr, name: impl AsRef<OsStr>) -> Option<Self> {
        let mut candidates =
            std::env::split_paths(path).map(|directory| directory.join(name.as_ref()));
        candidates.find_map(Self::at)
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
        let output = self.finish(command, b"", PATIENCE)?;
        self.checked(output)
    }

    /// Runs a command line of it to its end, whatever that is, with something on stdin.
    ///
    /// # Errors
    /// Says that it could not be started, or that it had not ended after `patience` and was stopped.
    pub(super) fn finish(
        &self,
        command: &mut Command,
        input: &[u8],
        patience: Duration,
    ) -> Result<Output> {
        let deadline = Instant::now() + patience;
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let output = child.and_then(|mut child| {
            let output = output(&mut child, input, deadline);
            if !matches!(output, Ok(Some(_))) {
                child.kill()?;
                child.wait()?;
            }
            output
        });
        match output {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(self.endless(patience)),
            Err(cause) => Err(file::failure("run", &self.path, &cause)),
        }
    }

    /// What it wrote to stdout, if it succeeded.
    ///
    /// # Errors
    /// Says with the program's last words that it failed.
    pub(super) fn checked(&self, output: Output) -> Result<Vec<u8>> {
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failure(&output)),
        }
    }

    fn name(&self) -> String {
        let name = self.path.file_name().map(OsStr::to_string_lossy);
        name.unwrap_or_default().into_owned()
    }

    fn failure(&self, output: &Output) -> Error {
        // keytool complains on stdout, and may have no more than a warning on stderr.
        let said = [&output.stderr, &output.stdout].map(|octets| String::from_utf8_lossy(octets));
        let mut lines = said.iter().flat_map(|text| text.lines().rev());
        let last =
            lines.find(|line| !line.trim().is_empty() && !line.trim().starts_with("Warning:"));
        Error::new(
            ErrorKind::File,
            format!(
                "{} failed: {}",
                self.name(),
                one_line(
                    last.unwrap_or("it did not say why")
                        .trim()
                        .trim_end_matches('.')
                )
            ),
        )
        .with_hint("Mend what it complains of and run the command again.")
    }

    fn endless(&self, patience: Duration) -> Error {
        Error::new(
            ErrorKind::File,
            format!(
                "{} had not ended after {} seconds and was stopped",
                self.name(),
                patience.as_secs()
            ),
        )
        .with_hint(
            "Look what it waits for, such as another program's lock, and run the command again.",
        )
    }
}

/// Everything that a program wrote, and how it ended; nothing where it has not by then.
fn output(child: &mut Child, input: &[u8], deadline: Instant) -> io::Result<Option<Output>> {
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        // A program that does not read it says why itself.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let stdout = child.stdout.take().map(read_aside);
    let stderr = child.stderr.take().map(read_aside);
    // Whoever else it started may hold its pipes, so that their end is not waited for longer than its own.
    let whole = |pipe: Option<Receiver<io::Result<Vec<u8>>>>| {
        let left = deadline.saturating_duration_since(Instant::now());
        pipe.and_then(|pipe| pipe.recv_timeout(left).ok())
            .transpose()
    };
    let (Some(stdout), Some(stderr)) = (whole(stdout)?, whole(stderr)?) else {
        return Ok(None);
    };
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Output {
                status,
                stdout,
                stderr,
            }));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

fn read_aside(mut pipe: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut whole = Vec::new();
        let read = pipe.read_to_end(&mut whole).map(|_| whole);
        drop(sender.send(read));
    });
    receiver
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<Output> {
        let program = Program::at("/bin/sh".into()).unwrap();
        let mut command = Command::new(&program.path);
        program.finish(command.args(["-c", script]), b"in", patience)
    }

    #[test]
    fn a_program_that_does_not_end_is_stopped_and_named() {
        for script in ["exec sleep 600", "exec >&- 2>&-; exec sleep 600"] {
            let started = Instant::now();
            let refused = shell(script, Duration::from_secs(1)).unwrap_err();
            assert!(started.elapsed() < Duration::from_secs(300), "{script}");
            assert_eq!(
                refused.message(),
                "sh had not ended after 1 seconds and was stopped"
            );
        }
    }

    #[test]
    fn what_a_program_says_comes_whole_however_much_it_is() {
        let script = "cat; dd if=/dev/zero bs=1000 count=300 2>/dev/null; dd if=/dev/zero bs=1000 count=300 >&2; exit 3";
        let output = shell(script, PATIENCE).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(output.stdout.len(), 2 + 300_000);
        assert!(output.stderr.len() >= 300_000);
        // One that reads nothing has what it says, too.
        assert!(shell("exit 0", PATIENCE).unwrap().status.success());
    }

    #[test]
    fn a_warning_does_not_hide_the_reason() {
        let script =
            "echo 'keytool error: no such thing'; echo 'Warning: use -cacerts option' >&2; exit 1";
        let program = Program::at("/bin/sh".into()).unwrap();
        let refused = program
            .checked(shell(script, PATIENCE).unwrap())
            .unwrap_err();
        assert_eq!(refused.message(), "sh failed: keytool error: no such thing");
    }
}
