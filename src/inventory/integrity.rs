//! Whether the database is what it was: the file by SQLite's own means, and every row by its DER.

use std::fs;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Row};

use super::audit::MAX_TOLD;
use super::find::AUTHORITIES;
use super::{BUSY_TIMEOUT, Findings, failure, migrate};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::name::{Device, Name};
use crate::profile::Profile;

/// What an examination of the database file found.
#[derive(Debug, Default)]
pub struct Integrity {
    /// About the file as a database: damaged pages, other tables than ours, references to nothing.
    pub database: Findings,
    /// About certificates that cannot be read, that say otherwise than the columns beside them, or that their CA did not sign.
    pub certificates: Findings,
    /// How many certificates are whole.
    pub whole: u64,
}

/// The columns of [`Stored`]; the names are put together in an order of their own.
const COLUMNS: &str = "id, der, fingerprint_sha256, issuer, serial_number, profile, name, name_folded, device, device_folded, \
     subject, not_before, not_after, \
     (SELECT group_concat(type || ' ' || value, char(10) ORDER BY type || ' ' || value)
      FROM subject_alt_name WHERE certificate_id = certificate.id)";

/// A row as it stands, before anything in it is believed.
struct Stored {
    der: Vec<u8>,
    fingerprint: Vec<u8>,
    issuer: Vec<u8>,
    serial_number: Vec<u8>,
    profile: String,
    name: Option<String>,
    name_folded: Option<String>,
    device: Option<String>,
    device_folded: Option<String>,
    subject: String,
    not_before: i64,
    not_after: i64,
    subject_alt_names: Option<String>,
}

/// Checks a database that nobody uses: of a schema that is known, undamaged, with our tables, indexes and triggers and no
/// others.
///
/// # Errors
/// Says what is wrong with it; nothing is changed in it.
pub fn check_copy(path: &Path) -> Result<()> {
    let connection = open(path)?;
    let damage = damage(&connection)?;
    match damage.told.first() {
        None => Ok(()),
        Some(first) => Err(Error::new(
            ErrorKind::Inventory,
            format!("the inventory {}", first.message),
        )
        .with_hint("Take another backup; nothing was changed.")),
    }
}

/// Examines a database file, whatever state it is in; `observe` is told after each certificate how many are behind.
///
/// # Errors
/// Refuses a file that cannot be opened, is not a database, or is of another schema; nothing is changed in it.
pub fn examine(path: &Path, observe: &mut dyn FnMut(u64)) -> Result<Integrity> {
    // Nobody replaces the directory meanwhile: SQLite finds by name what it removes when the last one closes.
    let _directory = file::share(file::directory_of(path))?;
    // Of an empty database SQLite removes the write-ahead log, which may hold all there is.
    let length = fs::metadata(path).map_err(|cause| file::failure("read", path, &cause))?;
    if length.len() == 0 {
        return Err(Error::new(ErrorKind::Inventory, "pki.db is empty").with_hint(
            "Put back the newest copy of pki.db, and keep pki.db-wal where it lies there; nothing was changed.",
        ));
    }
    let connection = open(path)?;
    // What stands in the write-ahead log alone stays there, for whoever looks at the damage.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map_err(|cause| failure(&cause))?;
    let mut found = Integrity {
        database: damage(&connection).unwrap_or_else(|cause| {
            // What SQLite cannot even walk along is damage too.
            let mut findings = Findings::default();
            findings.add(None, format!("cannot be checked: {}", cause.message()));
            findings
        }),
        ..Integrity::default()
    };
    let authorities = authorities(&connection);
    let mut behind = 0;
    let mut look = |row: &Row<'_>| {
        let message = match Stored::from_row(row) {
            Ok(stored) => stored.contradiction(&authorities),
            Err(cause) => Some(format!("cannot be read: {cause}")),
        };
        match message {
            None => found.whole += 1,
            Some(message) => {
                let id = row.get::<_, i64>(0).unwrap_or_default();
                let message = format!("row {id} of the inventory {message}");
                found.certificates.add(None, message);
            }
        }
        behind += 1;
        observe(behind);
    };
    let (last, stopped) = walk(&connection, Order::Ascending, &mut look);
    if let Err(cause) = stopped {
        // What lies behind a damaged page can still be reached from the other end.
        let (first, stopped) = walk(&connection, Order::Descending(last), &mut look);
        let message = match stopped {
            Ok(()) => format!("the row after {last} cannot be reached: {cause}"),
            Err(_) => format!("rows between {last} and {first} cannot be reached: {cause}"),
        };
        found.certificates.add(None, message);
    }
    Ok(found)
}

/// From which end the rows are walked along, and how far.
enum Order {
    Ascending,
    /// Down to the first after this one.
    Descending(i64),
}

/// Shows the rows one by one; tells the id of the last that could be reached.
fn walk(
    connection: &Connection,
    order: Order,
    look: &mut dyn FnMut(&Row<'_>),
) -> (i64, rusqlite::Result<()>) {
    let (after, direction, mut last) = match order {
        Order::Ascending => (i64::MIN, "ASC", 0),
        Order::Descending(after) => (after, "DESC", i64::MAX),
    };
    let mut walk = || {
        let mut statement = connection.prepare(&format!(
            "SELECT {COLUMNS} FROM certificate WHERE id > ?1 ORDER BY id {direction}"
        ))?;
        let mut rows = statement.query([after])?;
        while let Some(row) = rows.next()? {
            last = row.get(0).unwrap_or(last);
            look(row);
        }
        Ok(())
    };
    let walked = walk();
    (last, walked)
}

/// The CAs, as far as their rows can be read.
fn authorities(connection: &Connection) -> Vec<Certificate> {
    let ders = connection
        .prepare(&format!(
            "SELECT der FROM certificate WHERE profile IN {AUTHORITIES}"
        ))
        .and_then(|mut statement| {
            let ders = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            Ok(ders.flatten().collect::<Vec<_>>())
        });
    let ders = ders.unwrap_or_default().into_iter();
    ders.flat_map(Certificate::from_der).collect()
}

impl Stored {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            der: row.get(1)?,
            fingerprint: row.get(2)?,
            issuer: row.get(3)?,
            serial_number: row.get(4)?,
            profile: row.get(5)?,
            name: row.get(6)?,
            name_folded: row.get(7)?,
            device: row.get(8)?,
            device_folded: row.get(9)?,
            subject: row.get(10)?,
            not_before: row.get(11)?,
            not_after: row.get(12)?,
            subject_alt_names: row.get(13)?,
        })
    }

    /// What of the row cannot be true; nothing where all of it fits together.
    fn contradiction(&self, authorities: &[Certificate]) -> Option<String> {
        let Ok(certificate) = Certificate::from_der(self.der.as_slice()) else {
            return Some("holds no readable certificate".to_owned());
        };
        let differing = self.differing(&certificate);
        if !differing.is_empty() {
            let columns = differing.join(", ");
            return Some(format!("says otherwise than its certificate in {columns}"));
        }
        let mut issuers = authorities
            .iter()
            .filter(|authority| authority.subject() == certificate.issuer());
        match issuers.any(|issuer| certificate.is_signed_by(issuer)) {
            true => None,
            false => Some("holds a certificate that no CA here signed".to_owned()),
        }
    }

    /// The columns that are not what [`super::insert`] writes of this certificate.
    fn differing(&self, certificate: &Certificate) -> Vec<&'static str> {
        let validity = certificate.validity();
        let is_folded = |text: &Option<String>, folded: &Option<String>, fold: Fold| match text {
            None => folded.is_none(),
            Some(text) => fold(text).is_some_and(|own| folded.as_deref() == Some(&own)),
        };
        let name: Fold = |text| Some(Name::parse(text).ok()?.folded().to_owned());
        let device: Fold = |text| Some(Device::parse(text).ok()?.folded().to_owned());
        let checks = [
            (
                "fingerprint_sha256",
                self.fingerprint == certificate.fingerprint().0,
            ),
            ("issuer", self.issuer == certificate.issuer().der()),
            (
                "serial_number",
                self.serial_number == certificate.serial_number().octets(),
            ),
            ("profile", Profile::parse(&self.profile).is_ok()),
            ("name", is_folded(&self.name, &self.name_folded, name)),
            (
                "device",
                is_folded(&self.device, &self.device_folded, device),
            ),
            ("subject", self.subject == certificate.subject().as_str()),
            (
                "not_before",
                self.not_before == validity.not_before.unix_timestamp(),
            ),
            (
                "not_after",
                self.not_after == validity.not_after.unix_timestamp(),
            ),
            (
                "subject_alt_name",
                self.subject_alt_names == subject_alt_names(certificate),
            ),
        ];
        let differing = checks.into_iter().filter(|(_, fits)| !fits);
        differing.map(|(column, _)| column).collect()
    }
}

/// A name as it is compared with others; nothing where it cannot be one.
type Fold = fn(&str) -> Option<String>;

/// The names of a certificate as [`COLUMNS`] puts them together.
fn subject_alt_names(certificate: &Certificate) -> Option<String> {
    let names = &certificate.extensions().subject_alt_names;
    let mut lines: Vec<_> = names
        .iter()
        .map(|name| format!("{} {}", name.kind(), name.value()))
        .collect();
    lines.sort();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Opens a database without bringing its schema up to date.
fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|cause| failure(&cause))?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(|cause| failure(&cause))?;
    migrate::check(&connection, migrate::Expected::Inventory)?;
    Ok(connection)
}

/// What is wrong with the file as a database.
fn damage(connection: &Connection) -> Result<Findings> {
    let mut findings = Findings::default();
    if !migrate::has_our_schema(connection)? {
        findings.add(None, "has other tables or triggers than its schema");
    }
    let damages: Vec<String> = connection
        .prepare(&format!("PRAGMA integrity_check({MAX_TOLD})"))
        .and_then(|mut check| check.query_map([], |row| row.get(0))?.collect())
        .map_err(|cause| failure(&cause))?;
    for damage in damages.iter().filter(|damage| *damage != "ok") {
        findings.add(None, format!("is damaged: {damage}"));
    }
    let dangling = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut check| check.exists([]))
        .map_err(|cause| failure(&cause))?;
    if dangling {
        findings.add(None, "refers to rows that it does not hold");
    }
    Ok(findings)
}
