//! Killing a command at an instant, and how often that was done.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::Authority;
use crate::support::process::LIMIT;

/// How long a command takes from its start to its end, here and now.
pub(super) fn lifetime(authority: &Authority, words: &[&str]) -> Duration {
    let start = Instant::now();
    authority.pki(words).ok();
    start.elapsed()
}

/// Starts a command and kills it after so long; whether it was still alive then.
pub(super) fn killed_after(authority: &Authority, words: &[&str], delay: Duration) -> bool {
    let mut command = authority.command(words);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(delay.min(LIMIT));
    let is_alive = is_alive(&mut child);
    // It may have ended in this very moment.
    let _ = child.kill();
    child.wait().unwrap();
    is_alive
}

fn is_alive(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_none()
}

/// Tells how many kills of one kind came in time, and puts the number where `tests/run` adds them up.
pub(super) fn count(what: &str, kills: u32) {
    eprintln!("{what}: {kills} kills");
    let tally = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kills");
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
