//! `pki passphrase`: another passphrase for the CA's keys.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::secrets;
use crate::authority::{self, Keys};
use crate::certificate::Certificate;
use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  pki passphrase
  pki passphrase --passphrase-file old --new-passphrase-file new
  pki passphrase --root";

/// Change the passphrase of the CA's keys: of all at once, or of none.
///
/// The old one comes from --passphrase-file, PKI_PASSPHRASE or a prompt. A root's key with a passphrase of its own
/// keeps it, unless --root is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Only that of the root's key
    #[arg(long)]
    root: bool,
    /// A file with the new passphrase (`-` for stdin); else PKI_NEW_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// Leave the keys unencrypted, readable by their owner alone
    #[arg(long, conflicts_with = "new_passphrase_file")]
    no_passphrase: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let (data, report) = (&context.data, context.report);
        let inventory = context.inventory()?;
        let keys = if self.root { Keys::Root } else { Keys::All };
        let leading = authority::leading_authority(data, &inventory, keys)?;
        let old = authority::needs_passphrase(data, &leading)?
            .then(|| context.passphrase())
            .transpose()?;
        let new = match self.no_passphrase {
            true => None,
            false => Some(secrets::next_passphrase(
                self.new_passphrase_file.as_deref(),
            )?),
        };
        let rekeyed = authority::change_passphrase(
            data,
            &inventory,
            keys,
            old.as_ref(),
            new.as_ref(),
            context.now(),
        )?;
        let document = json!({
            "changed": subjects(&rekeyed.changed),
            "kept": subjects(&rekeyed.kept),
            "absent": subjects(&rekeyed.absent),
            "encrypted": new.is_some(),
        });
        report.result(&document, || {
            let changed = subjects(&rekeyed.changed);
            let changed = changed.iter().map(|subject| format!("changed {subject}"));
            changed.collect::<Vec<_>>().join("\n")
        });
        for subject in subjects(&rekeyed.kept) {
            report.say(&format!("{subject} keeps the passphrase of its own."));
        }
        for subject in subjects(&rekeyed.absent) {
            report.say(&format!(
                "The key of {subject} is not here: its copies keep the passphrase that they have."
            ));
        }
        if new.is_none() {
            report.warn(
                "the keys are not encrypted: whoever can read this directory can issue certificates",
            );
        }
        report.say("Older backups and copies still open with the old passphrase, and a pki serve that runs was given it.");
        Ok(Exit::Done)
    }
}

fn subjects(authorities: &[Certificate]) -> Vec<String> {
    let subjects = authorities
        .iter()
        .map(|authority| authority.subject().to_string());
    subjects.collect()
}
