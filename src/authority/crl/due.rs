//! Whose CRL is made here, and whether a new one is due.

use std::path::Path;

use time::OffsetDateTime;

use super::super::CaData;
use super::super::store::agreement;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::inventory::{CrlDue, Inventory, Record};
use crate::profile::Profile;

/// How closely the published CRLs are looked at: they may be large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::authority) enum Look {
    /// Whether they are there.
    Quick,
    /// What they are.
    Close,
}

/// Why a new CRL is due: by what the inventory knows, or because the newest is not in its place.
pub(super) fn due(
    data: &CaData,
    inventory: &Inventory,
    authority: &Certificate,
    look: Look,
    now: OffsetDateTime,
) -> Result<Option<CrlDue>> {
    let absent = |path: &Path| matches!(path.try_exists(), Ok(false));
    let in_place = !absent(&data.crl(authority)) && absent(&data.unnamed_crl(authority));
    let due = inventory.crl_due(authority, now)?;
    if due.is_none() && in_place && look == Look::Close {
        let published = agreement::crl(&data.crl(authority), authority)
            .ok()
            .flatten();
        let number = published.map(|list| list.facts().crl_number);
        let newest = inventory.newest_crl(authority)?;
        let is_newest = number.is_some() && number == newest.map(|crl| crl.crl_number);
        return Ok((!is_newest).then_some(CrlDue::Missing));
    }
    Ok(due.or((!in_place).then_some(CrlDue::Missing)))
}

/// Our CAs that are within their validity, the newest first. A revoked one counts too: its CRL is still asked for.
pub(super) fn valid_authorities(inventory: &Inventory, now: OffsetDateTime) -> Result<Vec<Record>> {
    let mut authorities = inventory.authorities()?;
    authorities.retain(|record| record.certificate.validity().contains(now));
    Ok(authorities)
}

/// Those of them whose CRL is made here.
pub(super) fn publishing_authorities(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Vec<Record>> {
    let mut publishing = Vec::new();
    for record in valid_authorities(inventory, now)? {
        if publishes(data, inventory, &record)? {
            publishing.push(record);
        }
    }
    Ok(publishing)
}

/// Says whether the CRL of a CA is made here: not where its keyUsage forbids that, nor where it stands above an imported one
/// and others have its key, which was never here.
pub(super) fn publishes(data: &CaData, inventory: &Inventory, record: &Record) -> Result<bool> {
    let authority = &record.certificate;
    let absent = matches!(data.issuer_key(authority).try_exists(), Ok(false));
    let is_elsewhere =
        || Ok(inventory.is_imported(authority)? && !inventory.has_signed_a_crl(authority)?);
    Ok(authority.may_sign_crls() && !(absent && is_elsewhere()?))
}

/// What to do for a new CRL of one of our CAs.
pub(in crate::authority) fn remedy(data: &CaData, authority: &Record) -> &'static str {
    let here = data.issuer_key(&authority.certificate).exists();
    match (authority.profile, here) {
        (Profile::Root, true) => {
            "Run pki crl, with --root-passphrase-file FILE where the root has a passphrase of its own."
        }
        (Profile::Root, false) => "Put its key back with pki root attach, then run pki crl.",
        (_, true) => "Run pki crl.",
        (_, false) => {
            "Its key is not on this machine; put it back from a backup, then run pki crl."
        }
    }
}
