//! Issuing to people and devices: a key, a certificate, and the bundle in which both are handed over.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::{Authority, Directory, Issued, Output};
use crate::bundle::{self, Form};
use crate::error::Result;
use crate::file::{Access, Existing};
use crate::inventory::Holder;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::{AltNames, Profile};
use crate::secret::Secret;
use crate::validity::Validity;

/// What a client certificate shall be.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// Whom it is for.
    pub name: Name,
    /// On which device it will lie.
    pub device: Option<Device>,
    /// E-mail addresses, user principal names and URIs.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// From when until when.
    pub validity: Validity,
    /// The key's algorithm.
    pub key_algorithm: KeyAlgorithm,
    /// The bundle's form.
    pub form: Form,
    /// Where the bundle is written; without it, under `clients/`.
    pub out: Option<PathBuf>,
}

/// The password of a new bundle.
#[derive(Debug)]
pub enum BundlePassword {
    /// A person chose it.
    Chosen(Secret),
    /// It is drawn here and told once.
    Generate,
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Handover {
    /// Where it lies.
    pub path: PathBuf,
    /// The password that protects it.
    pub password: Secret,
    /// How many iterations a guess at it costs.
    pub iterations: u32,
}

impl Authority {
    /// Issues a client certificate with a new key, in a bundle.
    ///
    /// # Errors
    /// Refuses a second valid certificate for a name and device, and names outside the CA's constraints.
    pub fn issue_client(
        &self,
        new: &NewClient,
        password: BundlePassword,
        now: OffsetDateTime,
    ) -> Result<(Issued, Handover)> {
        let holder = Holder::client(&new.name, new.device.as_ref());
        self.write_client(new, AltNames::Asked, &holder, password, now)
    }

    /// Issues and writes the bundle; the holder says which certificate this one takes the place of.
    pub(super) fn write_client(
        &self,
        new: &NewClient,
        alt_names: AltNames,
        holder: &Holder,
        password: BundlePassword,
        now: OffsetDateTime,
    ) -> Result<(Issued, Handover)> {
        self.inventory.check_free(holder, Profile::Client, now)?;
        let password = match password {
            BundlePassword::Chosen(password) => password,
            BundlePassword::Generate => Secret::generate()?,
        };
        let key = PrivateKey::generate(new.key_algorithm)?;
        let common_name = new.name.as_str().to_owned();
        let names = names(&new.name, &new.subject_alt_names)?;
        let request = self
            .desk()
            .request(
                Profile::Client,
                common_name,
                names,
                new.validity,
                key.public_key(),
            )?
            .with_alt_names(alt_names);
        let (issued, mut paths) = self.issue(&request, holder, now, |certificate| {
            let path = new.out.clone().unwrap_or_else(|| {
                self.data()
                    .client_file(&holder.name, holder.device.as_ref(), "p12", certificate)
            });
            let desk = self.desk();
            let contents = desk.bundle(&key, certificate, holder, &password, new.form)?;
            Ok(vec![Output {
                path,
                contents,
                access: Access::Private,
                existing: Existing::Refuse,
                directory: Directory::of(new.out.as_ref()),
            }])
        })?;
        let iterations = bundle::iterations(&password);
        let path = paths.pop().unwrap_or_default();
        Ok((
            issued,
            Handover {
                path,
                password,
                iterations,
            },
        ))
    }
}

/// The names of a client certificate: those given, and the name itself where it is an e-mail address.
pub(super) fn names(name: &Name, given: &[SubjectAltName]) -> Result<Vec<SubjectAltName>> {
    let mut names = given.to_vec();
    if name.as_str().contains('@')
        && let Ok(address) = SubjectAltName::parse_email(name.as_str())
    {
        names.insert(0, address);
    }
    Ok(names)
}
