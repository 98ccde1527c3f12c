//! Where a user's browsers have their NSS databases: by the distribution's package, as a snap, or from Flatpak.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};

use super::super::owner;
use super::profiles::profiles;
use super::programs::find_program;
use crate::error::Result;

/// Below a home, where Chromium of every version looks first; a directory of this name hides the other place from it.
const OLD_PLACE: &str = ".pki/nssdb";
/// Below XDG_DATA_HOME, where Chromium puts its database since it follows that specification (seen with version 156).
const NEW_PLACE: &str = "pki/nssdb";

/// A browser with certificates of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Browser {
    /// Chromium. Its database outside of a snap or Flatpak is also that of Chrome, Edge, Brave, Vivaldi and Opera.
    Chromium,
    /// Google Chrome, where it does not share Chromium's.
    Chrome,
    /// Microsoft Edge, where it does not share Chromium's.
    Edge,
    /// Brave, where it does not share Chromium's.
    Brave,
    /// Firefox: each profile has a database.
    Firefox,
    /// LibreWolf, which is built as Firefox is.
    LibreWolf,
}

/// An NSS database, there already or to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Which browser reads it; nothing where somebody named the directory.
    pub browser: Option<Browser>,
    /// `snap` or `Flatpak`, where the browser was installed as one.
    pub package: Option<&'static str>,
    /// The directory that holds `cert9.db` and `key4.db`.
    pub directory: PathBuf,
    /// Whether it was there when it was looked for.
    pub exists: bool,
}

/// A user's home, as the environment describes it.
#[derive(Debug, Clone)]
pub struct Home {
    home: PathBuf,
    config: PathBuf,
    data: PathBuf,
    path: OsString,
}

impl Home {
    /// The home directory with its parts by the XDG Base Directory Specification, whose variables count only where they are
    /// absolute, and the PATH on which browsers are looked for.
    pub fn new(
        home: PathBuf,
        xdg_config_home: Option<OsString>,
        xdg_data_home: Option<OsString>,
        path: OsString,
    ) -> Self {
        let directory = |given: Option<OsString>, default: &str| {
            let given = given.map(PathBuf::from).filter(|it| it.is_absolute());
            given.unwrap_or_else(|| home.join(default))
        };
        Self {
            config: directory(xdg_config_home, ".config"),
            data: directory(xdg_data_home, ".local/share"),
            home,
            path,
        }
    }

    /// Refuses the home of another user, as sudo may leave it in HOME: what lies there, and what leads elsewhere from there, is
    /// that user's alone to change.
    ///
    /// # Errors
    /// Says whose it is.
    pub fn check_owner(&self) -> Result<()> {
        owner::check(&self.home)
    }
}

impl Browser {
    /// The browser's word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Chrome => "chrome",
            Self::Edge => "edge",
            Self::Brave => "brave",
            Self::Firefox => "firefox",
            Self::LibreWolf => "librewolf",
        }
    }

    /// Says whether it has profiles as Firefox has, and locks the one that it uses.
    pub fn is_firefox(self) -> bool {
        matches!(self, Self::Firefox | Self::LibreWolf)
    }
}

impl fmt::Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chromium => "Chromium",
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Brave => "Brave",
            Self::Firefox => "Firefox",
            Self::LibreWolf => "LibreWolf",
        })
    }
}

impl Database {
    /// The database in a directory that somebody named.
    pub fn named(directory: PathBuf) -> Self {
        Self::new(None, None, directory)
    }

    fn new(browser: Option<Browser>, package: Option<&'static str>, directory: PathBuf) -> Self {
        Self {
            browser,
            package,
            exists: directory.join("cert9.db").exists(),
            directory,
        }
    }

    /// Refuses a database of another user; nothing opens one without asking this.
    pub(super) fn check_owner(&self) -> Result<()> {
        owner::check(&self.directory)
    }

    /// Whose it is, for people: `Firefox (snap)`; `NSS` where somebody named the directory.
    pub fn owner(&self) -> String {
        match (self.browser, self.package) {
            (Some(browser), Some(package)) => format!("{browser} ({package})"),
            (Some(browser), None) => browser.to_string(),
            (None, _) => "NSS".to_owned(),
        }
    }
}

/// Every NSS database of this user's browsers, and those that a browser which is there would make or read next.
///
/// What cannot be looked into is taken for not there.
pub fn databases(home: &Home) -> Vec<Database> {
    let mut found = chromium(home);
    for (browser, package, directory) in firefox_directories(home) {
        let profiles = profiles(&directory).into_iter();
        found.extend(profiles.map(|profile| Database::new(Some(browser), package, profile)));
    }
    // One directory may be reached by two names, as `current` of a snap is a symbolic link.
    let mut seen = Vec::new();
    found.retain(|database| {
        let place = database.directory.canonicalize();
        let place = place.unwrap_or_else(|_| database.directory.clone());
        let new = !seen.contains(&place);
        seen.push(place);
        new
    });
    found
}

/// The databases of Chromium and of what is built from it.
fn chromium(home: &Home) -> Vec<Database> {
    let mut found = beneath(
        Browser::Chromium,
        None,
        &home.home,
        &home.data,
        has_chromium(home),
    );
    for (browser, name) in [(Browser::Chromium, "chromium"), (Browser::Brave, "brave")] {
        let snap = home.home.join("snap").join(name).join("current");
        let data = snap.join(".local/share");
        found.extend(beneath(browser, Some("snap"), &snap, &data, snap.is_dir()));
    }
    for (browser, identifier) in [
        (Browser::Chromium, "org.chromium.Chromium"),
        (Browser::Chrome, "com.google.Chrome"),
        (Browser::Edge, "com.microsoft.Edge"),
        (Browser::Brave, "com.brave.Browser"),
    ] {
        let application = home.home.join(".var/app").join(identifier);
        let (data, there) = (application.join("data"), application.is_dir());
        found.extend(beneath(
            browser,
            Some("Flatpak"),
            &application,
            &data,
            there,
        ));
    }
    found
}

/// The databases of one home and data directory; where there is none but a browser, the one to be made.
///
/// That is the old place: every version reads it, and takes it before the new one.
fn beneath(
    browser: Browser,
    package: Option<&'static str>,
    home: &Path,
    data: &Path,
    browser_is_there: bool,
) -> Vec<Database> {
    let (old, new) = (home.join(OLD_PLACE), data.join(NEW_PLACE));
    let mut directories = vec![old.clone(), new];
    directories.retain(|directory| directory.is_dir());
    if directories.is_empty() && browser_is_there {
        directories.push(old);
    }
    let databases = directories.into_iter();
    databases
        .map(|directory| Database::new(Some(browser), package, directory))
        .collect()
}

/// Says whether a browser is there that reads `~/.pki/nssdb`: installed, or used once.
fn has_chromium(home: &Home) -> bool {
    const PROGRAMS: [&str; 9] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "microsoft-edge",
        "microsoft-edge-stable",
        "brave-browser",
        "vivaldi",
        "opera",
    ];
    const SETTINGS: [&str; 6] = [
        "chromium",
        "google-chrome",
        "microsoft-edge",
        "BraveSoftware",
        "vivaldi",
        "opera",
    ];
    // What lies in the directory of snaps has its home elsewhere.
    let directories = std::env::split_paths(&home.path)
        .filter(|directory| !directory.ends_with("snap/bin"))
        .collect::<Vec<_>>();
    let path = std::env::join_paths(directories).unwrap_or_default();
    let installed = |name: &&str| find_program(&path, OsStr::new(name)).is_some();
    PROGRAMS.iter().any(installed)
        || SETTINGS
            .iter()
            .any(|settings| home.config.join(settings).is_dir())
}

/// The directories in which Firefox and what is built from it list their profiles.
///
/// Since it follows the XDG specification Firefox makes them below `~/.config`, unless `~/.mozilla` is there (seen with
/// version 153).
fn firefox_directories(home: &Home) -> Vec<(Browser, Option<&'static str>, PathBuf)> {
    let below = |relative: &str| home.home.join(relative);
    let firefox = |package, directory| (Browser::Firefox, package, directory);
    let librewolf = |package, directory| (Browser::LibreWolf, package, directory);
    vec![
        firefox(None, below(".mozilla/firefox")),
        firefox(None, home.config.join("mozilla/firefox")),
        firefox(None, below("Library/Application Support/Firefox")),
        firefox(Some("snap"), below("snap/firefox/common/.mozilla/firefox")),
        firefox(
            Some("snap"),
            below("snap/firefox/common/.config/mozilla/firefox"),
        ),
        firefox(
            Some("Flatpak"),
            below(".var/app/org.mozilla.firefox/.mozilla/firefox"),
        ),
        firefox(
            Some("Flatpak"),
            below(".var/app/org.mozilla.firefox/config/mozilla/firefox"),
        ),
        librewolf(None, below(".librewolf")),
        librewolf(None, home.config.join("librewolf/librewolf")),
        librewolf(
            Some("Flatpak"),
            below(".var/app/io.gitlab.librewolf-community/.librewolf"),
        ),
    ]
}
