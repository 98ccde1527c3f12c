//! `pki verify`: is this certificate ours, valid and unrevoked?

use std::path::PathBuf;

use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::report::Exit;
use super::table::{self, Cell};
use super::{look, values};
use crate::bundle::pem;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::Result;
use crate::file;
use crate::inventory::Summary;
use crate::judge::{Check, Reason, examine};
use crate::name::one_line;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki verify alice.pem
  pki verify alice.pem --at 2026-03-01T12:00:00Z
  pki verify fullchain.pem --json

Exit codes: 0 accepted, 3 not accepted, 1 the inventory could not be read.";

/// Say whether a certificate is ours, valid and unrevoked, check by check.
///
/// A certificate of any profile is accepted: a server's, the CA's own. What a login needs, its key usage and extended key
/// usage, is asked of client certificates only. In a PEM file the first certificate counts; the others are its chain.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A file with the certificate, in PEM or DER
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whether it was accepted at this moment, by the revocations and holds that counted then
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Option<OffsetDateTime>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let at = self.at.unwrap_or(context.now());
        // A file that cannot be read is judged like one that holds something else; why it cannot is said beside.
        let contents = file::read(&self.file).unwrap_or_else(|cause| {
            context.report.warn(cause.message());
            Vec::new()
        });
        let presented = match contents.starts_with(b"0") {
            true => vec![contents],
            // What is neither is presented as it stands, and is malformed.
            false => pem::read_certificates(&contents).unwrap_or_else(|_| vec![contents]),
        };
        let inventory = context.inventory()?;
        let certificate = presented
            .first()
            .and_then(|der| Certificate::from_der(der.as_slice()).ok());
        let record = match presented.first() {
            Some(der) => inventory.find_by_fingerprint(&Fingerprint::of(der))?,
            None => None,
        };
        let authorities = inventory.authorities()?;
        let (reason, checks) = examine(&presented, &authorities, record.as_ref(), at);
        let summary = match (&record, &certificate) {
            (Some(record), _) => Some(Summary::of_record(record, at)),
            (None, Some(certificate)) => Some(Summary::of_unknown(certificate, at)),
            (None, None) => None,
        };
        let document = json!({
            "accepted": reason.is_none(),
            "reason": reason.map(Reason::as_str),
            "checks": checks,
            "certificate": summary,
        });
        context.report.result(&document, || {
            let verdict = match reason {
                None => format!("accepted on {}", format_instant(at)),
                Some(reason) => format!("not accepted: {}. {}", reason.as_str(), reason.message()),
            };
            let subject = certificate.map_or_else(
                || self.file.display().to_string(),
                |certificate| certificate.subject().to_string(),
            );
            let table = table::fitted(&rows(&checks), &[(2, 20)], context.report);
            format!("{}: {verdict}\n\n{table}", one_line(&subject))
        });
        Ok(match reason {
            None => Exit::Done,
            Some(_) => Exit::Found,
        })
    }
}

/// The checks as rows of a table.
pub(super) fn rows(checks: &[Check]) -> Vec<[Cell; 3]> {
    let heading = ["CHECK", "RESULT", "SEEN"].map(Cell::from);
    let rows = checks.iter().map(|check| {
        let result = match check.ok {
            Some(true) => "ok",
            Some(false) => "WRONG",
            None => "-",
        };
        let result = Cell::styled(result, look::of_check(check.ok));
        [check.name.into(), result, check.detail.clone().into()]
    });
    std::iter::once(heading).chain(rows).collect()
}
