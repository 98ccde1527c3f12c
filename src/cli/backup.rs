//! `pki backup`: the whole CA in one file.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{busy, handover, table};
use crate::authority::{self, Bundles};
use crate::error::Result;
use crate::file::Existing;

const EXAMPLES: &str = "\
Examples:
  pki backup /backup/pki-$(date +%F).tar
  pki backup /media/usb/pki.tar --with-bundles --replace";

/// Write the whole CA to one file, while it is in use.
///
/// The CA's keys are in it as they are, encrypted with the CA's passphrase; it is not needed for this.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file: a tar archive, readable by its owner alone
    file: PathBuf,
    /// Also the private keys of people, devices and servers that lie in ca-data
    #[arg(long)]
    with_bundles: bool,
    /// Take the place of a file that is there
    #[arg(long)]
    replace: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let inventory = context.inventory()?;
        let existing = match self.replace {
            true => Existing::Replace,
            false => Existing::Refuse,
        };
        let bundles = match self.with_bundles {
            true => Bundles::Take,
            false => Bundles::Leave,
        };
        let done = busy::during(report, "writing the backup", || {
            authority::back_up(
                &context.data,
                &inventory,
                &self.file,
                existing,
                bundles,
                context.now(),
            )
        })?;
        let document = json!({
            "path": handover::path(&self.file),
            "created_at": done.facts.created_at,
            "files": done.files,
            "octets": done.octets,
            "with_bundles": done.facts.with_bundles,
            "audit_head": done.facts.audit_head,
            "log_problems": done.log.count(),
            "left_out": done.left_out,
            "key_problems": done.keys.len(),
        });
        report.result(&document, || {
            table::facts(&[
                ("backup", self.file.display().to_string()),
                ("files", done.files.to_string()),
                ("octets", done.octets.to_string()),
            ])
        });
        if authority::keys_lie_open(&context.data, &inventory)? {
            report.warn(
                "the CA's keys are not encrypted: whoever reads this file can issue certificates",
            );
        }
        if done.facts.with_bundles {
            report.warn("it holds the private keys of servers in the clear");
        }
        if let Some(first) = done.log.first() {
            report.warn(&format!(
                "its audit log does not verify: {}; pki restore takes it only with --accept-broken-log",
                first.message
            ));
        }
        for wanting in &done.keys {
            report.warn(&format!(
                "the key of a CA is wanting in it: {wanting}; keep the earlier backups"
            ));
        }
        if done.left_out > 0 {
            report.say(&format!(
                "Not in it are {} private keys of people and servers; --with-bundles takes them along.",
                done.left_out
            ));
        }
        report.say(
            "It was read back. Keep it on another machine: a revocation after it is not in it.",
        );
        Ok(Exit::Done)
    }
}
