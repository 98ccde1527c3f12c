//! What an unlocked CA renews by itself, so that nothing ends because nobody thought of it.

use time::OffsetDateTime;

use super::crl::{CrlFailure, CrlRound, PublishedCrl, remedy};
use super::{Authority, CaData};
use crate::error::{ErrorKind, Result};
use crate::inventory::{CrlDue, Inventory};
use crate::secret::Secret;

/// What was renewed, and what could not be.
#[derive(Debug, Default)]
pub struct Upkeep {
    /// The CRLs that were renewed.
    pub crls: Vec<PublishedCrl>,
    /// What could not be renewed and why, and what to do: whole sentences.
    pub warnings: Vec<String>,
}

impl Authority {
    /// Renews whatever is due and can be renewed. It never fails: what goes wrong is told.
    pub fn keep_up(&self, now: OffsetDateTime) -> Upkeep {
        self.keep_up_with(None, now)
    }

    /// The same with the passphrase of a root that has one of its own.
    pub fn keep_up_with(&self, root_passphrase: Option<&Secret>, now: OffsetDateTime) -> Upkeep {
        let mut upkeep = Upkeep::default();
        upkeep.take("CRLs", self.renew_crls(root_passphrase, now));
        upkeep
    }

    fn renew_crls(&self, root_passphrase: Option<&Secret>, now: OffsetDateTime) -> Result<Upkeep> {
        let CrlRound { published, failed } = self.publish_due_crls(root_passphrase, now)?;
        let mut warnings = Vec::new();
        for failure in failed.iter().filter(|failure| failure.matters()) {
            warnings.push(failure.sentence(self.data(), &self.inventory)?);
        }
        Ok(Upkeep {
            crls: published,
            warnings,
        })
    }
}

impl Upkeep {
    /// Adds what came of one task.
    fn take(&mut self, what: &str, outcome: Result<Self>) {
        match outcome {
            Ok(Self { crls, warnings }) => {
                self.crls.extend(crls);
                self.warnings.extend(warnings);
            }
            Err(cause) => self.warnings.push(format!(
                "the {what} could not be renewed: {}",
                cause.message()
            )),
        }
    }
}

impl CrlFailure {
    /// A key that is elsewhere, or has a passphrase of its own, is no fault as long as the CRL is good and complete; of
    /// its end every command warns in time.
    fn matters(&self) -> bool {
        let locked = matches!(
            self.cause.kind(),
            ErrorKind::NotFound | ErrorKind::WrongPassphrase | ErrorKind::PassphraseRequired
        );
        !locked || self.due != CrlDue::HalfLife
    }

    fn sentence(&self, data: &CaData, inventory: &Inventory) -> Result<String> {
        let lacks = match self.due {
            CrlDue::Missing => "there is no CRL of",
            CrlDue::Revocations => "a revocation is missing from the CRL of",
            CrlDue::HalfLife | CrlDue::Ahead => "a new CRL is due of",
        };
        let record = inventory.find_by_fingerprint(&self.issuer.fingerprint())?;
        let remedy = record.map_or("Run pki crl.", |record| remedy(data, &record));
        let (subject, cause) = (self.issuer.subject(), self.cause.message());
        Ok(format!("{lacks} {subject}: {cause}. {remedy}"))
    }
}
