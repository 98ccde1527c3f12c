//! Looking one certificate up.

use rusqlite::{Params, params};

use super::record::COLUMNS;
use super::{Inventory, Record, failure};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::Result;
use crate::name::Name;
use crate::profile::Profile;
use crate::serial::SerialNumber;

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
            "WHERE c.profile IN ('root', 'issuing') ORDER BY c.id DESC",
            [],
        )
    }

    /// The newest certificate of a CA profile.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn current_authority(&self, profile: Profile) -> Result<Option<Record>> {
        let found = self.select(
            "WHERE c.profile = ?1 ORDER BY c.id DESC LIMIT 1",
            params![profile.as_str()],
        )?;
        Ok(found.into_iter().next())
    }

    /// The CA that signs end entities now.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn issuing_authority(&self) -> Result<Option<Record>> {
        Ok(Record::issuing_among(&self.authorities()?).cloned())
    }

    /// The CAs above a certificate, its issuer first and the root last; nothing above a root.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn chain_above(&self, certificate: &Certificate) -> Result<Vec<Certificate>> {
        let mut authorities = self.authorities()?;
        let mut chain: Vec<Certificate> = Vec::new();
        let mut last = certificate;
        while !last.is_self_issued()
            && let Some(position) = authorities.iter().position(|record| {
                record.certificate.subject() == last.issuer()
                    && last.is_signed_by(&record.certificate)
            })
        {
            // Taken out of the list, none can stand in the chain twice.
            chain.push(authorities.remove(position).certificate);
            last = chain.last().unwrap_or(certificate);
        }
        Ok(chain)
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
