//! What must hold of an unpacked backup before it may take the place of a CA.

use std::path::Path;

use super::super::backup::{AuditHead, Facts};
use super::super::{CaData, ServerFiles};
use super::BrokenLog;
use crate::bundle::pem;
use crate::certificate::{Certificate, CertificateList};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::hexadecimal;
use crate::inventory::{Inventory, Verification};
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::profile::Profile;
use crate::secret::Secret;

/// What could be told of a CA's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It was opened, and it is the CA's.
    Proven,
    /// It is encrypted, and no passphrase at hand opens it: whether it is the CA's shows when it is used.
    Locked,
    /// It is not in the backup, as a root's that was detached.
    Absent,
}

impl KeyState {
    /// The state's word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Locked => "locked",
            Self::Absent => "absent",
        }
    }
}

/// Compares the files with the inventory, and keys with certificates as far as they can be opened.
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
            same(&path, &record.certificate)?;
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
        same(
            &staging.issuer_directory(&authority).join("certificate.pem"),
            &authority,
        )?;
        crl(&staging.crl(&authority), &authority)?;
        let state = key(&staging.issuer_key(&authority), &authority, passphrase)?;
        keys.push((authority, state));
    }
    for name in ["ocsp.key.pem", "audit.key.pem"] {
        let path = staging.directory().join(name);
        if path.exists() {
            PrivateKey::from_pem(&file::read_private(&path)?, None)?;
        }
    }
    servers(staging)?;
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

fn same(path: &Path, certificate: &Certificate) -> Result<()> {
    match file::read(path)? == certificate.pem().as_bytes() {
        true => Ok(()),
        false => Err(refusal(&format!(
            "{} is not the certificate of {} in the inventory",
            file_name(path),
            certificate.subject()
        ))),
    }
}

/// A CA's CRL, where it is there, must be signed by that CA.
fn crl(path: &Path, authority: &Certificate) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    match CertificateList::from_der(file::read_crl(path)?)?.is_signed_by(authority) {
        true => Ok(()),
        false => Err(refusal(&format!(
            "{} is not a CRL of {}",
            file_name(path),
            authority.subject()
        ))),
    }
}

fn key(path: &Path, authority: &Certificate, passphrase: Option<&Secret>) -> Result<KeyState> {
    if !path.exists() {
        return Ok(KeyState::Absent);
    }
    match PrivateKey::from_pem(&file::read_private(path)?, passphrase) {
        Ok(key) => Issuer::new(authority.clone(), key).map(|_| KeyState::Proven),
        Err(cause) => match cause.kind() {
            ErrorKind::PassphraseRequired | ErrorKind::WrongPassphrase => Ok(KeyState::Locked),
            _ => Err(cause),
        },
    }
}

/// A server's key, where it is there, must be that of its chain.
fn servers(staging: &CaData) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(staging.directory().join("servers")) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let files = ServerFiles::within(&entry.path());
        if !files.key.is_file() || !files.fullchain.is_file() {
            continue;
        }
        let chain = pem::read_certificates(&file::read(&files.fullchain)?)?;
        let certificate = chain.into_iter().next().map(Certificate::from_der);
        let key = PrivateKey::from_pem(&file::read_private(&files.key)?, None)?;
        if let Some(certificate) = certificate.transpose()? {
            Issuer::new(certificate, key)?;
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn refusal(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact)
        .with_hint("Take another backup file; nothing was changed.")
}
