//! `pki bundle forget`: the copy of a bundle that lies in `ca-data` goes.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;

use crate::authority::Copies;
use crate::cli::context::Context;
use crate::cli::handover;
use crate::cli::report::Exit;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Action, Reference, Summary};

const EXAMPLES: &str = "\
Examples:
  pki bundle forget alice
  pki bundle forget alice/phone

A name means its newest certificate; copies of older ones go by their serial numbers.
The bundle that was handed over is not touched, and the certificate stays valid.";

/// Remove the copy of a certificate's bundle that lies in ca-data.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
}

/// Another bundle of the same name that lies there still.
#[derive(Serialize)]
struct Remaining {
    file: String,
    serial_number: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let reference = Reference::parse(&self.reference)?;
        let inventory = context.inventory()?;
        let now = context.now();
        let record = inventory.resolve(&reference, now)?;
        let name = record.name.as_ref();
        let copies = name.map_or_else(Copies::default, |name| context.data.copies(name));
        for refusal in &copies.unreadable {
            context
                .report
                .warn(&format!("skipped: {}", refusal.message()));
        }
        let forgotten = copies.removable(&record.certificate)?;
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
        // Noted first: the log may tell of a file that is still there, and not miss one that is gone.
        inventory.note(Action::Forget, &detail, now)?;
        context.data.forget_bundles(&forgotten)?;
        let mut remaining = Vec::new();
        for other in name.map_or_else(|| Ok(Vec::new()), |name| inventory.of_name(name))? {
            let is_same = other.certificate == record.certificate;
            let files = copies.of(&other.certificate).into_iter();
            let of_other = |path: PathBuf| Remaining {
                file: handover::path(&path),
                serial_number: other.certificate.serial_number().to_string(),
            };
            remaining.extend(files.filter(|_| !is_same).map(of_other));
        }
        let document = json!({
            "certificate": Summary::of_record(&record, now),
            "removed": files,
            "remaining": remaining,
        });
        context.report.result(&document, || files.join("\n"));
        context
            .report
            .say("Removed. Whoever has the bundle that was handed over can still log in.");
        if !remaining.is_empty() {
            context
                .report
                .say("Other copies of the same name remain; to forget them too:");
        }
        for other in &remaining {
            context
                .report
                .say(&format!("  pki bundle forget {}", other.serial_number));
        }
        Ok(Exit::Done)
    }
}
