//! `pki probe` is right about real servers: who checks is told so, and whoever was set up wrong is found out.

mod asks;
mod certificates;
mod command;
mod mistakes;
mod ours;
mod servers;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Authority, Finished, path_text};

/// What a probe found out.
pub(crate) struct Probed {
    document: Value,
}

/// An authority with a server's certificate for localhost, and alice.
pub(crate) fn with_alice() -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    authority.pki(&["issue-server", "localhost"]).ok();
    authority.issue_client(&["alice"]);
    authority
}

/// Probes a URL as alice, with these options besides; it must end with this exit code.
#[track_caller]
pub(crate) fn probe(authority: &Authority, url: &str, options: &[&str], code: i32) -> Probed {
    let words = ["probe", "--json", "--as", "alice", "--wait", "5", url];
    Probed::read(&authority.pki(&[&words, options].concat()).exits(code))
}

impl Probed {
    #[track_caller]
    pub(crate) fn read(finished: &Finished) -> Self {
        let document = finished.json();
        let good = document["wrong"] == 0 && !document["let_in"].is_null();
        assert_eq!(good, finished.code == Some(0), "{document}");
        Self { document }
    }

    /// The document.
    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// What was found out in a case.
    #[track_caller]
    pub(crate) fn case(&self, name: &str) -> &Value {
        let mut cases = self.cases().iter();
        let found = cases.find(|case| case["case"] == name);
        found.unwrap_or_else(|| panic!("no case {name} in {}", self.document))
    }

    /// The verdict of each case.
    pub(crate) fn verdicts(&self) -> BTreeMap<&str, &str> {
        self.cases()
            .iter()
            .map(|case| {
                let word = |field: &str| case[field].as_str().expect("a word");
                (word("case"), word("verdict"))
            })
            .collect()
    }

    /// The cases with a wrong answer.
    pub(crate) fn wrong(&self) -> Vec<&str> {
        self.answered(Some(false))
    }

    /// The cases that told nothing.
    pub(crate) fn untold(&self) -> Vec<&str> {
        self.answered(None)
    }

    fn answered(&self, right: Option<bool>) -> Vec<&str> {
        let cases = self.cases().iter();
        cases
            .filter(|case| case["right"].as_bool() == right)
            .map(|case| case["case"].as_str().expect("a name"))
            .collect()
    }

    pub(crate) fn cases(&self) -> &Vec<Value> {
        self.document["cases"].as_array().expect("cases")
    }
}

/// Everything on which somebody who reads a failed test wants to know.
impl std::fmt::Display for Probed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for case in self.cases() {
            let (name, verdict, seen) = (&case["case"], &case["verdict"], &case["seen"]);
            writeln!(f, "{name} {verdict} {seen}")?;
        }
        write!(f, "{}", self.document["revocation"])
    }
}

/// A path as a word of a command line, below the authority's home.
pub(crate) fn below(authority: &Authority, name: &str) -> String {
    path_text(&authority.path(name)).to_owned()
}
