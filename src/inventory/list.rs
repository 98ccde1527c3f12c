//! Listing the inventory, newest first, a page at a time.

use rusqlite::types::Value;
use time::OffsetDateTime;

use super::find::{AUTHORITIES, SERVICES};
use super::reference::{FINGERPRINT_DIGITS, SERIAL_NUMBER_DIGITS, octets_between};
use super::{Inventory, Record, Status};
use crate::error::{Error, ErrorKind, Result};
use crate::name::fold;
use crate::profile::Profile;

/// Which certificates are asked for; everything that is set must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The beginning of a name, a subjectAltName, a serial number or a fingerprint.
    pub pattern: Option<String>,
    /// How it stands now.
    pub status: Option<Status>,
    /// Under which profile it was issued; without one, all but what was made for a probe and, without a
    /// pattern, the CA's own services.
    pub profile: Option<Profile>,
    /// Valid now, and expired at that moment.
    pub expires_before: Option<OffsetDateTime>,
    /// Issued, within its validity and neither revoked nor on hold at that moment, and its issuer the same.
    pub valid_at: Option<OffsetDateTime>,
    /// A client's, valid now, issued before that moment and never let in by our server since.
    pub unused_since: Option<OffsetDateTime>,
    /// How many at the most.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<String>,
}

/// One page of the inventory.
#[derive(Debug)]
pub struct Page {
    /// The certificates, newest first.
    pub records: Vec<Record>,
    /// What [`Filter::after`] must be for the next page; nothing where this one is the last.
    pub next_cursor: Option<String>,
}

impl Inventory {
    /// Lists what fits the filter as it stands at `now`.
    ///
    /// # Errors
    /// Refuses a cursor that no page gave.
    pub fn list(&self, filter: &Filter, now: OffsetDateTime) -> Result<Page> {
        let limit = filter.limit.max(1);
        let (rest, values) = self.query(filter, limit, now)?;
        let mut records = self.select(&rest, rusqlite::params_from_iter(values))?;
        let more = records.len() > limit;
        records.truncate(limit);
        let next_cursor = records
            .last()
            .filter(|_| more)
            .map(|record| record.id.to_string());
        Ok(Page {
            records,
            next_cursor,
        })
    }

    /// What follows `FROM certificate AS c`, and its values.
    pub(super) fn query(
        &self,
        filter: &Filter,
        limit: usize,
        now: OffsetDateTime,
    ) -> Result<(String, Vec<Value>)> {
        let mut query = Query::default();
        query.filter(filter, now)?;
        if let Some(moment) = filter.valid_at {
            query.issuers(&self.authorities()?, moment);
        }
        // What is passed over is looked at in a covering index; only what is shown is fetched. One more than asked for
        // tells whether another page follows.
        let rest = format!(
            "WHERE c.id IN (SELECT c.id FROM certificate AS c WHERE {} ORDER BY c.id DESC LIMIT {}) ORDER BY c.id DESC",
            query.conditions.join(" AND "),
            limit.saturating_add(1)
        );
        Ok((rest, query.values))
    }
}

/// Conditions and the values that their question marks stand for, in one order.
#[derive(Default)]
struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn and(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn filter(&mut self, filter: &Filter, now: OffsetDateTime) -> Result<()> {
        let now = Value::Integer(now.unix_timestamp());
        // Said on the first page too: it makes every page a search by number.
        let after = match &filter.after {
            None => i64::MAX,
            Some(cursor) => cursor.parse().map_err(|_| {
                Error::new(
                    ErrorKind::InvalidInput,
                    "the cursor is not one that a page gave",
                )
                .with_hint("Give next_cursor of the page before to --after.")
            })?,
        };
        self.and("c.id < ?", [Value::Integer(after)]);
        if let Some(pattern) = &filter.pattern {
            self.pattern(pattern);
        }
        match filter.profile {
            Some(profile) => self.profile(profile),
            // They come and go by themselves, and would soon hide what somebody has to look after.
            None => {
                self.and("c.profile <> 'probe'", []);
                if filter.pattern.is_none() {
                    self.and(format!("c.profile NOT IN {SERVICES}"), []);
                }
            }
        }
        if let Some(status) = filter.status {
            self.status(status, &now);
        }
        if let Some(end) = filter.expires_before {
            self.status(Status::Valid, &now);
            self.and("+c.not_after < ?", [Value::Integer(end.unix_timestamp())]);
        }
        if let Some(moment) = filter.valid_at {
            let moment = Value::Integer(moment.unix_timestamp());
            self.and("c.issued_at <= ?", [moment.clone()]);
            self.status(Status::Valid, &moment);
            self.and(
                "NOT EXISTS (SELECT 1 FROM hold WHERE certificate_id = c.id AND held_at <= ? AND lifted_at > ?)",
                [moment.clone(), moment],
            );
        }
        if let Some(since) = filter.unused_since {
            let since = Value::Integer(since.unix_timestamp());
            self.status(Status::Valid, &now);
            self.and(
                "c.profile = 'client' AND c.issued_at < ? AND NOT EXISTS \
                 (SELECT 1 FROM last_login WHERE certificate_id = c.id AND at >= ?)",
                [since.clone(), since],
            );
        }
        Ok(())
    }

    /// The same words as in the partial indexes, without which SQLite does not use them.
    fn profile(&mut self, profile: Profile) {
        let of = match profile {
            Profile::Root | Profile::Issuing => AUTHORITIES,
            Profile::OcspResponder | Profile::Audit => SERVICES,
            Profile::Server | Profile::Client | Profile::Probe | Profile::Other => "(c.profile)",
        };
        self.and(
            format!("c.profile IN {of} AND c.profile = ?"),
            [Value::Text(profile.as_str().to_owned())],
        );
    }

    /// Leaves out what was issued by CAs that did not count at the moment, as a login is judged.
    fn issuers(&mut self, authorities: &[Record], moment: OffsetDateTime) {
        let counted = |authority: &&Record| authority.status(moment) == Status::Valid;
        let (good, bad): (Vec<_>, Vec<_>) = authorities.iter().partition(counted);
        let named = |record: &&Record, other: &&Record| {
            record.certificate.subject().der() == other.certificate.subject().der()
        };
        for authority in bad
            .iter()
            .filter(|bad| !good.iter().any(|it| named(it, bad)))
        {
            let name = authority.certificate.subject().der().to_vec();
            self.and("c.issuer <> ?", [Value::Blob(name)]);
        }
    }

    /// The plus signs keep SQLite from the indexes of single columns, whose rows it would have to sort by number.
    fn status(&mut self, status: Status, now: &Value) {
        let unrevoked = "(c.revoked_at IS NULL OR c.revoked_at > ?)";
        match status {
            Status::Revoked => self.and("c.revoked_at <= ?", [now.clone()]),
            Status::Expired => self.and(
                format!("{unrevoked} AND +c.not_after < ?"),
                [now.clone(), now.clone()],
            ),
            Status::NotYetValid => self.and(
                format!("{unrevoked} AND c.not_before > ?"),
                [now.clone(), now.clone()],
            ),
            Status::Valid => self.and(
                format!("{unrevoked} AND c.not_before <= ? AND +c.not_after >= ?"),
                [now.clone(), now.clone(), now.clone()],
            ),
        }
    }

    /// Every alternative is the beginning of an indexed column, so that the cost does not grow with the inventory.
    fn pattern(&mut self, pattern: &str) {
        let folded = fold(pattern);
        let beginning = |text: &str| {
            [
                Value::Text(text.to_owned()),
                Value::Text(format!("{text}\u{10ffff}")),
            ]
        };
        let mut alternatives = vec![
            "SELECT id FROM certificate WHERE name_folded BETWEEN ? AND ?".to_owned(),
            "SELECT certificate_id FROM subject_alt_name WHERE value COLLATE NOCASE BETWEEN ? AND ?".to_owned(),
        ];
        let mut values: Vec<Value> = beginning(&folded)
            .into_iter()
            .chain(beginning(pattern))
            .collect();
        let digits = pattern.replace(':', "").to_ascii_lowercase();
        if digits.len() >= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let columns = [
                ("serial_number", SERIAL_NUMBER_DIGITS),
                ("fingerprint_sha256", FINGERPRINT_DIGITS),
            ];
            for (column, width) in columns
                .into_iter()
                .filter(|(_, width)| digits.len() <= *width)
            {
                alternatives.push(format!(
                    "SELECT id FROM certificate WHERE {column} BETWEEN ? AND ?"
                ));
                let (lowest, highest) = octets_between(&digits, width);
                values.extend([Value::Blob(lowest), Value::Blob(highest)]);
            }
        }
        self.and(
            format!("c.id IN ({})", alternatives.join(" UNION ALL ")),
            values,
        );
    }
}
