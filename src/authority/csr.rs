//! Issuing for the key of a request that somebody else made.

use std::path::PathBuf;

use time::OffsetDateTime;

use super::{Authority, Directory, Issued, Output, client, server};
use crate::csr::CertificationRequest;
use crate::error::Result;
use crate::file::{Access, Existing};
use crate::inventory::Holder;
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
    /// Refuses what the profile does not grant.
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
        let (common_name, names) = match new.profile {
            Profile::Client => (
                new.name.as_str().to_owned(),
                client::names(&new.name, &new.subject_alt_names)?,
            ),
            _ => (
                server::common_name(&csr.hosts, &new.name),
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
