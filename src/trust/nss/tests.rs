//! Which databases are found in homes of every kind, and which profiles are in use.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::profiles::in_use;
use super::{Browser, Home, databases};

/// What is found in a home, as `browser package path`.
fn found(directory: &Path, xdg_data_home: Option<PathBuf>, path: &str) -> Vec<String> {
    let home = Home::new(
        directory.to_path_buf(),
        None,
        xdg_data_home.map(OsString::from),
        path.into(),
    );
    let told = databases(&home).into_iter().map(|database| {
        format!(
            "{} {} {}",
            database.owner(),
            database.exists,
            database
                .directory
                .strip_prefix(directory)
                .unwrap_or(&database.directory)
                .display()
        )
    });
    told.collect()
}

fn make(home: &Path, directory: &str, file: Option<&str>) {
    let directory = home.join(directory);
    fs::create_dir_all(&directory).unwrap();
    if let Some(file) = file {
        fs::write(directory.join(file), "").unwrap();
    }
}

#[test]
fn an_empty_home_has_no_database_and_none_is_to_be_made() {
    let home = tempfile::tempdir().unwrap();
    assert!(found(home.path(), None, "").is_empty());
    make(home.path(), ".config/mozilla/firefox/Crash Reports", None);
    make(home.path(), ".mozilla/firefox", Some("profiles.ini"));
    assert!(found(home.path(), None, "").is_empty());
}

#[test]
fn chromiums_database_is_where_it_looks_first_and_is_made_where_every_version_looks() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    make(home, ".config/chromium", None);
    assert_eq!(found(home, None, ""), ["Chromium false .pki/nssdb"]);
    make(home, ".local/share/pki/nssdb", Some("cert9.db"));
    let new = "Chromium true .local/share/pki/nssdb";
    assert_eq!(found(home, None, ""), [new]);
    let elsewhere = Some(home.join("data"));
    assert_eq!(found(home, elsewhere, ""), ["Chromium false .pki/nssdb"]);
    // A directory without a database hides the new place from Chromium nevertheless.
    make(home, ".pki/nssdb", None);
    assert_eq!(found(home, None, ""), ["Chromium false .pki/nssdb", new]);
}

#[test]
fn a_relative_xdg_variable_does_not_count() {
    let home = tempfile::tempdir().unwrap();
    make(home.path(), ".local/share/pki/nssdb", Some("cert9.db"));
    let relative = Some(PathBuf::from("data"));
    let new = "Chromium true .local/share/pki/nssdb";
    assert_eq!(found(home.path(), relative, ""), [new]);
}

#[test]
fn an_installed_chromium_counts_but_not_the_name_of_a_snap() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for directory in ["bin", "snap/bin"] {
        make(home, directory, Some("chromium"));
        let program = home.join(directory).join("chromium");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let snap = home.join("snap/bin");
    assert!(found(home, None, snap.to_str().unwrap()).is_empty());
    let bin = home.join("bin");
    let path = format!("{}:{}", snap.display(), bin.display());
    assert_eq!(found(home, None, &path), ["Chromium false .pki/nssdb"]);
}

#[test]
fn a_place_that_two_names_lead_to_is_found_once() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    make(home, ".mozilla/firefox/ab.default", Some("prefs.js"));
    make(home, ".config", None);
    symlink(home.join(".mozilla"), home.join(".config/mozilla")).unwrap();
    let profiles_ini = home.join(".mozilla/firefox/profiles.ini");
    fs::write(profiles_ini, "[Profile0]\nPath=ab.default\n").unwrap();
    let once = "Firefox false .mozilla/firefox/ab.default";
    assert_eq!(found(home, None, ""), [once]);
}

#[test]
fn snaps_and_flatpaks_have_homes_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    make(home, "snap/brave/current", None);
    make(home, ".var/app/com.microsoft.Edge", None);
    make(
        home,
        ".var/app/org.chromium.Chromium/.pki/nssdb",
        Some("cert9.db"),
    );
    make(
        home,
        "snap/firefox/common/.mozilla/firefox/a",
        Some("cert9.db"),
    );
    make(
        home,
        ".var/app/org.mozilla.firefox/config/mozilla/firefox/b",
        Some("times.json"),
    );
    make(home, ".librewolf/c", Some("cert9.db"));
    assert_eq!(
        found(home, None, ""),
        [
            "Brave (snap) false snap/brave/current/.pki/nssdb",
            "Chromium (Flatpak) true .var/app/org.chromium.Chromium/.pki/nssdb",
            "Edge (Flatpak) false .var/app/com.microsoft.Edge/.pki/nssdb",
            "Firefox (snap) true snap/firefox/common/.mozilla/firefox/a",
            "Firefox (Flatpak) false .var/app/org.mozilla.firefox/config/mozilla/firefox/b",
            "LibreWolf true .librewolf/c",
        ]
    );
    assert!(Browser::LibreWolf.is_firefox() && !Browser::Brave.is_firefox());
}

#[test]
fn a_profile_is_in_use_while_the_process_that_its_link_names_lives() {
    let profile = tempfile::tempdir().unwrap();
    let link = profile.path().join("lock");
    let ours = std::process::id();
    let in_use_with = |target: String| {
        // The first time there is none.
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
        in_use(profile.path())
    };
    assert!(!in_use(profile.path()));
    assert!(in_use_with(format!("127.0.0.1:{ours}")));
    // The plus says that the lock of the file counts, and there is none.
    assert!(!in_use_with(format!("127.0.0.1:+{ours}")));
    assert!(!in_use_with("127.0.0.1:no number".to_owned()));
    // No process has the largest number that Linux knows.
    assert!(!in_use_with("127.0.0.1:4194304".to_owned()));
    fs::write(profile.path().join(".parentlock"), "").unwrap();
    assert!(!in_use(profile.path()));
}
