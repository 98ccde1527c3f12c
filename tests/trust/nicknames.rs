//! Nicknames that certutil lists otherwise than it was told: the root is found, trusted and given back all the same.

use std::fs;

use super::nss::certutil;
use super::{CONSTRAINED, name, told};
use crate::support::{Authority, Finished, path_text};

/// An authority and Chromium's database in its home, in which the root lies under a nickname.
struct Case {
    authority: Authority,
    database: String,
}

impl Case {
    #[track_caller]
    fn new(nickname: &str, trust: &str) -> Option<Self> {
        let authority = Authority::init(&CONSTRAINED);
        let directory = authority.path(".pki/nssdb");
        fs::create_dir_all(&directory).unwrap();
        let database = format!("sql:{}", path_text(&directory));
        certutil(&authority, &["-N", "--empty-password", "-d", &database])?;
        let case = Self {
            authority,
            database,
        };
        let root = case.authority.root();
        case.certutil(&["-A", "-n", nickname, "-t", trust, "-i", path_text(&root)]);
        Some(case)
    }

    #[track_caller]
    fn certutil(&self, words: &[&str]) -> String {
        let words = [words, &["-d", &self.database]].concat();
        certutil(&self.authority, &words).unwrap().out()
    }

    #[track_caller]
    fn pki(&self, verb: &str) -> Finished {
        self.authority
            .pki(&["trust", verb, "--store", "nss", "--json"])
    }

    /// Standing and change, as one line.
    #[track_caller]
    fn told(&self, verb: &str) -> String {
        told(&self.pki(verb).ok()).concat().join(" ")
    }

    fn nickname(&self) -> String {
        name(&self.authority).replace("pki-", "pki root ")
    }
}

/// Nicknames that NSS lists with its token before them, over two lines, or both.
const ODD: [&str; 4] = ["Acme: Root", "two\nlines", "\na: b\nc:", "NSS: x"];

#[test]
fn a_colon_or_a_line_end_in_a_nickname_keeps_no_root_from_being_trusted_and_given_back() {
    for nickname in ODD {
        let Some(case) = Case::new(nickname, ",,") else {
            return;
        };
        let before = case.certutil(&["-L"]);
        assert_eq!(case.told("install"), "installed true", "{nickname:?}");
        let renamed = format!("{} ({nickname})", case.nickname());
        let listed = case.certutil(&["-L"]);
        assert!(listed.contains(&renamed), "{nickname:?}: {listed}");
        assert!(listed.trim_end().ends_with(" C,,"), "{listed}");
        assert_eq!(case.told("status"), "installed false", "{nickname:?}");
        assert_eq!(case.told("install"), "installed false", "{nickname:?}");
        assert_eq!(case.certutil(&["-L"]), listed, "{nickname:?}");
        assert_eq!(case.told("uninstall"), "absent true", "{nickname:?}");
        assert_eq!(case.certutil(&["-L"]), before, "{nickname:?}");
    }
}

#[test]
fn a_root_that_is_trusted_under_an_odd_nickname_is_told_as_somebody_elses() {
    for nickname in ODD {
        let Some(case) = Case::new(nickname, "C,,") else {
            return;
        };
        let before = case.certutil(&["-L"]);
        for verb in ["status", "install", "uninstall"] {
            assert_eq!(case.told(verb), "foreign false", "{nickname:?} {verb}");
        }
        assert_eq!(case.certutil(&["-L"]), before);
    }
}

#[test]
fn what_is_trusted_under_a_name_by_which_nss_does_not_find_it_may_be_the_root() {
    // The spaces at its end cannot be told from those that fill the column.
    for (trust, is_known) in [("C,,", false), ("p,,", false), (",,", true)] {
        let Some(case) = Case::new("spaces  ", trust) else {
            return;
        };
        let document = case.pki("status").ok().json();
        let store = &document["stores"][0];
        let standing = match is_known {
            true => "absent",
            false => "unknown",
        };
        assert_eq!(store["standing"], standing, "{store}");
        assert_eq!(store["error"].is_null(), is_known, "{store}");
        if !is_known {
            let before = case.certutil(&["-L"]);
            case.pki("install").exits(1);
            case.pki("uninstall").exits(1);
            assert_eq!(case.certutil(&["-L"]), before);
        }
    }
}

#[test]
fn a_root_that_the_user_has_marked_is_told_so_and_stays_so_until_the_mark_is_gone() {
    let Some(case) = Case::new("As it came", ",,") else {
        return;
    };
    let before = case.certutil(&["-L"]);
    assert_eq!(case.told("install"), "installed true");
    let nickname = format!("{} (As it came)", case.nickname());
    for mark in ["p,,", "c,,", ",C,"] {
        case.certutil(&["-M", "-n", &nickname, "-t", mark]);
        let marked = case.certutil(&["-L"]);
        assert_eq!(case.told("status"), "marked false", "{mark}");
        assert_eq!(case.told("uninstall"), "marked false", "{mark}");
        let refused = case.pki("install").exits(1).json();
        let error = refused["stores"][0]["error"].as_str().unwrap();
        assert!(error.contains(mark), "{error}");
        assert_eq!(case.certutil(&["-L"]), marked, "{mark}");
    }
    // What is begun and not finished has no mark at all.
    case.certutil(&["-M", "-n", &nickname, "-t", ",,"]);
    assert_eq!(case.told("status"), "unknown false");
    assert_eq!(case.told("install"), "installed true");
    assert_eq!(case.told("uninstall"), "absent true");
    assert_eq!(case.certutil(&["-L"]), before);
}

#[test]
fn a_root_that_shares_its_nickname_is_left_alone_because_another_could_be_trusted_in_its_place() {
    let Some(case) = Case::new("roots", ",,") else {
        return;
    };
    let subject = case.authority.json(&["show", "root"])["subject"].clone();
    let subject = subject
        .as_str()
        .unwrap()
        .trim_start_matches("CN=")
        .to_owned();
    let other = Authority::init(&["--name", &subject]);
    let root = other.root();
    case.certutil(&["-A", "-n", "roots", "-t", ",,", "-i", path_text(&root)]);
    let before = case.certutil(&["-L"]);
    assert_eq!(before.matches("roots").count(), 2, "{before}");
    for verb in ["install", "uninstall"] {
        let document = case.pki(verb).exits(1).json();
        let store = &document["stores"][0];
        assert!(
            store["error"].to_string().contains("shares the nickname"),
            "{store}"
        );
        assert_eq!(case.certutil(&["-L"]), before);
    }
    let document = case.pki("status").ok().json();
    assert_eq!(document["stores"][0]["standing"], "unknown");
}
