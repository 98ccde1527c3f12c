//! What is done with one database: make it, open it, take a bundle in.

use std::ffi::OsStr;
use std::process::Output;

use super::entries::Entry;
use super::places::Database;
use super::profiles;
use super::programs::{Programs, password_line};
use crate::bundle::{self, Form, Identity};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::secret::Secret;

/// What became of a bundle, and the nickname under which NSS has its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bundled {
    /// It is there now and was not before.
    Installed(String),
    /// Certificate and key were there before.
    AlreadyThere(String),
}

impl Database {
    /// Says whether Firefox runs with this profile.
    pub fn in_use(&self) -> bool {
        profiles::in_use(&self.directory)
    }

    /// Makes the database and its directory, with the password that was given, or with none.
    ///
    /// # Errors
    /// Says what could not be made; then no directory is left behind.
    pub fn create(&mut self, programs: &Programs) -> Result<()> {
        self.check_owner()?;
        let made = file::create_private_directory(&self.directory)?;
        let words = match programs.has_password {
            true => &["-N"][..],
            false => &["-N", "--empty-password"],
        };
        let created = self.certutil(programs, words);
        match created {
            Ok(_) => self.exists = true,
            Err(_) => file::remove_empty_directories(&made),
        }
        created.map(|_| ())
    }

    /// Checks that the database opens with the password that was given, or without one.
    ///
    /// Whatever is written needs it, and NSS says so only after half of the work: the root is there and not trusted.
    ///
    /// # Errors
    /// Says that it has a password, has another one, or cannot be read.
    pub fn unlock(&self, programs: &Programs) -> Result<()> {
        // Listing the private keys is the one thing that asks for it and changes nothing.
        let output = self.run_certutil(programs, &["-K"])?;
        // That there is none is told as a failure, and not on standard error.
        let is_empty = String::from_utf8_lossy(&output.stdout).contains("no keys found");
        match output.status.success() || is_empty {
            true => Ok(()),
            false => Err(programs.failure(&self.directory, &output)),
        }
    }

    /// Takes a bundle in: the private key, its certificate under its own friendlyName, and the CAs above it but for the root,
    /// which is a matter of trust and nothing that a login needs.
    ///
    /// It is written again for that, so that every bundle that this program opens can be taken in, whatever NSS thinks of its
    /// encryption.
    ///
    /// # Errors
    /// Says what NSS refused.
    pub fn install(&self, programs: &Programs, identity: &Identity) -> Result<Bundled> {
        let there = |entry: &Entry| entry.has_key();
        if let Some(entry) = self
            .entry_of(programs, &identity.certificate)?
            .filter(there)
        {
            return Ok(Bundled::AlreadyThere(entry.nickname));
        }
        self.unlock(programs)?;
        let is_root = |der: &Vec<u8>| {
            Certificate::from_der(der.as_slice()).is_ok_and(|it| it.is_self_issued())
        };
        let mut identity = identity.clone();
        identity.chain.retain(|der| !is_root(der));
        let password = Secret::generate()?;
        let bundle = bundle::write(&identity, &password, Form::Aes256Sha256)?;
        let bundle = programs.write("bundle", &bundle)?;
        let password = programs.write("password", &password_line(Some(&password)))?;
        let words = [
            OsStr::new("-i"),
            bundle.as_os_str(),
            OsStr::new("-w"),
            password.as_os_str(),
        ];
        let imported = programs.pk12util(&self.directory, &words)?;
        self.checked(programs, imported)?;
        let entry = self.entry_of(programs, &identity.certificate)?;
        match entry.filter(there) {
            Some(entry) => Ok(Bundled::Installed(entry.nickname)),
            None => Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "NSS took the bundle but does not show its certificate in {}",
                    self.directory.display()
                ),
            )
            .with_hint("Import the bundle in the browser's own dialogue.")),
        }
    }

    pub(super) fn certutil(&self, programs: &Programs, words: &[&str]) -> Result<Output> {
        self.checked(programs, self.run_certutil(programs, words)?)
    }

    /// The same without judging how it ended.
    pub(super) fn run_certutil(&self, programs: &Programs, words: &[&str]) -> Result<Output> {
        self.check_owner()?;
        let words: Vec<_> = words.iter().map(OsStr::new).collect();
        programs.certutil(&self.directory, &words)
    }

    pub(super) fn checked(&self, programs: &Programs, output: Output) -> Result<Output> {
        match output.status.success() {
            true => Ok(output),
            false => Err(programs.failure(&self.directory, &output)),
        }
    }
}
