//! What must hold of an unpacked backup before it may take the place of a CA.

use super::super::CaData;
use super::super::backup::{AuditHead, Facts};
use super::super::store::agreement::{self, KeyState};
use super::BrokenLog;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::hexadecimal;
use crate::inventory::{Inventory, Verification};
use crate::profile::Profile;
use crate::secret::Secret;

const ANOTHER: &str = "Take another backup file; nothing was changed.";

/// Compares the CAs' files with the inventory, and their keys with their certificates as far as they can be opened.
///
/// A key of a server or of a service can be made anew: nobody shall lose a CA for one that was wrong already when it was backed up.
pub(super) fn verify(
    staging: &CaData,
    inventory: &Inventory,
    facts: &Facts,
    passphrase: Option<&Secret>,
) -> Result<Vec<(Certificate, KeyState)>> {
    for (record, path) in [
        (
            inventory.current_authority(Profile::Root)?,
            staging.root_certificate(),
        ),
        (
            inventory.issuing_authority()?,
            staging.issuing_certificate(),
        ),
    ] {
        if let Some(record) = record {
            agreement::certificate(&path, &record.certificate).map_err(of_backup)?;
        }
    }
    let root = inventory
        .current_authority(Profile::Root)?
        .ok_or_else(|| refusal("the inventory holds no root"))?;
    if root.certificate.fingerprint().to_string() != facts.root {
        return Err(refusal("the backup says that it is of another CA"));
    }
    goes_on_from(&facts.audit_head, inventory)?;
    let mut keys = Vec::new();
    for record in inventory.authorities()? {
        let authority = record.certificate;
        let path = staging.issuer_directory(&authority).join("certificate.pem");
        agreement::certificate(&path, &authority).map_err(of_backup)?;
        // Nobody loses a CA for what is made anew: after a restore every CRL is.
        let list = staging.crl(&authority);
        if agreement::crl(&list, &authority).is_err() {
            file::remove_quietly(&list);
        }
        let key = staging.issuer_key(&authority);
        let state = agreement::key(&key, &authority, passphrase).map_err(of_backup)?;
        keys.push((authority, state));
    }
    Ok(keys)
}

/// Verifies the audit log, and the inventory by what it tells.
pub(super) fn log(inventory: &Inventory, broken_log: BrokenLog) -> Result<Verification> {
    let log = inventory.verify_audit()?;
    match (log.first(), broken_log) {
        (Some(first), BrokenLog::Refuse) => Err(Error::new(
            ErrorKind::Malformed,
            format!(
                "the audit log of the backup does not verify: {}",
                first.message
            ),
        )
        .with_hint(
            "Take another backup file; nothing was changed. Only if the CA itself was in this state when it was backed up, as after a change by hand, say --accept-broken-log.",
        )),
        _ => Ok(log),
    }
}

/// The log must hold the entry that was its last when the backup was taken.
fn goes_on_from(head: &AuditHead, inventory: &Inventory) -> Result<()> {
    match inventory.hash_of_entry(head.id)? {
        (_, last) if last.id < head.id => Err(refusal("entries of the audit log are missing")),
        (Some(hash), _) if hexadecimal::encode(&hash) == head.hash => Ok(()),
        _ => Err(refusal(
            "the audit log is another than that of which the backup tells",
        )),
    }
}

/// The same fact, with what is to be done about a backup.
fn of_backup(cause: Error) -> Error {
    cause.with_hint(ANOTHER)
}

fn refusal(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact).with_hint(ANOTHER)
}
