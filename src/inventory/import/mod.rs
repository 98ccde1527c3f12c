//! Recording what was issued before the CA came here: all of it or nothing, and again without harm.

mod past;
mod revoke;

use std::collections::HashMap;

pub use past::{IndexEntry, Past};
use revoke::Revocations;
use rusqlite::{Connection, Transaction, params};
use serde_json::json;
use time::OffsetDateTime;

use super::insert::{Moment, insert, is_taken, other_spelling};
use super::{Action, Holder, Inventory, Record, commit, failure};
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::Result;
use crate::name::{Device, Name};
use crate::profile::Profile;
use crate::serial::SerialNumber;

/// A certificate that a CA of ours issued elsewhere.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The certificate.
    pub certificate: Certificate,
    /// Under which profile it is kept.
    pub profile: Profile,
    /// Under which name it is kept.
    pub name: Name,
}

/// What became of an [`Arrival`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was recorded.
    Recorded {
        /// Under this name, which is the one it arrived with, or that in its known spelling.
        name: Name,
        /// With this device, where the name alone would not have told it apart.
        device: Option<Device>,
    },
    /// The inventory knew it already.
    Known,
    /// Its serial number is that of another certificate of the same CA, which stays.
    SerialNumberTaken,
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Imported {
    /// What became of each certificate, in the order in which they were given.
    pub fates: Vec<Fate>,
    /// How many revocations were recorded.
    pub revoked: usize,
    /// Whether a CRL was recorded whose number is above those that were known.
    pub continued: bool,
    /// What the index calls valid and the inventory does not know.
    pub missing: Vec<IndexEntry>,
}

/// How an arrival stands to its name: of several valid certificates of a name, the newest keeps it as it is.
#[derive(Clone, Copy)]
enum Claim {
    /// It has ended or was revoked, and stands in nobody's way.
    Past,
    /// It is the newest valid one of those that arrive.
    Newest,
    /// A newer one is valid too.
    Older,
}

impl Inventory {
    /// Records a CA's own certificate that was made elsewhere.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn import_authority(
        &self,
        certificate: &Certificate,
        profile: Profile,
        now: OffsetDateTime,
    ) -> Result<()> {
        let transaction = self.begin()?;
        self.arrive(&transaction, certificate, profile, None, now)
            .and_then(|()| commit(transaction))
            .map_err(|cause| failure(&cause))
    }

    /// The newest of our CAs that was made elsewhere: the one whose index tells what it had issued.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn imported_authority(&self) -> Result<Option<Record>> {
        let found = self.select(
            "WHERE c.profile IN ('root', 'issuing') AND c.imported_at IS NOT NULL ORDER BY c.id DESC LIMIT 1",
            [],
        )?;
        Ok(found.into_iter().next())
    }

    /// Says whether a certificate was issued before the CA came here.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn is_imported(&self, certificate: &Certificate) -> Result<bool> {
        self.connection
            .prepare_cached(
                "SELECT 1 FROM certificate WHERE fingerprint_sha256 = ?1 AND imported_at IS NOT NULL",
            )
            .and_then(|mut statement| statement.exists([certificate.fingerprint().0]))
            .map_err(|cause| failure(&cause))
    }

    /// Records certificates, and what index and last CRL of one of our CAs say of their status and of others'.
    ///
    /// Names are not refused: where one is held already, the newcomer gets a device that tells its serial number.
    ///
    /// # Errors
    /// Fails when the database does; then nothing was recorded.
    pub fn import(
        &self,
        arrivals: &[Arrival],
        past: &Past,
        now: OffsetDateTime,
    ) -> Result<Imported> {
        let transaction = self.begin()?;
        let imported = self.import_in(&transaction, arrivals, past, now)?;
        commit(transaction).map_err(|cause| failure(&cause))?;
        Ok(imported)
    }

    fn import_in(
        &self,
        transaction: &Transaction<'_>,
        arrivals: &[Arrival],
        past: &Past,
        now: OffsetDateTime,
    ) -> Result<Imported> {
        let issuer = past.issuer.subject();
        let revocations = Revocations::of(issuer, &past.entries, now);
        let valid = |arrival: &Arrival| {
            let revocation = revocations.find(&arrival.certificate);
            arrival.certificate.validity().not_after >= now
                && revocation.is_none_or(|revocation| revocation.at > now)
        };
        let mut imported = Imported {
            fates: vec![Fate::Known; arrivals.len()],
            ..Imported::default()
        };
        // The oldest first, so that the inventory's order is that of issuance.
        let mut order: Vec<_> = arrivals.iter().zip(&mut imported.fates).collect();
        order.sort_by_key(|(arrival, _)| arrival.certificate.validity().not_before);
        let mut newest: HashMap<_, &Certificate> = HashMap::new();
        for (arrival, _) in order.iter().filter(|(arrival, _)| valid(arrival)) {
            newest.insert(arrival.key(), &arrival.certificate);
        }
        for (arrival, fate) in order {
            let certificate = &arrival.certificate;
            let claim = match (valid(arrival), newest.get(&arrival.key())) {
                (false, _) => Claim::Past,
                (true, Some(newest)) if *newest == certificate => Claim::Newest,
                (true, _) => Claim::Older,
            };
            *fate = self
                .take_in(transaction, arrival, claim, now)
                .map_err(|cause| failure(&cause))?;
            if matches!(fate, Fate::Recorded { .. }) {
                let revocation = revocations.find(certificate);
                imported.revoked +=
                    self.revoke_on_arrival(transaction, certificate, revocation, now)?;
            }
        }
        for entry in &past.entries {
            let known = knows(transaction, issuer, &entry.serial_number);
            let known = known.map_err(|cause| failure(&cause))?;
            match entry.revocation {
                Some(revocation) => {
                    imported.revoked +=
                        self.revoke_entry(transaction, issuer, entry, revocation, now)?;
                }
                None if !known && entry.not_after >= now => imported.missing.push(entry.clone()),
                None => {}
            }
        }
        if let Some(crl) = &past.crl {
            imported.continued = self.import_crl(transaction, &past.issuer, crl, now)?;
        }
        Ok(imported)
    }

    /// Records one certificate, unless it is known: under its plain name, or with a device that tells its serial number.
    fn take_in(
        &self,
        connection: &Connection,
        arrival: &Arrival,
        claim: Claim,
        now: OffsetDateTime,
    ) -> rusqlite::Result<Fate> {
        let Arrival {
            certificate,
            profile,
            name,
        } = arrival;
        let known = connection
            .prepare_cached("SELECT 1 FROM certificate WHERE fingerprint_sha256 = ?1")?
            .exists([certificate.fingerprint().0])?;
        if known {
            return Ok(Fate::Known);
        }
        if knows(
            connection,
            certificate.issuer(),
            certificate.serial_number(),
        )? {
            return Ok(Fate::SerialNumberTaken);
        }
        let spelled = other_spelling(connection, name)?;
        let spelled = spelled.and_then(|spelled| Name::parse(&spelled).ok());
        let mut holder = Holder::client(spelled.as_ref().unwrap_or(name), None);
        let apart = match claim {
            Claim::Past => false,
            Claim::Newest => is_taken(connection, &holder, *profile, now)?,
            Claim::Older => true,
        };
        if apart {
            for device in devices(certificate.serial_number()) {
                holder.device = Some(device);
                if !is_taken(connection, &holder, *profile, now)? {
                    break;
                }
            }
        }
        self.arrive(connection, certificate, *profile, Some(&holder), now)?;
        let Holder { name, device, .. } = holder;
        Ok(Fate::Recorded { name, device })
    }

    fn arrive(
        &self,
        connection: &Connection,
        certificate: &Certificate,
        profile: Profile,
        holder: Option<&Holder>,
        now: OffsetDateTime,
    ) -> rusqlite::Result<()> {
        let moment = Moment {
            issued_at: certificate.validity().not_before,
            imported_at: Some(now),
        };
        insert(connection, certificate, profile, holder, moment)?;
        let detail = json!({
            "serial_number": certificate.serial_number().to_string(),
            "fingerprint_sha256": certificate.fingerprint().to_string(),
            "profile": profile.as_str(),
            "name": holder.map(|holder| holder.name.as_str()),
            "device": holder.and_then(|holder| holder.device.as_ref()).map(Device::as_str),
        });
        self.append(connection, Action::Import, &detail, now)
    }
}

impl Arrival {
    /// What two valid certificates may not have in common.
    fn key(&self) -> (String, &'static str) {
        (self.name.folded(), self.profile.as_str())
    }
}

/// Devices that tell a serial number: by its beginning, and where that does not tell it apart, by all of it.
fn devices(serial_number: &SerialNumber) -> impl Iterator<Item = Device> {
    let digits = serial_number.to_string();
    let beginning: String = digits.chars().take(8).collect();
    [beginning, digits]
        .into_iter()
        .filter_map(|digits| Device::parse(&format!("imported-{digits}")).ok())
}

/// Says whether a certificate with this serial number of this CA is recorded.
fn knows(
    connection: &Connection,
    issuer: &DistinguishedName,
    serial_number: &SerialNumber,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM certificate WHERE issuer = ?1 AND serial_number = ?2")?
        .exists(params![issuer.der(), serial_number.octets()])
}
