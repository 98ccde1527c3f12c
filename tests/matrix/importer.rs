//! What an importer is to the matrix: a name, how it is run, and what may be said of it afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pki::bundle::platform;
use serde_json::Value;

use super::stage::{Bundle, Stage};
use super::{browsers, curl, gnutls, java, node, nss, openssl, python};
use crate::support::{Finished, finish, hermetic, tool};

/// A program that imports bundles.
pub(super) struct Importer {
    /// How the matrix calls it.
    pub(super) name: &'static str,
    /// How the name of its row in the code's table begins.
    pub(super) row: &'static str,
    /// Whether everything is here that it takes to run it; if not, says so or fails.
    pub(super) here: fn() -> bool,
    /// Its version.
    pub(super) version: fn() -> String,
    /// Imports one bundle into a fresh place and uses what it holds.
    pub(super) import: fn(&Cell<'_>) -> Outcome,
}

/// What is here, in the table's order.
pub(super) const IMPORTERS: [Importer; 10] = [
    openssl::PLAIN,
    openssl::LEGACY,
    nss::PK12UTIL,
    gnutls::CERTTOOL,
    java::KEYTOOL,
    browsers::CHROMIUM,
    browsers::FIREFOX,
    curl::CURL,
    node::NODE,
    python::CRYPTOGRAPHY,
];

impl Importer {
    /// Its row in the code's table.
    pub(super) fn row(&self) -> &'static platform::Importer {
        let rows = &platform::IMPORTERS;
        let mut named = rows.iter().filter(|row| row.name().starts_with(self.row));
        match (named.next(), named.next()) {
            (Some(row), None) => row,
            _ => panic!("not one row of the table is called {}", self.row),
        }
    }
}

/// What came of an import.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The key came out, and it is the one that went in.
    Imports,
    /// The program refused, in these words.
    Refuses(String),
}

impl Outcome {
    pub(super) fn imports(&self) -> bool {
        matches!(self, Self::Imports)
    }

    /// The program's last words, which must be a refusal that is known of it: anything else is a fault of the test.
    #[track_caller]
    pub(super) fn refused(finished: &Finished, known: &[&str]) -> Self {
        let said = finished.said();
        assert!(
            finished.code != Some(0) && known.iter().any(|words| said.contains(words)),
            "`{}` failed in a way that is no refusal of a bundle:\n{said}",
            finished.line
        );
        Self::Refuses(said.trim().to_owned())
    }

    /// What the server said to a program that logged in with the bundle.
    #[track_caller]
    pub(super) fn logged_in(finished: Finished, bundle: &Bundle) -> Self {
        let finished = finished.ok();
        let document = finished.json();
        let verdict = (&document["verdict"], &document["certificate"]["name"]);
        let accepted = (&Value::from("accepted"), &Value::from(bundle.name.as_str()));
        assert_eq!(verdict, accepted, "`{}`: {document:#}", finished.line);
        Self::Imports
    }
}

/// Whether all of these programs are here.
pub(super) fn are_here(programs: &[&str]) -> bool {
    programs.iter().all(|program| tool(program).is_some())
}

/// The first word of what a program prints that reads like a version: `17.0.15` of `openjdk version "17.0.15" 2025-04-15`.
pub(crate) fn version_in(command: &[&str]) -> String {
    let mut program = hermetic(command[0], Path::new("/"));
    let said = finish(program.args(&command[1..])).said();
    let words = said.split([' ', '\n', '"']);
    let words = words.map(|word| word.trim_start_matches('v'));
    let version =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
    let version = words
        .map(str::to_owned)
        .find(|word| version(&word.as_str()));
    version.unwrap_or_else(|| panic!("`{}` tells no version: {said}", command.join(" ")))
}

/// One import: a bundle, and an empty directory that is the program's home.
pub(super) struct Cell<'a> {
    pub(super) stage: &'a Stage,
    pub(super) bundle: &'a Bundle,
    pub(super) home: &'a Path,
}

impl Cell<'_> {
    /// A program that knows only the cell's directory.
    #[track_caller]
    pub(super) fn command(&self, program: &str) -> Command {
        hermetic(tool(program).expect("looked for before"), self.home)
    }

    /// Runs a program in the cell's directory.
    #[track_caller]
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Finished {
        finish(self.command(program).args(arguments))
    }

    /// The root, the URL and the bundle as a login script takes them, and the password in its environment.
    #[track_caller]
    pub(super) fn login(&self, command: &mut Command) -> Finished {
        finish(
            command
                .args([self.stage.authority.root(), self.stage.login_url().into()])
                .arg(&self.bundle.path)
                .env("BUNDLE_PASSWORD", &self.bundle.password),
        )
    }

    /// A file in the cell's directory.
    pub(super) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.home.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// The password in a file, for programs that read its first line.
    ///
    /// With a newline: OpenSSL takes an empty file for no password at all, and all of them cut one newline off.
    pub(super) fn password_file(&self) -> PathBuf {
        self.write("password", &format!("{}\n", self.bundle.password))
    }
}
