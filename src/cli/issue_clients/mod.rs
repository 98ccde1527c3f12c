//! `pki issue-clients`: a certificate for each row of a table.

pub(super) mod rows;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::progress::Progress;
use super::report::{Exit, Report};
use super::{handover, table, values};
use crate::authority::{Batch, Handing, Outcome};
use crate::bundle::Platform;
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyAlgorithm;
use crate::validity::Lifetime;
use rows::Rows;

/// How many refused rows are told one by one on the terminal.
const TOLD: usize = 20;

const EXAMPLES: &str = "\
Examples:
  pki issue-clients people.csv --out-dir bundles --passwords passwords.csv
  pki issue-clients devices.csv --out-dir keys --no-bundles --validity 90d

The first line names the columns: name,device,email,upn,validity. Only name must be there. A run that was ended goes on where it stopped
when it is started again with the same arguments.";

/// Issue client certificates to everybody in a table
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The table, as CSV
    #[arg(value_name = "FILE.csv")]
    table: PathBuf,
    /// The directory for the bundles
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
    /// The file for their passwords, outside of that directory
    #[arg(long, value_name = "FILE", required_unless_present = "no_bundles")]
    passwords: Option<PathBuf>,
    /// How long each lives, where its row says nothing
    #[arg(long, value_name = "D", default_value = "1y", value_parser = values::lifetime)]
    validity: Lifetime,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096 or ed25519
    #[arg(long, value_name = "A", default_value = "p256", value_parser = values::key_algorithm)]
    key_algorithm: KeyAlgorithm,
    /// Where they will be imported: any, firefox, chrome, windows, windows-2016, macos, ios, android, java, java-8, openssl
    #[arg(long = "for", value_name = "PLATFORM", default_value = "any", value_parser = values::platform)]
    platform: Platform,
    /// Write NAME.pem and NAME.key.pem, which has no password, instead of bundles
    #[arg(long, conflicts_with_all = ["passwords", "platform"])]
    no_bundles: bool,
    /// How many are made at a time; as many as there are processors, unless said
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        self.platform.check_key(self.key_algorithm.as_str())?;
        let rows = Rows::new(&self.table, self.validity);
        let total = rows.check()?;
        if !self.out_dir.is_dir() {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("{} is no directory", self.out_dir.display()),
            )
            .with_hint("Make it first, readable for you alone: mkdir -m 700."));
        }
        let handing = match self.passwords {
            Some(passwords) => Handing::Bundles {
                form: self.platform.form(),
                passwords,
            },
            None => Handing::Pem,
        };
        let batch = Batch {
            directory: self.out_dir,
            handing,
            key_algorithm: self.key_algorithm,
            jobs: self
                .jobs
                .or_else(|| available_parallelism().ok())
                .unwrap_or(NonZeroUsize::MIN),
        };
        let authority = context.authority()?;
        let mut progress = Progress::new(context.report, "certificates", total);
        let mut observe = |outcome: &Outcome| {
            progress.show(outcome.issued + outcome.done_before + outcome.refused.len() as u64);
        };
        let outcome =
            authority.issue_clients(rows.read()?, &batch, OffsetDateTime::now_utc, &mut observe);
        progress.end();
        handover::warn_of_ed25519(context.report, self.key_algorithm);
        Ok(tell(context.report, &batch, &outcome?))
    }
}

fn tell(report: Report, batch: &Batch, outcome: &Outcome) -> Exit {
    let refused = outcome.refused.iter().map(|(line, refusal)| {
        json!({"line": line, "kind": refusal.kind().as_str(), "message": refusal.message(), "hint": refusal.hint()})
    });
    let passwords = match &batch.handing {
        Handing::Bundles { passwords, .. } => Some(passwords.display().to_string()),
        Handing::Pem => None,
    };
    let document = json!({
        "issued": outcome.issued,
        "done_before": outcome.done_before,
        "shortened": outcome.shortened,
        "taken_for_hosts": outcome.taken_for_hosts,
        "refused": refused.collect::<Vec<_>>(),
        "out_dir": batch.directory.display().to_string(),
        "passwords": passwords,
    });
    report.result(&document, || {
        let mut facts = vec![
            ("issued", outcome.issued.to_string()),
            ("there before", outcome.done_before.to_string()),
            ("refused", outcome.refused.len().to_string()),
            ("in", batch.directory.display().to_string()),
        ];
        facts.extend(passwords.clone().map(|path| ("passwords", path)));
        table::facts(&facts)
    });
    for (line, refusal) in outcome.refused.iter().take(TOLD) {
        report.warn(&format!("line {line}: {}", refusal.message()));
    }
    if let Some(more) = outcome.refused.len().checked_sub(TOLD)
        && more > 0
    {
        report.warn(&format!("{more} more rows were refused; --json names all"));
    }
    if outcome.shortened > 0 {
        report.warn(&format!(
            "{} end earlier than was asked because the issuing CA does; pki rotate-issuing makes the next one",
            outcome.shortened
        ));
    }
    if outcome.taken_for_hosts > 0 {
        report.warn(&format!(
            "OpenSSL, and with it nginx, Apache and HAProxy, takes {} of these names for hosts outside of what this CA may certify, and refuses them; names without a dot are let in",
            outcome.taken_for_hosts
        ));
    }
    for path in &outcome.elsewhere {
        report.warn(&format!(
            "a file could not have its name and lies at {}",
            path.display()
        ));
    }
    match outcome.refused.is_empty() {
        true => Exit::Done,
        false => Exit::Refused,
    }
}
