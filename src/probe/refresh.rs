//! The command that brings a new CRL to the server.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::{AsyncReadExt, copy, sink};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};
use crate::name::one_line;

/// How long it may take: to fetch a CRL and have a server read it.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the rest of what it said is waited for once it has ended.
const REST: Duration = Duration::from_millis(100);
/// The most that is read of what it says, in octets.
const READ: u64 = 64 << 10;
/// The most of what it said that is told, in characters.
const SAID: usize = 300;

/// Runs a line of the shell to its end; nothing that is secret here goes with it.
///
/// # Errors
/// Fails where it cannot be run, does not end in time, or fails itself: with what it said.
pub(super) async fn run(line: &str) -> Result<()> {
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        // Passphrases and passwords are given as variables of this program's own.
        if name.to_string_lossy().starts_with("PKI_") && name != "PKI_CA_DATA" {
            command.env_remove(name);
        }
    }
    let failed = |why: String| {
        Error::new(
            ErrorKind::Network,
            format!("the command that brings the CRL to the server failed: {why}"),
        )
        .with_hint("Try it by hand: it must end with 0 once the server has read the new CRL.")
    };
    command.process_group(0);
    let mut child = command.spawn().map_err(|cause| failed(cause.to_string()))?;
    let group = Group::of(&child);
    let mut said = Vec::new();
    let stderr = child.stderr.take();
    let ended = {
        let reading = async {
            if let Some(mut stderr) = stderr {
                let _ = (&mut stderr).take(READ).read_to_end(&mut said).await;
                // Who goes on talking must not die of it (SIGPIPE).
                let _ = copy(&mut stderr, &mut sink()).await;
            }
        };
        let mut reading = std::pin::pin!(reading);
        let mut waiting = std::pin::pin!(timeout(PATIENCE, child.wait()));
        tokio::select! {
            // What it started and left behind may keep its standard error open: only its own end is waited for.
            ended = &mut waiting => {
                let _ = timeout(REST, reading).await;
                ended
            }
            () = &mut reading => waiting.await,
        }
    };
    let Ok(ended) = ended else {
        let seconds = PATIENCE.as_secs();
        return Err(failed(format!("it had not ended after {seconds} seconds")));
    };
    // What it left behind on purpose, as a service that it started, goes on.
    group.has_ended();
    let status = ended.map_err(|cause| failed(cause.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&said);
    let said: String = one_line(said.trim()).chars().take(SAID).collect();
    Err(failed(match said.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {said}"),
    }))
}

/// The command and all that it started: ended with it where it is given up, be it for its time or because the probe is ended.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // It may have ended this very moment.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_fails_is_told_with_what_it_said() {
        run("true").await.unwrap();
        let failed = run("echo 'no such unit' >&2; exit 5").await.unwrap_err();
        assert!(failed.message().contains("no such unit"), "{failed:?}");
        assert!(failed.message().contains('5'), "{failed:?}");
    }

    #[tokio::test]
    async fn one_that_says_more_than_is_read_is_no_failure() {
        run("head -c 1000000 /dev/zero >&2").await.unwrap();
    }

    #[tokio::test]
    async fn one_that_is_given_up_ends_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("fifo");
        let line = format!("mkfifo '{0}'; cat '{0}'; true", fifo.display());
        {
            let mut running = std::pin::pin!(run(&line));
            let opened = async {
                // Opened for writing it waits until `cat` reads.
                loop {
                    if let Ok(open) = tokio::net::unix::pipe::OpenOptions::new().open_sender(&fifo)
                    {
                        return open;
                    }
                    tokio::task::yield_now().await;
                }
            };
            let sender = tokio::select! {
                ended = &mut running => panic!("{ended:?}"),
                sender = opened => sender,
            };
            std::mem::forget(sender);
        }
        // Nobody reads any more.
        let reader_is_gone = async {
            while tokio::net::unix::pipe::OpenOptions::new()
                .open_sender(&fifo)
                .is_ok()
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(20), reader_is_gone)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_it_leaves_behind_is_not_waited_for() {
        let begin = std::time::Instant::now();
        run("sleep 30 & exit 0").await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
