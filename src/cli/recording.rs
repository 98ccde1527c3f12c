//! A connection recorded into a file for Wireshark.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::report::Report;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::session::Tape;

/// A recording that is going on, and the file that it will be written to.
pub(super) struct Recording {
    path: PathBuf,
    tape: Arc<Tape>,
}

impl Recording {
    /// Begins one and says what it means; a file that could not be written is refused before anything is sent.
    pub(super) fn begin(report: Report, path: PathBuf) -> Result<Self> {
        let cannot = |kind: io::ErrorKind| file::failure("write", &path, &kind.into());
        if path.as_os_str() == "-" {
            return Err(Error::new(
                ErrorKind::Usage,
                "a recording and its secrets are not written to standard output",
            )
            .with_hint("Name a file: --pcap login.pcapng."));
        }
        if path.symlink_metadata().is_ok() {
            return Err(cannot(io::ErrorKind::AlreadyExists));
        }
        if !file::directory_of(&path).is_dir() {
            return Err(cannot(io::ErrorKind::NotFound));
        }
        report.warn(&format!(
            "this connection and its secrets are written to {}: whoever has the file can decrypt it",
            path.display()
        ));
        let tape = Arc::new(Tape::new());
        Ok(Self { path, tape })
    }

    pub(super) fn tape(&self) -> Arc<Tape> {
        self.tape.clone()
    }

    /// Writes the file and says so; gives whether it was written, and has said why where it was not.
    pub(super) fn finish(self, report: Report) -> bool {
        let path = self.path.display();
        let Some(contents) = self.tape.pcapng() else {
            report.warn(&format!("no connection came about: {path} was not written"));
            return false;
        };
        if self.tape.is_cut() {
            report.warn(&format!("{path} holds the first 16 MiB only"));
        }
        match file::write(&self.path, &contents, Access::Private, Existing::Refuse) {
            Ok(()) => {
                report.say(&format!("Open {path} in Wireshark: it decrypts itself."));
                true
            }
            Err(cause) => {
                report.complain(&cause);
                false
            }
        }
    }
}
