//! What lies beside the database, held against it: CAs, CRLs, keys of services, servers, bundles, work that was not finished.

use std::fs;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::Seen;
use super::agreement::{self, KeyState};
use crate::authority::crl::remedy;
use crate::authority::layout::{MAX_OCTETS, file_name};
use crate::authority::{AuditKey, CaData, ServerFiles, responder_at_hand};
use crate::bundle::Anatomy;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Wait};
use crate::inventory::{Inventory, Record};
use crate::name::Name;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::validity::format_instant;

/// The checks that need the inventory, in their order.
pub(super) const NAMES: [&str; 7] = [
    "audit-log",
    "authorities",
    "crls",
    "services",
    "servers",
    "bundles",
    "unfinished",
];

/// Each CA's certificate and key, and the two files that name the current ones.
pub(super) fn authorities(
    data: &CaData,
    inventory: &Inventory,
    passphrase: Option<&Secret>,
    now: OffsetDateTime,
) -> Result<Seen> {
    let mut wrong = Vec::new();
    let issuing = inventory.issuing_authority()?;
    let current = [
        (
            inventory.current_authority(Profile::Root)?,
            data.root_certificate(),
        ),
        (issuing.clone(), data.issuing_certificate()),
    ];
    for (record, path) in current {
        match record {
            Some(record) => wrong.extend(of_certificate(&path, &record.certificate)),
            None => wrong.push(missing("the inventory holds no root or no issuing CA")),
        }
    }
    let records = inventory.authorities()?;
    let (mut proven, mut locked, mut absent) = (0, 0, 0);
    for record in &records {
        let authority = &record.certificate;
        let path = data.issuer_directory(authority).join("certificate.pem");
        wrong.extend(of_certificate(&path, authority));
        let is_issued =
            record.profile == Profile::Root || !inventory.chain_above(authority)?.is_empty();
        if !is_issued {
            let fact = format!("no CA here signed {}", authority.subject());
            wrong.push(missing(&fact));
        }
        match agreement::key(&data.issuer_key(authority), authority, passphrase) {
            Ok(KeyState::Proven) => proven += 1,
            Ok(KeyState::Locked) => {
                locked += 1;
                // The root's may have a passphrase of its own.
                if passphrase.is_some() && record.profile == Profile::Issuing {
                    wrong.push(unopened(authority));
                }
            }
            Ok(KeyState::Absent) => {
                absent += 1;
                let is_issuing =
                    (issuing.as_ref()).is_some_and(|issuing| issuing.certificate == *authority);
                wrong.extend(of_absent_key(data, inventory, record, is_issuing, now)?);
            }
            Err(cause) => wrong.push(hinted(
                cause,
                "Put back the key file from the newest backup.",
            )),
        }
    }
    let states = [
        (proven, "proven to be the CA's"),
        (locked, "encrypted, and not opened with what was given"),
        (absent, "not on this machine"),
    ];
    let keys = states.iter().filter(|(count, _)| *count > 0);
    let keys: Vec<_> = keys
        .map(|(count, state)| format!("{count} {state}"))
        .collect();
    let stands = format!("{} CAs; of their keys {}", records.len(), keys.join(", "));
    Ok(Seen::all(stands, wrong))
}

/// Each CA's CRL: signed by it, the newest that was recorded, and not past its end.
pub(super) fn crls(data: &CaData, inventory: &Inventory, now: OffsetDateTime) -> Result<Seen> {
    let (mut wrong, mut sound) = (Vec::new(), 0);
    for record in inventory.authorities()? {
        let anew = remedy(data, &record);
        let authority = record.certificate;
        let path = data.crl(&authority);
        // Who publishes one meanwhile is waited for: between its record and its name it would look wrong.
        let _lock = file::lock(&data.issuer_directory(&authority), Wait::Yes).ok();
        let newest = inventory.newest_crl(&authority)?;
        let state = agreement::crl(&path, &authority).map(|list| (list, newest));
        let fact = match state {
            Err(cause) => {
                wrong.push(hinted(cause, anew));
                continue;
            }
            // An imported CA has none yet, or one that another program published.
            Ok((None, None)) => continue,
            Ok((None, Some(_))) => format!("{} is not there", path.display()),
            Ok((Some(list), newest)) => {
                let number = list.facts().crl_number;
                match newest {
                    Some(newest) if number > newest.crl_number => format!(
                        "{} has the number {number}, and the newest that was recorded is {}",
                        path.display(),
                        newest.crl_number
                    ),
                    None => format!("{} was never recorded", path.display()),
                    // Its CA was killed before the newer one had its name: the next command signs another.
                    Some(newest) if number < newest.crl_number => format!(
                        "{} has the number {number}, and {} was signed since",
                        path.display(),
                        newest.crl_number
                    ),
                    Some(_) if list.facts().next_update < now && is_alive(&authority, now) => {
                        format!(
                            "{} has ended on {}",
                            path.display(),
                            format_instant(list.facts().next_update)
                        )
                    }
                    Some(_) => {
                        sound += 1;
                        continue;
                    }
                }
            }
        };
        wrong.push(Error::new(ErrorKind::Inventory, fact).with_hint(anew));
    }
    Ok(Seen::all(
        format!("{sound} CRLs, the newest of their CAs"),
        wrong,
    ))
}

/// The keys of the OCSP responder and of the audit log, each with a certificate of the inventory's.
pub(super) fn services(data: &CaData, inventory: &Inventory) -> Result<Seen> {
    const ANEW: &str =
        "Move the file away; any command that opens the CA makes a new one, such as pki crl.";
    let mut wrong = Vec::new();
    let mut stands = Vec::new();
    if data.ocsp_key().exists() {
        // Whether its certificate has ended meanwhile is no matter of the store: the next command renews it.
        let newest = inventory.current_service(Profile::OcspResponder)?;
        let when = newest.map(|record| record.certificate.validity().not_before);
        let responder =
            responder_at_hand(data, inventory, when.unwrap_or(OffsetDateTime::UNIX_EPOCH));
        match responder {
            Ok(Some(_)) => stands.push("the OCSP responder's key"),
            Ok(None) => wrong.push(
                Error::new(
                    ErrorKind::Inventory,
                    format!(
                        "{} belongs to no certificate here",
                        data.ocsp_key().display()
                    ),
                )
                .with_hint(ANEW),
            ),
            Err(cause) => wrong.push(hinted(cause, ANEW)),
        }
    }
    match AuditKey::at_hand(data, inventory) {
        Ok(_) => stands.push("the audit key"),
        // Where there is none, its own hint says what makes one.
        Err(cause) if !data.audit_key().exists() => wrong.push(cause),
        Err(cause) => wrong.push(hinted(cause, ANEW)),
    }
    Ok(Seen::all(stands.join(", "), wrong))
}

/// Each server's key is that of its chain, and its certificate is known.
pub(super) fn servers(data: &CaData, inventory: &Inventory) -> Result<Seen> {
    let (mut wrong, mut sound) = (Vec::new(), 0);
    for directory in entries(&data.directory().join("servers"))? {
        let files = ServerFiles::within(&directory);
        let mend = format!("Run pki renew {}.", text(&directory));
        match agreement::server(&files) {
            Ok(None) => {}
            Ok(Some(certificate)) => match is_known(inventory, &certificate)? {
                true => sound += 1,
                false => wrong.push(unknown(&files.fullchain)),
            },
            Err(cause) => wrong.push(hinted(cause, &mend)),
        }
    }
    Ok(Seen::all(format!("{sound} with their keys"), wrong))
}

/// Each copy of a bundle can be read, and holds the key of a certificate that is known.
pub(super) fn bundles(data: &CaData, inventory: &Inventory) -> Result<Seen> {
    const MEND: &str = "Move it away; who lost a bundle is given a new one by pki renew.";
    let (mut wrong, mut sound) = (Vec::new(), 0);
    let long = inventory.names_longer_than(MAX_OCTETS)?;
    let mut take = |path: &Path, is_known: Result<bool>| match is_known {
        Ok(true) => sound += 1,
        Ok(false) => wrong.push(unknown(path)),
        Err(cause) => wrong.push(hinted(cause, MEND)),
    };
    for directory in entries(&data.directory().join("clients"))? {
        // Something that somebody put there is nobody's directory.
        if !directory.is_dir() {
            continue;
        }
        let directory_name = text(&directory);
        let name = match long
            .iter()
            .find(|name| file_name(name.as_str()) == directory_name)
        {
            Some(long) => Some(long.clone()),
            None => Name::parse(&directory_name).ok(),
        };
        let records = name.map_or_else(|| Ok(Vec::new()), |name| inventory.of_name(&name))?;
        for path in entries(&directory)? {
            let name = text(&path);
            // A pipe would be waited for.
            if name.starts_with('.') || !path.is_file() {
                continue;
            }
            if name.ends_with(".p12") {
                let anatomy = file::read_private(&path).and_then(|file| {
                    Anatomy::read(&file).map_err(|cause| unreadable(&path, &cause))
                });
                let of_one = |anatomy: Anatomy| {
                    let mut records = records.iter();
                    records.any(|record| anatomy.is_of(record.certificate.der()))
                };
                take(&path, anatomy.map(of_one));
            } else if name.ends_with(".pem") {
                let read = file::read(&path).and_then(|file| {
                    Certificate::from_file(&file).map_err(|cause| unreadable(&path, &cause))
                });
                take(
                    &path,
                    read.and_then(|certificate| is_known(inventory, &certificate)),
                );
            }
        }
    }
    let stands = format!("{sound} of certificates that are known");
    Ok(Seen::all(stands, wrong))
}

/// Files of recorded certificates that have not got their names.
pub(super) fn unfinished(data: &CaData) -> Seen {
    let waiting = data.unfinished().into_iter().map(|(place, name)| {
        let fact = format!("{} waits to be called {}", place.display(), name.display());
        Error::new(ErrorKind::File, fact).with_hint(
            "Look whether its directory is there and the name is free; the next command gives it.",
        )
    });
    let waiting: Vec<_> = waiting.collect();
    let stands = match waiting.is_empty() {
        true => "nothing waits",
        false => "",
    };
    Seen::all(stands, waiting)
}

fn of_certificate(path: &Path, certificate: &Certificate) -> Option<Error> {
    let mend = format!(
        "Once nothing lies there, run pki export {} --form pem --out {}.",
        certificate.serial_number(),
        path.display()
    );
    let cause = agreement::certificate(path, certificate).err()?;
    Some(hinted(cause, &mend))
}

fn is_known(inventory: &Inventory, certificate: &Certificate) -> Result<bool> {
    let found = inventory.find_by_fingerprint(&certificate.fingerprint())?;
    Ok(found.is_some())
}

fn is_alive(authority: &Certificate, now: OffsetDateTime) -> bool {
    authority.validity().contains(now)
}

/// Its row may have been lost, with an older database that was put back: then it is good, and nobody could revoke it.
fn unknown(path: &Path) -> Error {
    let mend = match path.extension().is_some_and(|it| it == "p12") {
        true => "Take its certificate out with openssl pkcs12 -nokeys -clcerts, and into the inventory with pki import: then it can be revoked.".to_owned(),
        false => format!("Take it into the inventory with pki import {}: then it can be revoked.", path.display()),
    };
    let fact = format!(
        "{} is of a certificate that the inventory does not know",
        path.display()
    );
    Error::new(ErrorKind::Inventory, fact).with_hint(mend)
}

fn unopened(authority: &Certificate) -> Error {
    let fact = format!(
        "the passphrase does not open the key of {}, or the key is damaged",
        authority.subject()
    );
    Error::new(ErrorKind::WrongPassphrase, fact)
        .with_hint("Give the right one; where it is the right one, put back the key file from the newest backup.")
}

/// What is wrong where the key of a CA is not here: nothing where it was taken away, may never have been here, or is of a CA that has
/// ended and signs nothing any more.
fn of_absent_key(
    data: &CaData,
    inventory: &Inventory,
    record: &Record,
    is_issuing: bool,
    now: OffsetDateTime,
) -> Result<Option<Error>> {
    let authority = &record.certificate;
    let subject = authority.subject();
    let fact = if is_issuing {
        format!("the key of {subject} is not here: nothing can be issued")
    } else if is_alive(authority, now) && inventory.key_was_left_here(authority)? {
        format!(
            "the key of {subject} is not here, and no entry of the audit log says that it was taken away"
        )
    } else {
        return Ok(None);
    };
    let place = data.issuer_key(authority);
    let or_attach = match record.profile {
        Profile::Root => "; pki root attach FILE does it too",
        _ => "",
    };
    // A restore would take away what was issued since.
    let mend = format!(
        "Put the key back as {}, from the newest backup that has it{or_attach}.",
        place.display()
    );
    Ok(Some(Error::new(ErrorKind::Inventory, fact).with_hint(mend)))
}

fn unreadable(path: &Path, cause: &Error) -> Error {
    let fact = format!("cannot read {}: {}", path.display(), cause.message());
    Error::new(cause.kind(), fact)
}

fn missing(fact: &str) -> Error {
    Error::new(ErrorKind::Inventory, fact).with_hint("Put back the newest backup with pki restore.")
}

/// The same fact; what mends it here, unless the fact brought a command of its own, as a mode does.
fn hinted(cause: Error, mend: &str) -> Error {
    match cause.hint() {
        Some(hint) if hint.starts_with("Run chmod") => cause,
        _ => cause.with_hint(mend),
    }
}

/// What lies in a directory, in order; nothing where it is not there.
fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause: std::io::Error| file::failure("read", directory, &cause);
    let read = match fs::read_dir(directory) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(failed)?,
    };
    let entries: std::io::Result<Vec<_>> = read.map(|entry| Ok(entry?.path())).collect();
    let mut entries = entries.map_err(failed)?;
    entries.sort();
    Ok(entries)
}

fn text(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
