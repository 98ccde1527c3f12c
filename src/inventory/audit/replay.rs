//! The replay: what the log tells of each certificate, compared with the inventory's rows.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Deserialize;

use super::super::ReasonCode;
use super::entry::Stored;
use super::serial_numbers::SerialNumbers;
use super::{Action, Findings};
use crate::certificate::{Certificate, Fingerprint};
use crate::hexadecimal;
use crate::validity::{format_instant, parse_instant};

/// What the log told so far.
#[derive(Default)]
pub(super) struct Replay {
    /// How many certificates there were when the log began, and the digest over them.
    began: Option<(u64, String)>,
    told: HashMap<Fingerprint, Told>,
    serial_numbers: SerialNumbers,
    certificates: Findings,
    revocations: Findings,
}

/// What the log tells of one certificate.
#[derive(Default)]
struct Told {
    /// The entry that recorded it; nothing for one from before the log.
    recorded: Option<(i64, Box<str>)>,
    state: State,
    holds: Vec<(i64, i64)>,
}

/// What can change of a certificate: times in seconds, the reason by its number.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct State {
    revocation: Option<(i64, u8)>,
    superseded_at: Option<i64>,
}

/// The keys of all details that the replay reads; each entry has some of them.
#[derive(Deserialize)]
struct Detail {
    issuer: Option<String>,
    serial_number: Option<String>,
    crl_number: Option<u64>,
    fingerprint_sha256: Option<String>,
    profile: Option<String>,
    name: Option<String>,
    device: Option<String>,
    revoked_at: Option<String>,
    reason_code: Option<String>,
    superseded_at: Option<String>,
    certificates: Option<u64>,
    certificates_sha256: Option<String>,
}

/// A row of the inventory, as far as the log tells of it.
struct Row {
    fingerprint: Fingerprint,
    holder: String,
    state: State,
    holds: Vec<(i64, i64)>,
}

impl Replay {
    /// Takes in the next entry.
    pub(super) fn take(&mut self, entry: &Stored) {
        let id = entry.id;
        let Some(action) = Action::of_certificates(&entry.action) else {
            return;
        };
        let detail: Option<Detail> = serde_json::from_str(&entry.detail).ok();
        let Some(detail) = detail else {
            return self
                .certificates
                .add(Some(id), format!("the detail of entry {id} is unreadable"));
        };
        let state = detail.state();
        if action == Action::Begin {
            let digest = detail.certificates_sha256.unwrap_or_default();
            self.began = Some((detail.certificates.unwrap_or_default(), digest));
            return;
        }
        let Some(fingerprint) = detail.fingerprint() else {
            // An import may tell of a revocation whose certificate is not at hand, and of the last CRL.
            let named = detail.issuer.zip(detail.serial_number);
            let of_crl = named.is_none() && detail.crl_number.is_some();
            match named.zip(state.revocation) {
                Some((named, revocation)) if action == Action::Import => {
                    self.serial_numbers.take(named, id, revocation);
                }
                None if action == Action::Import && of_crl => {}
                _ => self.certificates.add(
                    Some(id),
                    format!("entry {id} does not say of which certificate it tells"),
                ),
            }
            return;
        };
        let told = self.told.entry(fingerprint).or_default();
        match action {
            Action::Issue | Action::Import => {
                if told.recorded.is_some() {
                    let message = format!("entry {id} records {fingerprint} once more");
                    self.certificates.add(Some(id), message);
                }
                told.recorded = Some((id, detail.holder().into()));
                told.state = state;
            }
            Action::Unrevoke => {
                let hold = ReasonCode::CertificateHold.code();
                let held_at = |state: &State| {
                    let held = state.revocation.filter(|(_, reason)| *reason == hold);
                    held.map(|(at, _)| at)
                };
                match (held_at(&told.state), held_at(&state)) {
                    (Some(held_at), None) => told.holds.push((held_at, held_at.max(entry.at))),
                    // An earlier one was lifted by a clock that stood ahead, and that was brought forward.
                    _ => told.holds.iter_mut().for_each(|(held_at, lifted_at)| {
                        *lifted_at = entry.at.max(*held_at).min(*lifted_at);
                    }),
                }
                told.state = state;
            }
            _ => told.state = state,
        }
    }

    /// Compares what was told with the rows: certificates, and revocations.
    pub(super) fn compare(
        mut self,
        connection: &Connection,
    ) -> rusqlite::Result<(Findings, Findings)> {
        let mut earlier = Vec::new();
        let mut statement = connection.prepare(
            "SELECT fingerprint_sha256, der, profile, name, device, revoked_at, reason_code, superseded_at,
                    (SELECT json_group_array(json_array(held_at, lifted_at)) FROM hold WHERE certificate_id = c.id),
                    issuer, serial_number, subject, not_before, not_after
             FROM certificate AS c ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let der: Vec<u8> = row.get(1)?;
            let indexed = Indexed::read(row)?;
            let row = Row::read(row)?;
            if Fingerprint::of(&der) != row.fingerprint || Indexed::of(der) != Some(indexed) {
                let message = format!("the certificate {} is not its DER", row.fingerprint);
                self.certificates.add(None, message);
            }
            let told = self.told.remove(&row.fingerprint).unwrap_or_default();
            match &told.recorded {
                None => earlier.push(row.fingerprint),
                Some((id, holder)) if **holder != *row.holder => self.certificates.add(
                    Some(*id),
                    format!(
                        "the certificate {} is recorded for {holder} by entry {id}, and the inventory has {}",
                        row.fingerprint, row.holder
                    ),
                ),
                Some(_) => {}
            }
            self.compare_state(&row, &told);
        }
        self.missing();
        self.compare_beginning(earlier);
        self.serial_numbers
            .compare(connection, &mut self.revocations)?;
        Ok((self.certificates, self.revocations))
    }

    fn compare_state(&mut self, row: &Row, told: &Told) {
        let entry = told.recorded.as_ref().map(|(id, _)| *id);
        let fingerprint = row.fingerprint;
        if row.state != told.state {
            let message = format!(
                "the log says of {fingerprint} ({}) that it is {}, and the inventory that it is {}",
                row.holder, told.state, row.state
            );
            self.revocations.add(entry, message);
        }
        if row.holds != told.holds {
            let message = format!(
                "the log tells of {} lifted holds of {fingerprint} ({}), and the inventory of {} or of other times",
                told.holds.len(),
                row.holder,
                row.holds.len()
            );
            self.revocations.add(entry, message);
        }
    }

    /// What is left was told of and is in no row.
    fn missing(&mut self) {
        let mut left: Vec<_> = self.told.drain().collect();
        left.sort_by_key(|(fingerprint, told)| {
            (told.recorded.as_ref().map(|(id, _)| *id), *fingerprint)
        });
        for (fingerprint, told) in left {
            let (entry, message) = match told.recorded {
                Some((id, holder)) => (
                    Some(id),
                    format!(
                        "the certificate {fingerprint} for {holder}, recorded by entry {id}, is not in the inventory"
                    ),
                ),
                None => (
                    None,
                    format!(
                        "the certificate {fingerprint}, of which the log tells, is not in the inventory"
                    ),
                ),
            };
            self.certificates.add(entry, message);
        }
    }

    /// Certificates without an entry must be those that were there when the log began.
    fn compare_beginning(&mut self, earlier: Vec<Fingerprint>) {
        let (count, digest) = self.began.take().unwrap_or_default();
        let found = earlier.len() as u64;
        let surplus = found.saturating_sub(count);
        // Rows are numbered as they come: the surplus stands at the end.
        for fingerprint in earlier
            .iter()
            .skip(usize::try_from(count).unwrap_or(usize::MAX))
        {
            let message = format!("no entry tells that the certificate {fingerprint} was recorded");
            self.certificates.add(None, message);
        }
        if surplus == 0 && (found != count || digest_of(earlier) != digest) {
            let message = format!(
                "the log began with {count} certificates, and the {found} without an entry are not the same"
            );
            self.certificates.add(Some(1), message);
        }
    }
}

/// The digest over the certificates with which a log begins: SHA-256 over their fingerprints in order.
pub(super) fn digest_of(mut fingerprints: Vec<Fingerprint>) -> String {
    fingerprints.sort_unstable();
    let octets: Vec<u8> = fingerprints
        .into_iter()
        .flat_map(|fingerprint| fingerprint.0)
        .collect();
    Fingerprint::of(&octets).to_string()
}

impl Detail {
    fn fingerprint(&self) -> Option<Fingerprint> {
        let octets = hexadecimal::decode(self.fingerprint_sha256.as_deref()?)?;
        octets.try_into().ok().map(Fingerprint)
    }

    fn holder(&self) -> String {
        let profile = self.profile.as_deref().unwrap_or("no profile");
        holder(profile, self.name.as_deref(), self.device.as_deref())
    }

    fn state(&self) -> State {
        let seconds = |text: &Option<String>| {
            let instant = parse_instant(text.as_deref()?).ok()?;
            Some(instant.unix_timestamp())
        };
        let reason = self.reason_code.as_deref().map(ReasonCode::parse);
        let reason = reason.and_then(Result::ok).map(ReasonCode::code);
        State {
            revocation: seconds(&self.revoked_at).zip(reason),
            superseded_at: seconds(&self.superseded_at),
        }
    }
}

/// The columns that repeat what the DER states: CRLs, OCSP and searches go by them.
#[derive(PartialEq, Eq)]
struct Indexed {
    issuer: Vec<u8>,
    serial_number: Vec<u8>,
    subject: String,
    validity: (i64, i64),
}

impl Indexed {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            issuer: row.get(9)?,
            serial_number: row.get(10)?,
            subject: row.get(11)?,
            validity: (row.get(12)?, row.get(13)?),
        })
    }

    fn of(der: Vec<u8>) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        Some(Self {
            issuer: certificate.issuer().der().to_vec(),
            serial_number: certificate.serial_number().octets().to_vec(),
            subject: certificate.subject().as_str().to_owned(),
            validity: (
                validity.not_before.unix_timestamp(),
                validity.not_after.unix_timestamp(),
            ),
        })
    }
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let (profile, name): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        let (device, holds): (Option<String>, String) = (row.get(4)?, row.get(8)?);
        let (revoked_at, reason): (Option<i64>, Option<u8>) = (row.get(5)?, row.get(6)?);
        Ok(Self {
            fingerprint: Fingerprint(row.get(0)?),
            holder: holder(&profile, name.as_deref(), device.as_deref()),
            state: State {
                revocation: revoked_at.zip(reason),
                superseded_at: row.get(7)?,
            },
            holds: serde_json::from_str(&holds).unwrap_or_default(),
        })
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instant = |seconds: i64| match time::OffsetDateTime::from_unix_timestamp(seconds) {
            Ok(instant) => format_instant(instant),
            Err(_) => seconds.to_string(),
        };
        match self.revocation {
            None => f.write_str("not revoked")?,
            Some((at, code)) => {
                let reason = ReasonCode::from_code(code).map_or("?", ReasonCode::as_str);
                write!(f, "revoked from {} on ({reason})", instant(at))?;
            }
        }
        match self.superseded_at {
            None => Ok(()),
            Some(at) => write!(f, " and superseded from {} on", instant(at)),
        }
    }
}

/// Whom a certificate is for, in one form for both sides: `client alice/phone`.
fn holder(profile: &str, name: Option<&str>, device: Option<&str>) -> String {
    match (name, device) {
        (Some(name), Some(device)) => format!("{profile} {name}/{device}"),
        (Some(name), None) => format!("{profile} {name}"),
        (None, _) => profile.to_owned(),
    }
}
