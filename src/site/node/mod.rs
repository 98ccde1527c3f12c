//! A program for Node.

use super::program::{self, Program};
use super::{File, Site, Software};

/// The program, and what keeps its CRLs current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let program = Program {
        file: File::text("server.mjs", include_str!("server.mjs").to_owned()),
        interpreter: "node ",
    };
    program::files(site, Software::Node, program)
}
