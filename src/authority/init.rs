//! Making a certificate authority: a root, an issuing CA beneath it, an empty inventory.
//!
//! Everything is put together in `.init` and moved into place at the end. The mark `complete` is the decision: an
//! `init` that was killed before it leaves nothing, one that was killed after it is finished by the next command.

use std::fs::{self, File};
use std::path::Path;

use time::OffsetDateTime;

use super::{CaData, audit};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Wait};
use crate::inventory::{Inventory, Record, Setting};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::{NameConstraints, Quoted};
use crate::profile::{BaseUrl, Profile};
use crate::secret::Secret;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

const COMPLETE: &str = "complete";
/// What is moved into place, the inventory last: where it is, there is a CA.
const PARTS: [&str; 6] = [
    "pending",
    "issuers",
    "root.pem",
    "issuing.pem",
    "audit.key.pem",
    "pki.db",
];
/// Leaves room in a commonName of 64 characters for ` issuing CA 1`.
const MAX_NAME: usize = 48;

/// What a new certificate authority shall be.
#[derive(Debug)]
pub struct NewAuthority {
    /// The root's commonName; without one, a name is drawn.
    pub name: Option<String>,
    /// The organization in every subject.
    pub organization: Option<String>,
    /// The algorithm of both CA keys.
    pub key_algorithm: KeyAlgorithm,
    /// How long the root lives.
    pub root_lifetime: Lifetime,
    /// How long the issuing CA lives.
    pub issuing_lifetime: Lifetime,
    /// Which names may be certified.
    pub name_constraints: NameConstraints,
    /// Where CRLs, OCSP and CA certificates will be published.
    pub base_url: Option<BaseUrl>,
    /// What encrypts the root's key; nothing leaves it unencrypted.
    pub root_passphrase: Option<Secret>,
    /// What encrypts the issuing CA's key.
    pub passphrase: Option<Secret>,
}

/// What was made.
#[derive(Debug)]
pub struct Initialized {
    /// The trust anchor.
    pub root: Record,
    /// The CA that signs end entities.
    pub issuing: Record,
}

/// Makes a certificate authority in a directory that holds none.
///
/// # Errors
/// Refuses a directory that holds a CA or parts of one; nothing in it is changed then.
pub fn init(data: &CaData, new: &NewAuthority, now: OffsetDateTime) -> Result<Initialized> {
    refuse_existing(data)?;
    let directories = file::create_private_directory(data.directory())?;
    make(data, new, now).inspect_err(|_| file::remove_empty_directories(&directories))
}

fn make(data: &CaData, new: &NewAuthority, now: OffsetDateTime) -> Result<Initialized> {
    let _lock = lock(data)?;
    finish_under_lock(data)?;
    refuse_existing(data)?;
    let made = sign(new, now)?;
    restrict(data.directory())?;
    let staged = write(data, new, &made, now);
    if let Err(cause) = staged {
        drop(fs::remove_dir_all(data.staging()));
        return Err(cause);
    }
    finish_under_lock(data)?;
    let inventory = Inventory::open(&data.inventory())?;
    let recorded = |issuer: &Issuer| {
        let found = inventory.find_by_fingerprint(&issuer.certificate().fingerprint())?;
        found.ok_or_else(|| {
            Error::new(
                ErrorKind::Inventory,
                "the CA that was just made is not in its inventory",
            )
        })
    };
    Ok(Initialized {
        root: recorded(&made.root)?,
        issuing: recorded(&made.issuing)?,
    })
}

/// Finishes or discards what a killed `init` left behind; one that is at work is left alone.
pub(super) fn finish_interrupted(data: &CaData) -> Result<()> {
    let _lock = lock(data)?;
    finish_under_lock(data)
}

struct Made {
    root: Issuer,
    root_key: zeroize::Zeroizing<String>,
    issuing: Issuer,
    issuing_key: zeroize::Zeroizing<String>,
}

fn sign(new: &NewAuthority, now: OffsetDateTime) -> Result<Made> {
    let (root_name, issuing_name) = names(new)?;
    let subject = |common_name| Subject {
        common_name,
        organization: new.organization.clone(),
    };

    let key = PrivateKey::generate(new.key_algorithm)?;
    let validity = Validity::starting(now, new.root_lifetime)?;
    let root_key = key.to_pem(new.root_passphrase.as_ref())?;
    let request = Profile::Root
        .request(subject(root_name), Vec::new(), validity, key.public_key())?
        .constrained(new.name_constraints.clone());
    let root = Issuer::self_signed(&request, SerialNumber::draw()?, key)?;

    let key = PrivateKey::generate(new.key_algorithm)?;
    let validity = Validity::starting(now, new.issuing_lifetime)?;
    let issuing_key = key.to_pem(new.passphrase.as_ref())?;
    let request = Profile::Issuing
        .request(
            subject(issuing_name),
            Vec::new(),
            validity,
            key.public_key(),
        )?
        .constrained(new.name_constraints.clone());
    let certificate = root.sign(&request, SerialNumber::draw()?, new.base_url.as_ref())?;
    let issuing = Issuer::new(certificate, key)?;
    Ok(Made {
        root,
        root_key,
        issuing,
        issuing_key,
    })
}

/// The two CAs' names differ from each other, and a drawn name from that of any other CA: programs that look an issuer
/// up by its name alone would take the wrong one.
fn names(new: &NewAuthority) -> Result<(String, String)> {
    let refuse = |what: &str, text: &str, hint: &str| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("the {what} {} cannot stand in a certificate", Quoted(text)),
        )
        .with_hint(hint)
    };
    let fits = |text: &str, most: usize| {
        (1..=most).contains(&text.chars().count())
            && !text.chars().any(char::is_control)
            && text.trim() == text
    };
    if let Some(organization) = new.organization.as_deref().filter(|text| !fits(text, 64)) {
        return Err(refuse(
            "organization",
            organization,
            "Give 1 to 64 characters without control characters.",
        ));
    }
    match &new.name {
        Some(name) if fits(name, MAX_NAME) => Ok((name.clone(), format!("{name} issuing CA 1"))),
        Some(name) => Err(refuse(
            "name",
            name,
            "Give 1 to 48 characters without control characters.",
        )),
        None => {
            let drawn: String = SerialNumber::draw()?
                .to_string()
                .chars()
                .skip(2)
                .take(6)
                .collect();
            Ok((
                format!("pki root CA {drawn}"),
                format!("pki issuing CA {drawn} 1"),
            ))
        }
    }
}

fn write(data: &CaData, new: &NewAuthority, made: &Made, now: OffsetDateTime) -> Result<()> {
    let staging = CaData::new(data.staging());
    file::create_private_directory(&staging.pending())?;
    for (issuer, key) in [
        (&made.root, &made.root_key),
        (&made.issuing, &made.issuing_key),
    ] {
        let certificate = issuer.certificate();
        let directory = staging.issuer_directory(certificate);
        file::create_private_directory(&directory)?;
        let pem = certificate.pem();
        file::write(
            &directory.join("certificate.pem"),
            pem.as_bytes(),
            Access::Public,
            Existing::Refuse,
        )?;
        file::write(
            &staging.issuer_key(certificate),
            key.as_bytes(),
            Access::Private,
            Existing::Refuse,
        )?;
    }
    let public = |path: std::path::PathBuf, certificate: &Certificate| {
        file::write(
            &path,
            certificate.pem().as_bytes(),
            Access::Public,
            Existing::Refuse,
        )
    };
    public(staging.root_certificate(), made.root.certificate())?;
    public(staging.issuing_certificate(), made.issuing.certificate())?;
    let inventory = Inventory::create(&staging.inventory())?;
    if let Some(organization) = &new.organization {
        inventory.set(Setting::Organization, organization, now)?;
    }
    if let Some(base_url) = &new.base_url {
        inventory.set(Setting::BaseUrl, base_url.as_str(), now)?;
    }
    for (certificate, profile) in [
        (made.root.certificate(), Profile::Root),
        (made.issuing.certificate(), Profile::Issuing),
    ] {
        inventory.record(certificate, profile, None, now)?;
    }
    let (organization, base_url) = (new.organization.as_ref(), new.base_url.as_ref());
    audit::make_first(
        &staging,
        &inventory,
        &made.issuing,
        organization,
        base_url,
        now,
    )?;
    inventory.checkpoint()?;
    drop(inventory);
    file::write(
        &staging.directory().join(COMPLETE),
        b"",
        Access::Private,
        Existing::Refuse,
    )
}

/// Moves a complete staging directory into place, part by part, and removes an incomplete one.
fn finish_under_lock(data: &CaData) -> Result<()> {
    let staging = data.staging();
    if !staging.is_dir() {
        return Ok(());
    }
    if staging.join(COMPLETE).is_file() {
        for part in PARTS {
            let from = staging.join(part);
            if from.exists() {
                file::rename(&from, &data.directory().join(part), Existing::Refuse)?;
            }
        }
    }
    fs::remove_dir_all(&staging).map_err(|cause| file::failure("remove", &staging, &cause))
}

fn refuse_existing(data: &CaData) -> Result<()> {
    let exists = |part: &&&str| data.directory().join(part).symlink_metadata().is_ok();
    // A part in place while the staging directory is complete belongs to an init that is being finished.
    if data.staging().join(COMPLETE).is_file() && !data.inventory().exists() {
        return Ok(());
    }
    let directory = data.directory().display();
    match PARTS.iter().rev().find(exists) {
        None => Ok(()),
        Some(&"pki.db") => Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{directory} holds a certificate authority already"),
        )
        .with_hint("Use it, or make another one in its own directory with --ca-data DIR.")),
        Some(part) => Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{directory} holds {part} of a certificate authority but no inventory pki.db"),
        )
        .with_hint("Put back pki.db from a backup, or make a new CA in another directory.")),
    }
}

/// Locks the directory itself, which leaves no lock file behind.
fn lock(data: &CaData) -> Result<Option<File>> {
    file::lock(data.directory(), Wait::Yes)
}

fn restrict(directory: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
        .map_err(|cause| file::failure("restrict", directory, &cause))
}
