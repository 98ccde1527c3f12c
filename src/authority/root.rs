//! The root's key leaves this machine, and comes back.
//!
//! At every instant it lies in one place at least: the copy is written, synced, read back and proven before the original is
//! removed. The original's blocks are not overwritten: on flash memory and copying file systems that reaches other blocks.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use time::OffsetDateTime;

use super::change::{Change, Outcome, exclusively};
use super::store::agreement;
use super::{Authority, CaData, is_encrypted};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::{Action, Inventory};
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::validity::format_instant;

/// How the root's files are called outside `ca-data`.
const KEY: &str = "root.key.pem";
const CERTIFICATE: &str = "root.pem";
/// How long the root's CRL outlasts the last issuing CA.
const CRL_MARGIN: time::Duration = time::Duration::DAY;

/// Where the root's key went.
#[derive(Debug)]
pub struct Detached {
    /// The key.
    pub key: PathBuf,
    /// The root's certificate.
    pub certificate: PathBuf,
    /// Until when the root's CRL says what became of the issuing CAs.
    pub crl_until: OffsetDateTime,
    /// The key has no passphrase: whoever finds the copy can use it.
    pub unencrypted: bool,
    /// The file system keeps no modes, and others may read the key.
    pub readable_by_others: bool,
}

impl Authority {
    /// Signs a CRL of the root that outlasts every issuing CA, moves the root's key to `directory` and leaves a copy of
    /// the root's certificate beside it.
    ///
    /// `passphrase` is that of a root which has one of its own.
    ///
    /// # Errors
    /// Refuses a place inside `ca-data`, and a root that issues by itself. The key is still here then.
    pub fn detach_root(
        &self,
        directory: &Path,
        passphrase: Option<&Secret>,
        now: OffsetDateTime,
    ) -> Result<Detached> {
        if self.issuing() == self.root() {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                "the root signs end entities itself, so that nothing could be issued without its key",
            )
            .with_hint("Run pki rotate-issuing first: it makes an issuing CA beneath the root."));
        }
        let _lock = exclusively(&self.data, &self.inventory)?;
        let root = self.issuer_of(self.root(), passphrase)?;
        let place = self.data.issuer_key(self.root());
        let pem = file::read_private(&place)?;
        let made = file::create_private_directory(directory)?;
        self.refuse_inside(directory)
            .inspect_err(|_| file::remove_empty_directories(&made))?;
        let crl_until = with_margin(self.last_end()?);
        self.publish_crl_until(&root, crl_until, now)?;

        let (key, certificate) = (directory.join(KEY), directory.join(CERTIFICATE));
        put(&certificate, self.root().pem().as_bytes(), Access::Public)?;
        put(&key, &pem, Access::Private)?;
        let passphrase = passphrase.or(self.passphrase.as_ref());
        prove(self.root(), &file::read(&key)?, passphrase)?;

        let detail = json!({
            "fingerprint_sha256": self.root().fingerprint().to_string(),
            "directory": directory.display().to_string(),
            "crl_until": format_instant(crl_until),
        });
        // The entry comes first: one too many can be explained, a key that left without one cannot.
        self.inventory.note(Action::DetachRoot, &detail, now)?;
        self.data.discard_root_key(self.root())?;
        let mode = fs::metadata(&key).map(|metadata| metadata.mode());
        Ok(Detached {
            key,
            certificate,
            crl_until,
            unencrypted: !is_encrypted(&pem),
            readable_by_others: mode.is_ok_and(|mode| mode & 0o077 != 0),
        })
    }

    /// Removes the root's key for good, which is in no other place then: nobody can issue beneath it any more.
    ///
    /// # Errors
    /// Fails when the database or the disk does.
    pub fn discard_root(&self, now: OffsetDateTime) -> Result<()> {
        let detail =
            json!({"fingerprint_sha256": self.root().fingerprint().to_string(), "directory": null});
        self.inventory.note(Action::DetachRoot, &detail, now)?;
        self.data.discard_root_key(self.root())
    }

    /// When the last of the issuing CAs ends.
    fn last_end(&self) -> Result<OffsetDateTime> {
        let authorities = self.inventory.authorities()?;
        let ends = authorities
            .iter()
            .filter(|record| record.profile == Profile::Issuing)
            .map(|record| record.certificate.validity().not_after);
        Ok(ends.max().unwrap_or(self.issuing().validity().not_after))
    }

    fn refuse_inside(&self, directory: &Path) -> Result<()> {
        let real = |path: &Path| {
            fs::canonicalize(path).map_err(|cause| file::failure("read", path, &cause))
        };
        match real(directory)?.starts_with(real(self.data.directory())?) {
            false => Ok(()),
            true => Err(Error::new(
                ErrorKind::NotPermitted,
                format!("{} lies inside the CA's own directory", directory.display()),
            )
            .with_hint("Name a place on a medium that can be taken away.")),
        }
    }
}

/// Puts the root's key back where it was; `from` is the file, or the directory that [`Authority::detach_root`] wrote.
///
/// The copy stays where it is.
///
/// # Errors
/// Refuses a key that is not the root's, and one where the root's is here already.
pub fn attach_root(
    data: &CaData,
    inventory: &Inventory,
    from: &Path,
    passphrase: impl FnOnce() -> Result<Secret>,
    now: OffsetDateTime,
) -> Result<Certificate> {
    let root = inventory.current_authority(Profile::Root)?;
    let root = root
        .ok_or_else(|| Error::new(ErrorKind::Inventory, "the inventory holds no root"))?
        .certificate;
    let from = match from.is_dir() {
        true => from.join(KEY),
        false => from.to_path_buf(),
    };
    let pem = zeroize::Zeroizing::new(file::read(&from)?);
    let passphrase = is_encrypted(&pem).then(passphrase).transpose()?;
    prove(&root, &pem, passphrase.as_ref())?;

    let mut change = Change::begin(data, inventory)?;
    let place = data.issuer_key(&root);
    if place.exists() {
        // Only one that opens is known to be the key.
        let lies = match agreement::key(&place, &root, passphrase.as_ref()) {
            Ok(_) => Error::new(
                ErrorKind::AlreadyExists,
                format!("the key of {} is here already", root.subject()),
            )
            .with_hint("Nothing needs to be done."),
            Err(cause) => Error::new(
                cause.kind(),
                format!(
                    "in the place of the root's key lies another file: {}",
                    cause.message()
                ),
            )
            .with_hint("Move it away, then run pki root attach again."),
        };
        return Err(lies);
    }
    let detail = json!({
        "fingerprint_sha256": root.fingerprint().to_string(),
        "file": from.display().to_string(),
    });
    change.put(&place, &pem, Access::Private)?;
    let after = inventory.head()?.id;
    change.carry_out(Outcome::Attached { detail, after }, now)?;
    Ok(root)
}

/// Writes a file that may lie there already, from a command that was killed before it had synced it.
fn put(path: &Path, contents: &[u8], access: Access) -> Result<()> {
    if !file::read(path).is_ok_and(|found| found == contents) {
        return file::write(path, contents, access, Existing::Refuse);
    }
    File::open(path)
        .and_then(|opened| opened.sync_all())
        .map_err(|cause| file::failure("sync", path, &cause))?;
    file::sync_directory_of(path)
}

/// Refuses a key that is not this CA's.
fn prove(authority: &Certificate, pem: &[u8], passphrase: Option<&Secret>) -> Result<()> {
    Issuer::new(authority.clone(), PrivateKey::from_pem(pem, passphrase)?).map(drop)
}

/// Until when the root's CRL speaks where the last issuing CA ends then; nothing is later than the last second of the year 9999, by which
/// a CA that another program made may say that it has no end (RFC 5280 §4.1.2.5).
fn with_margin(last_end: OffsetDateTime) -> OffsetDateTime {
    last_end.checked_add(CRL_MARGIN).unwrap_or(last_end)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_crl_of_a_root_that_left_outlasts_its_issuing_cas_as_long_as_there_is_time() {
        let last = datetime!(9999-12-31 23:59:59 UTC);
        assert_eq!(with_margin(last), last);
        assert_eq!(
            with_margin(datetime!(2036-03-01 12:00 UTC)),
            datetime!(2036-03-02 12:00 UTC)
        );
    }
}
