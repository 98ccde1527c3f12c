//! macOS: the system's keychain, by Apple's program `security`.

use std::path::PathBuf;

use super::super::program::{PATIENCE, Program};
use super::super::{Kind, Standing, Store, Surroundings, name_of};
use super::{Passing, holds, sha1};
use crate::certificate::Certificate;
use crate::error::Result;

/// Where it lies on macOS, and nowhere else.
const KEYCHAIN: &str = "Library/Keychains/System.keychain";

/// The keychain in which an administrator's roots lie.
///
/// A certificate in it has no name of its own, so that nobody can tell who put it there: the root is taken for ours.
pub(super) struct Keychain<'a> {
    surroundings: &'a Surroundings,
    program: Program,
    file: PathBuf,
}

impl<'a> Keychain<'a> {
    /// Says whether this is macOS.
    pub(super) fn is_there(surroundings: &Surroundings) -> bool {
        surroundings.root.join(KEYCHAIN).is_file()
    }

    pub(super) fn find(surroundings: &'a Surroundings) -> Option<Self> {
        let program = Self::is_there(surroundings).then(|| Program::find("security", surroundings));
        Some(Self {
            surroundings,
            program: program.flatten()?,
            file: surroundings.root.join(KEYCHAIN),
        })
    }

    fn root_file(&self, root: &Certificate) -> Result<Passing> {
        let name = format!("{}.pem", name_of(root));
        Passing::new(self.surroundings, &name, &root.pem())
    }

    /// Whether the system would take the root for the end of a chain; one that has ended it would not.
    fn is_trusted(&self, root: &Certificate) -> Result<bool> {
        let file = self.root_file(root)?;
        let mut command = self.program.command(self.surroundings);
        // -L: nothing is asked for in the network; -l: what is looked at is a CA itself.
        command
            .args(["verify-cert", "-L", "-l", "-p", "basic", "-c"])
            .arg(file.path());
        let output = self.program.finish(&mut command, b"", PATIENCE)?;
        Ok(output.status.success())
    }
}

impl Store for Keychain<'_> {
    fn kind(&self) -> Kind {
        Kind::System
    }

    fn place(&self) -> String {
        self.file.display().to_string()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        let mut command = self.program.command(self.surroundings);
        command
            .args(["find-certificate", "-a", "-p"])
            .arg(&self.file);
        let listed = self.program.run(&mut command)?;
        Ok(match holds(&listed, root) {
            // What lies there is not trusted before a setting says so.
            true if self.is_trusted(root)? => Standing::Installed,
            true => Standing::Unfinished,
            false => Standing::Absent,
        })
    }

    fn is_writable(&self) -> bool {
        rustix::process::geteuid().is_root()
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        let file = self.root_file(root)?;
        let mut command = self.program.command(self.surroundings);
        command
            .args(["add-trusted-cert", "-d", "-r", "trustRoot", "-k"])
            .args([self.file.as_path(), file.path()]);
        self.program.run(&mut command)?;
        Ok(())
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        // It fails where there is no setting to be removed.
        if self.is_trusted(root)? {
            let file = self.root_file(root)?;
            let mut command = self.program.command(self.surroundings);
            command.args(["remove-trusted-cert", "-d"]).arg(file.path());
            self.program.run(&mut command)?;
        }
        let digest = sha1(root).to_uppercase();
        let mut command = self.program.command(self.surroundings);
        command
            .args(["delete-certificate", "-Z", &digest])
            .arg(&self.file);
        self.program.run(&mut command)?;
        Ok(())
    }

    fn tells_whose(&self) -> bool {
        false
    }
}
