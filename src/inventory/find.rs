//! Looking one certificate up.

use rusqlite::{Params, params};

use super::record::COLUMNS;
use super::{Inventory, Record, failure};
use crate::certificate::Fingerprint;
use crate::error::Result;
use crate::name::Name;
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// The profiles of the partial indexes `certificate_authority` and `certificate_service`: SQLite takes such an index for a
/// condition in the same words only.
pub(super) const AUTHORITIES: &str = "('root', 'issuing')";
pub(super) const SERVICES: &str = "('ocsp-responder', 'audit')";

impl Inventory {
    /// The certificate with exactly this DER, by its fingerprint.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn find_by_fingerprint(&self, fingerprint: &Fingerprint) -> Result<Option<Record>> {
        let found = self.select("WHERE c.fingerprint_sha256 = ?1", params![fingerprint.0])?;
        Ok(found.into_iter().next())
    }

    /// The certificate to which one of our issuers gave this serial number.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn find_by_serial_number(&self, serial_number: &SerialNumber) -> Result<Option<Record>> {
        let found = self.select(
            "WHERE c.serial_number = ?1",
            params![serial_number.octets()],
        )?;
        Ok(found.into_iter().next())
    }

    /// The CA's own certificates, root and issuing, newest first.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn authorities(&self) -> Result<Vec<Record>> {
        self.select(
            &format!("WHERE c.profile IN {AUTHORITIES} ORDER BY c.id DESC"),
            [],
        )
    }

    /// The newest certificate of a CA profile.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn current_authority(&self, profile: Profile) -> Result<Option<Record>> {
        self.newest_among(AUTHORITIES, profile)
    }

    /// The newest certificate of one of the CA's own services: the OCSP responder's or the audit key's.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn current_service(&self, profile: Profile) -> Result<Option<Record>> {
        self.newest_among(SERVICES, profile)
    }

    fn newest_among(&self, profiles: &str, profile: Profile) -> Result<Option<Record>> {
        let found = self.select(
            &format!("WHERE c.profile IN {profiles} AND c.profile = ?1 ORDER BY c.id DESC LIMIT 1"),
            params![profile.as_str()],
        )?;
        Ok(found.into_iter().next())
    }

    /// The newest certificate of a profile under a name, whatever became of it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn newest_of(&self, profile: Profile, name: &Name) -> Result<Option<Record>> {
        let found = self.select(
            "WHERE c.name_folded = ?1 AND c.profile = ?2 ORDER BY c.id DESC LIMIT 1",
            params![name.folded(), profile.as_str()],
        )?;
        Ok(found.into_iter().next())
    }

    /// Runs a query for whole records; `rest` follows `FROM certificate AS c`.
    pub(super) fn select(&self, rest: &str, parameters: impl Params) -> Result<Vec<Record>> {
        let rows: Vec<Result<Record>> = self
            .connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM certificate AS c {rest}"))
            .and_then(|mut statement| statement.query_map(parameters, Record::from_row)?.collect())
            .map_err(|cause| failure(&cause))?;
        rows.into_iter().collect()
    }
}
