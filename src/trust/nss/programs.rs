//! Runs NSS's own `certutil` and `pk12util`, and turns what they say into our errors.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use super::super::program::Program;
use super::unnamed::Unnamed;
use crate::error::{Error, ErrorKind, Result};
use crate::name::one_line;
use crate::secret::Secret;

/// The packages that hold both programs.
const PACKAGES: &str = "Install libnss3-tools (Debian, Ubuntu), nss-tools (Fedora, RHEL), mozilla-nss-tools (openSUSE) or nss (Arch, Homebrew).";

/// How long one run may take: a moment, unless another program holds the database.
const PATIENCE: Duration = Duration::from_secs(60);

/// `certutil` and `pk12util`, with the password of the databases.
///
/// Unlike the programs of other stores they get no environment: variables of NSS would lead them to other databases. Nor do
/// they get a terminal, or anything on standard input.
#[derive(Debug)]
pub struct Programs {
    certutil: Program,
    pk12util: Program,
    password: Unnamed,
    temporary: PathBuf,
    /// Whether somebody gave the databases' password.
    pub(super) has_password: bool,
}

impl Programs {
    /// Finds the programs on a PATH; `password` is that of the databases, where they have one (Firefox: primary password).
    /// In `temporary` lies what they are given where the system has no files in memory.
    ///
    /// # Errors
    /// Names the missing program's package; says where no file could be written.
    pub fn find(path: &OsStr, temporary: &Path, password: Option<&Secret>) -> Result<Self> {
        let find = |name: &str| {
            Program::on(path, name).ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!(
                        "{name}, which reads and writes the databases of Chromium and Firefox, is not there"
                    ),
                )
                .with_hint(PACKAGES)
            })
        };
        Ok(Self {
            certutil: find("certutil")?,
            pk12util: find("pk12util")?,
            password: Unnamed::new("database", &password_line(password), temporary)?,
            temporary: temporary.to_path_buf(),
            has_password: password.is_some(),
        })
    }

    /// Makes a file of it that one run of a program may read.
    pub(super) fn write(&self, what: &str, contents: &[u8]) -> Result<Unnamed> {
        Unnamed::new(what, contents, &self.temporary)
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
        program: &Program,
        password_option: &str,
        directory: &Path,
        words: &[&OsStr],
    ) -> Result<Output> {
        // "sql:" is the default of current versions; older ones would look for the databases of before 2018.
        let mut database = OsString::from("sql:");
        database.push(directory);
        self.password.begin_anew()?;
        let mut command = Command::new(&program.path);
        command
            .args(words)
            .arg("-d")
            .arg(database)
            .arg(password_option)
            .arg(&*self.password)
            .env_clear();
        program.finish(&mut command, b"", PATIENCE)
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
                        "NSS failed at the database in {place}: {}",
                        one_line(last.unwrap_or("NSS did not say why").trim_end_matches('.'))
                    ),
                    "Close the browser and run the command again.",
                )
            }
        };
        Error::new(kind, fact).with_hint(hint)
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
    Program::on(path, name).map(|program| program.path)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

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
    fn what_the_programs_are_given_never_lies_in_the_temporary_directory() {
        let directory = tempfile::tempdir().unwrap();
        let tools = tempfile::tempdir().unwrap();
        for name in ["certutil", "pk12util"] {
            let path = tools.path().join(name);
            fs::write(&path, "#!/bin/sh\n/bin/cat \"$2\" \"$6\"\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let password = Secret::chosen("a primary password");
        let path = tools.path().as_os_str();
        let programs = Programs::find(path, directory.path(), Some(&password)).unwrap();
        let bundle = programs.write("bundle", b"a bundle\n").unwrap();
        for _ in 0..2 {
            let words = [OsStr::new("-i"), bundle.as_os_str()];
            let read = programs.pk12util(Path::new("x"), &words).unwrap();
            let read = String::from_utf8(read.stdout).unwrap();
            assert_eq!(read, "a bundle\na primary password\n");
            bundle.begin_anew().unwrap();
        }
        // Whenever this process is stopped, nothing is there.
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
