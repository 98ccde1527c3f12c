//! In the home of another user, as sudo may leave it in HOME, no database is opened: not to look, not to change it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;
use std::process::Command;

use super::nss::certutil;
use super::{CONSTRAINED, is_root, told};
use crate::support::authority::PKI;
use crate::support::{Authority, Tree, entries_below, finish, hermetic, path_text, tool};

/// Nobody in particular.
const NOBODY: u32 = 65534;
const TOLD: &str = "belongs to another user";

/// The commands that open databases, but for the one that only looks.
const CHANGING: [&[&str]; 3] = [
    &["trust", "install", "--store", "nss"],
    &["trust", "uninstall", "--store", "nss"],
    &["browser", "install", "alice"],
];

fn give_away(directory: &Path) {
    for entry in entries_below(directory) {
        lchown(entry, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

#[test]
fn in_the_home_of_another_user_nothing_is_looked_at_or_changed() {
    let authority = Authority::init(&CONSTRAINED);
    let alice = authority.issue_client(&["alice"]);
    if !is_root() {
        return refused_in_a_home_of_roots(&authority, &alice.password);
    }
    let home = authority.path("home");
    let [chromium, profile] = [".pki/nssdb", ".mozilla/firefox/ab.default"].map(|it| home.join(it));
    // Root's own, and that user's profiles.ini says that it is a profile.
    let elsewhere = authority.path("elsewhere");
    for directory in [&chromium, &profile, &elsewhere] {
        fs::create_dir_all(directory).unwrap();
        let database = format!("sql:{}", path_text(directory));
        if certutil(&authority, &["-N", "--empty-password", "-d", &database]).is_none() {
            return;
        }
    }
    let named = format!("[Profile0]\nPath={}\n", elsewhere.display());
    fs::write(home.join(".mozilla/firefox/profiles.ini"), named).unwrap();
    give_away(&home);
    let before = [&home, &elsewhere].map(|it| Tree::of(it));
    let run = |words: &[&str], home: &Path| {
        let mut command = authority.command(words);
        command.env("PKI_BUNDLE_PASSWORD", &alice.password);
        finish(command.env("HOME", home))
    };
    let status = run(&["trust", "status", "--store", "nss", "--json"], &home);
    let unknown = ["unknown".to_owned(), "false".to_owned()];
    assert_eq!(told(&status.ok()), vec![unknown; 3]);
    for words in CHANGING {
        let refused = run(words, &home).exits(1);
        assert!(refused.err().contains(TOLD), "{}", refused.said());
    }
    // Nor where HOME is one's own and the database that is named is not.
    for database in [chromium.clone(), home.join("to/be/made")] {
        let words = [
            "browser",
            "install",
            "alice",
            "--nssdb",
            path_text(&database),
        ];
        let refused = run(&words, authority.home()).exits(1);
        assert!(refused.err().contains(TOLD), "{}", refused.said());
    }
    for (tree, directory) in before.iter().zip([&home, &elsewhere]) {
        tree.assert_unchanged(directory, "a refusal");
    }

    // The user himself may.
    let Some(setpriv) = tool("setpriv") else {
        return;
    };
    let program = authority.path("pki");
    fs::copy(PKI, &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    give_away(authority.home());
    let user = NOBODY.to_string();
    let mut command = hermetic(setpriv, authority.home());
    command
        .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
        .arg(&program)
        .args(["trust", "install", "--store", "nss", "--json"])
        .env("PKI_CA_DATA", authority.data())
        .env("HOME", &home);
    let installed = ["installed".to_owned(), "true".to_owned()];
    assert_eq!(told(&finish(&mut command).ok()), vec![installed; 3]);
    for entry in entries_below(&home) {
        let owner = fs::symlink_metadata(&entry).unwrap().uid();
        assert_eq!(owner, NOBODY, "{}", entry.display());
    }
}

/// Who is not root can give no file away, but be root to himself: then what is root's is somebody else's.
#[track_caller]
fn refused_in_a_home_of_roots(authority: &Authority, password: &str) {
    let Some(unshare) = tool("unshare") else {
        return;
    };
    let mut command: Command = hermetic(unshare, authority.home());
    command
        .args(["--user", "--map-root-user", PKI])
        .args(["browser", "install", "alice"])
        .env("PKI_CA_DATA", authority.data())
        .env("PKI_BUNDLE_PASSWORD", password)
        .env("HOME", "/usr");
    let refused = finish(&mut command).exits(1);
    assert!(refused.err().contains(TOLD), "{}", refused.said());
}
