//! A program for Python and uvicorn.

use super::program::{self, Program};
use super::{File, Site, Software};

/// The program, and what keeps its CRLs current.
pub(super) fn files(site: &Site) -> Vec<File> {
    let program = Program {
        file: File::text("server.py", include_str!("server.py").to_owned()),
        interpreter: "python3 ",
    };
    program::files(site, Software::Python, program)
}
