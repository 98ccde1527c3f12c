//! `pki issue-server`: one server certificate and its key.

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{busy, handover, table, values};
use crate::authority::NewServer;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Summary;
use crate::key::KeyAlgorithm;
use crate::name::{Name, SubjectAltName};
use crate::validity::{Lifetime, Validity, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki issue-server www.example.org example.org
  pki issue-server localhost 127.0.0.1 ::1 --name dev";

/// Issue a server certificate and its key.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// DNS names and IP addresses
    #[arg(required = true, value_name = "HOST", value_parser = values::host)]
    hosts: Vec<SubjectAltName>,
    /// Under which name it is kept; else the first host
    #[arg(long)]
    name: Option<String>,
    /// How long it lives
    #[arg(long, value_name = "D", default_value = "397d", value_parser = values::lifetime)]
    validity: Lifetime,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096 or ed25519
    #[arg(long, value_name = "A", default_value = "p256", value_parser = values::key_algorithm)]
    key_algorithm: KeyAlgorithm,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let name = name_of_server(self.name.as_deref(), &self.hosts)?;
        let new = NewServer {
            name,
            hosts: self.hosts,
            validity: Validity::starting(context.now(), self.validity)?,
            key_algorithm: self.key_algorithm,
        };
        let authority = context.authority()?;
        let issue = || authority.issue_server(&new, context.now());
        let (issued, files) = busy::during(context.report, "making the key", issue)?;
        let until = issued.record.certificate.validity().not_after;
        let document = json!({
            "certificate": Summary::of_record(&issued.record, context.now()),
            "fullchain": handover::path(&files.fullchain),
            "key": handover::path(&files.key),
        });
        context.report.result(&document, || {
            table::facts(&[
                (
                    "for",
                    new.hosts
                        .iter()
                        .map(SubjectAltName::value)
                        .collect::<Vec<_>>()
                        .join(", "),
                ),
                ("fullchain", files.fullchain.display().to_string()),
                ("key", files.key.display().to_string()),
                ("until", format_instant(until)),
            ])
        });
        handover::warn_if_shortened(context.report, &issued);
        Ok(Exit::Done)
    }
}

/// The name under which a server is kept: the one given, or its first host (`_.example.org` for a wildcard).
pub(super) fn name_of_server(given: Option<&str>, hosts: &[SubjectAltName]) -> Result<Name> {
    match (given, hosts.first()) {
        (Some(name), _) => Name::parse(name),
        (None, Some(host)) => Name::parse(&host.value().replace('*', "_")).map_err(|_| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} cannot serve as a name", host.value()),
            )
            .with_hint("Give one with --name.")
        }),
        (None, None) => Err(
            Error::new(ErrorKind::InvalidInput, "the request names no host")
                .with_hint("Make a request with a subjectAltName, such as DNS:www.example.org."),
        ),
    }
}
