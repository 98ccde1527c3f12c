//! Other Linux systems: p11-kit's own store, by its program `trust`.

use std::fs;

use super::super::program::Program;
use super::super::{Kind, Standing, Store, Surroundings, name_of};
use super::{Passing, holds};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file;

/// The store that p11-kit keeps.
pub(super) struct P11Kit<'a> {
    surroundings: &'a Surroundings,
    program: Program,
}

impl<'a> P11Kit<'a> {
    pub(super) fn find(surroundings: &'a Surroundings) -> Option<Self> {
        Some(Self {
            surroundings,
            program: Program::find("trust", surroundings)?,
        })
    }

    fn run(&self, words: &[&str]) -> Result<Vec<u8>> {
        let mut command = self.program.command(self.surroundings);
        self.program.run(command.args(words))
    }

    /// Runs `trust anchor`, which fails after its work is done where there is nothing that carries it on to other stores; what
    /// it did is looked at, whatever it says.
    fn anchor(
        &self,
        words: &[&str],
        root: &Certificate,
        is_done: fn(&Standing) -> bool,
    ) -> Result<()> {
        let said = self.run(&[&["anchor"], words].concat());
        match self.standing(root)? {
            standing if is_done(&standing) => Ok(()),
            _ => said.map(|_| ()),
        }
    }
}

impl Store for P11Kit<'_> {
    fn kind(&self) -> Kind {
        Kind::System
    }

    fn place(&self) -> String {
        "p11-kit".to_owned()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        let listed = self.run(&["list", "--filter=ca-anchors"])?;
        let ours = format!("label: {}", name_of(root));
        if String::from_utf8_lossy(&listed)
            .lines()
            .any(|line| line.trim() == ours)
        {
            return Ok(Standing::Installed);
        }
        let extracted = Passing::new(self.surroundings, "anchors.pem", "")?;
        let path = extracted.path().display().to_string();
        let words = [
            "--format=pem-bundle",
            "--filter=ca-anchors",
            "--purpose=server-auth",
            "--overwrite",
        ];
        self.run(&[&["extract"], &words[..], &[&path]].concat())?;
        let text =
            fs::read(&path).map_err(|cause| file::failure("read", extracted.path(), &cause))?;
        Ok(match holds(&text, root) {
            true => Standing::Foreign(root.subject().to_string()),
            false => Standing::Absent,
        })
    }

    fn is_writable(&self) -> bool {
        rustix::process::geteuid().is_root()
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        // p11-kit's own form gives the anchor a name, by which it is found again.
        let named = format!(
            "[p11-kit-object-v1]\nlabel: \"{}\"\ntrusted: true\ncertificate-category: authority\n{}",
            name_of(root),
            root.pem()
        );
        let file = Passing::new(self.surroundings, "root.p11-kit", &named)?;
        let path = file.path().display().to_string();
        self.anchor(&["--store", &path], root, Standing::is_as_installed)
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        // RFC 7512: objects are named by their label.
        let named = format!("pkcs11:object={};type=cert", name_of(root));
        self.anchor(&["--remove", &named], root, Standing::is_as_uninstalled)
    }
}
