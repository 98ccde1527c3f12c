//! `pki browser install`: which databases get the bundle, what is told, and what is refused without a change.

mod foreign;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{Authority, Client, Finished, Tree, finish, hermetic, path_text, tool};

/// A root that may speak for this machine alone needs no yes.
const LOOPBACK: [&str; 6] = [
    "--permit-dns",
    "localhost",
    "--permit-ip",
    "127.0.0.0/8",
    "--permit-ip",
    "::1/128",
];

/// An authority, alice's bundle, and a HOME beside it in which nothing is yet.
struct Case {
    authority: Authority,
    alice: Client,
}

impl Case {
    /// None where NSS's programs are missing.
    fn new(options: &[&str]) -> Option<Self> {
        tool("certutil")?;
        tool("pk12util")?;
        let authority = Authority::init(options);
        let alice = authority.issue_client(&["alice"]);
        fs::create_dir(authority.path("home")).unwrap();
        fs::create_dir(authority.path("bin")).unwrap();
        for name in ["certutil", "pk12util"] {
            symlink(tool(name)?, authority.path("bin").join(name)).unwrap();
        }
        Some(Self { authority, alice })
    }

    fn home(&self) -> PathBuf {
        self.authority.path("home")
    }

    /// A profile as Firefox leaves it before its first use.
    fn profile(&self, relative: &str) -> PathBuf {
        let profile = self.home().join(relative);
        fs::create_dir_all(&profile).unwrap();
        fs::write(profile.join("times.json"), "{}").unwrap();
        profile
    }

    /// `pki browser install`, with no other programs on its PATH than NSS's: no browser is installed.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = self
            .authority
            .command(&[&["browser", "install"], words].concat());
        command
            .env("HOME", self.home())
            .env("PATH", self.authority.path("bin"))
            .env("PKI_BUNDLE_PASSWORD", &self.alice.password);
        command
    }

    #[track_caller]
    fn install(&self, words: &[&str]) -> Finished {
        finish(&mut self.command(words))
    }

    /// A run of NSS's own `certutil`.
    #[track_caller]
    fn certutil(&self, database: &Path, words: &[&str]) -> Finished {
        let mut certutil = hermetic(self.authority.path("bin/certutil"), self.authority.home());
        certutil.args(words).arg("-d");
        finish(certutil.arg(format!("sql:{}", path_text(database))))
    }

    /// What `certutil` lists, as `nickname → trust attributes`, a line each.
    #[track_caller]
    fn listed(&self, database: &Path) -> Vec<String> {
        let listed = self.certutil(database, &["-L"]).ok().out();
        let rows = listed.lines().skip(4).map(|line| {
            let (nickname, trust) = line.trim_end().rsplit_once(' ').unwrap();
            format!("{} → {trust}", nickname.trim_end())
        });
        rows.collect()
    }

    fn root_nickname(&self) -> String {
        let root = self.authority.json(&["show", "root"]);
        let fingerprint = root["fingerprint_sha256"].as_str().unwrap();
        format!("pki root {}", &fingerprint[..16])
    }

    /// Asserts that a database has alice with her key and the root with trust.
    #[track_caller]
    fn assert_installed(&self, database: &Path) {
        let listed = self.listed(database);
        let root = format!("{} → C,,", self.root_nickname());
        assert!(listed.contains(&root), "{}: {listed:?}", database.display());
        let alice = "alice → u,u,u".to_owned();
        assert!(
            listed.contains(&alice),
            "{}: {listed:?}",
            database.display()
        );
    }
}

/// Browser, package, bundle and root of each database, and its path below HOME.
fn states(document: &Value, home: &Path) -> Vec<String> {
    let databases = document["databases"].as_array().expect("databases");
    let told = databases.iter().map(|database| {
        let word = |name: &str| database[name].as_str().unwrap_or("-");
        let path = Path::new(word("path"));
        format!(
            "{} {} {} {} {}",
            word("browser"),
            word("package"),
            word("bundle"),
            word("root"),
            path.strip_prefix(home).unwrap_or(path).display()
        )
    });
    told.collect()
}

#[test]
fn the_bundle_and_its_root_go_into_every_database_of_this_user() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let home = case.home();
    for used in [
        ".config/google-chrome",
        "snap/chromium/2890",
        ".var/app/com.google.Chrome/data/pki/nssdb",
        ".var/app/com.brave.Browser",
        ".mozilla/firefox/Crash Reports",
    ] {
        fs::create_dir_all(home.join(used)).unwrap();
    }
    symlink("2890", home.join("snap/chromium/current")).unwrap();
    case.profile(".mozilla/firefox/ab.default");
    case.profile("snap/firefox/common/.mozilla/firefox/cd.default");
    case.profile(".var/app/org.mozilla.firefox/.mozilla/firefox/ef.default");
    case.profile(".config/mozilla/firefox/gh.default-release");
    let elsewhere = case.profile("elsewhere");
    let named = format!(
        "[Profile0]\nIsRelative=1\nPath=ab.default\n[Profile1]\nIsRelative=0\nPath={}\n[Profile2]\nPath=gone\n",
        path_text(&elsewhere)
    );
    fs::write(home.join(".mozilla/firefox/profiles.ini"), named).unwrap();
    let document = case.install(&["alice", "--json"]).ok().json();
    assert_eq!(
        states(&document, &home),
        [
            "chromium - installed installed .pki/nssdb",
            "chromium snap installed installed snap/chromium/current/.pki/nssdb",
            "chrome flatpak installed installed .var/app/com.google.Chrome/data/pki/nssdb",
            "brave flatpak installed installed .var/app/com.brave.Browser/.pki/nssdb",
            "firefox - installed installed .mozilla/firefox/ab.default",
            "firefox - installed installed elsewhere",
            "firefox - installed installed .config/mozilla/firefox/gh.default-release",
            "firefox snap installed installed snap/firefox/common/.mozilla/firefox/cd.default",
            "firefox flatpak installed installed .var/app/org.mozilla.firefox/.mozilla/firefox/ef.default",
        ]
    );
    let fingerprint = &case.alice.certificate["fingerprint_sha256"];
    assert_eq!(&document["certificate"]["fingerprint_sha256"], fingerprint);
    for database in document["databases"].as_array().unwrap() {
        let directory = Path::new(database["path"].as_str().unwrap());
        case.assert_installed(directory);
        let keys = fs::metadata(directory.join("key4.db")).unwrap();
        assert_eq!(keys.mode() & 0o777, 0o600, "{}", directory.display());
    }
    let private = fs::metadata(home.join(".pki/nssdb")).unwrap();
    assert_eq!(private.mode() & 0o777, 0o700);
}

#[test]
fn what_is_there_already_stays_as_it_is() {
    let Some(case) = Case::new(&[]) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    case.install(&["alice", "--unconstrained"]).ok();
    let before = Tree::of(&case.home());
    // Nobody is asked again for a root that is trusted.
    let again = case.install(&["alice", "--json"]).ok().json();
    assert_eq!(
        states(&again, &case.home()),
        ["firefox - already there already there .mozilla/firefox/ab.default"]
    );
    before.assert_unchanged(&case.home(), "a second installation");
    case.assert_installed(&profile);
}

#[test]
fn a_renewed_certificate_stays_beside_the_older_one() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    let first = case.install(&["alice"]).ok();
    assert!(!first.err().contains("several"), "{}", first.said());
    let renewed = case.authority.json(&["renew", "alice"]);
    let renewed = case.authority.client(&renewed);
    let mut command = case.command(&["--bundle", path_text(&renewed.bundle)]);
    let said = finish(command.env("PKI_BUNDLE_PASSWORD", &renewed.password)).ok();
    let told = "There are several certificates called alice now";
    assert!(said.err().contains(told), "{}", said.said());
    let listed = case.listed(&profile);
    let alices = listed.iter().filter(|row| *row == "alice → u,u,u");
    assert_eq!(alices.count(), 2, "{listed:?}");
}

#[test]
fn a_root_that_could_speak_for_every_site_needs_a_yes() {
    let Some(case) = Case::new(&[]) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    let before = Tree::of(&case.home());
    let refused = case.install(&["alice"]).exits(1);
    assert!(
        refused.err().contains("--unconstrained"),
        "{}",
        refused.said()
    );
    assert!(refused.err().contains("--permit-dns"), "{}", refused.said());
    before.assert_unchanged(&case.home(), "a refusal");
    let document = case.install(&["alice", "--no-trust", "--json"]).ok().json();
    assert_eq!(
        states(&document, &case.home()),
        ["firefox - installed left out .mozilla/firefox/ab.default"]
    );
    assert_eq!(document["root"], Value::Null);
    assert!(!case.listed(&profile).join("\n").contains("root"));
    case.install(&["alice", "--unconstrained"]).ok();
    case.assert_installed(&profile);
}

#[test]
fn a_database_that_is_named_is_the_only_one_and_is_made() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    let before = Tree::of(&case.home());
    let named = case.authority.path("some/where/nssdb");
    let words = ["alice", "--nssdb", path_text(&named), "--json"];
    let document = case.install(&words).ok().json();
    let told = format!("- - installed installed {}", named.display());
    assert_eq!(states(&document, &case.home()), [told]);
    assert_eq!(document["databases"][0]["created"], true);
    case.assert_installed(&named);
    before.assert_unchanged(&case.home(), "a named database");
    let document = case.install(&words).ok().json();
    assert_eq!(document["databases"][0]["created"], false);
}

#[test]
fn without_a_browser_nothing_is_made() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let before = Tree::of(&case.home());
    let refused = case.install(&["alice"]).exits(1);
    assert!(refused.err().contains("no browser"), "{}", refused.said());
    assert!(refused.err().contains("--nssdb DIR"), "{}", refused.said());
    before.assert_unchanged(&case.home(), "a refusal");
}

#[test]
fn without_certutil_its_package_is_named() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    fs::remove_file(case.authority.path("bin/certutil")).unwrap();
    let before = Tree::of(&case.home());
    let refused = case.install(&["alice"]).exits(1);
    assert!(
        refused.err().contains("libnss3-tools"),
        "{}",
        refused.said()
    );
    before.assert_unchanged(&case.home(), "a refusal");
}

#[test]
fn a_database_that_cannot_be_read_does_not_keep_the_others_from_it() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let damaged = case.profile(".mozilla/firefox/ab.damaged");
    let sound = case.profile(".mozilla/firefox/cd.sound");
    fs::write(damaged.join("cert9.db"), "this is no database").unwrap();
    let before = Tree::of(&damaged);
    let finished = case.install(&["alice", "--json"]).exits(1);
    let document = finished.json();
    assert_eq!(
        states(&document, &case.home()),
        [
            "firefox - failed failed .mozilla/firefox/ab.damaged",
            "firefox - installed installed .mozilla/firefox/cd.sound",
        ]
    );
    let error = &document["databases"][0]["error"];
    assert_eq!(error["kind"], "malformed", "{error}");
    assert_eq!(document["databases"][1]["error"], Value::Null);
    let said = finished.err();
    let line = said.lines().find(|line| line.contains("ab.damaged"));
    assert!(
        line.is_some_and(|line| line.starts_with("pki: error: ")),
        "{said}"
    );
    assert!(
        said.contains("(pki serve) in Firefox and choose alice."),
        "{said}"
    );
    case.assert_installed(&sound);
    before.assert_unchanged(&damaged, "a failure");
    // Where nothing came to anything, nothing comes next.
    let words = ["alice", "--nssdb", path_text(&damaged)];
    let refused = case.install(&words).exits(1);
    let said = refused.err();
    assert!(said.contains("pki: error: "), "{said}");
    assert!(
        !said.contains("warning") && !said.contains("Next"),
        "{said}"
    );
}

/// Holds a database as a program does that writes to it, until its input ends.
const HOLD: &str = "
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute('BEGIN EXCLUSIVE')
print('held', flush=True)
sys.stdin.read()
";

#[test]
fn a_database_that_another_program_has_locked_is_left_alone() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let Some(python) = tool("python3") else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    case.certutil(&profile, &["-N", "--empty-password"]).ok();
    let before = case.listed(&profile);
    let mut python = hermetic(python, case.authority.home());
    let mut holder = python
        .args(["-c", HOLD])
        .arg(profile.join("cert9.db"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(holder.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "held");
    let refused = case.install(&["alice"]).exits(1);
    assert!(
        refused.err().contains("Close the browser"),
        "{}",
        refused.said()
    );
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert_eq!(case.listed(&profile), before);
    case.install(&["alice"]).ok();
    case.assert_installed(&profile);
}

#[test]
fn a_database_with_a_password_takes_the_bundle_with_it_and_nothing_without() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    let write = |name: &str, contents: &str| {
        let path = case.authority.path(name);
        fs::write(&path, contents).unwrap();
        path_text(&path).to_owned()
    };
    let primary = write("primary", "a primary password\n");
    case.certutil(&profile, &["-N", "-f", &primary]).ok();
    let wrong = write("wrong", "another password\n");
    let without = case.install(&["alice", "--json"]).exits(1);
    let error = without.json()["databases"][0]["error"].clone();
    assert_eq!(error["kind"], "passphrase-required", "{error}");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("--nssdb-password-file"), "{hint}");
    let words = ["alice", "--json", "--nssdb-password-file"];
    let refused = case.install(&[&words[..], &[&wrong]].concat()).exits(1);
    let error = refused.json()["databases"][0]["error"].clone();
    assert_eq!(error["kind"], "wrong-passphrase", "{error}");
    assert_eq!(case.listed(&profile), Vec::<String>::new());
    case.install(&[&words[..], &[&primary]].concat()).ok();
    case.assert_installed(&profile);
}

#[test]
fn a_wrong_password_or_a_key_that_no_browser_takes_changes_nothing() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    let before = Tree::of(&case.home());
    let mut command = case.command(&["alice"]);
    let refused = finish(command.env("PKI_BUNDLE_PASSWORD", "not-it")).exits(1);
    assert!(refused.err().contains("password"), "{}", refused.said());
    before.assert_unchanged(&case.home(), "a wrong password");
    let words = ["ed", "--key-algorithm", "ed25519", "--for", "openssl"];
    let ed25519 = case.authority.issue_client(&words);
    let mut command = case.command(&["--bundle", path_text(&ed25519.bundle)]);
    let refused = finish(command.env("PKI_BUNDLE_PASSWORD", &ed25519.password)).exits(1);
    assert!(refused.err().contains("Ed25519"), "{}", refused.said());
    before.assert_unchanged(&case.home(), "an Ed25519 key");
    case.install(&["alice", "--bundle", "alice.p12"]).exits(2);
    case.install(&[]).exits(2);
}

#[test]
fn a_bundle_as_others_write_them_is_taken_in_all_the_same() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    let Some(parts) = case.authority.credentials(&case.alice) else {
        return;
    };
    let password = case.authority.path("password");
    fs::write(&password, &case.alice.password).unwrap();
    let issuing = case.authority.issuing();
    // Neither a name nor a MAC nor a root, and the certificates in plain: pk12util refuses the like.
    let words = [
        "pkcs12",
        "-export",
        "-nomac",
        "-certpbe",
        "NONE",
        "-out",
        "plain.p12",
        "-passout",
        &format!("file:{}", path_text(&password)),
        "-in",
        path_text(&parts.certificate),
        "-inkey",
        path_text(&parts.key),
        "-certfile",
        path_text(&issuing),
    ];
    let Some(written) = case.authority.openssl(&words) else {
        return;
    };
    written.ok();
    let bundle = case.authority.path("plain.p12");
    case.install(&["--bundle", path_text(&bundle)]).ok();
    case.assert_installed(&profile);
}

#[test]
fn a_root_that_came_with_a_bundle_imported_by_hand_is_trusted_and_tells_its_old_name() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    case.certutil(&profile, &["-N", "--empty-password"]).ok();
    let root = case.authority.root();
    let words = ["-A", "-n", "As it came", "-t", ",,", "-i", path_text(&root)];
    case.certutil(&profile, &words).ok();
    case.install(&["alice"]).ok();
    let told = format!("{} (As it came) → C,,", case.root_nickname());
    assert!(
        case.listed(&profile).contains(&told),
        "{:?}",
        case.listed(&profile)
    );
    let before = Tree::of(&profile);
    case.install(&["alice"]).ok();
    before.assert_unchanged(&profile, "a second installation");
    let mut uninstall = case
        .authority
        .command(&["trust", "uninstall", "--store", "nss"]);
    uninstall.env("HOME", case.home());
    finish(uninstall.env("PATH", case.authority.path("bin"))).ok();
    let back = "As it came → ,,".to_owned();
    assert!(
        case.listed(&profile).contains(&back),
        "{:?}",
        case.listed(&profile)
    );
}

#[test]
fn a_root_that_somebody_has_marked_otherwise_stays_so_and_the_bundle_is_installed() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    let profile = case.profile(".mozilla/firefox/ab.default");
    case.certutil(&profile, &["-N", "--empty-password"]).ok();
    let root = case.authority.root();
    let words = ["-A", "-n", "Never", "-t", "p,p,p", "-i", path_text(&root)];
    case.certutil(&profile, &words).ok();
    let document = case.install(&["alice", "--json"]).exits(1).json();
    assert_eq!(
        states(&document, &case.home()),
        ["firefox - installed failed .mozilla/firefox/ab.default"]
    );
    let listed = case.listed(&profile);
    assert!(listed.contains(&"Never → p,p,p".to_owned()), "{listed:?}");
}

#[test]
fn no_password_stands_on_the_command_line_of_another_program() {
    let Some(case) = Case::new(&LOOPBACK) else {
        return;
    };
    case.profile(".mozilla/firefox/ab.default");
    let log = case.authority.path("log");
    for name in ["certutil", "pk12util"] {
        let path = case.authority.path("bin").join(name);
        fs::remove_file(&path).unwrap();
        let script = format!(
            "#!/bin/sh\necho \"$0 $*\" >>'{log}'\n/usr/bin/env >>'{log}'\nexec '{program}' \"$@\"\n",
            log = log.display(),
            program = tool(name).unwrap().display()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let scratch = case.authority.path("tmp");
    fs::create_dir(&scratch).unwrap();
    let mut command = case.command(&["alice"]);
    finish(command.env("TMPDIR", &scratch)).ok();
    let seen = fs::read_to_string(&log).unwrap();
    assert!(seen.contains("pk12util -i "), "{seen}");
    assert!(!seen.contains(&case.alice.password), "{seen}");
    assert!(!seen.contains(crate::support::PASSPHRASE), "{seen}");
    assert_eq!(
        fs::read_dir(&scratch).unwrap().count(),
        0,
        "nothing is left"
    );
}
