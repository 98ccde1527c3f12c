//! The databases of Chromium and Firefox, wherever they lie in a home.

use std::fs;
use std::path::PathBuf;

use super::{CONSTRAINED, name, told};
use crate::support::{Authority, Finished, finish, hermetic, path_text, tool};

/// Chromium's, two profiles of Firefox, one of a snap, one from Flatpak.
const PLACES: [&str; 5] = [
    ".pki/nssdb",
    ".mozilla/firefox/aaaaaaaa.default",
    ".mozilla/firefox/bbbbbbbb.work",
    "snap/firefox/common/.mozilla/firefox/cccccccc.default",
    ".var/app/org.mozilla.firefox/.mozilla/firefox/dddddddd.default",
];

#[track_caller]
pub(super) fn certutil(authority: &Authority, words: &[&str]) -> Option<Finished> {
    let mut command = hermetic(tool("certutil")?, authority.home());
    Some(finish(command.args(words)).ok())
}

/// An empty database at each place.
#[track_caller]
fn databases(authority: &Authority) -> Option<Vec<String>> {
    let mut databases = Vec::new();
    for place in PLACES {
        let directory: PathBuf = authority.path(place);
        fs::create_dir_all(&directory).unwrap();
        let database = format!("sql:{}", path_text(&directory));
        certutil(authority, &["-N", "--empty-password", "-d", &database])?;
        databases.push(database);
    }
    Some(databases)
}

/// What certutil lists of every database, nickname and trust.
#[track_caller]
fn listed(authority: &Authority, databases: &[String]) -> Vec<String> {
    let list = |database: &String| certutil(authority, &["-L", "-d", database]).unwrap().out();
    databases.iter().map(list).collect()
}

#[track_caller]
fn trust(authority: &Authority, verb: &str) -> Vec<[String; 2]> {
    told(
        &authority
            .pki(&["trust", verb, "--store", "nss", "--json"])
            .ok(),
    )
}

fn each(standing: &str, changed: bool) -> Vec<[String; 2]> {
    vec![[standing.to_owned(), changed.to_string()]; PLACES.len()]
}

#[test]
fn every_database_trusts_the_root_after_install_and_is_as_before_after_uninstall() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(databases) = databases(&authority) else {
        return;
    };
    let before = listed(&authority, &databases);
    assert_eq!(trust(&authority, "status"), each("absent", false));
    assert_eq!(trust(&authority, "install"), each("installed", true));
    let nickname = name(&authority).replace("pki-", "pki root ");
    for text in listed(&authority, &databases) {
        let line = text.lines().find(|line| line.starts_with(&nickname));
        assert!(
            line.is_some_and(|line| line.trim_end().ends_with(" C,,")),
            "{text}"
        );
    }
    assert_eq!(trust(&authority, "install"), each("installed", false));
    assert_eq!(trust(&authority, "status"), each("installed", false));
    assert_eq!(trust(&authority, "uninstall"), each("absent", true));
    assert_eq!(listed(&authority, &databases), before);
    assert_eq!(trust(&authority, "uninstall"), each("absent", false));
}

#[test]
fn a_root_that_another_hand_trusts_in_a_database_stays_there() {
    let authority = Authority::init(&CONSTRAINED);
    let Some(databases) = databases(&authority) else {
        return;
    };
    for database in &databases {
        let root = authority.root();
        let words = [
            "-A",
            "-n",
            "by hand",
            "-t",
            "CT,,",
            "-i",
            path_text(&root),
            "-d",
            database,
        ];
        certutil(&authority, &words);
    }
    let before = listed(&authority, &databases);
    for verb in ["status", "install", "uninstall"] {
        assert_eq!(trust(&authority, verb), each("foreign", false), "{verb}");
        assert_eq!(listed(&authority, &databases), before, "{verb}");
    }
}

#[test]
fn without_certutil_the_package_is_named() {
    let authority = Authority::init(&CONSTRAINED);
    if databases(&authority).is_none() {
        return;
    }
    let mut command = authority.command(&["trust", "install", "--store", "nss", "--json"]);
    let refused = finish(command.env("PATH", authority.home())).exits(1);
    for store in refused.json()["stores"].as_array().unwrap() {
        assert!(
            store["hint"].as_str().unwrap().contains("libnss3-tools"),
            "{store}"
        );
    }
    // What holds for every database is said once.
    let said = refused.err();
    assert_eq!(said.matches("libnss3-tools").count(), 1, "{said}");
}
