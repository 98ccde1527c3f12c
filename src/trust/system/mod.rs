//! The system's own store: whatever keeps it here.

mod anchors;
mod keychain;
mod p11_kit;
mod roots;
#[cfg(test)]
mod tests;
mod windows;

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

pub(super) use anchors::is_ours;
pub use roots::{SystemRoots, system_roots};

use super::{Store, Surroundings};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file::{self, Access, Existing};
use crate::hexadecimal;

/// The stores of the system that are there; more than one where Linux runs beneath Windows.
pub(super) fn stores(surroundings: &Surroundings) -> Vec<Box<dyn Store + '_>> {
    let mut stores: Vec<Box<dyn Store + '_>> = Vec::new();
    if let Some(anchors) = anchors::Anchors::find(surroundings) {
        stores.push(Box::new(anchors));
    } else if let Some(p11_kit) = p11_kit::P11Kit::find(surroundings)
        // Homebrew has it for macOS, where no program of the system asks it.
        && !keychain::Keychain::is_there(surroundings)
    {
        stores.push(Box::new(p11_kit));
    }
    if let Some(keychain) = keychain::Keychain::find(surroundings) {
        stores.push(Box::new(keychain));
    }
    if let Some(windows) = windows::Windows::find(surroundings) {
        stores.push(Box::new(windows));
    }
    stores
}

/// A file that lies somewhere only as long as this value lives.
struct Passing(PathBuf);

impl Passing {
    fn new(surroundings: &Surroundings, name: &str, contents: &str) -> Result<Self> {
        let path = file::temporary_beside(&surroundings.temporary.join(name))?;
        let passing = Self(path);
        file::write(
            &passing.0,
            contents.as_bytes(),
            Access::Private,
            Existing::Refuse,
        )?;
        Ok(passing)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        file::remove_quietly(&self.0);
    }
}

/// Whether a text holds a certificate as PEM, however its lines are broken.
fn holds(text: &[u8], root: &Certificate) -> bool {
    let without_spaces = |text: &[u8]| -> Vec<u8> {
        let kept = text.iter().filter(|octet| !octet.is_ascii_whitespace());
        kept.copied().collect()
    };
    let wanted = without_spaces(root.pem().as_bytes());
    let text = without_spaces(text);
    text.windows(wanted.len()).any(|window| window == wanted)
}

/// By which Apple's and Microsoft's programs name a certificate; it need not resist anybody.
fn sha1(root: &Certificate) -> String {
    hexadecimal::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, root.der()).as_ref())
}
