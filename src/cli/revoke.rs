//! `pki revoke`: from now on a certificate lets nobody in.

use serde_json::json;

use super::context::Context;
use super::publication::Publication;
use super::report::Exit;
use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Inventory, ReasonCode, Record, Reference, Status, Summary};
use crate::name::Device;
use crate::profile::Profile;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki revoke alice
  pki revoke alice --device phone --reason keyCompromise --yes
  pki revoke 4f3a9c12 --yes";

/// Revoke a certificate, or every valid one of a name.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name (all its valid certificates), name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
    /// Only the certificates of this device
    #[arg(long, value_name = "D")]
    device: Option<String>,
    /// Why, as RFC 5280 names it: keyCompromise, affiliationChanged, superseded, cessationOfOperation, certificateHold …
    #[arg(long, value_name = "R", default_value = "unspecified", value_parser = values::reason)]
    reason: ReasonCode,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        let records = self.records(&inventory, context)?;
        for record in &records {
            context.report.say(&format!(
                "{} {}, until {}",
                record.reference(),
                record.certificate.serial_number(),
                format_instant(record.certificate.validity().not_after)
            ));
        }
        if !self.yes {
            confirm(records.len())?;
            context.look_at_the_clock();
        }
        inventory.revoke(&records, self.reason, context.now())?;
        let revoked: Result<Vec<_>> = records
            .iter()
            .map(|record| {
                let record = inventory.find_by_fingerprint(&record.certificate.fingerprint())?;
                Ok(record.map(|record| Summary::of_record(&record, context.now())))
            })
            .collect();
        let revoked = revoked?;
        let publication = Publication::attempt(context, &inventory);
        let document = json!({"revoked": revoked, "crls": publication.document()});
        context.report.result(&document, || {
            let lines = records.iter().map(|record| {
                format!(
                    "revoked {} {}",
                    record.reference(),
                    record.certificate.serial_number()
                )
            });
            lines.collect::<Vec<_>>().join("\n")
        });
        context
            .report
            .say("It counts at once on pki serve and in OCSP answers.");
        publication.say(context.report);
        Ok(Exit::Done)
    }

    fn records(&self, inventory: &Inventory, context: &Context) -> Result<Vec<Record>> {
        let device = self.device.as_deref().map(Device::parse).transpose()?;
        let records = match (Reference::parse(&self.reference)?, device) {
            (Reference::Name(name), device) => {
                inventory.valid_of_name(&name, device.as_ref(), context.now())?
            }
            (_, Some(_)) => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "--device narrows a name, and this is none",
                )
                .with_hint("Give the name, or leave --device out."));
            }
            (reference, None) => vec![inventory.resolve(&reference, context.now())?],
        };
        for record in &records {
            check_is_no_current_authority(inventory, record)?;
        }
        if let Some(expired) = records
            .iter()
            .find(|record| record.status(context.now()) == Status::Expired)
        {
            context.report.say(&format!(
                "{} has expired already.",
                expired.certificate.serial_number()
            ));
        }
        Ok(records)
    }
}

/// An earlier issuing CA may be revoked: the root's CRL lists it. Without the current one or the root nobody is let in.
fn check_is_no_current_authority(inventory: &Inventory, record: &Record) -> Result<()> {
    let current = inventory.issuing_authority()?;
    let is_current = current.is_some_and(|current| current.certificate == record.certificate);
    if record.profile != Profile::Root && !is_current {
        return Ok(());
    }
    let subject = record.certificate.subject();
    let (what, hint) = match record.profile {
        Profile::Root => (
            "the root",
            "Take its certificate out of whatever trusts it, and make a new CA.",
        ),
        _ => (
            "the current issuing CA",
            "Make the next one first, with pki rotate-issuing.",
        ),
    };
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!("{subject} is {what}: revoking it would refuse everybody"),
    )
    .with_hint(hint))
}

fn confirm(count: usize) -> Result<()> {
    let what = match count {
        1 => "it".to_owned(),
        many => format!("these {many}"),
    };
    super::confirm::confirm(
        "a revocation",
        &format!("Revoke {what}?"),
        "nothing was revoked",
    )
}
