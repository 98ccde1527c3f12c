//! A certificate authority in a temporary directory, driven through the real binary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::{Credentials, Finished, finish, hermetic, path_text, set_clock, tool};

/// The passphrase of every authority here; a test greps for it.
pub(crate) const PASSPHRASE: &str = "tangerine-gondola-whisper-41";

/// The binary under test.
pub(crate) const PKI: &str = env!("CARGO_BIN_EXE_pki");

/// A temporary directory that is HOME and working directory, with `ca-data` in it.
pub(crate) struct Authority {
    directory: TempDir,
}

/// What `issue-client` handed over.
pub(crate) struct Client {
    /// The certificate's JSON document.
    pub(crate) certificate: Value,
    /// The PKCS#12 bundle.
    pub(crate) bundle: PathBuf,
    /// Its password.
    pub(crate) password: String,
}

impl Authority {
    /// A directory with no authority in it yet.
    pub(crate) fn none() -> Self {
        Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// The same in memory, where that can be had: for what asks for the order of things and not for the disk.
    #[cfg(feature = "failpoints")]
    pub(crate) fn none_in_memory() -> Self {
        match tempfile::tempdir_in("/dev/shm") {
            Ok(directory) => Self { directory },
            Err(_) => Self::none(),
        }
    }

    /// An authority made by `pki init` with these options.
    #[track_caller]
    pub(crate) fn init(options: &[&str]) -> Self {
        let authority = Self::none();
        authority.pki(&[&["init"], options].concat()).ok();
        authority
    }

    /// The temporary directory.
    pub(crate) fn home(&self) -> &Path {
        self.directory.path()
    }

    /// A path in the temporary directory.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.home().join(relative)
    }

    /// The authority's own directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("ca-data")
    }

    /// The trust anchor.
    pub(crate) fn root(&self) -> PathBuf {
        self.path("ca-data/root.pem")
    }

    /// The issuing certificate.
    pub(crate) fn issuing(&self) -> PathBuf {
        self.path("ca-data/issuing.pem")
    }

    /// A `pki` command line, ready to run, with the passphrase in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.locked_command(arguments);
        command.env("PKI_PASSPHRASE", PASSPHRASE);
        command
    }

    /// The same without the passphrase.
    pub(crate) fn locked_command(&self, arguments: &[&str]) -> Command {
        let mut command = hermetic(PKI, self.home());
        command.args(arguments).env("PKI_CA_DATA", self.data());
        command
    }

    /// Runs `pki` with these words.
    #[track_caller]
    pub(crate) fn pki(&self, arguments: &[&str]) -> Finished {
        finish(&mut self.command(arguments))
    }

    /// Runs `pki --json` with these words and returns its document.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        self.pki(&[arguments, &["--json"]].concat()).ok().json()
    }

    /// Runs `pki` with its clock set off by so much (`-30d`, `+2h`), or not at all where faketime is missing.
    #[track_caller]
    pub(crate) fn pki_at(&self, offset: &str, arguments: &[&str]) -> Option<Finished> {
        let mut command = self.command(arguments);
        Some(finish(set_clock(&mut command, offset)?))
    }

    /// Runs `pki` on a terminal so many columns wide, and types the answer if it asks; none where Python is missing.
    #[track_caller]
    pub(crate) fn pki_on_a_terminal(
        &self,
        columns: u32,
        answer: &str,
        arguments: &[&str],
    ) -> Option<Finished> {
        let mut python = hermetic(tool("python3")?, self.home());
        python
            .arg(super::tools::fixture("support/on_a_terminal.py"))
            .args([&columns.to_string(), answer, PKI])
            .args(arguments)
            .env("PKI_CA_DATA", self.data())
            .env("PKI_PASSPHRASE", PASSPHRASE)
            .env("TERM", "xterm");
        Some(finish(&mut python))
    }

    /// Runs SQL on the inventory, past the program; none where sqlite3 is missing.
    #[track_caller]
    pub(crate) fn sql(&self, statements: &str) -> Option<String> {
        let mut sqlite = hermetic(tool("sqlite3")?, self.home());
        sqlite.arg(self.path("ca-data/pki.db")).arg(statements);
        Some(finish(&mut sqlite).ok().out().trim_end().to_owned())
    }

    /// Issues a client certificate: the name, then options.
    #[track_caller]
    pub(crate) fn issue_client(&self, words: &[&str]) -> Client {
        self.client(&self.json(&[&["issue-client"], words].concat()))
    }

    /// What the JSON document of `issue-client` or `renew` tells of.
    #[track_caller]
    pub(crate) fn client(&self, document: &Value) -> Client {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        Client {
            certificate: document["certificate"].clone(),
            bundle: self.home().join(text(&document["bundle"]["path"])),
            password: text(&document["bundle"]["password"]),
        }
    }

    /// A client's certificate, key and chain as PEM files, taken out of the bundle by OpenSSL.
    #[track_caller]
    pub(crate) fn credentials(&self, client: &Client) -> Option<Credentials> {
        let openssl = tool("openssl")?;
        let mut command = hermetic(openssl, self.home());
        command
            .args(["pkcs12", "-noenc", "-passin", "env:BUNDLE_PASSWORD", "-in"])
            .arg(&client.bundle)
            .env("BUNDLE_PASSWORD", &client.password);
        let parts = finish(&mut command).ok().out();
        let stem = client.certificate["serial_number"].as_str().unwrap();
        Some(Credentials::from_pem(&parts, &self.path(stem)))
    }

    /// Runs `openssl` in the temporary directory; none where it is missing.
    #[track_caller]
    pub(crate) fn openssl(&self, arguments: &[&str]) -> Option<Finished> {
        let mut command = hermetic(tool("openssl")?, self.home());
        Some(finish(
            command.args(arguments).env("PASSPHRASE", PASSPHRASE),
        ))
    }

    /// The current issuing CA's encrypted key.
    #[track_caller]
    pub(crate) fn issuing_key(&self) -> PathBuf {
        let issuing = fs::read(self.issuing()).expect("issuing.pem");
        let directories = fs::read_dir(self.path("ca-data/issuers")).expect("issuers/");
        let own = directories
            .map(|entry| entry.expect("an entry").path())
            .find(|issuer| {
                let files = super::files_below(issuer);
                files
                    .iter()
                    .any(|file| fs::read(file).expect("a file") == issuing)
            })
            .expect("a directory below issuers/ holds the issuing certificate");
        let mut keys = super::files_below(&own);
        keys.retain(|file| path_text(file).contains("key"));
        assert_eq!(keys.len(), 1, "one key in {}", own.display());
        keys.remove(0)
    }

    /// The CAs of the inventory, newest first: each its document.
    #[track_caller]
    pub(crate) fn authorities(&self) -> Vec<Value> {
        let listed = self.json(&["list", "--limit", "10000"]);
        let mut listed = listed["certificates"].as_array().expect("a list").clone();
        listed.retain(|certificate| {
            let profile = certificate["profile"].as_str();
            matches!(profile, Some("root" | "issuing"))
        });
        listed
    }

    /// The directory below `issuers/` of a CA: its subjectKeyIdentifier, as OpenSSL prints it.
    #[track_caller]
    pub(crate) fn issuer_directory(&self, certificate: &Path) -> Option<PathBuf> {
        let words = ["x509", "-noout", "-ext", "subjectKeyIdentifier", "-in"];
        let printed = self.openssl(&[&words[..], &[path_text(certificate)]].concat())?;
        let printed = printed.ok().out();
        let identifier = printed.lines().last().expect("an identifier").trim();
        let identifier = identifier.replace(':', "").to_lowercase();
        Some(self.path("ca-data/issuers").join(identifier))
    }

    /// Whether a key file opens with a passphrase.
    #[track_caller]
    pub(crate) fn opens(&self, key: &Path, passphrase: &str) -> Option<bool> {
        let mut command = hermetic(tool("openssl")?, self.home());
        command
            .args(["pkey", "-noout", "-passin", "env:PASSPHRASE", "-in"])
            .arg(key)
            .env("PASSPHRASE", passphrase);
        Some(finish(&mut command).code == Some(0))
    }

    /// Removes what SQLite left beside a database that this test replaces.
    pub(crate) fn remove_scratch_files(&self) {
        for scratch in ["ca-data/pki.db-wal", "ca-data/pki.db-shm"] {
            // Mostly there are none.
            let _ = fs::remove_file(self.path(scratch));
        }
    }
}
