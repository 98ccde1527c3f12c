//! Windows, as it is seen from Linux beneath it: the machine's roots, by Microsoft's program `certutil.exe`.
//!
//! It has its ending here because NSS has a program `certutil` of its own.

use super::super::program::Program;
use super::super::{Kind, Standing, Store, Surroundings, name_of};
use super::{Passing, sha1};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file;

/// The store `Root` of the machine.
///
/// A certificate in it has no name of its own, so that nobody can tell who put it there: the root is taken for ours.
pub(super) struct Windows<'a> {
    surroundings: &'a Surroundings,
    program: Program,
}

impl<'a> Windows<'a> {
    pub(super) fn find(surroundings: &'a Surroundings) -> Option<Self> {
        Some(Self {
            surroundings,
            program: Program::find("certutil.exe", surroundings)?,
        })
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>> {
        let mut command = self.program.command(self.surroundings);
        self.program.run(command.args(words))
    }
}

impl Store for Windows<'_> {
    fn kind(&self) -> Kind {
        Kind::System
    }

    fn place(&self) -> String {
        "Windows: Root".to_owned()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        // Asked for one certificate it fails where that is not there as it fails for any other reason, in the language of
        // the machine; so it lists them all.
        let listed = self.run(&["-store", "Root"])?;
        Ok(match lists(&listed, &sha1(root)) {
            true => Standing::Installed,
            false => Standing::Absent,
        })
    }

    fn is_writable(&self) -> bool {
        // Windows decides; what it says is told.
        true
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        let root_file = Passing::new(
            self.surroundings,
            &format!("{}.pem", name_of(root)),
            &root.pem(),
        )?;
        // A bare name in the working directory: the path itself means nothing to Windows.
        let mut command = self.program.command(self.surroundings);
        command
            .current_dir(file::directory_of(root_file.path()))
            .args(["-addstore", "-f", "Root"])
            .args(root_file.path().file_name());
        self.program.run(&mut command)?;
        Ok(())
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        self.run(&["-delstore", "Root", &sha1(root)])?;
        Ok(())
    }

    fn tells_whose(&self) -> bool {
        false
    }
}

/// Whether a line ends with this fingerprint, which older versions print with a space behind each octet.
fn lists(listed: &[u8], sha1: &str) -> bool {
    let listed = String::from_utf8_lossy(listed);
    listed.lines().any(|line| {
        let line = line.replace(char::is_whitespace, "").to_ascii_lowercase();
        let label = line.strip_suffix(sha1);
        label.is_some_and(|label| !label.ends_with(|letter: char| letter.is_ascii_hexdigit()))
    })
}
