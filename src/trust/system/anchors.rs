//! Linux: a directory of trust anchors, and the program that makes everything else from it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access as Permission, access};

use super::super::program::Program;
use super::super::{Kind, Standing, Store, Surroundings, name_of};
use super::holds;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file::{self, Access, Existing};

/// How a family of systems keeps its store.
struct Layout {
    /// What makes the store from the anchors.
    program: &'static str,
    /// Where the administrator's anchors lie.
    directory: &'static str,
    /// How the name of an anchor's file must end.
    ending: &'static str,
    /// What is made: every certificate that is trusted for servers, as PEM.
    bundle: &'static str,
}

/// The first that fits is the one.
const LAYOUTS: [Layout; 4] = [
    // Debian, Ubuntu, Alpine: update-ca-certificates(8).
    Layout {
        program: "update-ca-certificates",
        directory: "usr/local/share/ca-certificates",
        ending: "crt",
        bundle: "etc/ssl/certs/ca-certificates.crt",
    },
    // openSUSE, SLES: update-ca-certificates(8), another program of that name.
    Layout {
        program: "update-ca-certificates",
        directory: "etc/pki/trust/anchors",
        ending: "pem",
        bundle: "var/lib/ca-certificates/ca-bundle.pem",
    },
    // Fedora, RHEL: update-ca-trust(8).
    Layout {
        program: "update-ca-trust",
        directory: "etc/pki/ca-trust/source/anchors",
        ending: "pem",
        bundle: "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    },
    // Arch.
    Layout {
        program: "update-ca-trust",
        directory: "etc/ca-certificates/trust-source/anchors",
        ending: "pem",
        bundle: "etc/ca-certificates/extracted/tls-ca-bundle.pem",
    },
];

/// What Debian takes into its bundle from its own package, a line each; a `!` in front takes it out.
const CONFIGURATION: &str = "etc/ca-certificates.conf";

/// A store that is made from a directory of anchors.
pub(super) struct Anchors<'a> {
    surroundings: &'a Surroundings,
    layout: &'static Layout,
    program: Program,
}

/// The files with all roots that systems make, in the order of their layouts.
pub(super) fn bundles() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|layout| layout.bundle)
}

/// The directories of administrators' anchors.
pub(super) fn directories() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|layout| layout.directory)
}

/// Says whether the anchor of a root lies where this program puts it.
pub(in super::super) fn is_ours(surroundings: &Surroundings, root: &Certificate) -> bool {
    Anchors::find(surroundings).is_some_and(|anchors| anchors.anchor(root).exists())
}

impl<'a> Anchors<'a> {
    pub(super) fn find(surroundings: &'a Surroundings) -> Option<Self> {
        let there = |layout: &&Layout| surroundings.root.join(layout.directory).is_dir();
        LAYOUTS.iter().filter(there).find_map(|layout| {
            Some(Self {
                surroundings,
                layout,
                program: Program::find(layout.program, surroundings)?,
            })
        })
    }

    fn directory(&self) -> PathBuf {
        self.surroundings.root.join(self.layout.directory)
    }

    fn bundle(&self) -> PathBuf {
        self.surroundings.root.join(self.layout.bundle)
    }

    fn file_name(&self, root: &Certificate) -> String {
        format!("{}.{}", name_of(root), self.layout.ending)
    }

    fn anchor(&self, root: &Certificate) -> PathBuf {
        self.directory().join(self.file_name(root))
    }

    /// Lies beside the bundle, where nobody takes it for an anchor, from before the anchor goes until the store is made anew:
    /// so that a root that is in the bundle and has no anchor any more is known as ours.
    fn leaving(&self, root: &Certificate) -> PathBuf {
        let name = format!("{}.leaving", name_of(root));
        file::directory_of(&self.bundle()).join(name)
    }

    /// The file of somebody else that brings the root in, or where nobody knows it the bundle.
    fn origin(&self, root: &Certificate) -> PathBuf {
        let files = fs::read_dir(self.directory())
            .into_iter()
            .flatten()
            .flatten();
        let mut files = files.map(|entry| entry.path());
        let holds_it = |path: &PathBuf| fs::read(path).is_ok_and(|text| holds(&text, root));
        files.find(holds_it).unwrap_or_else(|| self.bundle())
    }

    /// Debian's program leaves behind what it made from an anchor that is gone: links in the directory of certificates, and the
    /// entry in Java's keystore. Told by its configuration that the certificate is unwanted, it takes out all of that.
    fn takes_a_configuration(&self) -> bool {
        fs::read(&self.program.path)
            .is_ok_and(|text| String::from_utf8_lossy(&text).contains("--certsconf)"))
    }

    fn configuration_without(&self, root: &Certificate) -> Result<Vec<u8>> {
        let path = self.surroundings.root.join(CONFIGURATION);
        let mut text = read_if_there(&path)?.unwrap_or_default();
        text.extend(format!("\n!{}\n", self.file_name(root)).bytes());
        Ok(text)
    }
}

impl Store for Anchors<'_> {
    fn kind(&self) -> Kind {
        Kind::System
    }

    fn place(&self) -> String {
        self.directory().display().to_string()
    }

    fn standing(&self, root: &Certificate) -> Result<Standing> {
        let anchor = read_if_there(&self.anchor(root))?;
        let bundle = read_if_there(&self.bundle())?;
        let is_trusted = bundle.is_some_and(|text| holds(&text, root));
        let is_leaving = self.leaving(root).exists();
        Ok(match anchor {
            Some(text) if is_trusted && !is_leaving && holds(&text, root) => Standing::Installed,
            Some(_) => Standing::Unfinished,
            None if is_leaving => Standing::Unfinished,
            None if is_trusted => Standing::Foreign(self.origin(root).display().to_string()),
            None => Standing::Absent,
        })
    }

    fn is_writable(&self) -> bool {
        let bundle = self.bundle();
        [self.directory().as_path(), file::directory_of(&bundle)]
            .iter()
            .all(|directory| access(*directory, Permission::WRITE_OK).is_ok())
    }

    fn put_in(&self, root: &Certificate) -> Result<()> {
        let (anchor, pem) = (self.anchor(root), root.pem());
        file::write(&anchor, pem.as_bytes(), Access::Public, Existing::Replace)?;
        remove(&self.leaving(root))?;
        self.program
            .run(&mut self.program.command(self.surroundings))?;
        Ok(())
    }

    fn take_out(&self, root: &Certificate) -> Result<()> {
        let leaving = self.leaving(root);
        let configuration = self.configuration_without(root)?;
        file::write(&leaving, &configuration, Access::Public, Existing::Replace)?;
        remove(&self.anchor(root))?;
        let mut command = self.program.command(self.surroundings);
        if self.takes_a_configuration() {
            command.arg("--certsconf").arg(&leaving);
        } else if self.layout.program == "update-ca-certificates" {
            // Others of that name clear away links that lead nowhere when they begin afresh.
            command.arg("--fresh");
        }
        self.program.run(&mut command)?;
        remove(&leaving)
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(file::failure("read", path, &cause)),
    }
}

/// Removes a file; that it is gone already is as good.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Ok(()) => file::sync_directory_of(path),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(file::failure("remove", path, &cause)),
    }
}
