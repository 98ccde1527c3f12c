//! `openssl pkcs12`, with the default provider and with the legacy one.

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::path_text;

pub(super) const PLAIN: Importer = Importer {
    name: "OpenSSL",
    row: "OpenSSL 3.0",
    here: || are_here(&["openssl"]),
    version: || version_in(&["openssl", "version"]),
    import: |cell| import(cell, &[]),
};

pub(super) const LEGACY: Importer = Importer {
    name: "OpenSSL -legacy",
    row: "OpenSSL 3.0",
    here: || are_here(&["openssl"]),
    version: || version_in(&["openssl", "version"]),
    import: |cell| import(cell, &["-legacy"]),
};

fn import(cell: &Cell<'_>, options: &[&str]) -> Outcome {
    cell.password_file();
    let words = ["pkcs12", "-passin", "file:password", "-noenc", "-in"];
    let words = [&words[..], &[path_text(&cell.bundle.path)], options].concat();
    let parts = cell.run("openssl", &words);
    if parts.code != Some(0) {
        return Outcome::refused(&parts, &["Mac verify error", "unsupported"]);
    }
    let parts = parts.out();
    assert_eq!(parts.matches("BEGIN CERTIFICATE").count(), 3, "{parts}");
    // Once on the key, once on the end entity; a CA of the same name would hide it elsewhere.
    let named = format!("friendlyName: {}", cell.bundle.name);
    assert_eq!(parts.matches(&named).count(), 2, "{parts}");
    cell.write("parts.pem", &parts);
    let public_key = cell.run("openssl", &["pkey", "-pubout", "-in", "parts.pem"]);
    assert_eq!(public_key.ok().out(), cell.bundle.public_key);
    Outcome::Imports
}
