//! A program for Java.

use super::program::{self, Program};
use super::{File, Site, Software};

/// The program, and what keeps its CRLs current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let program = Program {
        file: File::text("Server.java", include_str!("Server.java").to_owned()),
        interpreter: "java ",
    };
    program::files(site, Software::Java, program)
}
