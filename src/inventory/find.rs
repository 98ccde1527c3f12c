//! Looking one certificate up.

use rusqlite::{Params, params};
use time::OffsetDateTime;

use super::record::COLUMNS;
use super::{Inventory, Record, Revocation, Standing, failure};
use crate::certificate::{Certificate, DistinguishedName, Fingerprint};
use crate::error::Result;
use crate::name::Name;
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// The profiles of the partial indexes `certificate_authority` and `certificate_service`: SQLite takes such an index for a
/// condition in the same words only.
pub(super) const AUTHORITIES: &str = "('root', 'issuing')";
pub(super) const SERVICES: &str = "('ocsp-responder', 'audit')";
/// Both parts are answered by the index of their table's key.
pub(super) const STANDING: &str = "SELECT revoked_at, reason_code FROM certificate WHERE issuer = ?1 AND serial_number = ?2
     UNION ALL
     SELECT revoked_at, reason_code FROM revoked_serial_number WHERE issuer = ?1 AND serial_number = ?2";

/// The query of [`Inventory::services`].
pub(super) fn services() -> String {
    format!(
        "WHERE c.profile IN {SERVICES} AND c.profile = ?1 AND c.not_after >= ?2 ORDER BY c.id DESC"
    )
}

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

    /// The names that take more than so many octets.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn names_longer_than(&self, octets: usize) -> Result<Vec<Name>> {
        let names: Vec<String> = self
            .connection
            .prepare("SELECT DISTINCT name FROM certificate WHERE octet_length(name) > ?1")
            .and_then(|mut statement| {
                let names = statement
                    .query_map([i64::try_from(octets).unwrap_or(i64::MAX)], |row| {
                        row.get(0)
                    })?;
                names.collect()
            })
            .map_err(|cause| failure(&cause))?;
        names.iter().map(|name| Name::parse(name)).collect()
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

    /// What is known of an issuer's serial number: nothing but its revocation, at the cost of two look-ups in an index.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing> {
        self.standing_by_octets(issuer.der(), serial_number.octets())
    }

    /// The same by what stands in the columns.
    pub(super) fn standing_by_octets(
        &self,
        issuer: &[u8],
        serial_number: &[u8],
    ) -> Result<Standing> {
        let rows: Vec<(Option<i64>, Option<u8>)> = self
            .connection
            .prepare_cached(STANDING)
            .and_then(|mut statement| {
                let parameters = params![issuer, serial_number];
                let rows = statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect()
            })
            .map_err(|cause| failure(&cause))?;
        // A certificate of an imported CA may stand in both tables: revoked is what either says, from when the first does.
        let revoked = rows
            .iter()
            .filter_map(|(at, reason)| (*at).zip(*reason))
            .min();
        let revocation = revoked
            .map(|(at, reason)| Revocation::read(at, reason))
            .transpose()?;
        Ok(match rows.is_empty() {
            true => Standing::Unknown,
            false => Standing::Issued { revocation },
        })
    }

    /// The certificates of a service of the CA's own whose validity has not ended at `now`, newest first.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn services(&self, profile: Profile, now: OffsetDateTime) -> Result<Vec<Record>> {
        let parameters = params![profile.as_str(), now.unix_timestamp()];
        self.select(&services(), parameters)
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
