//! Servers from the configurations that are proven to be right, in which one mistake is made.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::probe::servers::make_anchor;
use crate::probe::{Probed, with_alice};
use crate::sites::Running;
use crate::support::tools::fixture;
use crate::support::{Authority, Finished, path_text};

/// What stands in a configuration, in one place, and what stands there instead.
pub(super) type Change<'a> = (&'a str, &'a str);

/// What is left out to save time: it tells nothing of a mistake.
const CROWD: &str = "two-hundred-at-once";

/// An authority with alice and a throw-away root.
pub(super) struct Lab {
    pub(super) authority: Authority,
    pub(super) anchor: PathBuf,
    cases: Vec<String>,
}

/// A server that trusts both.
pub(super) struct Subject<'a> {
    lab: &'a Lab,
    word: &'static str,
    running: Running,
    /// Its configuration as it is right.
    right: String,
}

impl Lab {
    pub(super) fn new() -> Self {
        Self::of(with_alice())
    }

    pub(super) fn of(authority: Authority) -> Self {
        let anchor = authority.path("anchor");
        make_anchor(&authority, &anchor);
        let listed = authority.json(&["probe", "--list"]);
        let cases = listed["cases"].as_array().expect("cases").iter();
        let cases = cases.map(|case| case["case"].as_str().expect("a name").to_owned());
        Self {
            cases: cases.filter(|name| name != CROWD).collect(),
            authority,
            anchor,
        }
    }

    /// Starts a server with a mistake; none where its program is missing.
    #[track_caller]
    pub(super) fn start(&self, word: &'static str, changes: &[Change]) -> Option<Subject<'_>> {
        let anchor = Some(self.anchor.as_path());
        let change = |directory: &Path| {
            let path = directory.join(configuration(word));
            let right = fs::read_to_string(&path).unwrap();
            fs::write(&path, changed(&right, changes)).unwrap();
            fs::write(self.authority.path("right"), right).unwrap();
        };
        let running = Running::start_changed(word, &self.authority, anchor, &change)?;
        Some(Subject {
            lab: self,
            word,
            running,
            right: fs::read_to_string(self.authority.path("right")).unwrap(),
        })
    }
}

impl Subject<'_> {
    /// Makes these mistakes, and none that was made before.
    #[track_caller]
    pub(super) fn make(&self, changes: &[Change]) {
        let path = self.running.directory().join(configuration(self.word));
        fs::write(path, changed(&self.right, changes)).unwrap();
        self.running.reload();
    }

    /// What a probe finds of it: of every case but the crowd.
    #[track_caller]
    pub(super) fn probe(&self) -> Probed {
        let cases: Vec<&str> = self.lab.cases.iter().map(String::as_str).collect();
        self.probe_with("", &cases, &["--wait", "0", "--refresh", &self.refresh()])
    }

    /// The same of these cases alone, at a path, with these options.
    #[track_caller]
    pub(super) fn probe_with(&self, path: &str, cases: &[&str], options: &[&str]) -> Probed {
        let finished = self.run(path, cases, &[options, &["--json"]].concat());
        assert!(matches!(finished.code, Some(0 | 3)), "{}", finished.said());
        Probed::read(&finished)
    }

    /// The same as a person reads it.
    #[track_caller]
    pub(super) fn read(&self, cases: &[&str], options: &[&str]) -> String {
        self.run("", cases, options).out()
    }

    #[track_caller]
    fn run(&self, path: &str, cases: &[&str], options: &[&str]) -> Finished {
        let url = format!("{}{path}", self.running.url());
        let mut words = vec!["probe", &url, "--as", "alice"];
        words.extend(["--probe-anchor", path_text(&self.lab.anchor)]);
        words.extend(cases.iter().flat_map(|case| ["--only", case]));
        words.extend(options);
        self.lab.authority.pki(&words)
    }

    /// The command that brings a new CRL to it.
    pub(super) fn refresh(&self) -> String {
        let script = fixture("probe/mistakes/refreshed.sh");
        let directory = path_text(self.running.directory());
        format!(
            "sh {} {directory} {}",
            path_text(&script),
            self.running.id()
        )
    }

    pub(super) fn directory(&self) -> &Path {
        self.running.directory()
    }
}

impl Probed {
    /// Panics unless the software was recognised, and exactly these answers are wrong: for each group of cases, what their mend
    /// names.
    #[track_caller]
    pub(super) fn is_wrong_in(&self, software: Option<&str>, wrong: &[(&[&str], &str)]) -> &Self {
        assert_eq!(self.document()["software"].as_str(), software, "{self}");
        let expected: BTreeSet<_> = wrong.iter().flat_map(|(cases, _)| cases.iter()).collect();
        let found = self.wrong();
        assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected, "{self}");
        for (cases, mend) in wrong {
            for name in *cases {
                let case = self.case(name);
                let told = case["mend"].as_str().expect("a mend");
                assert!(told.contains(mend), "{mend} mends {name}, and not: {told}");
                assert!(case["meaning"].is_string(), "{case}");
            }
        }
        self
    }

    /// Panics unless exactly this was not told.
    #[track_caller]
    pub(super) fn could_not_tell(&self, untold: &[&str]) -> &Self {
        let found: BTreeSet<_> = self.untold().into_iter().collect();
        let expected: BTreeSet<_> = untold.iter().copied().collect();
        assert_eq!(found, expected, "{self}");
        self
    }

    /// Panics unless every answer is right.
    #[track_caller]
    pub(super) fn is_right(&self) {
        assert_eq!(self.wrong(), [""; 0], "{self}");
        assert_eq!(self.untold(), [""; 0], "{self}");
    }
}

/// The file in which a server's mistakes are made.
fn configuration(word: &str) -> &'static str {
    match word {
        "nginx" => "nginx.conf",
        "apache" => "httpd.conf",
        "haproxy" => "haproxy.cfg",
        "caddy" => "Caddyfile",
        "node" => "server.mjs",
        "python" => "server.py",
        "java" => "Server.java",
        _ => "serve",
    }
}

#[track_caller]
fn changed(right: &str, changes: &[Change]) -> String {
    let mut text = right.to_owned();
    for (right, wrong) in changes {
        assert_eq!(text.matches(right).count(), 1, "`{right}` in\n{text}");
        text = text.replace(right, wrong);
    }
    text
}
