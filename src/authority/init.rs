//! Making a certificate authority: a root, an issuing CA beneath it, an empty inventory.
//!
//! Everything is put together in `.init` and moved into place at the end. The mark `complete` is the decision: an
//! `init` that was killed before it leaves nothing, one that was killed after it is finished by the next command.

use std::fs::{self, File};
use std::path::Path;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::responder::NewResponder;
use super::{CaData, audit};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Wait};
use crate::inventory::{Inventory, Past, Record, Setting};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::{NameConstraints, Quoted};
use crate::profile::{BaseUrl, Profile};
use crate::secret::Secret;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

const COMPLETE: &str = "complete";
/// What is moved into place, the inventory last: where it is, there is a CA.
const PARTS: [&str; 7] = [
    "pending",
    "issuers",
    "root.pem",
    "issuing.pem",
    "ocsp.key.pem",
    "audit.key.pem",
    "pki.db",
];
/// Leaves room in a commonName of 64 characters for ` issuing CA 1`.
const MAX_NAME: usize = 48;
/// RFC 5280 appendix A.1, ub-organization-name.
const MAX_ORGANIZATION: usize = 64;

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

#[cfg(test)]
impl NewAuthority {
    /// A CA as tests want it: on P-256, for as long as by default, with keys that lie open.
    pub(crate) fn for_a_test() -> Self {
        Self {
            name: None,
            organization: None,
            key_algorithm: KeyAlgorithm::P256,
            root_lifetime: Lifetime::years(20),
            issuing_lifetime: Lifetime::years(10),
            name_constraints: NameConstraints::default(),
            base_url: None,
            root_passphrase: None,
            passphrase: None,
        }
    }
}

/// What was made.
#[derive(Debug)]
pub struct Initialized {
    /// The trust anchor.
    pub root: Record,
    /// The CA that signs end entities.
    pub issuing: Record,
}

/// Makes a certificate authority in a directory that holds none, and its OCSP responder, which needs no passphrase later.
///
/// # Errors
/// Refuses a directory that holds a CA or parts of one; nothing in it is changed then.
pub fn init(data: &CaData, new: &NewAuthority, now: OffsetDateTime) -> Result<Initialized> {
    found(data, now, || sign(new, now))
}

/// Puts a CA together in a directory that holds none: `make` says of what.
pub(super) fn found(
    data: &CaData,
    now: OffsetDateTime,
    make: impl FnOnce() -> Result<Foundation>,
) -> Result<Initialized> {
    refuse_existing(data)?;
    let directories = file::create_private_directory(data.directory())?;
    found_in(data, now, make).inspect_err(|_| file::remove_empty_directories(&directories))
}

fn found_in(
    data: &CaData,
    now: OffsetDateTime,
    make: impl FnOnce() -> Result<Foundation>,
) -> Result<Initialized> {
    let lock = lock(data)?;
    finish_under_lock(data)?;
    refuse_existing(data)?;
    let foundation = make()?;
    restrict(data.directory())?;
    let staged = write(data, &foundation, now);
    if let Err(cause) = staged {
        drop(fs::remove_dir_all(data.staging()));
        return Err(cause);
    }
    finish_under_lock(data)?;
    // Whoever opens an inventory shares the lock of its directory.
    drop(lock);
    let inventory = Inventory::open(&data.inventory())?;
    let recorded = |found: Option<Record>| {
        found.ok_or_else(|| {
            Error::new(
                ErrorKind::Inventory,
                "the CA that was just made is not in its inventory",
            )
        })
    };
    Ok(Initialized {
        root: recorded(inventory.current_authority(Profile::Root)?)?,
        issuing: recorded(inventory.issuing_authority()?)?,
    })
}

/// Finishes or discards what a killed `init` left behind; one that is at work is left alone.
pub(super) fn finish_interrupted(data: &CaData) -> Result<()> {
    let _lock = lock(data)?;
    finish_under_lock(data)
}

/// What a certificate authority begins with.
pub(super) struct Foundation {
    /// Its CAs, the root first and the one that issues last.
    pub(super) authorities: Vec<Founder>,
    pub(super) organization: Option<String>,
    pub(super) base_url: Option<BaseUrl>,
    /// Where the CAs were made elsewhere: what is known of the past of the one that issues.
    pub(super) elsewhere: Option<Past>,
}

impl Foundation {
    /// The key that signs end entities.
    fn issuing_key(&self) -> Option<&FounderKey> {
        self.authorities.last()?.key.as_ref()
    }
}

/// One CA with which an authority begins.
pub(super) struct Founder {
    pub(super) profile: Profile,
    pub(super) certificate: Certificate,
    /// Nothing where its key is not on this machine.
    pub(super) key: Option<FounderKey>,
}

/// The key of a CA with which an authority begins.
pub(super) struct FounderKey {
    /// The CA, ready to sign.
    pub(super) issuer: Issuer,
    /// The key as it will lie in its file.
    pub(super) pem: Zeroizing<String>,
}

fn sign(new: &NewAuthority, now: OffsetDateTime) -> Result<Foundation> {
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
    let founder = |profile, issuer: Issuer, pem| Founder {
        profile,
        certificate: issuer.certificate().clone(),
        key: Some(FounderKey { issuer, pem }),
    };
    Ok(Foundation {
        authorities: vec![
            founder(Profile::Root, root, root_key),
            founder(Profile::Issuing, issuing, issuing_key),
        ],
        organization: new.organization.clone(),
        base_url: new.base_url.clone(),
        elsewhere: None,
    })
}

/// The two CAs' names differ from each other, and a drawn name from that of any other CA: programs that look an issuer
/// up by its name alone would take the wrong one.
fn names(new: &NewAuthority) -> Result<(String, String)> {
    if let Some(organization) = &new.organization {
        check_organization(organization)?;
    }
    match &new.name {
        Some(name) => {
            check_attribute("name", name, MAX_NAME)?;
            Ok((name.clone(), format!("{name} issuing CA 1")))
        }
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

/// Refuses an organization that could not stand in every subject.
pub(super) fn check_organization(organization: &str) -> Result<()> {
    check_attribute("organization", organization, MAX_ORGANIZATION)
}

fn check_attribute(what: &str, text: &str, most: usize) -> Result<()> {
    let fits = (1..=most).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && text.trim() == text;
    if fits {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!("the {what} {} cannot stand in a certificate", Quoted(text)),
    )
    .with_hint(format!(
        "Give 1 to {most} characters without control characters."
    )))
}

fn write(data: &CaData, foundation: &Foundation, now: OffsetDateTime) -> Result<()> {
    let staging = CaData::new(data.staging());
    file::create_private_directory(&staging.pending())?;
    let public = |path: &Path, certificate: &Certificate| {
        let pem = certificate.pem();
        file::write(path, pem.as_bytes(), Access::Public, Existing::Refuse)
    };
    for Founder {
        certificate, key, ..
    } in &foundation.authorities
    {
        let directory = staging.issuer_directory(certificate);
        file::create_private_directory(&directory)?;
        public(&directory.join("certificate.pem"), certificate)?;
        if let Some(key) = key {
            let path = staging.issuer_key(certificate);
            let pem = key.pem.as_bytes();
            file::write(&path, pem, Access::Private, Existing::Refuse)?;
        }
    }
    if let (Some(root), Some(issuing)) = (
        foundation.authorities.first(),
        foundation.authorities.last(),
    ) {
        public(&staging.root_certificate(), &root.certificate)?;
        public(&staging.issuing_certificate(), &issuing.certificate)?;
    }
    let inventory = Inventory::create(&staging.inventory(), now)?;
    if let Some(organization) = &foundation.organization {
        inventory.set(Setting::Organization, organization, now)?;
    }
    if let Some(base_url) = &foundation.base_url {
        inventory.set(Setting::BaseUrl, base_url.as_str(), now)?;
    }
    for Founder {
        certificate,
        profile,
        ..
    } in &foundation.authorities
    {
        match &foundation.elsewhere {
            Some(_) => inventory.import_authority(certificate, *profile, now)?,
            None => inventory.record(certificate, *profile, None, now)?,
        }
    }
    // Before the first CRL is signed: what it must list, and above which number it stands.
    if let Some(past) = &foundation.elsewhere {
        inventory.import(&[], past, now)?;
    }
    let keys = foundation.authorities.iter().map(|founder| &founder.key);
    // The last one issues to end entities.
    for (above, key) in keys.rev().enumerate() {
        if let Some(FounderKey { issuer, .. }) = key {
            super::crl::publish_first(&staging, &inventory, issuer, above == 0, now)?;
        }
    }
    if let Some(FounderKey { issuer, .. }) = foundation.issuing_key() {
        let organization = foundation.organization.as_deref();
        let responder = NewResponder::certified_by(&[issuer], organization, now)?;
        inventory.record_all(&responder.certificates, Profile::OcspResponder, now)?;
        let (path, pem) = (staging.ocsp_key(), responder.key.as_bytes());
        file::write(&path, pem, Access::Private, Existing::Refuse)?;
        let base_url = foundation.base_url.as_ref();
        audit::make_first(&staging, &inventory, issuer, organization, base_url, now)?;
    }
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
