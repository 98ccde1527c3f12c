//! One row of the inventory, and how a new one is written.

use rusqlite::Row;
use time::OffsetDateTime;

use super::ReasonCode;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{Device, Name, Quoted};
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::validity::Timeliness;

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
    /// When it was on hold and is not any more.
    pub holds: Vec<Hold>,
    /// The serial number of the certificate that this one renewed.
    pub supersedes: Option<SerialNumber>,
    /// The serial number of the certificate that renewed this one.
    pub superseded_by: Option<SerialNumber>,
    /// When it was last let in by our server.
    pub last_login_at: Option<OffsetDateTime>,
}

/// When and why a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The moment from which it counts.
    pub at: OffsetDateTime,
    /// The reason.
    pub reason: ReasonCode,
}

/// A hold that was lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The moment from which it counted.
    pub from: OffsetDateTime,
    /// The moment from which it did not count any more.
    pub until: OffsetDateTime,
}

/// What is known of a serial number, for those who ask about nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The issuer never gave it to a certificate.
    Unknown,
    /// The issuer gave it to a certificate, which may have been revoked or is to be at a later moment.
    Issued {
        /// When and why.
        revocation: Option<Revocation>,
    },
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

/// The columns of [`Record::from_row`], in its order, of the table `certificate AS c`.
pub(super) const COLUMNS: &str = "c.id, c.der, c.profile, c.name, c.device, c.issued_at, c.revoked_at, c.reason_code, \
     (SELECT old.serial_number FROM certificate AS old WHERE old.id = c.supersedes), \
     (SELECT new.serial_number FROM certificate AS new WHERE new.supersedes = c.id), \
     (SELECT last.at FROM last_login AS last WHERE last.certificate_id = c.id), \
     (SELECT group_concat(held_at || ' ' || lifted_at) FROM hold WHERE certificate_id = c.id)";

impl Record {
    /// How the certificate stands at `now`.
    pub fn status(&self, now: OffsetDateTime) -> Status {
        match self.is_revoked(now) {
            true => Status::Revoked,
            false => Status::by_validity(&self.certificate, now),
        }
    }

    /// Says whether a revocation counts at `now`, or a hold counted then that was lifted later.
    pub fn is_revoked(&self, now: OffsetDateTime) -> bool {
        self.revocation
            .is_some_and(|revocation| revocation.at <= now)
            || self.held_at(now).is_some()
    }

    /// The hold that counted at a moment and was lifted later.
    pub fn held_at(&self, moment: OffsetDateTime) -> Option<Hold> {
        let mut holds = self.holds.iter().copied();
        holds.find(|hold| hold.from <= moment && moment < hold.until)
    }

    /// The name and device as a reference: `alice`, `alice/phone`, or the serial number where there is no name.
    pub fn reference(&self) -> String {
        match (&self.name, &self.device) {
            (Some(name), Some(device)) => format!("{name}/{device}"),
            (Some(name), None) => name.to_string(),
            (None, _) => self.certificate.serial_number().to_string(),
        }
    }

    /// The one of our CAs, given newest first, that signs end entities now: the newest issuing CA, or the root itself where
    /// none stands beneath it, as in a CA that was imported so.
    pub fn issuing_among(authorities: &[Self]) -> Option<&Self> {
        let newest = |profile| authorities.iter().find(|record| record.profile == profile);
        newest(Profile::Issuing).or_else(|| newest(Profile::Root))
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<Result<Self>> {
        let (der, profile): (Vec<u8>, String) = (row.get(1)?, row.get(2)?);
        let (name, device): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
        let (revoked_at, reason_code): (Option<i64>, Option<u8>) = (row.get(6)?, row.get(7)?);
        let (supersedes, superseded_by): (Option<Vec<u8>>, Option<Vec<u8>>) =
            (row.get(8)?, row.get(9)?);
        let (id, issued_at): (i64, i64) = (row.get(0)?, row.get(5)?);
        let last_login_at: Option<i64> = row.get(10)?;
        let holds: Option<String> = row.get(11)?;
        let read = || -> Result<Self> {
            Ok(Self {
                id,
                certificate: Certificate::from_der(der)?,
                profile: Profile::parse(&profile)?,
                name: name.as_deref().map(Name::parse).transpose()?,
                device: device.as_deref().map(Device::parse).transpose()?,
                issued_at: instant(issued_at)?,
                revocation: match (revoked_at, reason_code) {
                    (Some(at), Some(code)) => Some(Revocation::read(at, code)?),
                    _ => None,
                },
                holds: Hold::parse_all(holds.as_deref().unwrap_or_default())?,
                supersedes: supersedes.as_deref().map(SerialNumber::from_octets),
                superseded_by: superseded_by.as_deref().map(SerialNumber::from_octets),
                last_login_at: last_login_at.map(instant).transpose()?,
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

impl Revocation {
    /// The same, from `now` on at the latest: a clock elsewhere may stand ahead of this one, and what it revoked is revoked.
    pub(super) fn by(self, now: OffsetDateTime) -> Self {
        Self {
            at: self.at.min(now),
            ..self
        }
    }

    /// Takes the two columns that hold one.
    pub(super) fn read(at: i64, reason_code: u8) -> Result<Self> {
        Ok(Self {
            at: instant(at)?,
            reason: ReasonCode::from_code(reason_code)?,
        })
    }
}

impl Standing {
    /// When and why the certificate was revoked or is to be.
    pub fn revocation(self) -> Option<Revocation> {
        match self {
            Self::Unknown => None,
            Self::Issued { revocation } => revocation,
        }
    }
}

impl Hold {
    /// Reads `FROM UNTIL,FROM UNTIL`, in seconds, as the query puts the rows together.
    fn parse_all(text: &str) -> Result<Vec<Self>> {
        let number = |word: Option<&str>| {
            let seconds = word.and_then(|word| word.parse().ok());
            seconds
                .ok_or_else(|| Error::new(ErrorKind::Inventory, "a hold is not a pair of times"))
                .and_then(instant)
        };
        let pairs = text.split(',').filter(|pair| !pair.is_empty());
        let read = pairs.map(|pair| {
            let mut words = pair.split(' ');
            let (from, until) = (number(words.next())?, number(words.next())?);
            Ok(Self { from, until })
        });
        read.collect()
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Valid, Self::Expired, Self::Revoked, Self::NotYetValid];

    /// How a certificate stands by its validity alone.
    pub(super) fn by_validity(certificate: &Certificate, now: OffsetDateTime) -> Self {
        match certificate.validity().timeliness(now) {
            Timeliness::NotYetValid => Self::NotYetValid,
            Timeliness::Valid => Self::Valid,
            Timeliness::Expired => Self::Expired,
        }
    }

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

pub(super) fn instant(seconds: i64) -> Result<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|_| Error::new(ErrorKind::Inventory, "a time is out of range"))
}
