//! A CA in a temporary directory for the tests beside the code; its clock stands still.

use std::path::PathBuf;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Holder, Inventory, Record};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::{Name, NameConstraints, SubjectAltName};
use crate::profile::{Profile, Request};
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

/// The moment at which everything here happens.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// A root, an issuing CA beneath it, and the inventory that knows both.
pub(crate) struct TestAuthority {
    pub(crate) root: Issuer,
    pub(crate) issuing: Issuer,
    pub(crate) inventory: Inventory,
    issuing_key: PrivateKey,
    directory: TempDir,
}

impl TestAuthority {
    pub(crate) fn new() -> Result<Self> {
        Self::named("test", NameConstraints::default())
    }

    pub(crate) fn constrained(constraints: NameConstraints) -> Result<Self> {
        Self::named("test", constraints)
    }

    pub(crate) fn named(name: &str, constraints: NameConstraints) -> Result<Self> {
        let directory =
            tempfile::tempdir().map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
        let inventory = Inventory::create(&directory.path().join("pki.db"), NOW)?;
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let root = request(
            Profile::Root,
            &format!("{name} root"),
            &[],
            years(20)?,
            &key,
        )?
        .constrained(constraints.clone());
        let root = Issuer::self_signed(&root, SerialNumber::draw()?, key)?;
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let issuing_key = PrivateKey::from_pkcs8(key.pkcs8())?;
        let issuing = request(
            Profile::Issuing,
            &format!("{name} issuing"),
            &[],
            years(10)?,
            &key,
        )?
        .constrained(constraints);
        let issuing = Issuer::new(root.sign(&issuing, SerialNumber::draw()?, None)?, key)?;
        inventory.record(root.certificate(), Profile::Root, None, NOW)?;
        inventory.record(issuing.certificate(), Profile::Issuing, None, NOW)?;
        Ok(Self {
            root,
            issuing,
            inventory,
            issuing_key,
            directory,
        })
    }

    /// Where the inventory lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("pki.db")
    }

    /// Signs a certificate by the rules and keeps it to itself.
    pub(crate) fn sign(
        &self,
        profile: Profile,
        name: &str,
        names: &[SubjectAltName],
        validity: Validity,
    ) -> Result<Certificate> {
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let request = request(profile, name, names, validity, &key)?;
        self.issuing.sign(&request, SerialNumber::draw()?, None)
    }

    /// Issues a client certificate for a year and records it.
    pub(crate) fn issue(&self, name: &str) -> Result<Record> {
        let certificate = self.sign(Profile::Client, name, &[], years(1)?)?;
        self.record(&certificate, name)
    }

    pub(crate) fn record(&self, certificate: &Certificate, name: &str) -> Result<Record> {
        let holder = Holder::client(&Name::parse(name)?, None);
        self.inventory
            .record(certificate, Profile::Client, Some(&holder), NOW)?;
        self.find(certificate)?
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "what was recorded is not there"))
    }

    pub(crate) fn find(&self, certificate: &Certificate) -> Result<Option<Record>> {
        self.inventory
            .find_by_fingerprint(&certificate.fingerprint())
    }

    /// Signs with the issuing CA's key what its rules would refuse, and returns the new key too.
    pub(crate) fn forge(
        &self,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Result<(Certificate, KeyPair)> {
        forge(self.issuing.certificate(), &self.issuing_key, change)
    }
}

/// Signs anything with any key, in the name of `issuer`.
pub(crate) fn forge(
    issuer: &Certificate,
    signing_key: &impl rcgen::SigningKey,
    change: impl FnOnce(&mut CertificateParams),
) -> Result<(Certificate, KeyPair)> {
    let failed = |cause: rcgen::Error| Error::new(ErrorKind::Internal, cause.to_string());
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.not_before = NOW - time::Duration::DAY;
    parameters.not_after = NOW + time::Duration::DAY;
    parameters.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    change(&mut parameters);
    let key = KeyPair::generate().map_err(failed)?;
    let issuer =
        rcgen::Issuer::from_ca_cert_der(&issuer.der().into(), signing_key).map_err(failed)?;
    let signed = parameters.signed_by(&key, &issuer).map_err(failed)?;
    Ok((Certificate::from_der(signed.der().as_ref())?, key))
}

pub(crate) fn years(years: u32) -> Result<Validity> {
    Validity::starting(NOW, Lifetime::years(years))
}

pub(crate) fn request(
    profile: Profile,
    name: &str,
    names: &[SubjectAltName],
    validity: Validity,
    key: &PrivateKey,
) -> Result<Request> {
    let subject = Subject {
        common_name: name.to_owned(),
        organization: None,
    };
    profile.request(subject, names.to_vec(), validity, key.public_key())
}
