//! Session secrets written to a file, so that a recorded connection can be opened in Wireshark.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::KeyLog;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;

/// A file of session secrets in the format of `SSLKEYLOGFILE`, readable by its owner only.
///
/// Whoever holds it can decrypt the connections named in it: it exists only where a person asked for it by name.
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file to append to, made 0600 where it was wider.
    ///
    /// # Errors
    /// Says which file could not be opened.
    pub fn open(path: &Path) -> Result<Self> {
        if path.as_os_str() == "-" {
            return Err(Error::new(
                ErrorKind::Usage,
                "session secrets are not written to standard output",
            )
            .with_hint("Name a file: --keylog session.keys."));
        }
        let failure = |cause: std::io::Error| {
            Error::new(
                ErrorKind::File,
                format!("could not open the key log {}: {cause}", path.display()),
            )
            .with_hint("Choose a file in a directory that you may write to.")
        };
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(failure)?;
        // A pipe or a device keeps its mode: it is not ours.
        if file.metadata().map_err(failure)?.is_file() {
            file.set_permissions(Permissions::from_mode(0o600))
                .map_err(failure)?;
        }
        Ok(Self(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = line(label, client_random, secret);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A handshake does not fail because its secrets could not be kept.
        let _ = file.write_all(line.as_bytes());
    }
}

/// One line of the format of `SSLKEYLOGFILE`, with its end.
pub(super) fn line(label: &str, client_random: &[u8], secret: &[u8]) -> Zeroizing<String> {
    let length = label.len() + 2 * (client_random.len() + secret.len()) + 3;
    let mut line = Zeroizing::new(String::with_capacity(length));
    line.push_str(label);
    line.push(' ');
    hexadecimal::encode_into(&mut line, client_random);
    line.push(' ');
    hexadecimal::encode_into(&mut line, secret);
    line.push('\n');
    line
}

/// Several key logs, each of which is told everything.
#[derive(Debug)]
pub struct KeyLogs(pub Vec<Arc<dyn KeyLog>>);

impl KeyLog for KeyLogs {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        for log in &self.0 {
            log.log(label, client_random, secret);
        }
    }

    fn will_log(&self, label: &str) -> bool {
        self.0.iter().any(|log| log.will_log(label))
    }
}

impl fmt::Debug for KeyLogFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLogFile")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_key_log_is_appended_to_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys");
        std::fs::write(&path, "# before\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();

        let log = KeyLogFile::open(&path).unwrap();
        log.log("CLIENT_RANDOM", &[0xab; 2], &[0x01; 3]);

        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "# before\nCLIENT_RANDOM abab 010101\n"
        );
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(format!("{log:?}"), "KeyLogFile");
    }

    #[test]
    fn several_key_logs_are_told_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let paths = ["one", "other"].map(|name| directory.path().join(name));
        let logs = paths
            .each_ref()
            .map(|path| Arc::new(KeyLogFile::open(path).unwrap()) as _);
        KeyLogs(logs.into()).log("CLIENT_RANDOM", &[1], &[2]);
        for path in paths {
            let written = std::fs::read_to_string(path).unwrap();
            assert_eq!(written, "CLIENT_RANDOM 01 02\n");
        }
    }

    #[test]
    fn no_file_is_called_after_standard_output() {
        let refusal = KeyLogFile::open(Path::new("-")).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Usage);
    }

    #[test]
    fn a_key_log_that_cannot_be_opened_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("absent/keys");
        let refusal = KeyLogFile::open(&path).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::File);
        assert!(refusal.message().contains("absent/keys"));
    }
}
