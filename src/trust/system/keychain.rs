//! macOS: the system's keychain, by Apple's program `security`.

use std::path::PathBuf;

use super::super::program::Program;
use super::super::{Kind, Standing, Store, Surroundings, name_of};
use super::{Passing, holds, sha1};
use crate::certificate::Certificate;
use crate::error::Result;

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
    pub(super) fn find(surroundings: &'a Surroundings) -> Option<Self> {
        let file = surroundings.root.join(KEYCHAIN);
        let program = file
            .is_file()
            .then(|| Program::find("security", surroundings));
        Some(Self {
            surroundings,
            program: program.flatten()?,
            file,
        })
    }

    fn root_file(&self, root: &Certificate) -> Result<Passing> {
        let name = format!("{}.pem", name_of(root));
        Passing::new(self.surroundings, &name, &root.pem())
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
            true => Standing::Installed,
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
        let file = self.root_file(root)?;
        let mut command = self.program.command(self.surroundings);
        command.args(["remove-trusted-cert", "-d"]).arg(file.path());
        self.program.run(&mut command)?;
        let digest = sha1(root).to_uppercase();
        let mut command = self.program.command(self.surroundings);
        command
            .args(["delete-certificate", "-Z", &digest])
            .arg(&self.file);
        self.program.run(&mut command)?;
        Ok(())
    }
}
