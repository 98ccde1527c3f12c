//! One row of the inventory, and how a new one is written.

use rusqlite::{Row, params};
use time::OffsetDateTime;

use super::{Inventory, ReasonCode, failure};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{Device, Name, Quoted};
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// A certificate that this CA issued, and what happened to it since.
#[derive(Debug, Clone)]
pub struct Record {
    pub(super) id: i64,
    /// The certificate itself.
    pub certificate: Certificate,
    /// Under which profile it was issued.
    pub profile: Profile,
    /// Whom it is for; the CA's own certificates have no name.
    pub name: Option<Name>,
    /// On which device it lies, where that was said.
    pub device: Option<Device>,
    /// When it was issued.
    pub issued_at: OffsetDateTime,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
    /// The serial number of the certificate that this one renewed.
    pub supersedes: Option<SerialNumber>,
    /// The serial number of the certificate that renewed this one.
    pub superseded_by: Option<SerialNumber>,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The moment from which it counts.
    pub at: OffsetDateTime,
    /// The reason.
    pub reason: ReasonCode,
}

/// How a certificate stands at a moment; revoked goes before expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Within its validity and not revoked.
    Valid,
    /// Past its notAfter.
    Expired,
    /// Revoked or on hold.
    Revoked,
    /// Before its notBefore.
    NotYetValid,
}

/// A certificate that is about to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord<'a> {
    /// The certificate itself.
    pub certificate: &'a Certificate,
    /// Under which profile it was issued.
    pub profile: Profile,
    /// Whom it is for.
    pub name: Option<&'a Name>,
    /// On which device it will lie.
    pub device: Option<&'a Device>,
}

/// The columns of [`Record::from_row`], in its order, of the table `certificate AS c`.
pub(super) const COLUMNS: &str = "c.id, c.der, c.profile, c.name, c.device, c.issued_at, c.revoked_at, c.reason_code, \
     (SELECT old.serial_number FROM certificate AS old WHERE old.id = c.supersedes), \
     (SELECT new.serial_number FROM certificate AS new WHERE new.supersedes = c.id)";

impl Inventory {
    /// Records a certificate; when this returns, it is known whatever happens to the machine.
    ///
    /// # Errors
    /// Refuses a name that differs from a known one by its case alone, and a second valid certificate of a profile
    /// for one name and device.
    pub fn record(&self, new: NewRecord<'_>, now: OffsetDateTime) -> Result<()> {
        let transaction = self.begin()?;
        check_name(&transaction, new, now)?;
        insert(&transaction, new, now)
            .and_then(|()| transaction.commit())
            .map_err(|cause| failure(&cause))
    }

    /// Refuses, before a key is made, what [`Inventory::record`] would refuse.
    ///
    /// # Errors
    /// The same refusals.
    pub fn check_free(
        &self,
        profile: Profile,
        name: &Name,
        device: Option<&Device>,
        now: OffsetDateTime,
    ) -> Result<()> {
        check_free(&self.connection, profile, name, device, now)
    }
}

impl Record {
    /// How the certificate stands at `now`.
    pub fn status(&self, now: OffsetDateTime) -> Status {
        let validity = self.certificate.validity();
        if self.is_revoked(now) {
            Status::Revoked
        } else if now < validity.not_before {
            Status::NotYetValid
        } else if !validity.contains(now) {
            Status::Expired
        } else {
            Status::Valid
        }
    }

    /// Says whether a revocation counts at `now`.
    pub fn is_revoked(&self, now: OffsetDateTime) -> bool {
        self.revocation
            .is_some_and(|revocation| revocation.at <= now)
    }

    /// The name and device as a reference: `alice`, `alice/phone`, or the serial number where there is no name.
    pub fn reference(&self) -> String {
        match (&self.name, &self.device) {
            (Some(name), Some(device)) => format!("{name}/{device}"),
            (Some(name), None) => name.to_string(),
            (None, _) => self.certificate.serial_number().to_string(),
        }
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let (der, profile): (Vec<u8>, String) = (row.get(1)?, row.get(2)?);
        let (name, device): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let (revoked_at, reason_code): (Option<i64>, Option<u8>) = (row.get(6)?, row.get(7)?);
        let (supersedes, superseded_by): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.get(8)?, row.get(9)?);
        let (id, issued_at): (i64, i64) = (row.get(0)?, row.get(5)?);
        let read = || -> Result<Self> {
            Ok(Self {
                id,
                certificate: Certificate::from_der(der)?,
                profile: Profile::parse(&profile)?,
                name: name.as_deref().map(Name::parse).transpose()?,
                device: device.as_deref().map(Device::parse).transpose()?,
                issued_at: instant(issued_at)?,
                revocation: match (revoked_at, reason_code) {
                    (Some(at), Some(code)) => Some(Revocation {
                        at: instant(at)?,
                        reason: ReasonCode::from_code(code)?,
                    }),
                    _ => None,
                },
                supersedes: supersedes.as_deref().map(SerialNumber::from_octets),
                superseded_by: superseded_by.as_deref().map(SerialNumber::from_octets),
            })
        };
        Ok(read().map_err(|cause| {
            Error::new(
                ErrorKind::Inventory,
                format!(
                    "row {id} of the inventory cannot be read: {}",
                    cause.message()
                ),
            )
            .with_hint("The file was damaged or altered; put back the newest backup.")
        }))
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Valid, Self::Expired, Self::Revoked, Self::NotYetValid];

    /// Reads a status' word.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is not a status", Quoted(text)),
                )
                .with_hint(format!("Choose one of {known}."))
            })
    }

    /// The status' word on the command line and in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::NotYetValid => "not-yet-valid",
        }
    }
}

fn instant(seconds: i64) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| Error::new(ErrorKind::Inventory, "a time is out of range"))
}

fn check_name(
    connection: &rusqlite::Connection,
    new: NewRecord<'_>,
    now: OffsetDateTime,
) -> Result<()> {
    match new.name {
        Some(name) => check_free(connection, new.profile, name, new.device, now),
        None => Ok(()),
    }
}

fn check_free(
    connection: &rusqlite::Connection,
    profile: Profile,
    name: &Name,
    device: Option<&Device>,
    now: OffsetDateTime,
) -> Result<()> {
    let spelled: Option<String> = connection
        .prepare_cached(
            "SELECT name FROM certificate WHERE name_folded = ?1 AND name <> ?2 LIMIT 1",
        )
        .and_then(|mut statement| {
            let mut rows = statement.query(params![name.folded(), name.as_str()])?;
            rows.next()?.map(|row| row.get(0)).transpose()
        })
        .map_err(|cause| failure(&cause))?;
    if let Some(spelled) = spelled {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!(
                "the name {name} differs from the known name {spelled} by its letters' case alone"
            ),
        )
        .with_hint(format!(
            "Write {spelled}, or choose a name that nobody can mistake for it."
        )));
    }
    let taken: bool = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM certificate
             WHERE name_folded = ?1 AND device_folded IS ?2 AND profile = ?3
               AND not_after >= ?4 AND (revoked_at IS NULL OR revoked_at > ?4))",
        )
        .and_then(|mut statement| {
            statement.query_row(
                params![
                    name.folded(),
                    device.map(Device::folded),
                    profile.as_str(),
                    now.unix_timestamp()
                ],
                |row| row.get(0),
            )
        })
        .map_err(|cause| failure(&cause))?;
    if !taken {
        return Ok(());
    }
    let (holder, hint) = match (profile, device) {
        (Profile::Client, None) => (
            name.to_string(),
            format!(
                "Run pki renew {name}, or name the other device: pki issue-client {name} --device phone."
            ),
        ),
        (Profile::Client, Some(device)) => (
            format!("{name}/{device}"),
            format!("Run pki renew {name}/{device}, or name another --device."),
        ),
        _ => (
            name.to_string(),
            format!("Run pki renew {name}, or give another --name."),
        ),
    };
    Err(Error::new(
        ErrorKind::AlreadyExists,
        format!("{holder} has a valid {profile} certificate already"),
    )
    .with_hint(hint))
}

fn insert(
    connection: &rusqlite::Connection,
    new: NewRecord<'_>,
    now: OffsetDateTime,
) -> rusqlite::Result<()> {
    let NewRecord {
        certificate,
        profile,
        name,
        device,
    } = new;
    let validity = certificate.validity();
    connection
        .prepare_cached(
            "INSERT INTO certificate (der, fingerprint_sha256, issuer, serial_number, profile, name, name_folded,
                 device, device_folded, subject, not_before, not_after, issued_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            certificate.der(),
            certificate.fingerprint().0,
            certificate.issuer().der(),
            certificate.serial_number().octets(),
            profile.as_str(),
            name.map(Name::as_str),
            name.map(Name::folded),
            device.map(Device::as_str),
            device.map(Device::folded),
            certificate.subject().as_str(),
            validity.not_before.unix_timestamp(),
            validity.not_after.unix_timestamp(),
            now.unix_timestamp(),
        ])?;
    let id = connection.last_insert_rowid();
    let mut names = connection.prepare_cached(
        "INSERT INTO subject_alt_name (certificate_id, type, value) VALUES (?1, ?2, ?3)",
    )?;
    for name in &certificate.extensions().subject_alt_names {
        names.execute(params![id, name.kind(), name.value()])?;
    }
    Ok(())
}
