//! Chromium and Firefox: the bundle in a fresh database, then a headless start whose page must say whose login it was.

use std::fs;
use std::path::Path;

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use super::nss;
use crate::support::browser::{self, Page};
use crate::support::path_text;

pub(super) const CHROMIUM: Importer = Importer {
    name: "Chromium",
    row: "NSS 3.87",
    here: || are_here(&["certutil", "pk12util", "chromium", "unshare"]),
    version: || version_in(&["chromium", "--version"]),
    import: |cell| {
        import(cell, "home/.pki/nssdb", |_, picture| {
            browser::chromium(cell.home, &cell.stage.server.https, picture)
        })
    },
};

pub(super) const FIREFOX: Importer = Importer {
    name: "Firefox",
    row: "NSS 3.125",
    here: || are_here(&["certutil", "pk12util", "firefox-esr", "python3"]),
    version: || version_in(&["firefox-esr", "--version"]),
    import: |cell| {
        import(cell, "profile", |profile, picture| {
            browser::firefox(cell.home, profile, &cell.stage.server.https, picture)
        })
    },
};

/// Installs bundle and root in a database below the cell's directory and looks at the page.
fn import(cell: &Cell<'_>, database: &str, page: impl Fn(&Path, &str) -> Option<Page>) -> Outcome {
    let directory = cell.home.join(database);
    fs::create_dir_all(&directory).unwrap();
    let database = format!("sql:{}", path_text(&directory));
    if let refused @ Outcome::Refuses(_) = nss::install(cell, &database) {
        return refused;
    }
    let root = cell.stage.authority.root();
    let trust = ["-A", "-n", "Root", "-t", "C,,", "-d", &database, "-i"];
    cell.run("certutil", &[&trust[..], &[path_text(&root)]].concat())
        .ok();
    let page = page(&directory, "matrix").expect("looked for before");
    let name = page.text_of("name");
    assert_eq!(name.as_ref(), Some(&cell.bundle.name), "{}", page.said());
    Outcome::Imports
}
