//! `pki import`: takes in what a CA had issued before it came here.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::context::Context;
use super::publication::Publication;
use super::report::{Exit, Report};
use super::{busy, handover, last_crl, table};
use crate::authority::{self, Import, Origin, read_index};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::{Device, one_line};
use crate::profile::Profile;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki import pki/issued --index pki/index.txt
  pki import alice.pem bob.crt
  pki import --crl last.crl
  pki import newcerts --profile client";

/// How many lines of one kind are told on the terminal; --json tells all.
const MOST_LINES: usize = 20;

/// What a certificate is for that would serve both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// A person or device that logs in.
    Client,
    /// A server.
    Server,
}

/// Record certificates that this CA issued elsewhere, and their status.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Certificates, or directories of them, in PEM or DER
    #[arg(value_name = "CERT")]
    paths: Vec<PathBuf>,
    /// OpenSSL's index.txt, which tells what was revoked
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// The last CRL that the CA had signed: what it lists is revoked, and ours go on above its number
    #[arg(long, value_name = "FILE")]
    crl: Option<PathBuf>,
    /// What a certificate is for that allows both; else a server where it names a host
    #[arg(long, value_name = "PROFILE")]
    profile: Option<Purpose>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        if self.paths.is_empty() && self.index.is_none() && self.crl.is_none() {
            return Err(Error::new(ErrorKind::Usage, "there is nothing to import")
                .with_hint("Name certificates or directories of them, an index with --index, or a CRL with --crl."));
        }
        let index = match &self.index {
            Some(path) => Some(read_index(&file::read(path)?)?),
            None => None,
        };
        let crl = last_crl::read(self.crl.as_deref())?;
        let wanted = self.profile.map(|purpose| match purpose {
            Purpose::Client => Profile::Client,
            Purpose::Server => Profile::Server,
        });
        let inventory = context.inventory()?;
        let import = busy::during(context.report, "importing", || {
            authority::import(
                &inventory,
                &self.paths,
                Origin {
                    index,
                    crl: crl.as_ref(),
                },
                wanted,
                context.now(),
            )
        })?;
        // Where the CA stays locked, the CRL that came along is the newest.
        context.look_for_endings(&inventory);
        let publication = Publication::attempt(context, &inventory);
        context
            .report
            .result(&document(&import, &publication), || text(&import));
        tell(context.report, &import);
        if let Some(crl) = &crl {
            last_crl::say(context.report, crl, context.now());
        }
        if import.revoked > 0 || import.continued {
            publication.say(context.report);
        }
        Ok(
            match import.refused.is_empty() && import.missing.is_empty() {
                true => Exit::Done,
                false => Exit::Refused,
            },
        )
    }
}

fn document(import: &Import, publication: &Publication) -> serde_json::Value {
    let refused = import
        .refused
        .iter()
        .map(|refused| json!({"file": handover::path(&refused.file), "reason": refused.reason}));
    let renamed = import.renamed.iter().map(|renamed| {
        json!({
            "serial_number": renamed.serial_number.to_string(),
            "name": renamed.name.as_str(),
            "device": renamed.device.as_ref().map(Device::as_str),
        })
    });
    let missing = import.missing.iter().map(|entry| {
        json!({
            "serial_number": entry.serial_number.to_string(),
            "subject": entry.subject,
            "not_after": format_instant(entry.not_after),
        })
    });
    json!({
        "imported": import.imported,
        "known": import.known,
        "revoked": import.revoked,
        "refused": refused.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
        "missing": missing.collect::<Vec<_>>(),
        "crls": publication.document(),
    })
}

fn text(import: &Import) -> String {
    table::facts(&[
        ("imported", import.imported.to_string()),
        ("known already", import.known.to_string()),
        ("revoked", import.revoked.to_string()),
        ("refused", import.refused.len().to_string()),
        ("missing", import.missing.len().to_string()),
    ])
}

fn tell(report: Report, import: &Import) {
    let some = |lines: Vec<String>, warns: bool| {
        let more = lines.len().saturating_sub(MOST_LINES);
        for line in lines.iter().take(MOST_LINES) {
            match warns {
                true => report.warn(&one_line(line)),
                false => report.say(&one_line(line)),
            }
        }
        if more > 0 {
            report.say(&format!("… and {more} more; --json lists all of them."));
        }
    };
    let renamed = import.renamed.iter().map(|renamed| {
        let device = renamed.device.as_ref();
        let device = device.map_or_else(String::new, |device| format!("/{device}"));
        format!(
            "{} is kept as {}{device}.",
            renamed.serial_number, renamed.name
        )
    });
    some(renamed.collect(), false);
    let refused = import
        .refused
        .iter()
        .map(|refused| format!("{} was refused: {}", refused.file.display(), refused.reason));
    some(refused.collect(), true);
    let missing = import.missing.iter().map(|entry| {
        format!(
            "{} {} is valid by the index and its certificate was not given: it is unknown here, and refused at a login",
            entry.serial_number, entry.subject
        )
    });
    some(missing.collect(), true);
}
