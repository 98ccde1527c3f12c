//! The command that brings a new CRL to the server.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
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
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let mut said = Vec::new();
    let stderr = child.stderr.take();
    let ended = {
        let reading = async {
            if let Some(stderr) = stderr {
                let _ = stderr.take(READ).read_to_end(&mut said).await;
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
        if let Some(group) = group {
            // It may have ended this very moment.
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        let seconds = PATIENCE.as_secs();
        return Err(failed(format!("it had not ended after {seconds} seconds")));
    };
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
    async fn what_it_leaves_behind_is_not_waited_for() {
        let begin = std::time::Instant::now();
        run("sleep 30 & exit 0").await.unwrap();
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
}
