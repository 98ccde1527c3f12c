//! curl logs in with the bundle itself, as a script would.

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::path_text;
use crate::support::process::finish_with_input;

pub(super) const CURL: Importer = Importer {
    name: "curl",
    row: "curl and Node",
    here: || are_here(&["curl"]),
    version: || version_in(&["curl", "--version"]),
    import,
};

/// `CURLE_SSL_CERTPROBLEM`: a problem with the local client certificate.
const CERTIFICATE_PROBLEM: i32 = 58;

fn import(cell: &Cell<'_>) -> Outcome {
    let mut curl = cell.command("curl");
    curl.args(["--silent", "--show-error", "--config", "-", "--cacert"])
        .args([cell.stage.authority.root(), cell.stage.login_url().into()]);
    // On standard input, so that the password stands in no process list.
    let config = format!(
        "cert-type = P12\ncert = \"{}:{}\"\n",
        path_text(&cell.bundle.path),
        cell.bundle.password
    );
    let answer = finish_with_input(&mut curl, Some(config.as_bytes()));
    if answer.code == Some(CERTIFICATE_PROBLEM) {
        return Outcome::refused(&answer, &["could not parse PKCS12 file"]);
    }
    Outcome::logged_in(answer, cell.bundle)
}
