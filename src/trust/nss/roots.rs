//! Trusts a root in a database, and takes that back.

use std::ffi::OsStr;

use super::entries::Entry;
use super::places::Database;
use super::programs::Programs;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// How many hexadecimal digits of its fingerprint name a root.
const DIGITS: usize = 16;
/// A root that is trusted for servers only: not to name clients, sign mail or code.
const TRUSTED: &str = "C,,";
const NOT_TRUSTED: &str = ",,";

/// What became of a root that is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rooted {
    /// It is trusted now and was not before.
    Installed,
    /// It was trusted before, whoever put it there.
    AlreadyThere,
}

/// The nickname under which a root is put into a database.
pub fn root_nickname(root: &Certificate) -> String {
    let fingerprint = root.fingerprint().to_string();
    format!("pki root {}", fingerprint.get(..DIGITS).unwrap_or_default())
}

impl Database {
    /// Trusts a root for TLS servers, under its [`root_nickname`].
    ///
    /// One that somebody has put there already is left as it is where it is trusted. One that was only there, as it comes
    /// with a bundle imported by hand, is trusted and gets a nickname that says what it had before.
    ///
    /// # Errors
    /// Refuses one that somebody has marked otherwise, as never to be trusted; says what NSS refused.
    pub fn trust_root(&self, programs: &Programs, root: &Certificate) -> Result<Rooted> {
        let ours = root_nickname(root);
        self.unlock(programs)?;
        match self.root(programs, root)? {
            Some(entry) if entry.is_trusted() => return Ok(Rooted::AlreadyThere),
            Some(entry) if entry.is_marked() => {
                return Err(Error::new(
                    ErrorKind::NotPermitted,
                    format!(
                        "somebody has marked the root in {} with the trust attributes {}",
                        self.directory.display(),
                        entry.trust
                    ),
                )
                .with_hint("Change it in the browser's list of certificate authorities."));
            }
            Some(entry) => {
                let nickname = renamed(&ours, &entry.nickname);
                if nickname == entry.nickname {
                    self.mark(programs, &entry, TRUSTED)?;
                } else {
                    self.rename(programs, &entry, &nickname)?;
                    self.trust_renamed(programs, root, &entry)?;
                }
            }
            None => {
                let file = programs.write("root", root.der())?;
                let words = ["-A", "-n", &ours, "-t", TRUSTED, "-i"].map(OsStr::new);
                let words = [&words[..], &[file.as_os_str()]].concat();
                self.checked(programs, programs.certutil(&self.directory, &words)?)?;
            }
        }
        match self.root(programs, root)? {
            Some(entry) if entry.is_trusted() => Ok(Rooted::Installed),
            _ => Err(Error::new(
                ErrorKind::Internal,
                format!(
                    "NSS took the root into {} but does not trust it",
                    self.directory.display()
                ),
            )
            .with_hint("Trust it in the browser's list of certificate authorities.")),
        }
    }

    /// Takes back what [`Database::trust_root`] did, and nothing else; says whether there was anything. Not where somebody has
    /// decided otherwise since: a root that is never to be trusted must stay for that.
    ///
    /// # Errors
    /// Says what NSS refused.
    pub fn untrust_root(&self, programs: &Programs, root: &Certificate) -> Result<bool> {
        let ours = root_nickname(root);
        let Some(entry) = self.root(programs, root)? else {
            return Ok(false);
        };
        if entry.is_marked() {
            return Ok(false);
        }
        if entry.nickname == ours {
            self.certutil(programs, &["-D", "-n", &entry.listed])?;
            return Ok(true);
        }
        let Some(before) = name_before(&ours, &entry.nickname) else {
            return Ok(false);
        };
        self.unlock(programs)?;
        self.mark(programs, &entry, NOT_TRUSTED)?;
        self.rename(programs, &entry, before)?;
        Ok(true)
    }

    /// Trusts a root under its new nickname; where that fails, gives it back the one that it had before.
    fn trust_renamed(&self, programs: &Programs, root: &Certificate, before: &Entry) -> Result<()> {
        let renamed = self.root(programs, root)?.ok_or_else(|| {
            Error::new(
                ErrorKind::Internal,
                format!(
                    "NSS does not show the root in {} under the name that it was given",
                    self.directory.display()
                ),
            )
            .with_hint("Trust it in the browser's list of certificate authorities.")
        })?;
        let trusted = self.mark(programs, &renamed, TRUSTED);
        if trusted.is_err() {
            // What failed first is what is told.
            drop(self.rename(programs, &renamed, &before.nickname));
        }
        trusted
    }

    fn mark(&self, programs: &Programs, entry: &Entry, trust: &str) -> Result<()> {
        self.certutil(programs, &["-M", "-n", &entry.listed, "-t", trust])?;
        Ok(())
    }

    fn rename(&self, programs: &Programs, entry: &Entry, to: &str) -> Result<()> {
        self.certutil(programs, &["--rename", "-n", &entry.listed, "--new-n", to])?;
        Ok(())
    }
}

/// The nickname of a root that was there under another one and not trusted.
fn renamed(ours: &str, before: &str) -> String {
    match before == ours || name_before(ours, before).is_some() {
        true => before.to_owned(),
        false => format!("{ours} ({before})"),
    }
}

/// The nickname that a root had before it got the one that tells it.
fn name_before<'a>(ours: &str, nickname: &'a str) -> Option<&'a str> {
    let rest = nickname.strip_prefix(ours)?.strip_prefix(" (")?;
    rest.strip_suffix(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_tells_what_it_was_before() {
        let ours = "pki root 0123456789abcdef";
        let renamed_once = renamed(ours, "Our (old) root");
        assert_eq!(renamed_once, "pki root 0123456789abcdef (Our (old) root)");
        assert_eq!(renamed(ours, &renamed_once), renamed_once);
        assert_eq!(name_before(ours, &renamed_once), Some("Our (old) root"));
        assert_eq!(renamed(ours, ours), ours);
        assert_eq!(name_before(ours, ours), None);
        assert_eq!(name_before(ours, "Our root"), None);
    }
}
