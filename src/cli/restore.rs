//! `pki restore`: a backup in the place of the CA.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

use super::confirm::confirm;
use super::context::Context;
use super::report::{Exit, Report};
use super::{busy, handover, table};
use crate::authority::{BrokenLog, KeyState, Loss, Restoring};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Forgotten, Record, Summary, Verification};
use crate::validity::format_instant;

/// So many of a kind are named on the screen; `--json` names all.
const NAMED: usize = 20;
const EXAMPLES: &str = "\
Examples:
  pki restore /backup/pki-2026-03-01.tar
  pki --ca-data /srv/new restore pki.tar
  pki restore pki.tar --yes";

/// Put a backup in the place of the CA, after verifying it.
///
/// The CAs' certificates, keys and CRLs must fit the inventory, and the audit log must be in order by `pki audit --verify`;
/// `pki verify-store` looks at the rest. What was there before is kept beside it, under a name that is told.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The file that `pki backup` wrote
    file: PathBuf,
    /// Do not ask, even if certificates or revocations would be forgotten
    #[arg(long)]
    yes: bool,
    /// Restore also a backup whose audit log does not verify, because the CA's own did not
    #[arg(long)]
    accept_broken_log: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        refuse_from_within(context.data.directory())?;
        let passphrase = context.passphrase_at_hand()?;
        let broken_log = match self.accept_broken_log {
            true => BrokenLog::Accept,
            false => BrokenLog::Refuse,
        };
        let restoring = busy::during(report, "reading the backup", || {
            Restoring::prepare(
                &context.data,
                &self.file,
                passphrase.as_ref(),
                broken_log,
                context.now(),
            )
        })?;
        tell_log(report, restoring.log());
        tell_loss(report, restoring.loss());
        let another_ca = restoring.another_ca();
        if let Some((root, replaced)) = another_ca {
            report.warn(&format!(
                "it is the backup of another CA: of {}, which takes the place of {}",
                described(root),
                described(replaced)
            ));
        }
        if (another_ca.is_some() || !restoring.loss().is_nothing()) && !self.yes {
            confirm(
                "a restore that forgets something",
                "Restore all the same?",
                "nothing was restored",
            )?;
        }
        let restored = busy::during(report, "restoring", || restoring.carry_out(context.now()))?;
        let summaries = |records: &[Record]| {
            let summaries = records
                .iter()
                .map(|record| Summary::of_record(record, context.now()));
            summaries.collect::<Vec<_>>()
        };
        let (certificates, revocations) = match &restored.loss {
            Loss::Nothing => (json!([]), json!([])),
            Loss::Known(forgotten) => (
                json!(summaries(&forgotten.certificates)),
                json!(summaries(&forgotten.revocations)),
            ),
            Loss::Unknown(_) => (Value::Null, Value::Null),
        };
        let keys: Vec<_> = restored
            .keys
            .iter()
            .map(|(authority, state)| {
                json!({"subject": authority.subject().to_string(), "key": state.as_str()})
            })
            .collect();
        let before = restored.before.as_deref().map(handover::path);
        let document = json!({
            "path": handover::path(context.data.directory()),
            "before": before,
            "created_at": restored.facts.created_at,
            "authorities": keys,
            "forgotten_certificates": certificates,
            "forgotten_revocations": revocations,
            "log_problems": restored.log.count(),
            "keys_left": restored.left,
        });
        report.result(&document, || {
            let mut rows = vec![
                ("restored", context.data.directory().display().to_string()),
                ("as of", restored.facts.created_at.clone()),
            ];
            rows.extend(before.clone().map(|path| ("before", path)));
            table::facts(&rows)
        });
        for (authority, state) in &restored.keys {
            match state {
                KeyState::Proven => {}
                KeyState::Locked => report.say(&format!(
                    "Whether the key of {} is its own could not be told without its passphrase.",
                    authority.subject()
                )),
                KeyState::Absent => report.say(&format!(
                    "The key of {} is not in the backup.",
                    authority.subject()
                )),
            }
        }
        if let Some(before) = before.filter(|_| restored.left > 0) {
            report.warn(&format!(
                "{} private keys of people and servers were not in the backup, and lie only in {before}",
                restored.left
            ));
        }
        report
            .say("Next: pki list, which makes a new CRL where one is due, then pki verify-store.");
        Ok(Exit::Done)
    }
}

/// A root by its name and the beginning of its fingerprint: two may bear one name.
fn described(root: &Certificate) -> String {
    let fingerprint = root.fingerprint().to_string();
    let beginning: String = fingerprint.chars().take(16).collect();
    format!("{} (SHA-256 {beginning}…)", root.subject())
}

/// The directories change places: whoever stands in the one that is replaced would go on in the one that was set aside.
fn refuse_from_within(directory: &Path) -> Result<()> {
    let is_within = match (env::current_dir(), fs::canonicalize(directory)) {
        (Ok(here), Ok(directory)) => here.starts_with(directory),
        _ => false,
    };
    match is_within {
        false => Ok(()),
        true => Err(Error::new(
            ErrorKind::NotPermitted,
            "the working directory lies in the directory that would be replaced",
        )
        .with_hint("Run it from elsewhere: the shell would go on in the CA that is set aside.")),
    }
}

fn tell_log(report: Report, log: &Verification) {
    if let Some(first) = log.first() {
        let more = match log.count() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        report.warn(&format!(
            "the audit log of the backup does not verify: {}{more}",
            first.message
        ));
    }
}

fn tell_loss(report: Report, loss: &Loss) {
    match loss {
        Loss::Nothing => {}
        Loss::Known(forgotten) => tell_forgotten(report, forgotten),
        Loss::Unknown(cause) => report.warn(&format!(
            "what the inventory in place knows cannot be told: {}",
            cause.message()
        )),
    }
}

fn tell_forgotten(report: Report, forgotten: &Forgotten) {
    let named = |records: &[Record], what: &str| {
        if records.is_empty() {
            return;
        }
        report.warn(&format!("{} {what}:", count(records.len())));
        for record in records.iter().take(NAMED) {
            let revoked = record.revocation.map_or_else(String::new, |revocation| {
                format!(", revoked {}", format_instant(revocation.at))
            });
            report.warn(&format!(
                "  {} {} {}{revoked}",
                record.profile,
                record.reference(),
                record.certificate.serial_number()
            ));
        }
        if records.len() > NAMED {
            report.warn(&format!("  and {} more", records.len() - NAMED));
        }
    };
    named(
        &forgotten.certificates,
        "that the inventory in place knows and the backup does not; no CRL can name them then",
    );
    named(
        &forgotten.revocations,
        "whose revocation the backup does not know; they would be valid again",
    );
    if forgotten.serial_numbers > 0 {
        report.warn(&format!(
            "{} revoked serial numbers of an imported CA are not in the backup",
            forgotten.serial_numbers
        ));
    }
}

fn count(number: usize) -> String {
    match number {
        1 => "1 certificate".to_owned(),
        many => format!("{many} certificates"),
    }
}
