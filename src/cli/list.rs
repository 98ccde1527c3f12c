//! `pki list`: what was issued, newest first.

use serde_json::json;
use time::OffsetDateTime;

use super::context::Context;
use super::report::Exit;
use super::table::{self, Cell};
use super::{look, values};
use crate::error::Result;
use crate::inventory::{Filter, Record, Status, Summary};
use crate::profile::Profile;
use crate::validity::Lifetime;

const EXAMPLES: &str = "\
Examples:
  pki list
  pki list alice
  pki list --status valid --expires-within 30d
  pki list --unused-for 90d
  pki list --valid-at 2026-03-01 --profile client --json";

/// List certificates, newest first.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The beginning of a name, e-mail address, host, serial number or fingerprint
    pattern: Option<String>,
    /// valid, expired, revoked or not-yet-valid
    #[arg(long, value_parser = values::status)]
    status: Option<Status>,
    /// root, issuing, server, client, other, audit or ocsp-responder; the last two are listed only when asked for
    #[arg(long, value_name = "PROFILE", value_parser = values::profile)]
    profile: Option<Profile>,
    /// Valid now, and expired after this time
    #[arg(long, value_name = "D", value_parser = values::lifetime)]
    expires_within: Option<Lifetime>,
    /// Valid clients, issued longer ago than this, that did not log in to pki serve within it
    #[arg(long, value_name = "D", value_parser = values::lifetime)]
    unused_for: Option<Lifetime>,
    /// Valid and neither revoked nor on hold at this moment, and its CA the same: who could log in then
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    valid_at: Option<OffsetDateTime>,
    /// How many at the most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Continue where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        let now = context.now();
        let filter = Filter {
            pattern: self.pattern,
            status: self.status,
            profile: self.profile,
            expires_before: self
                .expires_within
                .map(|lifetime| lifetime.after(now))
                .transpose()?,
            unused_since: self.unused_for.map(|lifetime| lifetime.before(now)),
            valid_at: self.valid_at,
            limit: self.limit as usize,
            after: self.after,
        };
        let page = inventory.list(&filter, now)?;
        let summaries: Vec<_> = page
            .records
            .iter()
            .map(|record| Summary::of_record(record, now))
            .collect();
        let document = json!({"certificates": summaries, "next_cursor": page.next_cursor});
        context.report.result(&document, || {
            let heading = ["NAME", "PROFILE", "STATUS", "UNTIL", "SERIAL NUMBER"].map(Cell::from);
            let rows = page.records.iter().map(|record| row(record, now));
            let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
            // Twelve digits of a serial number are enough for any command; then names yield.
            table::fitted(&rows, &[(4, 13), (0, 12)], context.report)
        });
        if let Some(cursor) = page.next_cursor {
            context
                .report
                .say(&format!("More follow: --after {cursor}."));
        }
        Ok(Exit::Done)
    }
}

fn row(record: &Record, now: OffsetDateTime) -> [Cell; 5] {
    let name = match &record.name {
        Some(_) => record.reference(),
        None => record.certificate.subject().to_string(),
    };
    let style = look::style(record, now);
    [
        name.into(),
        record.profile.as_str().into(),
        Cell::styled(record.status(now).as_str(), style),
        Cell::styled(look::day(look::until(record), now), style),
        record.certificate.serial_number().to_string().into(),
    ]
}
