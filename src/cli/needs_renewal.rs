//! `pki needs-renewal`: a question for scripts, answered by the exit code.

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::values;
use crate::error::{ErrorKind, Result};
use crate::inventory::{Reference, Status};
use crate::validity::{Lifetime, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki needs-renewal www.example.org && pki renew www.example.org
  pki needs-renewal alice --within 30d";

/// Say by the exit code whether a certificate should be renewed: 0 yes, 1 no, 2 not found, 255 anything else.
///
/// Without --within the answer is yes when less than a third of its life is left.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
    /// Yes, when it ends within this time
    #[arg(long, value_name = "D", value_parser = values::lifetime)]
    within: Option<Lifetime>,
}

impl Args {
    /// Never fails: what else goes wrong is the answer 255.
    pub(super) fn run(self, context: &Context) -> Exit {
        match self.answer(context) {
            Ok(true) => Exit::Done,
            Ok(false) => Exit::Refused,
            Err(error) => {
                context.report.failure(&error);
                match error.kind() {
                    ErrorKind::NotFound => Exit::NotFound,
                    _ => Exit::Undecided,
                }
            }
        }
    }

    fn answer(&self, context: &Context) -> Result<bool> {
        let now = context.now();
        let record = context
            .data
            .open()?
            .resolve(&Reference::parse(&self.reference)?, now)?;
        let validity = record.certificate.validity();
        let due = match self.within {
            Some(within) => validity.not_after < within.after(now)?,
            None => validity.not_after - now < (validity.not_after - validity.not_before) / 3,
        };
        let ended = matches!(record.status(now), Status::Expired | Status::Revoked);
        let needed = ended || due;
        let not_after = format_instant(validity.not_after);
        context.report.result(
            &json!({"needs_renewal": needed, "not_after": not_after}),
            || match needed {
                true => format!(
                    "{} needs renewal: it ends on {not_after}",
                    record.reference()
                ),
                false => format!(
                    "{} needs no renewal: it ends on {not_after}",
                    record.reference()
                ),
            },
        );
        Ok(needed)
    }
}
