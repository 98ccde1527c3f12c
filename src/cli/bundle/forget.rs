//! `pki bundle forget`: the copy of a bundle that lies in `ca-data` goes.

use serde_json::json;

use crate::cli::context::Context;
use crate::cli::handover;
use crate::cli::report::Exit;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Action, Reference, Summary};

const EXAMPLES: &str = "\
Examples:
  pki bundle forget alice
  pki bundle forget alice/phone

The bundle that was handed over is not touched, and the certificate stays valid.";

/// Remove the copy of a certificate's bundle that lies in ca-data.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let reference = Reference::parse(&self.reference)?;
        let inventory = context.inventory()?;
        let now = context.now();
        let record = inventory.resolve(&reference, now)?;
        let forgotten = match &record.name {
            Some(name) => context.data.forget_bundles(name, &record.certificate)?,
            None => Vec::new(),
        };
        if forgotten.is_empty() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("no bundle of {} lies in ca-data", record.reference()),
            )
            .with_hint(
                "There is nothing to forget: it was written with --out, or forgotten before.",
            ));
        }
        let files: Vec<_> = forgotten.iter().map(|path| handover::path(path)).collect();
        let detail = json!({
            "name": record.name.as_ref().map(ToString::to_string),
            "device": record.device.as_ref().map(ToString::to_string),
            "serial_number": record.certificate.serial_number().to_string(),
            "fingerprint_sha256": record.certificate.fingerprint().to_string(),
            "files": files.len(),
        });
        inventory.note(Action::Forget, &detail, now)?;
        let document = json!({
            "certificate": Summary::of_record(&record, now),
            "removed": files,
        });
        context.report.result(&document, || files.join("\n"));
        context
            .report
            .say("Removed. Whoever has the bundle that was handed over can still log in.");
        Ok(Exit::Done)
    }
}
