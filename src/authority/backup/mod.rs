//! A backup of `ca-data` in one file, consistent while the CA is in use.
//!
//! What a file of the backup promises must be there: an issuing CA that the inventory knows without its key would be lost,
//! a key that the inventory does not know costs nothing. So for a moment nobody changes the CA's keys (the lock of
//! `issuers/`) and nobody is about to name files (the lock of `pending/`, once those who are have done); in that moment
//! the inventory's snapshot begins, the small files are read, and the bundles are listed: a later one, also under the path of
//! one that was forgotten, is of a certificate that the snapshot does not know. The inventory itself and those bundles are
//! copied after it, while others work: the snapshot does not change any more. Revocations wait for nothing. The certificates
//! of the CAs come from the snapshot, so that they are those that it knows.

mod archive;
mod wanting;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde_json::json;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{CaData, change, outbox};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::hexadecimal;
use crate::inventory::{Action, Inventory, Verification};
use crate::profile::Profile;
use crate::validity::format_instant;

pub use archive::{AuditHead, Facts};
use archive::{CRL, Writer};
pub(super) use archive::{FACTS, FORMAT, Member, kind_of, read, refusal};
use wanting::wanting_keys;

/// What goes into a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bundles {
    /// No private key but the CA's own.
    Leave,
    /// Also those of people, devices and servers, as far as they lie in `ca-data`.
    Take,
}

/// A backup that was written and read back.
#[derive(Debug)]
pub struct BackedUp {
    /// Of what it is a backup.
    pub facts: Facts,
    /// How many files it holds.
    pub files: usize,
    /// How large it is, in octets.
    pub octets: u64,
    /// What is wrong with the audit log in it, for which a restore takes it only where that is accepted.
    pub log: Verification,
    /// How many private keys of people, devices and servers are not in it.
    pub left_out: usize,
    /// What is wrong with the keys of the CAs in it, a sentence each.
    pub keys: Vec<String>,
}

/// Files that were read, by their paths in `ca-data`.
type Files = Vec<(PathBuf, Zeroizing<Vec<u8>>)>;

/// Writes a backup to `target`, and reads it back before it gets its name.
///
/// # Errors
/// Refuses a file that is there, unless it is to be replaced, and an inventory that is damaged; replaces none by a backup whose audit log
/// does not verify, or that lacks the key of a CA, because the earlier one may be the last good one.
pub fn back_up(
    data: &CaData,
    inventory: &Inventory,
    target: &Path,
    existing: Existing,
    bundles: Bundles,
    now: OffsetDateTime,
) -> Result<BackedUp> {
    if existing == Existing::Refuse && target.symlink_metadata().is_ok() {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{} exists already", target.display()),
        )
        .with_hint("Give another name, or say --replace."));
    }
    let log = inventory.verify_audit()?;
    if let Some(first) = log.first().filter(|_| target.symlink_metadata().is_ok()) {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("the audit log does not verify: {}", first.message),
        )
        .with_hint(
            "The earlier backup was kept. pki verify-store says what still stands; another name takes a backup of it.",
        ));
    }
    let keys = wanting_keys(data, inventory, now)?;
    if let Some(only) = keys.iter().find(|it| it.is_another_in(target)) {
        return Err(Error::new(ErrorKind::Malformed, only.fact.as_str()).with_hint(
            "The earlier backup was kept: it has a key there. pki verify-store says what mends it; another name takes a backup as it is.",
        ));
    }
    let keys = keys.into_iter().map(|it| it.fact).collect();
    let detail = json!({
        "file": target.display().to_string(),
        "with_bundles": bundles == Bundles::Take,
    });
    inventory.note(Action::Backup, &detail, now)?;
    let temporary = file::temporary_beside(target)?;
    let left_out = match bundles {
        Bundles::Leave => end_entity_keys(data)?.len(),
        Bundles::Take => 0,
    };
    let written = write(data, inventory, &temporary, bundles, now)
        .and_then(|facts| Ok((facts, read_back(&temporary)?)))
        .and_then(|done| file::rename(&temporary, target, existing).map(|()| done));
    if written.is_err() {
        file::remove_quietly(&temporary);
    }
    let (facts, (files, octets)) = written?;
    Ok(BackedUp {
        facts,
        files,
        octets,
        log,
        left_out,
        keys,
    })
}

fn write(
    data: &CaData,
    inventory: &Inventory,
    path: &Path,
    bundles: Bundles,
    now: OffsetDateTime,
) -> Result<Facts> {
    let quiet = change::exclusively(data, inventory)?;
    let still = outbox::hold(&data.pending())?;
    let snapshot = inventory.snapshot()?;
    let mut files = authorities(data, inventory)?;
    for place in ["ocsp.key.pem", "audit.key.pem"] {
        read_into(data, Path::new(place), &mut files)?;
    }
    below(data, "servers", bundles, |place| {
        read_into(data, place, &mut files)
    })?;
    let mut clients = Vec::new();
    below(data, "clients", bundles, |place| {
        let mark = mark_of(&data.directory().join(place))?;
        clients.extend(mark.map(|mark| (place.to_path_buf(), mark)));
        Ok(())
    })?;
    drop((quiet, still));

    let failed = |cause: std::io::Error| file::failure("write", path, &cause);
    let opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let root = inventory.current_authority(Profile::Root)?;
    let root = root.map(|record| record.certificate.fingerprint().to_string());
    let head = inventory.head()?;
    let facts = Facts {
        format: FORMAT,
        created_at: format_instant(now),
        root: root.unwrap_or_default(),
        audit_head: AuditHead {
            id: head.id,
            hash: hexadecimal::encode(&head.hash),
        },
        with_bundles: bundles == Bundles::Take,
    };
    let mut writer = Writer::new(opened, path, now.unix_timestamp());
    writer.facts(&facts)?;
    // The path on which SQLite writes its copy is free again before anything can fail for long.
    let copy = file::temporary_beside(path)?;
    let database = snapshot
        .write(&copy)
        .and_then(|()| File::open(&copy).map_err(|cause| file::failure("read", &copy, &cause)));
    file::remove_quietly(&copy);
    let database = database?;
    let size = database.metadata().map_err(failed)?.len();
    writer.data(Path::new("pki.db"), Access::Private, size, database)?;

    let mut made = BTreeSet::new();
    let mut add = |place: &Path, contents: &[u8]| {
        let Some(kind) = kind_of(place) else {
            return Ok(());
        };
        for directory in directories(place) {
            if made.insert(directory.to_path_buf()) {
                writer.data_directory(directory)?;
            }
        }
        writer.data(place, kind.access, contents.len() as u64, contents)
    };
    for (place, contents) in &files {
        add(place, contents)?;
    }
    for (place, mark) in &clients {
        let path = data.directory().join(place);
        match file::read(&path).map(Zeroizing::new) {
            // Its path may belong to a later one by now.
            Ok(contents) if mark_of(&path)?.as_ref() == Some(mark) => add(place, &contents)?,
            Ok(_) => {}
            // It was removed since it was listed.
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(cause),
        }
    }
    writer.finish()?;
    Ok(facts)
}

/// Reads the whole archive as a restore would; tells how many files it holds, and how many octets it has.
fn read_back(path: &Path) -> Result<(usize, u64)> {
    let mut files = 0;
    read(path, |_, _| {
        files += 1;
        Ok(())
    })?;
    let metadata = fs::metadata(path).map_err(|cause| file::failure("read", path, &cause))?;
    Ok((files, metadata.len()))
}

/// The CAs' certificates as the inventory has them, and the keys and CRLs that lie beside.
fn authorities(data: &CaData, inventory: &Inventory) -> Result<Files> {
    let mut files = Files::new();
    for record in inventory.authorities()? {
        let certificate = record.certificate;
        let directory = data.issuer_directory(&certificate);
        let directory = directory
            .strip_prefix(data.directory())
            .unwrap_or(&directory);
        let place = directory.join("certificate.pem");
        if !files.iter().any(|(known, _)| *known == place) {
            files.push((place, certificate.pem().into_bytes().into()));
            for name in ["key.pem", CRL] {
                read_into(data, &directory.join(name), &mut files)?;
            }
        }
    }
    for (record, place) in [
        (inventory.current_authority(Profile::Root)?, "root.pem"),
        (inventory.issuing_authority()?, "issuing.pem"),
    ] {
        if let Some(record) = record {
            let pem = record.certificate.pem().into_bytes();
            files.push((PathBuf::from(place), pem.into()));
        }
    }
    Ok(files)
}

/// Reads a file where it is there.
fn read_into(data: &CaData, place: &Path, files: &mut Files) -> Result<()> {
    let read = match place.ends_with(CRL) {
        true => file::read_crl,
        false => file::read,
    };
    match read(&data.directory().join(place)) {
        Ok(contents) => {
            files.push((place.to_path_buf(), contents.into()));
            Ok(())
        }
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(cause),
    }
}

/// What tells a file from a later one of the same path: its inode, and when it was written, in seconds and nanoseconds; nothing where
/// there is none.
fn mark_of(path: &Path) -> Result<Option<(u64, i64, i64)>> {
    match fs::metadata(path) {
        Ok(it) => Ok(Some((it.ino(), it.mtime(), it.mtime_nsec()))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(file::failure("read", path, &cause)),
    }
}

/// Where the private keys of people, devices and servers lie, by their paths in `ca-data`.
pub(super) fn end_entity_keys(data: &CaData) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for top in ["servers", "clients"] {
        below(data, top, Bundles::Take, |place| {
            let is_key = kind_of(place).is_some_and(|kind| kind.end_entity_key);
            found.extend(is_key.then(|| place.to_path_buf()));
            Ok(())
        })?;
    }
    Ok(found)
}

/// Visits the files of `servers/` or `clients/` that belong into the backup, by their paths in `ca-data`.
fn below(
    data: &CaData,
    top: &str,
    bundles: Bundles,
    mut visit: impl FnMut(&Path) -> Result<()>,
) -> Result<()> {
    let entries = |path: &Path| match fs::read_dir(data.directory().join(path)) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| path.join(entry.file_name())))
            .collect(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        // A file among the directories is none of ours.
        Err(cause) if cause.kind() == std::io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(cause) => Err(cause),
    };
    let failed = |cause: std::io::Error| file::failure("read", Path::new(top), &cause);
    for directory in entries(Path::new(top)).map_err(failed)? {
        for place in entries(&directory).map_err(failed)? {
            let wanted = |end_entity_key: bool| !end_entity_key || bundles == Bundles::Take;
            if kind_of(&place).is_some_and(|kind| wanted(kind.end_entity_key)) {
                visit(&place)?;
            }
        }
    }
    Ok(())
}

/// The directories in which a file lies, the outermost first.
fn directories(place: &Path) -> Vec<&Path> {
    let mut found: Vec<_> = place
        .ancestors()
        .skip(1)
        .filter(|directory| !directory.as_os_str().is_empty())
        .collect();
    found.reverse();
    found
}
