//! `pki unrevoke`: lift a hold.

use serde_json::json;

use super::context::Context;
use super::publication::Publication;
use super::report::Exit;
use crate::error::Result;
use crate::inventory::{Reference, Summary};

const EXAMPLES: &str = "\
Examples:
  pki unrevoke 4f3a9c12
  pki unrevoke alice/phone

Only a hold can be lifted: pki revoke alice --reason certificateHold. Every other revocation is for good.";

/// Lift a hold: a certificate revoked with the reason certificateHold counts again.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        let record = inventory.resolve(&Reference::parse(&self.reference)?, context.now())?;
        inventory.unrevoke(&record, context.now())?;
        let record = inventory
            .find_by_fingerprint(&record.certificate.fingerprint())?
            .unwrap_or(record);
        let publication = Publication::attempt(context, &inventory);
        let document = json!({
            "certificate": Summary::of_record(&record, context.now()),
            "crls": publication.document(),
        });
        context.report.result(&document, || {
            format!(
                "lifted the hold of {} {}",
                record.reference(),
                record.certificate.serial_number()
            )
        });
        publication.say(context.report);
        Ok(Exit::Done)
    }
}
