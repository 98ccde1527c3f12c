//! What runs out one day and has to be renewed before.

use time::OffsetDateTime;

use super::{Knowledge, OnDisk};
use crate::certificate::Certificate;
use crate::error::Result;
use crate::inventory::{Record, Status};
use crate::profile::Profile;

/// Something that a CA and its server need and that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Its name, as in `the CRL of CN=…`.
    pub what: String,
    /// When it was made.
    pub begins: OffsetDateTime,
    /// When it ends.
    pub ends: OffsetDateTime,
    /// What a person does about it, where the program does not by itself.
    pub mend: &'static str,
    /// It is renewed by itself where the CA's key is unlocked.
    pub renewed: bool,
}

/// Every command that unlocks the CA renews what is due; this one has no other purpose.
const UNLOCK: &str = "run pki crl with the passphrase";

impl OnDisk {
    /// What runs out, the earliest first: the CRL of each CA, the OCSP responder's certificate, the server's own, the CA's.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    pub fn endings(&self, now: OffsetDateTime) -> Result<Vec<Ending>> {
        let authorities = self.authorities()?;
        let responder = self.newest_responder(now)?;
        let mut endings = vec![Ending::of_certificate(
            "this server's own certificate".to_owned(),
            &self.own_certificate(),
            UNLOCK,
        )];
        endings.extend(responder.map(|record| {
            let what = "the certificate of the OCSP responder".to_owned();
            Ending::of_certificate(what, &record.certificate, UNLOCK)
        }));
        // A CA that has ended or was revoked needs no CRL.
        let valid = authorities
            .iter()
            .filter(|record| record.status(now) == Status::Valid);
        endings.extend(valid.filter_map(|record| self.end_of_crl(record)));
        for (profile, what, mend) in [
            (Profile::Issuing, "the issuing CA", "run pki rotate-issuing"),
            (Profile::Root, "the root", "make a new CA in time"),
        ] {
            let newest = authorities.iter().find(|record| record.profile == profile);
            endings.extend(newest.map(|record| {
                let what = format!("{what} {}", record.certificate.subject());
                Ending {
                    renewed: false,
                    ..Ending::of_certificate(what, &record.certificate, mend)
                }
            }));
        }
        endings.sort_by_key(|ending| ending.ends);
        Ok(endings)
    }

    /// The newest certificate of the OCSP responder, ended or not.
    fn newest_responder(&self, now: OffsetDateTime) -> Result<Option<Record>> {
        let inventory = self.inventory();
        let newest = |since| -> Result<Option<Record>> {
            let services = inventory.services(Profile::OcspResponder, since)?;
            Ok(services.into_iter().next())
        };
        match newest(now)? {
            Some(valid) => Ok(Some(valid)),
            None => newest(OffsetDateTime::UNIX_EPOCH),
        }
    }

    fn end_of_crl(&self, authority: &Record) -> Option<Ending> {
        // One that cannot be read is told to whoever asks for it.
        let crl = self.crl(&authority.certificate).ok()??;
        Some(Ending {
            what: format!("the CRL of {}", authority.certificate.subject()),
            begins: crl.dates.this_update,
            ends: crl.dates.next_update,
            mend: UNLOCK,
            renewed: true,
        })
    }
}

impl Ending {
    fn of_certificate(what: String, certificate: &Certificate, mend: &'static str) -> Self {
        let validity = certificate.validity();
        Self {
            what,
            begins: validity.not_before,
            ends: validity.not_after,
            mend,
            renewed: true,
        }
    }
}
