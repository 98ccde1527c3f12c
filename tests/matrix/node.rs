//! Node's `https` with the bundle as `pfx`.

use super::importer::{Cell, Importer, Outcome, are_here, version_in};
use crate::support::tools::fixture;

pub(super) const NODE: Importer = Importer {
    name: "Node https",
    row: "curl and Node",
    here: || are_here(&["node"]),
    version: || version_in(&["node", "--version"]),
    import,
};

fn import(cell: &Cell<'_>) -> Outcome {
    let answer = cell.login(cell.command("node").arg(fixture("matrix/login.js")));
    if answer.code == Some(3) {
        return Outcome::refused(&answer, &["mac verify failure", "Unsupported PKCS12"]);
    }
    Outcome::logged_in(answer, cell.bundle)
}
