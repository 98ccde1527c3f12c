//! Java: `keytool` lists the key, and a program takes it out of the key store and logs in with it.

use std::path::Path;

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::path_text;
use crate::support::tools::fixture;

pub(super) const KEYTOOL: Importer = Importer {
    name: "Java keytool",
    row: "Java 17",
    here: || are_here(&["keytool", "java", "javac"]),
    version: || version_in(&["java", "-version"]),
    import,
};

/// A machine that lives for a second needs no second compiler: this halves its time.
const SHORT_LIVED: &str = "-XX:TieredStopAtLevel=1";

fn import(cell: &Cell<'_>) -> Outcome {
    let password = cell.password_file();
    let mut keytool = cell.command("keytool");
    keytool.args([
        "-J-Duser.language=en",
        &format!("-J{SHORT_LIVED}"),
        "-list",
        "-v",
    ]);
    keytool.args([
        "-storetype",
        "PKCS12",
        "-storepass:file",
        path_text(&password),
    ]);
    let listed = crate::support::finish(keytool.arg("-keystore").arg(&cell.bundle.path));
    let program = fixture("matrix/Login.java");
    let logged_in = cell.login(
        cell.command("java")
            .args([Path::new(SHORT_LIVED), &program]),
    );
    if listed.code != Some(0) {
        let refused = Outcome::refused(&logged_in.exits(3), &["java.io.IOException"]);
        Outcome::refused(&listed, &["keytool error: java.io.IOException"]);
        return refused;
    }
    let listed = listed.out();
    for expected in [
        &format!("Alias name: {}\n", cell.bundle.name),
        "Entry type: PrivateKeyEntry",
        "Certificate chain length: 3",
    ] {
        assert!(listed.contains(expected), "{expected}: {listed}");
    }
    Outcome::logged_in(logged_in, cell.bundle)
}
