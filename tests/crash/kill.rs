//! Killing a command at an instant, and how often that was done.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Authority;
use crate::support::process::LIMIT;

/// The signal that nobody can catch (POSIX.1-2017, `<signal.h>` and kill).
const SIGKILL: i32 = 9;

/// How long a command takes from its start to its end, here and now.
pub(super) fn lifetime(authority: &Authority, words: &[&str]) -> Duration {
    let start = Instant::now();
    authority.pki(words).ok();
    start.elapsed()
}

/// Starts a command and kills it after so long; whether that is what ended it. One that came to its end before must have
/// done its work.
#[track_caller]
pub(super) fn killed_after(authority: &Authority, words: &[&str], delay: Duration) -> bool {
    let mut command = authority.command(words);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(delay.min(LIMIT));
    // It may have ended by itself: then its status says so.
    let _ = child.kill();
    let ended = child.wait_with_output().unwrap();
    let was_killed = ended.status.signal() == Some(SIGKILL);
    assert!(
        was_killed || ended.status.code() == Some(0),
        "{words:?} ended with {} before it was killed: {}",
        ended.status,
        String::from_utf8_lossy(&ended.stderr)
    );
    was_killed
}

/// Tells how many commands of one kind were killed, and puts the number where `tests/run` adds them up, if it asks.
pub(super) fn count(what: &str, kills: u32) {
    eprintln!("{what}: {kills} kills");
    let Some(tally) = std::env::var_os("PKI_CRASH_TALLY") else {
        return;
    };
    let mut tally = OpenOptions::new()
        .create(true)
        .append(true)
        .open(tally)
        .unwrap();
    // A line at a time: other tests append too.
    tally
        .write_all(format!("{kills}\t{what}\n").as_bytes())
        .unwrap();
}
