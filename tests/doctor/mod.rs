//! `pki doctor` is right about real servers: what each is set to do is what it says of it.

mod apache;
mod databases;
mod haproxy;
mod nginx;
mod ours;
mod s_server;
mod server_certificate;
mod trusted;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::servers::{Kind, Revocations, Running, Site};
use crate::support::{Authority, Client, Finished, path_text};

/// An authority with a server's certificate for localhost, and alice.
struct Ward {
    authority: Authority,
    alice: Client,
}

/// What the doctor says of one server.
struct Told {
    document: Value,
}

impl Ward {
    #[track_caller]
    fn new() -> Self {
        Self::of(Authority::init(&["--no-passphrase"]))
    }

    /// The same, made forty days ago, with CRLs of thirty days ago that have ended; none where faketime is missing.
    #[track_caller]
    fn with_ended_crls() -> Option<(Self, PathBuf)> {
        let authority = Authority::none();
        authority.pki_at("-40d", &["init", "--no-passphrase"])?.ok();
        let crls = authority.path("ended.pem");
        let words = ["crl", "--bundle", "--out", path_text(&crls)];
        authority.pki_at("-30d", &words)?.ok();
        Some((Self::of(authority), crls))
    }

    #[track_caller]
    fn of(authority: Authority) -> Self {
        authority.pki(&["issue-server", "localhost"]).ok();
        let alice = authority.issue_client(&["alice"]);
        Self { authority, alice }
    }

    /// Starts a server; none where the program is missing.
    #[track_caller]
    fn start(&self, kind: &'static Kind, configure: impl Fn(&Site) -> String) -> Option<Running> {
        Running::start_with(kind, &self.authority, &Revocations::None, &configure)
    }

    /// What the doctor says of a path on a port, which it must say with this exit code.
    #[track_caller]
    fn doctor(&self, port: u16, path: &str, code: i32) -> Told {
        self.run(&[&format!("https://localhost:{port}{path}")], code)
    }

    /// The same, logging in as alice.
    #[track_caller]
    fn doctor_as_alice(&self, port: u16, path: &str, code: i32) -> Told {
        let url = format!("https://localhost:{port}{path}");
        let password = self.password_file("alice", &self.alice.password);
        let words = [
            &url,
            "--as",
            "alice",
            "--password-file",
            path_text(&password),
        ];
        self.run(&words, code)
    }

    #[track_caller]
    fn run(&self, words: &[&str], code: i32) -> Told {
        let words = [&["doctor", "--json"], words].concat();
        Told::read(&self.authority.pki(&words).exits(code))
    }

    fn password_file(&self, name: &str, password: &str) -> PathBuf {
        let path = self.authority.path(&format!("{name}.password"));
        fs::write(&path, password).unwrap();
        path
    }

    fn ca(&self, name: &str) -> String {
        self.authority
            .path(&format!("ca-data/{name}.pem"))
            .display()
            .to_string()
    }
}

impl Told {
    #[track_caller]
    fn read(finished: &Finished) -> Self {
        let document = finished.json();
        assert_eq!(document["verdict"]["login_works"], finished.code == Some(0));
        Self { document }
    }

    /// Panics unless the server asks so in TLS 1.2 and in TLS 1.3; an empty word where it does not speak one.
    #[track_caller]
    fn asks(&self, in_1_2: &str, in_1_3: &str) -> &Self {
        for (version, expected) in self.versions().iter().zip([in_1_2, in_1_3]) {
            let asked = version["asked"].as_str().unwrap_or_default();
            assert_eq!(asked, expected, "{}", self.document);
            assert_eq!(version["spoken"], !expected.is_empty());
        }
        self
    }

    /// Panics unless a visit without a certificate ended so in TLS 1.2 and in TLS 1.3: an alert's name or a status.
    #[track_caller]
    fn answers(&self, in_1_2: impl Into<Value>, in_1_3: impl Into<Value>) -> &Self {
        for (version, expected) in self.versions().iter().zip([in_1_2.into(), in_1_3.into()]) {
            let without = &version["without_certificate"];
            let end = match &without["alert"] {
                Value::Null => &without["status"],
                alert => alert,
            };
            assert_eq!(*end, expected, "{}", self.document);
        }
        self
    }

    /// Panics unless exactly these findings prevent a login.
    #[track_caller]
    fn prevented_by(&self, words: &[&str]) -> &Self {
        words.iter().for_each(|word| is_documented(word));
        assert_eq!(
            self.document["verdict"]["because"],
            Value::from(words),
            "{}",
            self.document
        );
        self
    }

    /// Panics unless this was found.
    #[track_caller]
    fn finds(&self, word: &str) -> &Self {
        is_documented(word);
        assert!(self.has(word), "{word} is not in {}", self.document);
        self
    }

    /// Panics if this was found.
    #[track_caller]
    fn does_not_find(&self, word: &str) -> &Self {
        assert!(!self.has(word), "{word} is in {}", self.document);
        self
    }

    fn has(&self, word: &str) -> bool {
        let mut findings = self.document["findings"].as_array().unwrap().iter();
        findings.any(|finding| finding["finding"] == word)
    }

    /// Panics unless this usual cause is told, or not.
    #[track_caller]
    fn hints(&self, word: &str, expected: bool) -> &Self {
        let mut hints = self.document["hints"].as_array().unwrap().iter();
        let told = hints.any(|hint| hint["hint"] == word);
        assert_eq!(told, expected, "{word}: {}", self.document);
        self
    }

    /// Panics unless alice's certificate, in this list the first, is offered by both browsers, or by none for this reason.
    #[track_caller]
    fn offers(&self, reason: Option<&str>) -> &Self {
        let offers = self.document["candidates"][0]["offers"].as_array().unwrap();
        assert_eq!(offers.len(), 2, "{}", self.document);
        for offer in offers {
            assert_eq!(offer["offered"], reason.is_none(), "{}", self.document);
            assert_eq!(offer["reason"].as_str(), reason);
        }
        self
    }

    /// Panics unless the logins in TLS 1.2 and TLS 1.3, as far as these are spoken, went so.
    #[track_caller]
    fn logs_in(&self, outcomes: &[&str]) -> &Self {
        let logins = self.document["logins"].as_array().unwrap().iter();
        let told: Vec<_> = logins
            .map(|login| login["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(told, outcomes, "{}", self.document);
        self
    }

    /// The issuers that the server names, in the version that a browser speaks.
    fn issuers(&self) -> Vec<String> {
        let versions = self.versions();
        let of_browsers = versions.iter().rfind(|version| version["spoken"] == true);
        let issuers = &of_browsers.unwrap()["request"]["acceptable_issuers"];
        let issuers = issuers.as_array().unwrap().iter();
        issuers
            .map(|issuer| issuer.as_str().unwrap().to_owned())
            .collect()
    }

    fn versions(&self) -> &Vec<Value> {
        self.document["versions"].as_array().unwrap()
    }
}

/// Panics unless docs/doctor.md tells of a word.
#[track_caller]
fn is_documented(word: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains(&format!("`{word}`")),
        "docs/doctor.md lacks {word}"
    );
}

/// A root and an issuing CA of somebody else, as files.
#[track_caller]
fn somebody_else() -> (Authority, PathBuf) {
    let other = Authority::init(&["--no-passphrase"]);
    let root = other.root();
    (other, root)
}

/// The text of a certificate's subject, as the doctor writes it.
#[track_caller]
fn subject_of(authority: &Authority, certificate: &Path) -> String {
    let words = ["verify", "--json", path_text(certificate)];
    let document = authority.pki(&words).ok().json();
    document["certificate"]["subject"]
        .as_str()
        .unwrap()
        .to_owned()
}
