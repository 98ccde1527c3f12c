//! What an unlocked CA renews by itself, so that nothing ends because nobody thought of it.

use time::OffsetDateTime;

use super::crl::{CrlFailure, CrlRound, PublishedCrl, remedy};
use super::{Authority, CaData};
use crate::error::{ErrorKind, Result};
use crate::inventory::{CrlDue, Inventory};
use crate::secret::Secret;
use crate::validity::format_instant;

/// What was renewed, and what could not be.
#[derive(Debug, Default)]
pub struct Upkeep {
    /// The CRLs that were renewed.
    pub crls: Vec<PublishedCrl>,
    /// The OCSP responder was renewed.
    pub responder: bool,
    /// Until when the test server's own certificate is good, where it was renewed.
    pub own_server: Option<OffsetDateTime>,
    /// What could not be renewed and why, and what to do: whole sentences.
    pub warnings: Vec<String>,
}

impl Upkeep {
    /// What was renewed, each with the end of the new one.
    pub fn renewed(&self) -> Vec<String> {
        let own_server = self.own_server.map(|until| {
            let until = format_instant(until);
            format!("the certificate of pki serve itself, valid until {until}")
        });
        let crls = self.crls.iter().map(|crl| {
            let until = format_instant(crl.record.next_update);
            format!("the CRL of {}, good until {until}", crl.issuer.subject())
        });
        let responder = self.responder.then(|| "the OCSP responder".to_owned());
        crls.chain(responder).chain(own_server).collect()
    }
}

impl Authority {
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
impl Authority {
    /// Renews whatever is due and can be renewed. It never fails: what goes wrong is told.
    pub fn keep_up(&self, now: OffsetDateTime) -> Upkeep {
        self.keep_up_with(None, now)
    }

    /// The same with the passphrase of a root that has one of its own.
    pub fn keep_up_with(&self, root_passphrase: Option<&Secret>, now: OffsetDateTime) -> Upkeep {
        let mut upkeep = Upkeep::default();
        upkeep.take("CRLs", self.renew_crls(root_passphrase, now));
        let responder = self.renew_responder(now).map(|responder| Upkeep {
            responder,
            ..Upkeep::default()
        });
        upkeep.take("OCSP responder", responder);
        let own_server = self.keep_up_own_server(now).map(|own_server| Upkeep {
            own_server,
            ..Upkeep::default()
        });
        upkeep.take("certificate of pki serve itself", own_server);
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
            ..Upkeep::default()
        })
    }
}

impl Upkeep {
    /// Adds what came of one task.
    fn take(&mut self, what: &str, outcome: Result<Self>) {
        match outcome {
            Ok(Self {
                crls,
                responder,
                own_server,
                warnings,
            }) => {
                self.crls.extend(crls);
                self.responder |= responder;
                self.own_server = self.own_server.or(own_server);
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
