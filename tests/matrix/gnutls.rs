//! GnuTLS: what `certtool` finds in a bundle.

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::{Finished, path_text};

pub(super) const CERTTOOL: Importer = Importer {
    name: "GnuTLS certtool",
    row: "GnuTLS 3.7",
    here: || are_here(&["certtool"]),
    version: || version_in(&["certtool", "--version"]),
    import,
};

fn import(cell: &Cell<'_>) -> Outcome {
    // A template is the one file that certtool takes a password from; an empty one it must be told of.
    let password = format!("password = \"{}\"\n", cell.bundle.password);
    cell.write("template", &password);
    let certtool = |words: &[&str]| -> Finished {
        let mut command = cell.command("certtool");
        command.args(words).args(["--template", "template"]);
        if cell.bundle.password.is_empty() {
            command.arg("--empty-password");
        }
        crate::support::finish(&mut command)
    };
    let bundle = path_text(&cell.bundle.path);
    let found = certtool(&["--p12-info", "--inder", "--infile", bundle]);
    if found.code != Some(0) {
        return Outcome::refused(&found, &["verify_mac", "Error decrypting"]);
    }
    let found = found.out();
    assert_eq!(found.matches("BEGIN CERTIFICATE").count(), 3, "{found}");
    let named = format!("Friendly name: {}", cell.bundle.name);
    assert!(found.contains(&named), "{found}");
    cell.write("found.pem", &found);
    // The key that certtool 3.7 prints names no curve, so that nobody reads it again; what it tells of the key is whole.
    let key = certtool(&["--key-info", "--pkcs8", "--infile", "found.pem"]);
    cell.write("public.pem", &cell.bundle.public_key);
    let public_key = certtool(&["--pubkey-info", "--load-pubkey", "public.pem"]);
    assert_eq!(pin(&key.ok()), pin(&public_key.ok()));
    Outcome::Imports
}

/// The SHA-256 of the public key, which certtool tells of private and public keys alike.
#[track_caller]
fn pin(told: &Finished) -> String {
    let told = told.out();
    let pin = told.lines().find(|line| line.contains("pin-sha256:"));
    pin.expect(&told).trim().to_owned()
}
