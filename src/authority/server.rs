//! Issuing to servers: a key and a chain in PEM, as web servers read them.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::{Authority, CaData, Directory, Issued, Output};
use crate::error::Result;
use crate::file::{Access, Existing};
use crate::inventory::Holder;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::{Name, SubjectAltName};
use crate::profile::{AltNames, Profile};
use crate::validity::Validity;

/// What a server certificate shall be.
#[derive(Debug, Clone)]
pub struct NewServer {
    /// Under which name it is kept.
    pub name: Name,
    /// DNS names and IP addresses.
    pub hosts: Vec<SubjectAltName>,
    /// From when until when.
    pub validity: Validity,
    /// The key's algorithm.
    pub key_algorithm: KeyAlgorithm,
}

/// The files of a server certificate.
#[derive(Debug, Clone)]
pub struct ServerFiles {
    /// The server's certificate and those of the CAs above it but the root, in PEM.
    pub fullchain: PathBuf,
    /// The private key, unencrypted PKCS#8 in PEM, 0600.
    pub key: PathBuf,
}

impl ServerFiles {
    /// Where those of a server lie, whether they are there or not.
    pub fn of(data: &CaData, name: &Name) -> Self {
        Self::within(&data.server_directory(name))
    }

    pub(super) fn within(directory: &Path) -> Self {
        Self {
            fullchain: directory.join("fullchain.pem"),
            key: directory.join("key.pem"),
        }
    }
}

impl Authority {
    /// Issues a server certificate with a new key into `servers/NAME/`.
    ///
    /// # Errors
    /// Refuses a second valid certificate for a name, and hosts outside the CA's constraints.
    pub fn issue_server(
        &self,
        new: &NewServer,
        now: OffsetDateTime,
    ) -> Result<(Issued, ServerFiles)> {
        self.write_server(new, AltNames::Asked, &Holder::server(&new.name), now)
    }

    /// Issues and writes the files; the holder says which certificate this one takes the place of.
    pub(super) fn write_server(
        &self,
        new: &NewServer,
        alt_names: AltNames,
        holder: &Holder,
        now: OffsetDateTime,
    ) -> Result<(Issued, ServerFiles)> {
        self.inventory.check_free(holder, Profile::Server, now)?;
        let key = PrivateKey::generate(new.key_algorithm)?;
        let common_name = self.desk().server_common_name(&new.hosts, &new.name);
        let request = self
            .desk()
            .request(
                Profile::Server,
                common_name,
                new.hosts.clone(),
                new.validity,
                key.public_key(),
            )?
            .with_alt_names(alt_names);
        let files = ServerFiles::of(self.data(), &new.name);
        let (issued, places) = self.issue(&request, holder, now, |certificate| {
            let output = |path: &PathBuf, contents: Vec<u8>, access| Output {
                path: path.clone(),
                contents: contents.into(),
                access,
                // The certificate that lies there has ended, was revoked or is being renewed.
                existing: Existing::Replace,
                directory: Directory::Ours,
            };
            Ok(vec![
                output(
                    &files.key,
                    key.to_pem(None)?.as_bytes().to_vec(),
                    Access::Private,
                ),
                output(
                    &files.fullchain,
                    self.desk().fullchain(certificate),
                    Access::Public,
                ),
            ])
        })?;
        let mut places = places.into_iter();
        let key = places.next().unwrap_or(files.key);
        let fullchain = places.next().unwrap_or(files.fullchain);
        Ok((issued, ServerFiles { fullchain, key }))
    }
}

/// The commonName of a server's subject: its first host where that fits, as old clients want it.
pub(super) fn common_name(hosts: &[SubjectAltName], name: &Name) -> String {
    const MAX_COMMON_NAME: usize = 64;
    hosts
        .first()
        .map(SubjectAltName::value)
        .filter(|host| host.len() <= MAX_COMMON_NAME)
        .unwrap_or_else(|| name.as_str().to_owned())
}
