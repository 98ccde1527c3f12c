//! `pki init`: a root and an issuing CA.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{busy, handover, secrets, table, values};
use crate::authority::{self, NewAuthority};
use crate::error::Result;
use crate::inventory::Summary;
use crate::key::KeyAlgorithm;
use crate::name::{NameConstraints, Subtree};
use crate::profile::BaseUrl;
use crate::secret::Secret;
use crate::validity::{Lifetime, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki init
  pki init --organization 'Example Ltd' --permit-dns example.org --permit-email example.org
  pki init --base-url http://pki.example.org --passphrase-file /run/secrets/ca";

/// Make a certificate authority: a root and an issuing CA.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The root's name; without it one is drawn
    #[arg(long, value_name = "CN")]
    name: Option<String>,
    /// The organization in every certificate
    #[arg(long, value_name = "O")]
    organization: Option<String>,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096 or ed25519
    #[arg(long, value_name = "A", default_value = "p256", value_parser = values::key_algorithm)]
    key_algorithm: KeyAlgorithm,
    /// How long the root lives
    #[arg(long, value_name = "D", default_value = "20y", value_parser = values::lifetime)]
    root_validity: Lifetime,
    /// How long the issuing CA lives
    #[arg(long, value_name = "D", default_value = "10y", value_parser = values::lifetime)]
    issuing_validity: Lifetime,
    /// Certify only hosts in this domain (may be given several times)
    #[arg(long, value_name = "DOMAIN", value_parser = values::permit_dns)]
    permit_dns: Vec<Subtree>,
    /// Certify only e-mail addresses of this host, this .domain, or this one (may be given several times)
    #[arg(long, value_name = "HOST", value_parser = values::permit_email)]
    permit_email: Vec<Subtree>,
    /// Certify only IP addresses in this range (may be given several times)
    #[arg(long, value_name = "CIDR", value_parser = values::permit_ip)]
    permit_ip: Vec<Subtree>,
    /// Where CRLs, OCSP and CA certificates will be found: http://HOST[/PATH]
    #[arg(long, value_name = "URL", value_parser = values::base_url)]
    base_url: Option<BaseUrl>,
    /// A file with a passphrase of its own for the root's key; else it has the CA's
    #[arg(long, value_name = "FILE")]
    root_passphrase_file: Option<PathBuf>,
    /// Keep the keys unencrypted, readable by their owner alone
    #[arg(long, conflicts_with_all = ["passphrase_file", "root_passphrase_file"])]
    no_passphrase: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let (passphrase, root_passphrase) = self.passphrases(context)?;
        let permits_email = !self.permit_email.is_empty();
        let permitted: Vec<_> = self
            .permit_dns
            .into_iter()
            .chain(self.permit_ip)
            .chain(self.permit_email)
            .collect();
        let new = NewAuthority {
            name: self.name,
            organization: self.organization,
            key_algorithm: self.key_algorithm,
            root_lifetime: self.root_validity,
            issuing_lifetime: self.issuing_validity,
            name_constraints: NameConstraints::permitting(permitted),
            base_url: self.base_url,
            root_passphrase,
            passphrase,
        };
        if permits_email {
            report.warn(
                "servers built on rustls refuse every certificate with an e-mail name beneath an e-mail constraint; \
                 nginx, Apache and HAProxy accept them",
            );
        }
        if new.base_url.as_ref().is_some_and(BaseUrl::is_circular) {
            report.warn("fetching a CRL over https needs a certificate check itself (RFC 5280 §8); http is usual");
        }
        let made = busy::during(report, "making the CA", || {
            authority::init(&context.data, &new, context.now())
        })?;
        let document = json!({
            "root": Summary::of_record(&made.root, context.now()),
            "issuing": Summary::of_record(&made.issuing, context.now()),
            "root_certificate": handover::path(&context.data.root_certificate()),
            "issuing_certificate": handover::path(&context.data.issuing_certificate()),
        });
        report.result(&document, || {
            table::facts(&[
                (
                    "root",
                    context.data.root_certificate().display().to_string(),
                ),
                ("subject", made.root.certificate.subject().to_string()),
                (
                    "fingerprint",
                    made.root.certificate.fingerprint().to_string(),
                ),
                (
                    "until",
                    format_instant(made.root.certificate.validity().not_after),
                ),
            ])
        });
        if !new.name_constraints.constrain_hosts() {
            report.warn(
                "whoever trusts this root trusts it for every site; --permit-dns and --permit-ip make a constrained one",
            );
        }
        if new.passphrase.is_none() {
            report.warn(
                "the keys are not encrypted: whoever can read this directory can issue certificates");
        }
        report.say("Next: pki issue-client alice, then pki serve.");
        Ok(Exit::Done)
    }

    /// The passphrases of the issuing CA and of the root.
    fn passphrases(&self, context: &Context) -> Result<(Option<Secret>, Option<Secret>)> {
        if self.no_passphrase {
            return Ok((None, None));
        }
        let passphrase = context.new_passphrase()?;
        let root = match &self.root_passphrase_file {
            Some(file) => secrets::not_empty(secrets::read(file)?)?,
            None => passphrase.clone(),
        };
        Ok((Some(passphrase), Some(root)))
    }
}
