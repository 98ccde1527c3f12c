//! Another passphrase for the CA's keys: for all of them at once, or for none.

use serde_json::json;
use time::OffsetDateTime;

use super::CaData;
use super::change::{Change, Outcome};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access};
use crate::inventory::Inventory;
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::profile::Profile;
use crate::secret::Secret;

/// Which keys get another passphrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Every CA's key that the old passphrase opens; the root's too, unless it has one of its own.
    All,
    /// The root's alone.
    Root,
}

/// What became of the keys.
#[derive(Debug)]
pub struct Rekeyed {
    /// The CAs whose keys were written anew.
    pub changed: Vec<Certificate>,
    /// The CAs whose keys have a passphrase of their own, and keep it.
    pub kept: Vec<Certificate>,
    /// The CAs whose keys are not on this machine, as a detached root's; its copy keeps the passphrase that it has.
    pub absent: Vec<Certificate>,
}

/// The certificate of the CA whose key decides whether a passphrase is the right one: the newest issuing CA's, or the
/// root's where that is meant or there is no other.
///
/// # Errors
/// Says that the key is not on this machine, as a detached root's.
pub fn leading_authority(data: &CaData, inventory: &Inventory, keys: Keys) -> Result<Certificate> {
    let issuing = match keys {
        Keys::All => inventory.issuing_authority()?,
        Keys::Root => None,
    };
    let record = match issuing {
        Some(record) => Some(record),
        None => inventory.current_authority(Profile::Root)?,
    };
    let here = record.filter(|record| data.issuer_key(&record.certificate).exists());
    here.map(|record| record.certificate).ok_or_else(|| {
        Error::new(ErrorKind::NotFound, "the key is not on this machine")
            .with_hint("A root's key that was taken off is put back with pki root attach.")
    })
}

/// Encrypts keys anew, or leaves them unencrypted where there is no new passphrase; each is read back before the first
/// takes its place.
///
/// # Errors
/// Refuses an old passphrase that does not open the leading key; nothing is changed then.
pub fn change_passphrase(
    data: &CaData,
    inventory: &Inventory,
    keys: Keys,
    old: Option<&Secret>,
    new: Option<&Secret>,
    now: OffsetDateTime,
) -> Result<Rekeyed> {
    let mut change = Change::begin(data, inventory)?;
    let leading = leading_authority(data, inventory, keys)?;
    let mut rekeyed = Rekeyed {
        changed: Vec::new(),
        kept: Vec::new(),
        absent: Vec::new(),
    };
    for record in inventory.authorities()? {
        let authority = record.certificate;
        let place = data.issuer_key(&authority);
        let meant = keys == Keys::All || authority == leading;
        if !meant {
            continue;
        }
        if !place.exists() {
            rekeyed.absent.push(authority);
            continue;
        }
        let pem = file::read_private(&place)?;
        let key = match PrivateKey::from_pem(&pem, old) {
            Ok(key) => Issuer::new(authority.clone(), key)?.into_key(),
            Err(cause) if authority == leading => return Err(cause),
            Err(cause) => match cause.kind() {
                ErrorKind::WrongPassphrase | ErrorKind::PassphraseRequired => {
                    rekeyed.kept.push(authority);
                    continue;
                }
                _ => return Err(cause),
            },
        };
        let staged = change.put(&place, key.to_pem(new)?.as_bytes(), Access::Private)?;
        let again = PrivateKey::from_pem(&file::read_private(&staged)?, new)?;
        Issuer::new(authority.clone(), again)?;
        rekeyed.changed.push(authority);
    }
    let subjects = |list: &[Certificate]| {
        let subjects = list.iter().map(|authority| authority.subject().to_string());
        subjects.collect::<Vec<_>>()
    };
    let detail = json!({
        "changed": subjects(&rekeyed.changed),
        "kept": subjects(&rekeyed.kept),
        "encrypted": new.is_some(),
    });
    let after = inventory.head()?.id;
    change.carry_out(Outcome::Passphrase { detail, after }, now)?;
    Ok(rekeyed)
}
