//! What a configuration needs, from the options and the CA.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::Args;
use super::anchor;
use crate::authority::{self, OWN_NAME, ServerFiles};
use crate::certificate::Certificate;
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::{Filter, Inventory, Record, Status};
use crate::name::{Name, SubjectAltName};
use crate::profile::Profile;
use crate::site::{Material, Place, Site};

impl Args {
    /// Where everything is written.
    pub(super) fn place(&self, context: &Context) -> PathBuf {
        match &self.directory {
            Some(directory) => directory.clone(),
            None => {
                let sites = context.data.directory().join("sites");
                sites.join(self.server.name())
            }
        }
    }

    /// The site that the options describe.
    pub(super) fn site(&self, context: &Context, inventory: &Inventory) -> Result<Site> {
        let server = self.server_certificate(context, inventory)?;
        let name = server.name.clone().ok_or_else(none)?;
        let files = ServerFiles::of(&context.data, &name);
        let program = std::env::current_exe()
            .map_err(|cause| file::failure("find", Path::new("pki"), &cause))?;
        Ok(Site {
            hosts: hosts(&server.certificate)?,
            depth: depth(inventory, context.now())?,
            listen: self.listen,
            upstream: self.upstream.clone(),
            fullchain: place(&files.fullchain)?,
            key: place(&files.key)?,
            directory: place(&self.place(context))?,
            ca_data: place(context.data.directory())?,
            program: Place::new(&program)?,
            probe_anchor: self.probe_anchor.as_deref().map(place).transpose()?,
        })
    }

    /// The server certificate by its name, or the only one.
    fn server_certificate(&self, context: &Context, inventory: &Inventory) -> Result<Record> {
        let filter = Filter {
            profile: Some(Profile::Server),
            status: Some(Status::Valid),
            limit: 10_000,
            ..Filter::default()
        };
        let mut servers = inventory.list(&filter, context.now())?.records;
        servers.retain(|record| {
            let name = record.name.as_ref();
            name.is_some_and(|name| ServerFiles::of(&context.data, name).key.is_file())
        });
        // The newest of each name is the one whose files lie there.
        let mut names: Vec<String> = Vec::new();
        servers.retain(|record| {
            let name = record.name.as_ref().map(Name::folded).unwrap_or_default();
            let is_first = !names.contains(&name);
            names.push(name);
            is_first
        });
        match &self.host {
            Some(host) => {
                let wanted = Name::parse(host)?.folded();
                let is_it = |record: &Record| {
                    record.name.as_ref().map(Name::folded).as_deref() == Some(&wanted)
                };
                let found = servers.into_iter().find(is_it);
                found.ok_or_else(|| {
                    Error::new(
                        ErrorKind::NotFound,
                        format!(
                            "there is no valid server certificate {host} with its key in this CA"
                        ),
                    )
                    .with_hint(format!("Run pki issue-server {host}."))
                })
            }
            None => {
                servers.retain(|record| {
                    record
                        .name
                        .as_ref()
                        .is_none_or(|name| name.as_str() != OWN_NAME)
                });
                let all: Vec<_> = servers
                    .iter()
                    .filter_map(|record| record.name.as_ref().map(|name| name.as_str().to_owned()))
                    .collect();
                match all.len() {
                    0 => Err(none()),
                    1 => servers.pop().ok_or_else(none),
                    _ => Err(Error::new(
                        ErrorKind::Ambiguous,
                        "this CA has several server certificates",
                    )
                    .with_hint(format!("Choose one with --host: {}.", all.join(", ")))),
                }
            }
        }
    }

    /// The certificates and CRLs as they are now.
    pub(super) fn material(&self, context: &Context, inventory: &Inventory) -> Result<Material> {
        let mut authorities = inventory.authorities()?;
        authorities.retain(|record| record.certificate.validity().contains(context.now()));
        let (roots, issuing): (Vec<_>, Vec<_>) = authorities
            .into_iter()
            .map(|record| record.certificate)
            .partition(Certificate::is_self_issued);
        let crls = authority::published_crls(&context.data, inventory, context.now())?;
        let mut material = Material {
            roots,
            issuing,
            crls,
        };
        if let Some(anchor) = &self.probe_anchor {
            material.extend(anchor::read(anchor)?);
        }
        Ok(material)
    }
}

/// How many CAs stand between an end entity and the root: as many as above the CA that has the most above it.
fn depth(inventory: &Inventory, now: OffsetDateTime) -> Result<usize> {
    let mut depth = 0;
    for record in inventory.authorities()? {
        if record.certificate.validity().contains(now) {
            depth = depth.max(inventory.chain_above(&record.certificate)?.len());
        }
    }
    Ok(depth)
}

/// The hosts of a certificate, as they stand in a configuration.
fn hosts(certificate: &Certificate) -> Result<Vec<SubjectAltName>> {
    let names = &certificate.extensions().subject_alt_names;
    let hosts = names
        .iter()
        .filter(|name| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_)));
    // A request that others made may have brought what is no host.
    let hosts: Result<Vec<_>> = hosts
        .map(|name| SubjectAltName::parse_host(&name.value()))
        .collect();
    let hosts = hosts?;
    match hosts.is_empty() {
        true => Err(none()),
        false => Ok(hosts),
    }
}

fn none() -> Error {
    Error::new(
        ErrorKind::NotFound,
        "this CA has no valid server certificate with its key",
    )
    .with_hint("Run pki issue-server HOST.")
}

/// The absolute path of what may not be there yet.
fn place(path: &Path) -> Result<Place> {
    let absolute =
        std::path::absolute(path).map_err(|cause| file::failure("find", path, &cause))?;
    Place::new(&absolute)
}
