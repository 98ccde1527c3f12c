//! What the demonstration needs before it begins: an empty directory, a CA, certificates good and bad.

use std::fs::File;
use std::path::Path;

use time::OffsetDateTime;

use crate::authority::{
    self, Authority, BundlePassword, CaData, Handover, NewAuthority, NewClient,
};
use crate::bundle::{self, Platform};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Wait};
use crate::inventory::Record;
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::login;
use crate::name::{Cidr, Name, NameConstraints, Subtree};
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

const LIFETIME: Lifetime = Lifetime::days(30);
/// Marks a directory that a demonstration made and may therefore remove.
const MARK: &str = "demo";

/// Empties `DIR/demo`, but only where an earlier demonstration made it and none is running there; the returned lock keeps
/// it for this one.
pub(super) fn fresh_directory(ca_data: &Path) -> Result<(CaData, Option<File>)> {
    let directory = ca_data.join("demo");
    let foreign = directory.exists()
        && !directory.join(MARK).is_file()
        && std::fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if foreign {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{} was not made by a demonstration", directory.display()),
        )
        .with_hint("Move it away, or choose another --ca-data."));
    }
    let mark = directory.join(MARK);
    if mark.is_file() && file::lock(&mark, Wait::No)?.is_none() {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("a demonstration is running in {}", directory.display()),
        )
        .with_hint("End it with Ctrl-C, or choose another --ca-data."));
    }
    if directory.exists() {
        std::fs::remove_dir_all(&directory)
            .map_err(|cause| file::failure("remove", &directory, &cause))?;
    }
    file::create_private_directory(&directory)?;
    file::write(
        &mark,
        b"Made anew by every pki demo.\n",
        Access::Private,
        Existing::Refuse,
    )?;
    let lock = file::lock(&mark, Wait::No)?;
    Ok((CaData::new(directory), lock))
}

/// A CA that can certify nothing but this machine.
pub(super) fn make_authority(data: &CaData, now: OffsetDateTime) -> Result<Authority> {
    let permitted = vec![
        Subtree::parse_dns("localhost")?,
        Subtree::Ip(Cidr::parse("127.0.0.0/8")?),
        Subtree::Ip(Cidr::parse("::1")?),
    ];
    let new = NewAuthority {
        name: None,
        organization: None,
        key_algorithm: KeyAlgorithm::P256,
        root_lifetime: LIFETIME,
        issuing_lifetime: LIFETIME,
        name_constraints: NameConstraints::permitting(permitted),
        base_url: None,
        root_passphrase: None,
        passphrase: None,
    };
    authority::init(data, &new, now)?;
    Authority::open(data, || {
        Err(Error::new(
            ErrorKind::Internal,
            "the demonstration's key has no passphrase",
        ))
    })
}

pub(super) fn issue(
    authority: &Authority,
    name: &str,
    now: OffsetDateTime,
) -> Result<(Record, Handover)> {
    let new = NewClient {
        name: Name::parse(name)?,
        device: None,
        subject_alt_names: Vec::new(),
        lifetime: LIFETIME,
        key_algorithm: KeyAlgorithm::P256,
        form: Platform::Any.form(),
        out: None,
    };
    let (issued, handover) = authority.issue_client(&new, BundlePassword::Generate, now)?;
    Ok((issued.record, handover))
}

/// Logs in with what was really handed over: the bundle, opened with its password.
pub(super) fn open(handover: &Handover) -> Result<login::Identity> {
    let contents = bundle::open(&file::read(&handover.path)?, &handover.password)?;
    let identity = contents.identities.into_iter().next();
    let identity =
        identity.ok_or_else(|| Error::new(ErrorKind::Internal, "the bundle holds no identity"))?;
    let issuing = identity.chain.into_iter().take(1);
    let chain = std::iter::once(identity.certificate)
        .chain(issuing)
        .map(Certificate::from_der);
    login::Identity::new(&chain.collect::<Result<Vec<_>>>()?, &identity.private_key)
}

/// A certificate for alice from somebody else's CA.
pub(super) fn foreign(now: OffsetDateTime) -> Result<login::Identity> {
    let validity = Validity::starting(now, LIFETIME)?;
    let subject = |name: &str| Subject {
        common_name: name.to_owned(),
        organization: None,
    };
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let request = Profile::Root.request(
        subject("somebody else's CA"),
        Vec::new(),
        validity,
        key.public_key(),
    )?;
    let issuer = Issuer::self_signed(&request, SerialNumber::draw()?, key)?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let request =
        Profile::Client.request(subject("alice"), Vec::new(), validity, key.public_key())?;
    let certificate = issuer.sign(&request, SerialNumber::draw()?, None)?;
    login::Identity::new(&[certificate], key.pkcs8())
}
