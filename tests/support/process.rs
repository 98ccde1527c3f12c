//! Running a program to its end, with a limit on how long that may take.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No program here needs a tenth of it; a machine that is busy with something else might.
pub(crate) const LIMIT: Duration = Duration::from_secs(90);
/// How often a condition is looked at while waiting for it.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// What a program left behind.
pub(crate) struct Finished {
    /// The command line, for messages.
    pub(crate) line: String,
    /// The exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    /// All it wrote to standard output.
    pub(crate) stdout: Vec<u8>,
    /// All it wrote to standard error.
    pub(crate) stderr: Vec<u8>,
}

impl Finished {
    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Both, as a person at a terminal would see them.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.out(), self.err())
    }

    /// Itself, when the program succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.exits(0)
    }

    /// Itself, when the program ended with this exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "`{}` said\n{}\n{}",
            self.line,
            self.out(),
            self.err()
        );
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "`{}` printed no JSON ({error}):\n{}\n{}",
                self.line,
                self.out(),
                self.err()
            )
        })
    }
}

/// A command that knows nothing of this machine's user: no environment but PATH and a home of its own, no stdin.
pub(crate) fn hermetic(program: impl AsRef<Path>, home: &Path) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end and panics if it does not come to one in time.
#[track_caller]
pub(crate) fn finish(command: &mut Command) -> Finished {
    finish_with_input(command, None)
}

/// The same, with something to read on standard input.
#[track_caller]
pub(crate) fn finish_with_input(command: &mut Command, input: Option<&[u8]>) -> Finished {
    run(command, input, LIMIT)
}

/// The same of one that takes longer than others by its nature.
#[track_caller]
pub(crate) fn finish_within(command: &mut Command, limit: Duration) -> Finished {
    run(command, None, limit)
}

#[track_caller]
fn run(command: &mut Command, input: Option<&[u8]>, limit: Duration) -> Finished {
    let line = describe(command);
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    // A group of its own, so that a time-out also ends what the program itself has started.
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap_or_else(|error| panic!("`{line}` does not start: {error}"));
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input.map(<[u8]>::to_vec)) {
        // A program may end without reading everything, and that is its right.
        thread::spawn(move || stdin.write_all(&input));
    }
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if Instant::now() > deadline {
            kill_group(&mut child);
            panic!("`{line}` did not end within {limit:?}");
        }
        thread::sleep(POLL);
    };
    Finished {
        line,
        code: status.code(),
        stdout: stdout.join().expect("stdout is read"),
        stderr: stderr.join().expect("stderr is read"),
    }
}

/// Looks at a condition until it gives something or the time is up.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what}: not within {LIMIT:?}");
        thread::sleep(POLL);
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).expect("a pipe can be read");
        }
        bytes
    })
}

fn kill_group(child: &mut Child) {
    let pid = rustix::process::Pid::from_child(child);
    // It may have ended in this very moment.
    let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    let _ = child.wait();
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
