//! NSS: `pk12util` into a fresh database, as both browsers have one.

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::{finish, path_text};

pub(super) const PK12UTIL: Importer = Importer {
    name: "NSS pk12util",
    row: "NSS 3.87",
    here: || are_here(&["certutil", "pk12util"]),
    version: || {
        version_in(&[
            "dpkg-query",
            "-W",
            "-f",
            "${source:Upstream-Version}",
            "libnss3-tools",
        ])
    },
    import: |cell| install(cell, "sql:."),
};

/// Makes an empty database, has `pk12util` import the bundle and looks whether the key is there.
pub(super) fn install(cell: &Cell<'_>, database: &str) -> Outcome {
    let certutil = |words: &[&str]| {
        let words = [words, &["-d", database]].concat();
        cell.run("certutil", &words).ok().out()
    };
    certutil(&["-N", "--empty-password"]);
    let password = cell.password_file();
    let imported = finish(
        cell.command("pk12util")
            .arg("-i")
            .arg(&cell.bundle.path)
            .args(["-w", path_text(&password), "-d", database]),
    );
    if imported.code != Some(0) {
        return Outcome::refused(&imported, &["PKCS12 decode"]);
    }
    let keys = certutil(&["-K"]);
    assert!(keys.contains(&cell.bundle.name), "{keys}");
    // `u` says that NSS found the private key of this certificate; the two CAs stand under names of their own.
    let listed = certutil(&["-L"]);
    let own = |line: &&str| line.starts_with(&format!("{} ", cell.bundle.name));
    let own: Vec<&str> = listed.lines().filter(own).collect();
    assert!(own.len() == 1 && own[0].ends_with("u,u,u"), "{listed}");
    assert_eq!(listed.matches(",,").count(), 2, "{listed}");
    Outcome::Imports
}
