//! What an unlocked CA renews by itself, so that nothing ends because nobody thought of it.

use time::OffsetDateTime;

use super::crl::{CrlFailure, CrlRound, Look, PublishedCrl, remedy};
use super::{Authority, CaData};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{CrlDue, Inventory};
use crate::secret::Secret;
use crate::validity::format_instant;

/// What was renewed, and what could not be.
#[derive(Debug, Default)]
pub struct Upkeep {
    /// The CRLs that were renewed.
    pub crls: Vec<PublishedCrl>,
    /// What else was renewed, in words that follow "renewed".
    others: Vec<String>,
    /// What could not be renewed and why, and what to do: whole sentences.
    pub warnings: Vec<String>,
}

impl Upkeep {
    /// What was renewed, in words that follow "renewed".
    pub fn renewed(&self) -> Vec<String> {
        let crls = self.crls.iter().map(|crl| {
            let until = format_instant(crl.record.next_update);
            format!("the CRL of {}, good until {until}", crl.issuer.subject())
        });
        crls.chain(self.others.iter().cloned()).collect()
    }

    /// Notes what came of one renewal; nothing where it was not due.
    fn note(&mut self, what: &str, outcome: Result<Option<String>>) {
        match outcome {
            Ok(renewed) => self.others.extend(renewed),
            Err(cause) => self.warnings.push(not_renewed(what, &cause)),
        }
    }
}

impl Authority {
    /// Renews whatever is due and can be renewed. It never fails: what goes wrong is told.
    pub fn keep_up(&self, now: OffsetDateTime) -> Upkeep {
        self.renew_all(None, Look::Quick, now)
    }

    /// The same with the passphrase of a root that has one of its own, and a close look at the published CRLs.
    pub fn keep_up_with(&self, root_passphrase: Option<&Secret>, now: OffsetDateTime) -> Upkeep {
        self.renew_all(root_passphrase, Look::Close, now)
    }

    fn renew_all(
        &self,
        root_passphrase: Option<&Secret>,
        look: Look,
        now: OffsetDateTime,
    ) -> Upkeep {
        let mut upkeep = match self.renew_crls(root_passphrase, look, now) {
            Ok(upkeep) => upkeep,
            Err(cause) => Upkeep {
                warnings: vec![not_renewed("CRLs", &cause)],
                ..Upkeep::default()
            },
        };
        let named = |renewed: Result<bool>, what: &str| {
            renewed.map(|renewed| renewed.then(|| format!("the {what}")))
        };
        for (what, renewed) in [
            ("OCSP responder", self.renew_responder(now)),
            ("audit key", self.renew_audit_key(now)),
        ] {
            upkeep.note(what, named(renewed, what));
        }
        let what = "certificate of pki serve itself";
        let own_server = self.keep_up_own_server(now).map(|until| {
            until.map(|until| format!("the {what}, valid until {}", format_instant(until)))
        });
        upkeep.note(what, own_server);
        upkeep
    }

    fn renew_crls(
        &self,
        root_passphrase: Option<&Secret>,
        look: Look,
        now: OffsetDateTime,
    ) -> Result<Upkeep> {
        let CrlRound { published, failed } = self.publish_due_crls(root_passphrase, look, now)?;
        let mut warnings = Vec::new();
        for failure in failed.iter().filter(|failure| failure.matters()) {
            warnings.push(failure.sentence(self.data(), &self.inventory)?);
        }
        Ok(Upkeep {
            crls: published,
            warnings,
            ..Upkeep::default()
        })
    }

    /// Renews the test server's own certificate, where there is one that nobody revoked; tells until when the new one is good.
    fn keep_up_own_server(&self, now: OffsetDateTime) -> Result<Option<OffsetDateTime>> {
        // A CA that has ended signs nothing: that is its own news, and told elsewhere.
        let Some(hosts) = self
            .own_server_is_due(now)?
            .filter(|_| self.issuing().validity().contains(now))
        else {
            return Ok(None);
        };
        match self.own_server(&hosts, now) {
            Ok(own) => {
                let certificate = own.chain.first();
                Ok(certificate.map(|certificate| certificate.validity().not_after))
            }
            // Another process may have been faster.
            Err(cause) => match self.own_server_is_due(now)? {
                Some(_) => Err(cause),
                None => Ok(None),
            },
        }
    }
}

fn not_renewed(what: &str, cause: &Error) -> String {
    let hint = cause.hint().map(|hint| format!(" {hint}"));
    format!(
        "the {what} could not be renewed: {}.{}",
        cause.message(),
        hint.unwrap_or_default()
    )
}

impl CrlFailure {
    /// A key that is elsewhere, or has a passphrase of its own, is no fault as long as the CRL is good and complete; of
    /// its end every command warns in time.
    fn matters(&self) -> bool {
        let locked = matches!(
            self.cause.kind(),
            ErrorKind::NotFound | ErrorKind::WrongPassphrase | ErrorKind::PassphraseRequired
        );
        !locked || !matches!(self.due, CrlDue::HalfLife | CrlDue::Restored)
    }

    fn sentence(&self, data: &CaData, inventory: &Inventory) -> Result<String> {
        let lacks = match self.due {
            CrlDue::Missing => "there is no CRL of",
            CrlDue::Revocations => "a revocation is missing from the CRL of",
            CrlDue::Restored | CrlDue::HalfLife | CrlDue::Ahead => "a new CRL is due of",
        };
        let record = inventory.find_by_fingerprint(&self.issuer.fingerprint())?;
        let remedy = record.map_or("Run pki crl.", |record| remedy(data, &record));
        let (subject, cause) = (self.issuer.subject(), self.cause.message());
        Ok(format!("{lacks} {subject}: {cause}. {remedy}"))
    }
}
