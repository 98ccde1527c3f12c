//! What a configuration needs, from the options and the CA.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use time::OffsetDateTime;

use super::choice::Server;
use super::{Args, LISTEN, UPSTREAM, anchor};
use crate::authority;
use crate::certificate::Certificate;
use crate::cli::context::Context;
use crate::cli::publication::{self, Publication};
use crate::error::{ErrorKind, Result};
use crate::file;
use crate::inventory::{CrlDue, Inventory};
use crate::site::{Material, Place, Site, Upstream};

/// Below it only root may listen.
const FIRST_FREE_PORT: u16 = 1024;

impl Args {
    /// Where everything is written.
    pub(super) fn directory(&self, context: &Context) -> Result<PathBuf> {
        match &self.directory {
            Some(directory) => absolute(directory),
            None => {
                let sites = absolute(context.data.directory())?.join("sites");
                Ok(sites.join(self.server.name()))
            }
        }
    }

    /// The site that the options describe, with that server's certificate.
    pub(super) fn site(
        &self,
        context: &Context,
        inventory: &Inventory,
        server: Server,
    ) -> Result<Site> {
        let program = std::env::current_exe()
            .map_err(|cause| file::failure("find", Path::new("pki"), &cause))?;
        let listen = self.listen.unwrap_or(LISTEN);
        let upstream = match &self.upstream {
            Some(upstream) => upstream.clone(),
            None => Upstream::parse(UPSTREAM)?,
        };
        Ok(Site {
            hosts: server.hosts,
            depth: depth(inventory, context.now())?,
            is_privileged: listen.port() < FIRST_FREE_PORT || geteuid().is_root(),
            listen,
            upstream,
            fullchain: place(&server.files.fullchain)?,
            key: place(&server.files.key)?,
            directory: place(&self.directory(context)?)?,
            ca_data: place(context.data.directory())?,
            owner: owner(context.data.directory())?,
            program: place(&program)?,
            probe_anchor: self.probe_anchor.as_deref().map(place).transpose()?,
        })
    }

    /// Makes the CRLs that are due where the key is at hand, and warns where what was revoked stands in none yet; says whether the
    /// server goes by such a CRL.
    pub(super) fn renew(&self, context: &Context, inventory: &Inventory) -> Result<bool> {
        match Publication::attempt(context, inventory) {
            Publication::Done(published) => published
                .iter()
                .for_each(|crl| context.report.say(&publication::sentence(crl))),
            failed @ Publication::Failed(_) => failed.say(context.report),
            Publication::Locked => {}
        }
        // Whoever asks pki serve misses nothing.
        if !self.server.reads_crls() {
            return Ok(false);
        }
        let mut is_behind = false;
        for record in inventory.authorities()? {
            // A CA that has ended signs no CRL, and lets nobody in.
            if record.certificate.validity().contains(context.now())
                && inventory.crl_due(&record.certificate, context.now())?
                    == Some(CrlDue::Revocations)
            {
                is_behind = true;
                context.report.warn(&format!(
                    "something was revoked that the CRL of {} does not list yet: run pki crl, which asks for the passphrase",
                    record.certificate.subject()
                ));
            }
        }
        Ok(is_behind)
    }

    /// Gives `pki serve` its own certificate, so that a service can run it without the passphrase; or says that this is left to do.
    pub(super) fn prepare_pki_serve(&self, context: &Context, inventory: &Inventory) -> Result<()> {
        if let Some(authority) = context.unlock_at_hand(inventory)? {
            return authority.own_server(&[], context.now()).map(drop);
        }
        let own = authority::own_server_at_hand(&context.data, inventory, context.now())?;
        if own.is_none() {
            context.report.warn(&format!(
                "{} asks pki serve, which has no certificate of its own yet and needs the passphrase this once: run pki serve, or this command again with --passphrase-file",
                self.server
            ));
        }
        Ok(())
    }

    /// The certificates and CRLs as they are now.
    pub(super) fn material(&self, context: &Context, inventory: &Inventory) -> Result<Material> {
        let mut authorities = inventory.authorities()?;
        let has_issuing = authorities
            .iter()
            .any(|record| !record.certificate.is_self_issued());
        // A server that takes an issuing CA for a trust anchor looks at no CRL for it (RFC 5280 §6.1): one that was revoked stands
        // in no list of CAs. Its CRL stays.
        authorities.retain(|record| {
            record.certificate.validity().contains(context.now())
                && !record.is_revoked(context.now())
        });
        let (roots, mut issuing): (Vec<_>, Vec<_>) = authorities
            .into_iter()
            .map(|record| record.certificate)
            .partition(Certificate::is_self_issued);
        if !has_issuing {
            issuing.clone_from(&roots);
        }
        let mut material = Material {
            roots,
            issuing,
            crls: authority::published_crls(&context.data, inventory, context.now())?,
        };
        if let Some(directory) = &self.probe_anchor {
            match anchor::read(directory) {
                Ok(anchor) => material.extend(anchor),
                // A probe that is over must not keep the CA's own CRLs from the server.
                Err(cause) if self.refresh && cause.kind() == ErrorKind::NotFound => {
                    context.report.warn(&format!(
                        "{} is gone: the server trusts it no longer",
                        directory.display()
                    ));
                }
                Err(cause) => return Err(cause),
            }
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

fn owner(path: &Path) -> Result<u32> {
    let metadata = fs::metadata(path).map_err(|cause| file::failure("read", path, &cause))?;
    Ok(metadata.uid())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|cause| file::failure("find", path, &cause))
}

fn place(path: &Path) -> Result<Place> {
    Place::new(&absolute(path)?)
}
