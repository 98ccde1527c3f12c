//! Python's `cryptography`, as it comes from PyPI, and a login with Python's own `ssl`.

use super::importer::{Cell, Importer, Outcome, version_in};
use crate::support::tools::{fixture, python_with_pkilint};
use crate::support::{hermetic, path_text};

pub(super) const CRYPTOGRAPHY: Importer = Importer {
    name: "Python cryptography",
    row: "Python cryptography",
    here: || python_with_pkilint().is_some(),
    version,
    import,
};

fn import(cell: &Cell<'_>) -> Outcome {
    let python = python_with_pkilint().expect("looked for before");
    let answer = cell.login(hermetic(python, cell.home).arg(fixture("matrix/login.py")));
    if answer.code == Some(3) {
        return Outcome::refused(&answer, &["Invalid password or PKCS12 data"]);
    }
    Outcome::logged_in(answer, cell.bundle)
}

/// The package's version; it carries an OpenSSL of its own.
fn version() -> String {
    let python = python_with_pkilint().expect("looked for before");
    version_in(&[
        path_text(&python),
        "-c",
        "import cryptography; print(cryptography.__version__)",
    ])
}
