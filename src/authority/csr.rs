//! Issuing for the key of a request that somebody else made.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::{Authority, Directory, Issued, Output, ServerFiles, client};
use crate::csr::CertificationRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::Holder;
use crate::key::PrivateKey;
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::{AltNames, Profile};
use crate::validity::Validity;

/// What is asked for with somebody else's request.
#[derive(Debug, Clone)]
pub struct NewFromCsr {
    /// Client or server.
    pub profile: Profile,
    /// Whom it is for.
    pub name: Name,
    /// On which device it will lie.
    pub device: Option<Device>,
    /// A client's further names.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// From when until when.
    pub validity: Validity,
    /// Where the certificate and its chain are written; without it, under `clients/` or `servers/`.
    pub out: Option<PathBuf>,
}

impl Authority {
    /// Issues a certificate for the key of a request that somebody else made.
    ///
    /// A client's names are those given here; a server's are the hosts of the request. Other extensions that the
    /// request asks for are not granted.
    ///
    /// # Errors
    /// Refuses what the profile does not grant, and a server's chain beside a key that is not the request's.
    pub fn sign_csr(
        &self,
        csr: &CertificationRequest,
        new: &NewFromCsr,
        now: OffsetDateTime,
    ) -> Result<(Issued, PathBuf)> {
        self.write_from_csr(
            csr,
            new,
            AltNames::Asked,
            &Holder::client(&new.name, new.device.as_ref()),
            now,
        )
    }

    /// Issues and writes the chain; the holder says which certificate this one takes the place of.
    pub(super) fn write_from_csr(
        &self,
        csr: &CertificationRequest,
        new: &NewFromCsr,
        alt_names: AltNames,
        holder: &Holder,
        now: OffsetDateTime,
    ) -> Result<(Issued, PathBuf)> {
        self.inventory.check_free(holder, new.profile, now)?;
        if new.profile == Profile::Server && new.out.is_none() {
            check_key_beside(csr, &ServerFiles::of(self.data(), &holder.name))?;
        }
        let (common_name, names) = match new.profile {
            Profile::Client => (
                new.name.as_str().to_owned(),
                client::names(&new.name, &new.subject_alt_names)?,
            ),
            _ => (
                self.desk().server_common_name(&csr.hosts, &new.name),
                csr.hosts.clone(),
            ),
        };
        let request = self
            .desk()
            .request(
                new.profile,
                common_name,
                names,
                new.validity,
                csr.public_key.clone(),
            )?
            .with_alt_names(alt_names);
        let (issued, mut paths) = self.issue(&request, holder, now, |certificate| {
            let path = new.out.clone().unwrap_or_else(|| match new.profile {
                Profile::Client => self.data().client_file(
                    &holder.name,
                    holder.device.as_ref(),
                    "pem",
                    certificate,
                ),
                _ => self
                    .data()
                    .server_directory(&holder.name)
                    .join("fullchain.pem"),
            });
            let renewed = holder.supersedes.is_some() && new.out.is_none();
            Ok(vec![Output {
                path,
                contents: self.desk().fullchain(certificate).into(),
                access: Access::Public,
                existing: if renewed {
                    Existing::Replace
                } else {
                    Existing::Refuse
                },
                directory: Directory::of(new.out.as_ref()),
            }])
        })?;
        Ok((issued, paths.pop().unwrap_or_default()))
    }
}

/// A server that is started with the chain of one key and another key does not come up.
fn check_key_beside(csr: &CertificationRequest, files: &ServerFiles) -> Result<()> {
    if !files.key.exists() {
        return Ok(());
    }
    let refuse = |fact: &str| {
        Error::new(
            ErrorKind::NotPermitted,
            format!("{} {fact}", files.key.display()),
        )
        .with_hint("Say with --out FILE where the certificate goes, or move that key away.")
    };
    match PrivateKey::from_pem(&file::read_private(&files.key)?, None) {
        Err(_) => Err(refuse("is there and is no key that can be read")),
        Ok(key) if key.public_key() != csr.public_key => {
            Err(refuse("is not the key of the request"))
        }
        Ok(_) => Ok(()),
    }
}
