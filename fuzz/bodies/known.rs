//! What the published side of a server knows, in memory.

use std::sync::Arc;

use axum::body::Bytes;
use pki::certificate::{Certificate, CrlDates, DistinguishedName, Fingerprint};
use pki::error::Result;
use pki::inventory::{Record, Standing};
use pki::judge::Verified;
use pki::ocsp::Responder;
use pki::serial::SerialNumber;
use pki::server::{Crl, Knowledge};
use pki::session::Identity;
use time::{Duration, OffsetDateTime};

use super::stage::{NOW, STAGE};

pub(crate) struct Known;

impl Knowledge for Known {
    fn authorities(&self) -> Result<Arc<Vec<Record>>> {
        Ok(STAGE.authorities.clone())
    }
    fn authorities_at_hand(&self) -> Option<Arc<Vec<Record>>> {
        Some(STAGE.authorities.clone())
    }
    fn verified(&self, _: &Fingerprint) -> Result<Option<Arc<Verified>>> {
        Ok(None)
    }
    fn verified_at_hand(&self, _: &Fingerprint) -> Option<Arc<Verified>> {
        None
    }
    fn record(&self, _: &Fingerprint) -> Result<Option<Record>> {
        Ok(None)
    }
    fn standing(&self, _: &DistinguishedName, _: &SerialNumber) -> Result<Standing> {
        Ok(Standing::Unknown)
    }
    fn standing_at_hand(&self, _: &DistinguishedName, _: &SerialNumber) -> Option<Standing> {
        Some(Standing::Unknown)
    }
    fn responder(&self, _: OffsetDateTime) -> Result<Option<Arc<Responder>>> {
        Ok(Some(STAGE.responder.clone()))
    }
    fn responder_at_hand(&self) -> Option<Arc<Responder>> {
        Some(STAGE.responder.clone())
    }
    fn identity(&self) -> Identity {
        let key = STAGE.issuing_key.pkcs8();
        Identity::new(std::slice::from_ref(&STAGE.issuing), key).unwrap()
    }
    fn identity_at_hand(&self) -> Option<Identity> {
        Some(self.identity())
    }
    fn crl(&self, _: &Certificate) -> Result<Option<Crl>> {
        let der = Bytes::from_static(&[0x30, 0]);
        Ok(Some(Crl {
            fingerprint: Fingerprint::of(&der),
            der,
            dates: CrlDates {
                this_update: NOW,
                next_update: NOW + Duration::WEEK,
            },
            modified: NOW,
        }))
    }
}
