//! The delegated OCSP responder: a key of its own that lies unencrypted, and certificates that live for a week.
//!
//! Nobody can revoke such a certificate (id-pkix-ocsp-nocheck, RFC 6960 §4.2.2.2.1): what protects against a stolen key is
//! that it ends soon. So each renewal makes a new key, and one key has a certificate from every issuing CA.

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Authority, CaData, Directory, Output, outbox};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing, Stamp};
use crate::inventory::{Inventory, Record, Status};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::ocsp::Responder;
use crate::profile::Profile;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

const LIFETIME: Lifetime = Lifetime::days(7);
const COMMON_NAME: &str = "OCSP responder";

/// A new key and the certificates by which issuing CAs let it answer for them.
pub(super) struct NewResponder {
    /// The key as a PEM file.
    pub(super) key: Zeroizing<String>,
    /// One from each issuing CA.
    pub(super) certificates: Vec<Certificate>,
}

/// The responder as it lies in `ca-data`, read again as soon as its key file is another.
///
/// A new key comes with every certificate, and its file is named after its certificates were recorded: the file alone
/// tells of everything that can change.
#[derive(Debug)]
pub struct ResponderAtHand {
    data: CaData,
    path: PathBuf,
    read: RwLock<Option<(Stamp, Arc<Responder>)>>,
}

impl NewResponder {
    /// Makes the key and lets each issuer certify it.
    pub(super) fn certified_by(
        issuers: &[&Issuer],
        organization: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Self> {
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let subject = Subject {
            common_name: COMMON_NAME.to_owned(),
            organization: organization.map(str::to_owned),
        };
        let validity = Validity::starting(now, LIFETIME)?;
        let request =
            Profile::OcspResponder.request(subject, Vec::new(), validity, key.public_key())?;
        let signed = issuers
            .iter()
            .map(|issuer| issuer.sign(&request, SerialNumber::draw()?, None));
        Ok(Self {
            certificates: signed.collect::<Result<_>>()?,
            key: key.to_pem(None)?,
        })
    }
}

impl ResponderAtHand {
    /// Looks at a directory; nothing is read yet.
    pub fn new(data: CaData) -> Self {
        Self {
            path: data.ocsp_key(),
            data,
            read: RwLock::default(),
        }
    }

    /// The responder that was read last, where it is still the one that lies there and nobody is just reading another one.
    pub fn at_hand(&self) -> Option<Arc<Responder>> {
        let stamp = Stamp::of(&self.path);
        known(&*self.read.try_read().ok()?, stamp)
    }

    /// The responder that can answer now; nothing where there is none.
    ///
    /// # Errors
    /// Says why key or certificates cannot be read.
    pub fn get(
        &self,
        inventory: &Inventory,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Responder>>> {
        if let Some(responder) = self.at_hand() {
            return Ok(Some(responder));
        }
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        // The stamp is older than what is read: a file that changes in between is read again the next time.
        let stamp = Stamp::of(&self.path);
        if let Some(responder) = known(&read, stamp) {
            return Ok(Some(responder));
        }
        let responder = responder_at_hand(&self.data, inventory, now)?.map(Arc::new);
        *read = stamp.zip(responder.clone());
        Ok(responder)
    }
}

/// The OCSP responder that an earlier command made, with those of its certificates that are valid; nothing where there is
/// none. It takes no passphrase.
///
/// # Errors
/// Says why key or certificates cannot be read; refuses a key file that others may read.
pub fn responder_at_hand(
    data: &CaData,
    inventory: &Inventory,
    now: OffsetDateTime,
) -> Result<Option<Responder>> {
    let path = data.ocsp_key();
    if is_absent(&path) {
        return Ok(None);
    }
    let key = PrivateKey::from_pem(&file::read_private(&path)?, None)?;
    let public_key = key.public_key();
    let authorities = inventory.authorities()?;
    let issuer_of = |certificate: &Certificate| {
        let issued = |authority: &&Record| {
            authority.certificate.subject() == certificate.issuer()
                && certificate.is_signed_by(&authority.certificate)
        };
        let issuer = authorities.iter().find(issued)?;
        Some((issuer.certificate.clone(), certificate.clone()))
    };
    let delegations: Vec<_> = inventory
        .services(Profile::OcspResponder, now)?
        .iter()
        .filter(|record| record.certificate.facts().public_key == public_key)
        .filter(|record| record.status(now) == Status::Valid)
        .filter_map(|record| issuer_of(&record.certificate))
        .collect();
    match delegations.is_empty() {
        true => Ok(None),
        false => Responder::new(key, delegations).map(Some),
    }
}

impl Authority {
    /// Renews the OCSP responder where that is due: where half of its life is over, or an issuing CA has none. Tells
    /// whether it did.
    ///
    /// An earlier issuing CA whose key does not open gets no new certificate and keeps none from the others.
    ///
    /// # Errors
    /// Says what could not be signed or written; then the responder is the one that it was.
    pub fn renew_responder(&self, now: OffsetDateTime) -> Result<bool> {
        let issuing = self.issuing_authorities(now)?;
        // One that cannot be read answers nobody, and a new one takes its place.
        let at_hand = responder_at_hand(&self.data, &self.inventory, now).unwrap_or_default();
        let is_served = |authority: &Certificate| {
            at_hand.as_ref().is_some_and(|responder| {
                let mut own = responder.delegations();
                own.any(|(issuer, own)| issuer == authority && is_fresh(own, issuer, now))
            })
        };
        let lacking: Vec<_> = issuing.iter().filter(|it| !is_served(it)).collect();
        if lacking.is_empty() {
            return Ok(false);
        }
        let others = issuing.iter().filter(|it| *it != self.issuing());
        let others: Vec<_> = others
            .filter_map(|authority| self.issuer_of(authority, None).ok())
            .collect();
        let current = issuing.contains(self.issuing()).then_some(&self.issuing);
        let issuers: Vec<_> = current.into_iter().chain(&others).collect();
        let gains = |issuer: &&Issuer| lacking.contains(&issuer.certificate());
        if !issuers.iter().any(gains) {
            return Ok(false);
        }
        let new = NewResponder::certified_by(&issuers, self.organization.as_deref(), now)?;
        self.put_in_place(&new, now)?;
        Ok(true)
    }

    /// The CAs that sign end entities and can still be asked about them; where there is no issuing CA, the root itself.
    fn issuing_authorities(&self, now: OffsetDateTime) -> Result<Vec<Certificate>> {
        let authorities = self.inventory.authorities()?;
        let is_issuing = |record: &Record| record.profile == Profile::Issuing;
        let none = !authorities.iter().any(is_issuing);
        let signing = authorities
            .into_iter()
            .filter(|record| none || is_issuing(record))
            .filter(|record| record.status(now) == Status::Valid);
        Ok(signing.map(|record| record.certificate).collect())
    }

    /// Records the certificates and names the key's file after that, so that no kill leaves one without the other.
    fn put_in_place(&self, new: &NewResponder, now: OffsetDateTime) -> Result<()> {
        let Some(first) = new.certificates.first() else {
            return Ok(());
        };
        let output = Output {
            path: self.data.ocsp_key(),
            contents: new.key.as_bytes().to_vec().into(),
            access: Access::Private,
            existing: Existing::Replace,
            directory: Directory::Ours,
        };
        let staged = outbox::stage(&self.data.pending(), first.serial_number(), &[output])?;
        let outcome = self
            .inventory
            .record_all(&new.certificates, Profile::OcspResponder, now);
        let staged = staged.recorded(outcome, &self.inventory)?;
        match staged.publish().into_iter().flatten().next() {
            None => Ok(()),
            Some(elsewhere) => {
                // Unlike other keys it can be made again, and nobody would look for it there.
                file::remove_quietly(&elsewhere);
                Err(Error::new(
                    ErrorKind::File,
                    format!("{} could not be replaced", self.data.ocsp_key().display()),
                )
                .with_hint(
                    "See that nothing else lies there and that the directory can be written.",
                ))
            }
        }
    }
}

/// Says whether less than half of a certificate's life is over, or whether a new one could not live longer.
fn is_fresh(certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> bool {
    let validity = certificate.validity();
    let life = validity.not_after - validity.not_before;
    validity.not_after - now > life / 2 || validity.not_after == issuer.validity().not_after
}

/// The responder of the key file with this stamp, where that is the one that was read.
fn known(read: &Option<(Stamp, Arc<Responder>)>, stamp: Option<Stamp>) -> Option<Arc<Responder>> {
    let (known, responder) = read.as_ref()?;
    (Some(*known) == stamp).then(|| responder.clone())
}

fn is_absent(path: &Path) -> bool {
    matches!(path.try_exists(), Ok(false))
}
