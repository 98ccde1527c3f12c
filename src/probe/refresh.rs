//! The command that brings a new CRL to the server.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::error::{Error, ErrorKind, Result};
use crate::name::one_line;

/// How long it may take: to fetch a CRL and have a server read it.
const PATIENCE: Duration = Duration::from_secs(60);
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
    let ended = timeout(PATIENCE, command.output())
        .await
        .map_err(|_| {
            failed(format!(
                "it had not ended after {} seconds",
                PATIENCE.as_secs()
            ))
        })?
        .map_err(|cause| failed(cause.to_string()))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said: String = one_line(said.trim()).chars().take(SAID).collect();
    Err(failed(match said.is_empty() {
        true => ended.status.to_string(),
        false => format!("{}: {said}", ended.status),
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
}
