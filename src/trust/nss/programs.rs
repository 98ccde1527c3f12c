//! Runs NSS's own `certutil` and `pk12util`, and turns what they say into our errors.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::name::one_line;
use crate::secret::Secret;

/// The packages that hold both programs.
const PACKAGES: &str = "Install libnss3-tools (Debian, Ubuntu), nss-tools (Fedora, RHEL), mozilla-nss-tools (openSUSE) or nss (Arch, Homebrew).";

/// `certutil` and `pk12util`, with a private directory for what may not stand on their command lines.
///
/// The directory goes away with it. The programs get no environment, no terminal and nothing on standard input.
#[derive(Debug)]
pub struct Programs {
    certutil: PathBuf,
    pk12util: PathBuf,
    scratch: PathBuf,
    /// Whether somebody gave the databases' password.
    pub(super) has_password: bool,
}

impl Programs {
    /// Finds the programs on a PATH, and makes the private directory in `temporary`; `password` is that of the databases,
    /// where they have one (Firefox: primary password).
    ///
    /// # Errors
    /// Names the missing program's package; says where no file could be written.
    pub fn find(path: &OsStr, temporary: &Path, password: Option<&Secret>) -> Result<Self> {
        let find = |name: &str| {
            find_program(path, OsStr::new(name)).ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "{name}, which reads and writes the databases of Chromium and Firefox, is not there"
                    ),
                )
                .with_hint(PACKAGES)
            })
        };
        let programs = Self {
            certutil: find("certutil")?,
            pk12util: find("pk12util")?,
            scratch: file::temporary_beside(&temporary.join("pki"))?,
            has_password: password.is_some(),
        };
        file::create_private_directory(&programs.scratch)?;
        programs.write("database", &password_line(password))?;
        Ok(programs)
    }

    /// Writes a file that nobody else may read into the private directory.
    pub(super) fn write(&self, name: &str, contents: &[u8]) -> Result<PathBuf> {
        let path = self.scratch.join(name);
        file::write(&path, contents, Access::Private, Existing::Replace)?;
        Ok(path)
    }

    /// The file with the databases' password.
    pub(super) fn password_file(&self) -> PathBuf {
        self.scratch.join("database")
    }

    /// Runs `certutil` on a database.
    pub(super) fn certutil(&self, directory: &Path, words: &[&OsStr]) -> Result<Output> {
        self.run(&self.certutil, "-f", directory, words)
    }

    /// Runs `pk12util` on a database.
    pub(super) fn pk12util(&self, directory: &Path, words: &[&OsStr]) -> Result<Output> {
        self.run(&self.pk12util, "-k", directory, words)
    }

    fn run(
        &self,
        program: &Path,
        password_option: &str,
        directory: &Path,
        words: &[&OsStr],
    ) -> Result<Output> {
        // "sql:" is the default of current versions; older ones would look for the databases of before 2018.
        let mut database = OsString::from("sql:");
        database.push(directory);
        Command::new(program)
            .args(words)
            .arg("-d")
            .arg(database)
            .arg(password_option)
            .arg(self.password_file())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .map_err(|cause| file::failure("run", program, &cause))
    }

    /// What a failed run says, as an error of ours.
    pub(super) fn failure(&self, directory: &Path, output: &Output) -> Error {
        let said = String::from_utf8_lossy(&output.stderr);
        let place = directory.display();
        let (kind, fact, hint) = match nss_error(&said) {
            Some("SEC_ERROR_BAD_PASSWORD" | "SEC_ERROR_USER_CANCELLED") if self.has_password => (
                ErrorKind::WrongPassphrase,
                format!("the password is not that of the database in {place}"),
                "Give the browser's primary password with --nssdb-password-file FILE.",
            ),
            Some("SEC_ERROR_BAD_PASSWORD" | "SEC_ERROR_USER_CANCELLED") => (
                ErrorKind::PassphraseRequired,
                format!("the database in {place} has a password"),
                "Give the browser's primary password with --nssdb-password-file FILE.",
            ),
            Some("SEC_ERROR_BAD_DATABASE" | "SEC_ERROR_LEGACY_DATABASE") => (
                ErrorKind::Malformed,
                format!("the database in {place} cannot be read"),
                "Close the browser and run the command again; if that does not help, it is damaged, of an old form, or not yours to read.",
            ),
            Some("SEC_ERROR_PKCS11_GENERAL_ERROR" | "SEC_ERROR_READ_ONLY") => (
                ErrorKind::File,
                format!("the database in {place} cannot be written now"),
                "Another program has locked it, or it is read-only: close the browser and run the command again.",
            ),
            Some("SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY") => (
                ErrorKind::NotPermitted,
                "NSS cannot import a key of this kind".to_owned(),
                "Use --key-algorithm p256, which every browser imports.",
            ),
            _ => {
                let last = said.lines().rev().find(|line| !line.trim().is_empty());
                (
                    ErrorKind::File,
                    format!(
                        "the database in {place} could not be changed: {}",
                        one_line(last.unwrap_or("NSS did not say why").trim_end_matches('.'))
                    ),
                    "Close the browser and run the command again.",
                )
            }
        };
        Error::new(kind, fact).with_hint(hint)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.scratch));
    }
}

/// A password as both programs read it from a file; an empty line stands for none.
pub(super) fn password_line(password: Option<&Secret>) -> zeroize::Zeroizing<Vec<u8>> {
    let text = password.map_or("", Secret::expose);
    zeroize::Zeroizing::new([text.as_bytes(), b"\n"].concat())
}

/// The first of NSS's names for an error in what a program wrote.
fn nss_error(said: &str) -> Option<&str> {
    let mut words = said.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    words.find(|word| word.starts_with("SEC_ERROR_"))
}

/// Finds an executable file on a PATH.
pub(super) fn find_program(path: &OsStr, name: &OsStr) -> Option<PathBuf> {
    let mut candidates = std::env::split_paths(path).map(|directory| directory.join(name));
    candidates.find(|candidate| {
        let metadata = fs::metadata(candidate);
        metadata.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let empty = tempfile::tempdir().unwrap();
        let refused = Programs::find(empty.path().as_os_str(), empty.path(), None).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotFound);
        assert!(refused.message().starts_with("certutil"), "{refused:?}");
        assert!(refused.hint().unwrap().contains("libnss3-tools"));
        assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_first_error_of_nss_is_the_one_that_counts() {
        let said = "pk12util: Failed: SEC_ERROR_BAD_PASSWORD: x.\npk12util: y: SEC_ERROR_USER_CANCELLED: z.";
        assert_eq!(nss_error(said), Some("SEC_ERROR_BAD_PASSWORD"));
        assert_eq!(nss_error("certutil: no keys found"), None);
    }

    #[test]
    fn what_is_given_to_the_programs_in_files_is_private_and_goes_away() {
        let directory = tempfile::tempdir().unwrap();
        let tools = tempfile::tempdir().unwrap();
        for name in ["certutil", "pk12util"] {
            let path = tools.path().join(name);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let password = Secret::chosen("a primary password");
        let path = tools.path().as_os_str();
        let programs = Programs::find(path, directory.path(), Some(&password)).unwrap();
        let file = programs.password_file();
        assert_eq!(fs::read(&file).unwrap(), b"a primary password\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&programs.scratch), mode(&file)), (0o700, 0o600));
        drop(programs);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
