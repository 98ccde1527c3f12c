//! How every serial number stands, in memory: a few octets for each, which follow the audit log.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, Rows, params};

use super::audit::head;
use super::changes::CHANGED;
use super::{Head, Inventory, Revocation, Standing, failure};
use crate::certificate::DistinguishedName;
use crate::error::Result;
use crate::hexadecimal;
use crate::serial::SerialNumber;

/// How many new certificates are taken in at a time, and how many changes at the most; where there are more of these, all is read anew.
pub(super) const MOST: usize = if cfg!(test) { 3 } else { 10_000 };
/// All serial numbers of certificates, in one walk through the index of the table's key.
pub(super) const ALL: &str = "SELECT issuer, serial_number, NULL, NULL FROM certificate";
/// Those that are revoked, in one walk through the index of what a CRL lists.
pub(super) const REVOKED: &str =
    "SELECT issuer, serial_number, revoked_at, reason_code FROM certificate
     WHERE revoked_at IS NOT NULL";
const REVOKED_ALONE: &str =
    "SELECT issuer, serial_number, revoked_at, reason_code FROM revoked_serial_number";
pub(super) const BEHIND: &str =
    "SELECT id, issuer, serial_number FROM certificate WHERE id > ?1 ORDER BY id LIMIT ?2";

/// What is known of every serial number, as the inventory stood when its audit log ended with [`Standings::head`].
///
/// It takes some 30 octets for each; up to twice that where many came later, and while all is read.
pub struct Standings {
    pub(super) head: Head,
    /// The newest certificate's row.
    newest: i64,
    /// By the issuer's name in DER.
    issuers: BTreeMap<Vec<u8>, BTreeMap<Number, Packed>>,
}

/// A serial number with zeros in front, so that all have one length (RFC 5280 §4.1.2.2).
type Number = [u8; 20];

/// When something was revoked, in seconds, and in the last four bits why. Where two say it, what is less counts: the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packed(u64);

/// What came after some [`Standings`], or as much of it as is taken in at a time.
pub struct News {
    /// Where the log ends behind which this was read; nothing where more is to come.
    head: Option<Head>,
    newest: i64,
    standings: Vec<(Vec<u8>, Vec<u8>, Standing)>,
}

impl Inventory {
    /// Reads how every serial number stands. With a million it takes about half a second.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn standings(&self) -> Result<Standings> {
        let read = || -> rusqlite::Result<Standings> {
            // One moment for all that is looked at.
            let moment = self.connection.unchecked_transaction()?;
            let mut standings = Standings {
                head: head(&moment)?,
                newest: newest(&moment)?,
                issuers: BTreeMap::new(),
            };
            for query in [ALL, REVOKED, REVOKED_ALONE] {
                standings.read(moment.prepare(query)?.query([])?)?;
            }
            Ok(standings)
        };
        read().map_err(|cause| failure(&cause))
    }

    /// Reads what came after `known`; nothing where all is to be read anew. Where very much came, it is
    /// only the first of it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn standings_since(&self, known: &Standings) -> Result<Option<News>> {
        let moment = self.connection.unchecked_transaction();
        let moment = moment.map_err(|cause| failure(&cause))?;
        let names = || -> rusqlite::Result<_> {
            let hash: Option<[u8; 32]> = moment
                .prepare_cached("SELECT hash FROM audit WHERE id = ?1")?
                .query_row([known.head.id], |row| row.get(0))
                .optional()?;
            // Another log, as of a database that was put back.
            if hash != Some(known.head.hash) {
                return Ok(None);
            }
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            let mut newest = known.newest;
            let mut names: Vec<(Vec<u8>, Vec<u8>)> = moment
                .prepare_cached(BEHIND)?
                .query_map(params![known.newest, most], |row| {
                    newest = row.get(0)?;
                    Ok((row.get(1)?, row.get(2)?))
                })?
                .collect::<rusqlite::Result<_>>()?;
            // What becomes of these meanwhile is told by entries behind the head, which are looked at in the end.
            if names.len() == MOST {
                return Ok(Some((None, newest, names)));
            }
            let changed: Vec<Option<String>> = moment
                .prepare_cached(CHANGED)?
                .query_map(params![known.head.id, most], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            if changed.len() == MOST {
                return Ok(None);
            }
            let mut by_fingerprint = moment.prepare_cached(
                "SELECT issuer, serial_number FROM certificate WHERE fingerprint_sha256 = ?1",
            )?;
            for text in changed {
                // An entry that names none tells of a whole import, or of serial numbers without certificates.
                let Some(fingerprint) = text.and_then(|text| hexadecimal::decode(&text)) else {
                    return Ok(None);
                };
                let named =
                    by_fingerprint.query_row([fingerprint], |row| Ok((row.get(0)?, row.get(1)?)));
                names.extend(named.optional()?);
            }
            Ok(Some((Some(head(&moment)?), newest, names)))
        };
        let Some((head, newest, names)) = names().map_err(|cause| failure(&cause))? else {
            return Ok(None);
        };
        let standings = names.into_iter().map(|(issuer, number)| {
            let standing = self.standing_by_octets(&issuer, &number)?;
            Ok((issuer, number, standing))
        });
        Ok(Some(News {
            head,
            newest,
            standings: standings.collect::<Result<_>>()?,
        }))
    }
}

impl News {
    /// Says whether there is no more.
    pub fn is_all(&self) -> bool {
        self.head.is_some()
    }

    /// How many serial numbers stand otherwise than before.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.standings.len()
    }
}

impl Standings {
    /// The end of the audit log behind which all this was read.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How a serial number stands; nothing where the inventory itself must be asked.
    pub fn get(&self, issuer: &DistinguishedName, number: &SerialNumber) -> Option<Standing> {
        let numbers = self.issuers.get(issuer.der())?;
        numbers.get(&padded(number.octets())?)?.standing()
    }

    /// Takes in what came after.
    pub fn take_in(&mut self, news: News) {
        for (issuer, octets, standing) in news.standings {
            if let (Some(number), Standing::Issued { revocation }) = (padded(&octets), standing) {
                let numbers = self.issuers.entry(issuer).or_default();
                numbers.insert(number, Packed::of(revocation));
            }
        }
        self.head = news.head.unwrap_or(self.head);
        self.newest = news.newest;
    }

    fn read(&mut self, mut rows: Rows<'_>) -> rusqlite::Result<()> {
        let mut issuer = Vec::new();
        let mut numbers = Vec::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(0)?.as_blob()?;
            if name != issuer {
                self.merge(std::mem::take(&mut issuer), std::mem::take(&mut numbers));
                issuer = name.to_vec();
            }
            if let Some(number) = padded(row.get_ref(1)?.as_blob()?) {
                numbers.push((number, Packed::of_row(row)?));
            }
        }
        self.merge(issuer, numbers);
        Ok(())
    }

    /// A certificate of an imported CA may stand in both tables: revoked is what either says, from when the first does.
    fn merge(&mut self, issuer: Vec<u8>, numbers: Vec<(Number, Packed)>) {
        if numbers.is_empty() {
            return;
        }
        let known = self.issuers.entry(issuer).or_default();
        if known.is_empty() {
            // Sorted as they come from the index, they fill every node of the tree.
            *known = numbers.into_iter().collect();
            return;
        }
        for (number, packed) in numbers {
            let known = known.entry(number).or_insert(packed);
            *known = packed.min(*known);
        }
    }
}

impl Packed {
    const NOT_REVOKED: Self = Self(u64::MAX);
    /// What does not fit: the inventory itself is asked.
    pub(super) const UNCERTAIN: Self = Self(0);

    pub(super) fn of(revocation: Option<Revocation>) -> Self {
        let Some(Revocation { at, reason }) = revocation else {
            return Self::NOT_REVOKED;
        };
        Self::new(at.unix_timestamp(), reason.code())
    }

    /// Takes the columns behind the issuer and the serial number.
    fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let revoked = row.get::<_, Option<i64>>(2)?.zip(row.get(3)?);
        Ok(revoked.map_or(Self::NOT_REVOKED, |(at, reason)| Self::new(at, reason)))
    }

    pub(super) fn new(at: i64, reason_code: u8) -> Self {
        match u64::try_from(at) {
            Ok(at) if at < 1 << 59 && reason_code < 16 => Self(at << 4 | u64::from(reason_code)),
            _ => Self::UNCERTAIN,
        }
    }

    pub(super) fn standing(self) -> Option<Standing> {
        let revocation = match self {
            Self::UNCERTAIN => return None,
            Self::NOT_REVOKED => None,
            Self(packed) => {
                let at = i64::try_from(packed >> 4).ok()?;
                let reason_code = u8::try_from(packed & 0xf).ok()?;
                Some(Revocation::read(at, reason_code).ok()?)
            }
        };
        Some(Standing::Issued { revocation })
    }
}

/// The newest certificate's row; rows are only ever added.
fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(max(id), 0) FROM certificate")?
        .query_row([], |row| row.get(0))
}

/// Nothing for one that is longer than any may be.
pub(super) fn padded(octets: &[u8]) -> Option<Number> {
    let mut number = Number::default();
    let zeros = number.len().checked_sub(octets.len())?;
    number.get_mut(zeros..)?.copy_from_slice(octets);
    Some(number)
}

impl fmt::Debug for Standings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standings")
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}
