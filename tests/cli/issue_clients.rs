//! `pki issue-clients`: a table becomes bundles, wholly or not, and a run that was ended goes on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::support::{Authority, finish, hermetic, path_text, tool};

/// A CA without a passphrase, a table of so many people, and a directory for their bundles.
fn with_people(count: u32) -> Authority {
    let authority = Authority::init(&["--no-passphrase"]);
    let rows = (1..=count).map(|number| format!("person-{number:03},p{number}@example.org\n"));
    let table: String = std::iter::once("name,email\n".to_owned())
        .chain(rows)
        .collect();
    fs::write(authority.path("people.csv"), table).unwrap();
    fs::create_dir(authority.path("out")).unwrap();
    authority
}

const WORDS: [&str; 6] = [
    "issue-clients",
    "people.csv",
    "--out-dir",
    "out",
    "--passwords",
    "passwords.csv",
];

/// The password of each bundle, as the file tells it.
fn passwords(authority: &Authority) -> BTreeMap<String, String> {
    let text = fs::read_to_string(authority.path("passwords.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| {
        let mut fields = line.split(',').skip(2).map(str::to_owned);
        (fields.next().unwrap(), fields.next().unwrap())
    });
    let told: Vec<_> = rows.collect();
    let passwords: BTreeMap<_, _> = told.iter().cloned().collect();
    assert_eq!(passwords.len(), told.len(), "a bundle stands there twice");
    passwords
}

fn bundles(authority: &Authority) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(authority.path("out"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// What OpenSSL reads in a bundle.
fn opened(authority: &Authority, bundle: &str, password: &str) -> Option<String> {
    let mut openssl = hermetic(tool("openssl")?, authority.home());
    let secret = authority.path("secret");
    fs::write(&secret, password).unwrap();
    let file = format!("file:{}", path_text(&secret));
    openssl.args(["pkcs12", "-in", bundle, "-passin", &file, "-nodes"]);
    Some(finish(&mut openssl).ok().out())
}

#[test]
fn everybody_in_a_table_gets_a_bundle_that_openssl_opens() {
    let authority = with_people(30);
    let table = "name,device,email,upn,validity\nalice,phone,a@example.org,alice@corp.example,30d\nbob,,,,\n";
    fs::write(authority.path("people.csv"), table).unwrap();
    let told = authority
        .pki(&[&WORDS[..], &["--json"]].concat())
        .ok()
        .json();
    assert_eq!(
        (&told["issued"], &told["refused"]),
        (&2.into(), &serde_json::json!([]))
    );
    let mode = |name: &str| {
        let metadata = fs::metadata(authority.path(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("passwords.csv"), 0o600);
    assert_eq!(mode("out/alice-phone.p12"), 0o600);
    let passwords = passwords(&authority);
    let Some(read) = opened(
        &authority,
        "out/alice-phone.p12",
        &passwords["alice-phone.p12"],
    ) else {
        return;
    };
    assert!(read.contains("subject=CN = alice"), "{read}");
    assert!(read.contains("friendlyName: alice (phone)"), "{read}");
    assert!(read.contains("BEGIN PRIVATE KEY"), "{read}");
    let shown = authority
        .pki(&["show", "alice/phone", "--json"])
        .ok()
        .json();
    assert!(shown.to_string().contains("alice@corp.example"), "{shown}");
}

#[test]
fn nothing_is_begun_where_one_row_is_wrong() {
    let authority = with_people(3);
    for (row, said) in [
        ("carol,not an address", "line 5"),
        (",c@example.org", "line 5"),
        ("carol", "line 5"),
    ] {
        let mut table = fs::read_to_string(authority.path("people.csv")).unwrap();
        table.truncate(table.match_indices('\n').nth(3).unwrap().0 + 1);
        table.push_str(row);
        fs::write(authority.path("people.csv"), table).unwrap();
        let refused = authority.pki(&WORDS).exits(1);
        assert!(refused.err().contains(said), "{}", refused.err());
    }
    fs::write(authority.path("people.csv"), "name,shoe size\nalice,38\n").unwrap();
    let refused = authority.pki(&WORDS).exits(1);
    assert!(refused.err().contains("shoe size"), "{}", refused.err());
    assert!(bundles(&authority).is_empty());
    assert!(!authority.path("passwords.csv").exists());
    // Passwords are not asked for where there are none, and never forgotten where there are.
    let words = ["issue-clients", "people.csv", "--out-dir", "out"];
    authority.pki(&words).exits(2);
}

#[test]
fn two_runs_at_once_issue_to_nobody_twice() {
    let authority = with_people(300);
    let run = |passwords: &str| {
        let words = [
            "issue-clients",
            "people.csv",
            "--out-dir",
            "out",
            "--passwords",
            passwords,
            "--json",
        ];
        authority.pki(&words).json()
    };
    let (one, other) = thread::scope(|scope| {
        let first = scope.spawn(|| run("one.csv"));
        // A head start, so that the second finds some done and some not.
        thread::sleep(Duration::from_millis(20));
        let second = scope.spawn(|| run("other.csv"));
        (first.join().unwrap(), second.join().unwrap())
    });
    let issued = |told: &serde_json::Value| told["issued"].as_u64().unwrap();
    assert_eq!(issued(&one) + issued(&other), 300, "{one} {other}");
    assert_eq!(bundles(&authority).len(), 300);
}
