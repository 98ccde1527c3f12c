//! `pki rotate-issuing`: the next issuing CA.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{handover, table, values};
use crate::authority::NewIssuing;
use crate::error::Result;
use crate::inventory::Summary;
use crate::key::KeyAlgorithm;
use crate::validity::{Lifetime, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki rotate-issuing
  pki rotate-issuing --validity 5y --key-algorithm p384";

/// Make the next issuing CA beneath the root, from which on everything is issued.
///
/// What the one before it issued stays valid.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// How long it lives; no longer than the root
    #[arg(long, value_name = "D", default_value = "10y", value_parser = values::lifetime)]
    validity: Lifetime,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096 or ed25519; else that of the one before
    #[arg(long, value_name = "A", value_parser = values::key_algorithm)]
    key_algorithm: Option<KeyAlgorithm>,
    /// A file with the passphrase of a root that has one of its own; else a prompt
    #[arg(long, value_name = "FILE")]
    root_passphrase_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let authority = context.authority()?;
        let passphrase =
            context.root_passphrase(&authority, self.root_passphrase_file.as_deref())?;
        let now = context.now();
        let new = NewIssuing {
            lifetime: self.validity,
            key_algorithm: self.key_algorithm,
        };
        let (authority, rotated) = authority.rotate_issuing(&new, passphrase.as_ref(), now)?;
        context.keep_up(&authority);
        let path = authority.data().issuing_certificate();
        let issuing = &rotated.issuing.certificate;
        let until = format_instant(issuing.validity().not_after);
        let before = authority
            .inventory()
            .find_by_fingerprint(&rotated.before.fingerprint())?;
        let document = json!({
            "issuing": Summary::of_record(&rotated.issuing, now),
            "before": before.map(|record| Summary::of_record(&record, now)),
            "issuing_certificate": handover::path(&path),
        });
        report.result(&document, || {
            table::facts(&[
                ("issuing CA", path.display().to_string()),
                ("subject", issuing.subject().to_string()),
                ("until", until.clone()),
            ])
        });
        if rotated.shortened {
            report.warn(&format!("it ends on {until} because the root does"));
        }
        if issuing.validity().not_after <= rotated.before.validity().not_after {
            report.warn("it ends no later than the one before it");
        }
        report.say(&format!(
            "What {} issued stays valid. Before a client of the new one comes, servers that check CRLs need pki crl --bundle \
             anew, and those that were given the issuing CA's certificate need the new one too.",
            rotated.before.subject()
        ));
        Ok(Exit::Done)
    }
}
