//! Revocation: recorded here, it counts at once.

use std::fmt;

use rusqlite::{Connection, params};
use time::OffsetDateTime;

use super::insert::is_taken;
use super::{Action, Holder, Inventory, Record, audit, commit, failure};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// Why a certificate was revoked, as RFC 5280 §5.3.1 numbers and names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonCode {
    /// No reason is given (0).
    Unspecified,
    /// Somebody else may have the key (1).
    KeyCompromise,
    /// Somebody else may have the issuing CA's key (2).
    CaCompromise,
    /// The subject's name or organization changed (3).
    AffiliationChanged,
    /// Another certificate took its place (4).
    Superseded,
    /// It is not needed any more (5).
    CessationOfOperation,
    /// Suspended; the only reason that can be lifted (6).
    CertificateHold,
    /// A privilege that it states was withdrawn (9).
    PrivilegeWithdrawn,
    /// The attribute authority may be compromised (10).
    AaCompromise,
}

impl ReasonCode {
    /// Every reason with its number and name.
    const TABLE: [(Self, u8, &'static str); 9] = [
        (Self::Unspecified, 0, "unspecified"),
        (Self::KeyCompromise, 1, "keyCompromise"),
        (Self::CaCompromise, 2, "cACompromise"),
        (Self::AffiliationChanged, 3, "affiliationChanged"),
        (Self::Superseded, 4, "superseded"),
        (Self::CessationOfOperation, 5, "cessationOfOperation"),
        (Self::CertificateHold, 6, "certificateHold"),
        (Self::PrivilegeWithdrawn, 9, "privilegeWithdrawn"),
        (Self::AaCompromise, 10, "aACompromise"),
    ];

    /// Reads the argument of `--reason`; upper and lower case are alike.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        let found = Self::TABLE
            .iter()
            .find(|(_, _, name)| name.eq_ignore_ascii_case(text));
        found.map(|(reason, _, _)| *reason).ok_or_else(|| {
            let known = Self::TABLE.map(|(_, _, name)| name).join(", ");
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a reason of RFC 5280", Quoted(text)),
            )
            .with_hint(format!("Choose one of {known}."))
        })
    }

    /// Reads the number of RFC 5280 §5.3.1.
    ///
    /// # Errors
    /// Refuses numbers that it does not define, and removeFromCRL (8), which belongs to delta CRLs.
    pub fn from_code(code: u8) -> Result<Self> {
        let found = Self::TABLE.iter().find(|(_, known, _)| *known == code);
        found.map(|(reason, _, _)| *reason).ok_or_else(|| {
            Error::new(
                ErrorKind::Inventory,
                format!("{code} is not a reason of RFC 5280"),
            )
        })
    }

    /// The reason's number.
    pub fn code(self) -> u8 {
        Self::TABLE
            .iter()
            .find(|(reason, _, _)| *reason == self)
            .map_or(0, |(_, code, _)| *code)
    }

    /// The reason's name.
    pub fn as_str(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|(reason, _, _)| *reason == self)
            .map_or("unspecified", |(_, _, name)| name)
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Inventory {
    /// Revokes certificates, all of them or none; from the commit on, every server that asks knows.
    ///
    /// # Errors
    /// Refuses a certificate that is revoked already, also by a command that looked at the clock later: neither its time nor its
    /// reason may change, except that a hold may become final (RFC 5280 §5.3.1). The planned end of an overlap is none.
    pub fn revoke(
        &self,
        records: &[Record],
        reason: ReasonCode,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        for record in records {
            let changed = transaction
                .prepare_cached(
                    "UPDATE certificate SET revoked_at = min(coalesce(revoked_at, ?2), ?2), reason_code = ?3
                     WHERE id = ?1 AND (revoked_at IS NULL OR (revoked_at > ?2 AND revoked_at IS superseded_at)
                                        OR (reason_code = 6 AND ?3 <> 6))",
                )
                .and_then(|mut statement| statement.execute(params![record.id, now.unix_timestamp(), reason.code()]))
                .map_err(|cause| failure(&cause))?;
            if changed == 0 {
                return Err(Error::new(
                    ErrorKind::AlreadyExists,
                    format!("{} is revoked already", record.certificate.serial_number()),
                )
                .with_hint("Its time and reason stay as they are; only a hold can be changed."));
            }
            self.append_revocation(&transaction, &record.certificate, now)
                .map_err(|cause| failure(&cause))?;
            // Whoever is told that it is revoked relies on it: a trigger of somebody else's could have undone it.
            let stands: bool = transaction
                .prepare_cached(
                    "SELECT coalesce(revoked_at <= ?2, FALSE) FROM certificate WHERE id = ?1",
                )
                .and_then(|mut statement| {
                    let parameters = params![record.id, now.unix_timestamp()];
                    statement.query_row(parameters, |row| row.get(0))
                })
                .map_err(|cause| failure(&cause))?;
            if !stands {
                return Err(Error::new(
                    ErrorKind::Inventory,
                    "the inventory does not keep the revocation: it was altered by another program",
                )
                .with_hint("Put back the newest backup and revoke there."));
            }
        }
        commit(transaction).map_err(|cause| failure(&cause))
    }

    /// Lifts a hold: from now on the certificate counts again, until the end of its overlap where it was renewed.
    ///
    /// That it was held is remembered, for those who ask who could log in then.
    ///
    /// # Errors
    /// Refuses a certificate that is not on hold; no other revocation can be taken back (RFC 5280 §5.3.1).
    pub fn unrevoke(&self, record: &Record, now: OffsetDateTime) -> Result<()> {
        let (hold, superseded) = (ReasonCode::CertificateHold, ReasonCode::Superseded);
        let transaction = self.begin()?;
        let remembered = transaction
            .execute(
                "INSERT INTO hold (certificate_id, held_at, lifted_at)
                 SELECT id, revoked_at, max(revoked_at, ?3) FROM certificate WHERE id = ?1 AND reason_code = ?2",
                params![record.id, hold.code(), now.unix_timestamp()],
            )
            .map_err(|cause| failure(&cause))?;
        if remembered == 0 {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!("{} is not on hold", record.certificate.serial_number()),
            )
            .with_hint("Only a revocation with the reason certificateHold can be lifted."));
        }
        self.check_place_is_free(&transaction, record, now)?;
        let fingerprint = record.certificate.fingerprint();
        transaction
            .execute(
                "UPDATE certificate SET revoked_at = superseded_at, reason_code = iif(superseded_at IS NULL, NULL, ?2)
                 WHERE id = ?1",
                params![record.id, superseded.code()],
            )
            .and_then(|_| audit::state(&transaction, &fingerprint))
            .and_then(|detail| self.append(&transaction, Action::Unrevoke, &detail, now))
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// Refuses to lift a hold where another certificate has taken the place of name and device since.
    fn check_place_is_free(
        &self,
        connection: &Connection,
        record: &Record,
        now: OffsetDateTime,
    ) -> Result<()> {
        let Some(name) = &record.name else {
            return Ok(());
        };
        let holder = Holder::client(name, record.device.as_ref());
        let taken = is_taken(connection, &holder, record.profile, now).and_then(|taken| {
            // Its own successor may stand beside it.
            let renewed = connection
                .prepare_cached("SELECT 1 FROM certificate WHERE supersedes = ?1")?
                .exists([record.id])?;
            Ok(taken && !renewed)
        });
        match taken.map_err(|cause| failure(&cause))? {
            false => Ok(()),
            true => Err(Error::new(
                ErrorKind::AlreadyExists,
                format!(
                    "{} has another valid certificate by now",
                    record.reference()
                ),
            )
            .with_hint("Revoke that one first, or leave this one on hold.")),
        }
    }

    /// Appends the entry of a revocation to the audit log, once it stands in the row.
    pub(super) fn append_revocation(
        &self,
        connection: &Connection,
        certificate: &Certificate,
        now: OffsetDateTime,
    ) -> rusqlite::Result<()> {
        let detail = audit::state(connection, &certificate.fingerprint())?;
        self.append(connection, Action::Revoke, &detail, now)
    }
}
