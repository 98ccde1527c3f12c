//! Publishing CRLs: signed, read back, recorded, and only then given their name.
//!
//! The file of a CA's CRL is replaced after the commit of its row. A command that is killed before the commit leaves
//! nothing but a file without a name; one that is killed after it leaves the older CRL in place, and the next command that
//! can signs another one. Numbers only grow.

mod due;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::path::PathBuf;
use std::time::Instant;

use time::OffsetDateTime;

pub(super) use due::{Look, remedy};
use due::{due, publishes, publishing_authorities, valid_authorities};

use super::{Authority, CaData};
use crate::certificate::{Certificate, CertificateList, Fingerprint};
use crate::crl::{self, NewCrl};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Wait};
use crate::inventory::{CLOCK_LEEWAY, CrlDue, CrlRecord, Inventory};
use crate::issuer::Issuer;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::validity::{Lifetime, format_instant, to_the_second};

/// How long the CRL of a CA that issues to end entities is good.
const ISSUING_LIFETIME: Lifetime = Lifetime::days(7);
/// How long the root's is: its key may lie in a safe.
const ROOT_LIFETIME: Lifetime = Lifetime::years(1);

/// A CRL that was signed, recorded and published.
#[derive(Debug, Clone)]
pub struct PublishedCrl {
    /// The CA whose certificates it lists.
    pub issuer: Certificate,
    /// The CRL itself.
    pub list: CertificateList,
    /// What the inventory knows of it.
    pub record: CrlRecord,
    /// Its file, in DER.
    pub path: PathBuf,
}

/// What became of the CRLs that were due.
#[derive(Debug, Default)]
pub struct CrlRound {
    /// Those that were renewed.
    pub published: Vec<PublishedCrl>,
    /// Those that could not be.
    pub failed: Vec<CrlFailure>,
}

/// A CRL that was due and could not be renewed.
#[derive(Debug)]
pub struct CrlFailure {
    /// The CA.
    pub issuer: Certificate,
    /// Why it was due.
    pub due: CrlDue,
    /// Why it could not be.
    pub cause: Error,
}

/// Whether a CRL is signed where another command has just done so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Due(Look),
}

impl Authority {
    /// Makes a new CRL of the issuing CA, whether one is due or not.
    ///
    /// # Errors
    /// Fails when signing, the database or the disk does.
    pub fn publish_crl(&self, now: OffsetDateTime) -> Result<PublishedCrl> {
        let next_update = ISSUING_LIFETIME.after(to_the_second(now))?;
        self.publish_crl_until(&self.issuing, next_update, now)
    }

    /// Makes a new CRL of one of our CAs that is good until `next_update`.
    ///
    /// # Errors
    /// Fails when signing, the database or the disk does.
    pub fn publish_crl_until(
        &self,
        issuer: &Issuer,
        next_update: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<PublishedCrl> {
        publish(self.data(), &self.inventory, issuer, next_update, now)
    }

    /// Makes every CRL that is due, of each of our CAs that is valid and whose key can be opened.
    ///
    /// `passphrase` opens keys that have one of their own, as the root's may. Who looks closely finds a published CRL too that cannot be
    /// read, is not its CA's, or is an older one.
    ///
    /// # Errors
    /// Fails when the database does; what else goes wrong is told for each CRL.
    pub(super) fn publish_due_crls(
        &self,
        passphrase: Option<&Secret>,
        look: Look,
        now: OffsetDateTime,
    ) -> Result<CrlRound> {
        let mut round = CrlRound::default();
        for record in publishing_authorities(self.data(), &self.inventory, now)? {
            let issuer = record.certificate;
            let Some(due) = due(self.data(), &self.inventory, &issuer, look, now)? else {
                continue;
            };
            match self.publish_due(&issuer, record.profile, passphrase, look, now) {
                Ok(published) => round.published.extend(published),
                Err(cause) => round.failed.push(CrlFailure { issuer, due, cause }),
            }
        }
        Ok(round)
    }

    fn publish_due(
        &self,
        authority: &Certificate,
        profile: Profile,
        passphrase: Option<&Secret>,
        look: Look,
        now: OffsetDateTime,
    ) -> Result<Option<PublishedCrl>> {
        let is_current = authority == self.issuing();
        let lifetime = match profile {
            Profile::Root if !is_current => ROOT_LIFETIME,
            _ => ISSUING_LIFETIME,
        };
        let next_update = lifetime.after(to_the_second(now))?;
        let opened;
        let issuer = match is_current {
            true => &self.issuing,
            false => {
                opened = self.issuer_of(authority, passphrase)?;
                &opened
            }
        };
        let (data, when) = (self.data(), When::Due(look));
        publish_when(data, &self.inventory, issuer, next_update, when, now)
    }

    /// The published CRLs of every CA of ours that is valid, as [`published_crls`] finds them.
    ///
    /// # Errors
    /// Refuses where one is missing: a server that checks the whole chain would then let nobody in.
    pub fn crl_bundle(&self, now: OffsetDateTime) -> Result<Vec<CertificateList>> {
        published_crls(self.data(), &self.inventory, now)
    }
}

/// The published CRLs of every CA of ours that is valid, the newest CA first: what a server needs to check a chain.
///
/// # Errors
/// Refuses where one is missing: a server that checks the whole chain would then let nobody in.
pub fn published_crls(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Vec<CertificateList>> {
    let authorities = valid_authorities(inventory, now)?;
    let lists = authorities.iter().map(|record| {
        let path = data.crl(&record.certificate);
        if matches!(path.try_exists(), Ok(false)) {
            let hint = match publishes(data, inventory, record)? {
                true => remedy(data, record),
                false if !record.certificate.may_sign_crls() => {
                    "Its keyUsage lets it sign none (RFC 5280 §6.3.3); OCSP tells what is revoked."
                }
                false => {
                    "It is not made here: get it from those who have that CA's key, and add it to the CRL that pki crl writes."
                }
            };
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no CRL of {} yet", record.certificate.subject()),
            )
            .with_hint(hint));
        }
        CertificateList::from_der(file::read_crl(&path)?)
    });
    lists.collect()
}

/// Says of each published CRL of a valid CA that ends soon or has ended when it does, what that means and what to do.
///
/// # Errors
/// Fails when the database does.
pub fn ending_crls(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Vec<String>> {
    let mut sentences = Vec::new();
    for record in publishing_authorities(data, inventory, now)? {
        let newest = inventory.newest_crl(&record.certificate)?;
        let Some(crl) = newest.filter(|crl| crl.ends_soon(now)) else {
            continue;
        };
        let subject = record.certificate.subject();
        let end = format_instant(crl.next_update);
        let remedy = remedy(data, &record);
        sentences.push(match crl.next_update < now {
            true => format!(
                "the CRL of {subject} has ended on {end}: servers that check it refuse everybody. {remedy}"
            ),
            false => format!(
                "the CRL of {subject} ends on {end}: servers that check it will then refuse everybody. {remedy}"
            ),
        });
    }
    Ok(sentences)
}

/// The CRL with which a new CA begins.
pub(super) fn publish_first(
    data: &CaData,
    inventory: &Inventory,
    issuer: &Issuer,
    issues_to_end_entities: bool,
    now: OffsetDateTime,
) -> Result<()> {
    if !issuer.certificate().may_sign_crls() {
        return Ok(());
    }
    let lifetime = match issues_to_end_entities {
        true => ISSUING_LIFETIME,
        false => ROOT_LIFETIME,
    };
    let next_update = lifetime.after(to_the_second(now))?;
    publish(data, inventory, issuer, next_update, now).map(drop)
}

fn publish(
    data: &CaData,
    inventory: &Inventory,
    issuer: &Issuer,
    next_update: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<PublishedCrl> {
    let published = publish_when(data, inventory, issuer, next_update, When::Always, now)?;
    published.ok_or_else(|| Error::new(ErrorKind::Internal, "no CRL was made"))
}

/// Signs, reads back, records and publishes a CRL. One command at a time does so for one CA, so that no older CRL takes the
/// place of a newer one.
fn publish_when(
    data: &CaData,
    inventory: &Inventory,
    issuer: &Issuer,
    next_update: OffsetDateTime,
    when: When,
    now: OffsetDateTime,
) -> Result<Option<PublishedCrl>> {
    let authority = issuer.certificate();
    if !authority.may_sign_crls() {
        return Err(Error::new(
            ErrorKind::NotPermitted,
            format!("{} may not sign CRLs by its keyUsage", authority.subject()),
        )
        .with_hint(
            "Nobody would accept one (RFC 5280 §6.3.3); OCSP and pki serve tell what is revoked.",
        ));
    }
    let (path, unnamed) = (data.crl(authority), data.unnamed_crl(authority));
    let begun = Instant::now();
    let _lock = file::lock(&data.issuer_directory(authority), Wait::Yes)?;
    let waited = begun.elapsed();
    if let When::Due(look) = when
        && due(data, inventory, authority, look, now)?.is_none()
    {
        return Ok(None);
    }
    // A command that waited for this lock has looked at the clock before another one published: what that one listed must not be
    // missing here, under a greater number. What lies further ahead was signed with a wrong clock.
    let latest = now + waited + CLOCK_LEEWAY;
    let now = to_the_second(now);
    let newest = inventory.newest_crl(authority)?.map(|crl| crl.this_update);
    let this_update = newest
        .filter(|newest| (now..=latest).contains(newest))
        .unwrap_or(now);
    loop {
        let (next, entries) =
            crl::gather(|visit| inventory.next_crl(authority, this_update, visit))?;
        let new = NewCrl {
            crl_number: next.crl_number,
            this_update,
            next_update,
        };
        let record = CrlRecord {
            crl_number: next.crl_number,
            this_update,
            next_update,
            revoked_count: entries.count(),
            as_of: next.as_of,
        };
        // What a killed command left there never had a name.
        file::remove_quietly(&unnamed);
        let (list, fingerprint) = crl::sign_beside(issuer, &new, entries, |der| {
            file::write_synced(&unnamed, &path, der, Access::Public)?;
            Ok(Fingerprint::of(der))
        })
        .inspect_err(|_| file::remove_quietly(&unnamed))?;
        let recorded = inventory
            .record_crl(authority, &record, &fingerprint, now)
            .inspect_err(|_| {
                // Where the row may be there all the same, the file says that a newer CRL than the published one was signed.
                if inventory.settle().is_ok() {
                    file::remove_quietly(&unnamed);
                }
            })?;
        // Somebody who knows no lock took the number: the next one is free.
        if !recorded {
            continue;
        }
        file::rename(&unnamed, &path, Existing::Replace)?;
        return Ok(Some(PublishedCrl {
            issuer: authority.clone(),
            list,
            record,
            path,
        }));
    }
}
