//! Which server certificate a configuration stands on.

use super::Args;
use crate::authority::{OWN_NAME, ServerFiles};
use crate::certificate::Certificate;
use crate::cli::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Filter, Inventory, Status};
use crate::name::{Name, SubjectAltName};
use crate::profile::Profile;

/// A server certificate of this CA.
pub(super) struct Server {
    pub(super) name: Name,
    pub(super) hosts: Vec<SubjectAltName>,
    pub(super) files: ServerFiles,
}

impl Args {
    /// The server certificate of that name, or the only one.
    pub(super) fn server_certificate(
        &self,
        context: &Context,
        inventory: &Inventory,
    ) -> Result<Server> {
        let mut servers = all(context, inventory)?;
        let Some(host) = &self.host else {
            // That of `pki serve` is for `pki serve`.
            servers.retain(|server| server.name.as_str() != OWN_NAME);
            let names: Vec<_> = servers.iter().map(|server| server.name.as_str()).collect();
            let names = names.join(", ");
            return match (servers.pop(), servers.is_empty()) {
                (Some(only), true) => Ok(only),
                (None, _) => Err(Error::new(
                    ErrorKind::NotFound,
                    "this CA has no valid server certificate with its key",
                )
                .with_hint("Run pki issue-server HOST.")),
                (Some(_), false) => Err(Error::new(
                    ErrorKind::Ambiguous,
                    "this CA has several server certificates",
                )
                .with_hint(format!("Choose one with --host: {names}."))),
            };
        };
        let wanted = Name::parse(host)?;
        let found = servers
            .into_iter()
            .find(|server| server.name.folded() == wanted.folded());
        found.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("this CA has no valid server certificate {wanted} with its key"),
            )
            .with_hint(format!(
                "Run pki issue-server {wanted}, or choose another with --host."
            ))
        })
    }
}

/// Those that are valid and whose keys lie here, each name once.
fn all(context: &Context, inventory: &Inventory) -> Result<Vec<Server>> {
    let mut filter = Filter {
        profile: Some(Profile::Server),
        status: Some(Status::Valid),
        limit: 1000,
        ..Filter::default()
    };
    let mut servers: Vec<Server> = Vec::new();
    loop {
        let page = inventory.list(&filter, context.now())?;
        for record in page.records {
            let Some(name) = record.name else { continue };
            let files = ServerFiles::of(&context.data, &name);
            // The newest of a name comes first, and its files are those that lie there.
            let is_known = servers
                .iter()
                .any(|server| server.name.folded() == name.folded());
            if is_known || !files.key.is_file() || !files.fullchain.is_file() {
                continue;
            }
            servers.push(Server {
                name,
                hosts: hosts(&record.certificate)?,
                files,
            });
        }
        filter.after = page.next_cursor;
        if filter.after.is_none() {
            return Ok(servers);
        }
    }
}

/// The hosts of a certificate, each read again: one that was imported may hold what is none.
fn hosts(certificate: &Certificate) -> Result<Vec<SubjectAltName>> {
    let names = certificate.extensions().subject_alt_names.iter();
    let hosts = names.filter(|name| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_)));
    hosts
        .map(|host| SubjectAltName::parse_host(&host.value()))
        .collect()
}
