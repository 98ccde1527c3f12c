//! The audit key: it signs the heads of the audit log, and does so while the CA is locked.
//!
//! It lies unencrypted, so that a timer can take a signed head every night. It is no weaker for that: who can read it can
//! write the log too, and neither helps against a head that is kept elsewhere.

mod head;
#[cfg(test)]
mod tests;

use time::OffsetDateTime;
use zeroize::Zeroizing;

pub use head::{SignedHead, check_head};

use super::{Authority, CaData, Directory, Output, outbox};
use crate::certificate::{Certificate, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::{Inventory, Status};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::profile::{BaseUrl, Profile};
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

const COMMON_NAME: &str = "audit log";

/// The key that signs heads, and its certificate.
#[derive(Debug)]
pub struct AuditKey {
    key: PrivateKey,
    certificate: Certificate,
}

impl AuditKey {
    /// Reads the key; it needs no passphrase.
    ///
    /// # Errors
    /// Says that there is none (`NotFound`), also where its certificate is not the newest that the inventory knows, and
    /// refuses a file that others may read.
    pub fn at_hand(data: &CaData, inventory: &Inventory) -> Result<Self> {
        let missing = |fact: &str| {
            Error::new(ErrorKind::NotFound, fact)
                .with_hint("Any command that opens the CA makes a new one, such as pki crl.")
        };
        let path = data.audit_key();
        if matches!(path.try_exists(), Ok(false)) {
            return Err(missing("there is no audit key"));
        }
        let key = PrivateKey::from_pem(&file::read_private(&path)?, None)?;
        let newest = inventory.current_service(Profile::Audit)?;
        newest
            .map(|record| record.certificate)
            .filter(|certificate| certificate.facts().public_key == key.public_key())
            .map(|certificate| Self { key, certificate })
            .ok_or_else(|| missing("the audit key has no certificate"))
    }

    /// Its certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl Authority {
    /// Makes a new audit key and its certificate where there is none, or where the certificate is not by the CA that issues
    /// now, has ended or was revoked; says whether it did.
    ///
    /// The certificate lives as long as the issuing CA. That of an earlier key stays as it is: the heads that it signed are
    /// verified by it.
    ///
    /// # Errors
    /// Refuses to replace a key file that others may read or that is damaged: somebody must look at it.
    pub fn renew_audit_key(&self, now: OffsetDateTime) -> Result<bool> {
        // A CA that has ended signs nothing: that is its own news, and told elsewhere.
        if !self.issuing().validity().contains(now) {
            return Ok(false);
        }
        match AuditKey::at_hand(&self.data, &self.inventory) {
            Ok(at_hand) if self.counts(&at_hand.certificate, now)? => return Ok(false),
            Ok(_) => {}
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(cause),
        }
        let (certificate, key) = certify(
            &self.issuing,
            self.organization.as_deref(),
            self.base_url.as_ref(),
            now,
        )?;
        let output = Output {
            path: self.data.audit_key(),
            contents: Zeroizing::new(key.as_bytes().to_vec()),
            access: Access::Private,
            existing: Existing::Replace,
            directory: Directory::Ours,
        };
        let staged = outbox::stage(&self.data.pending(), certificate.serial_number(), &[output])?;
        let outcome = self
            .inventory
            .record(&certificate, Profile::Audit, None, now);
        staged.recorded(outcome, &self.inventory)?.publish();
        Ok(true)
    }

    fn counts(&self, certificate: &Certificate, now: OffsetDateTime) -> Result<bool> {
        let record = self
            .inventory
            .find_by_fingerprint(&certificate.fingerprint())?;
        let valid = record.is_some_and(|record| record.status(now) == Status::Valid);
        Ok(valid && certificate.is_signed_by(self.issuing()))
    }
}

/// Makes the key of a CA that is being made, in its directory and inventory.
pub(super) fn make_first(
    data: &CaData,
    inventory: &Inventory,
    issuing: &Issuer,
    organization: Option<&str>,
    base_url: Option<&BaseUrl>,
    now: OffsetDateTime,
) -> Result<()> {
    let (certificate, key) = certify(issuing, organization, base_url, now)?;
    file::write(
        &data.audit_key(),
        key.as_bytes(),
        Access::Private,
        Existing::Refuse,
    )?;
    inventory.record(&certificate, Profile::Audit, None, now)
}

/// A new key as it lies in its file, and its certificate.
fn certify(
    issuing: &Issuer,
    organization: Option<&str>,
    base_url: Option<&BaseUrl>,
    now: OffsetDateTime,
) -> Result<(Certificate, Zeroizing<String>)> {
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let subject = Subject {
        common_name: COMMON_NAME.to_owned(),
        organization: organization.map(str::to_owned),
    };
    let validity = Validity {
        not_after: issuing.certificate().validity().not_after,
        ..Validity::starting(now, Lifetime::days(1))?
    };
    let request = Profile::Audit.request(subject, Vec::new(), validity, key.public_key())?;
    let certificate = issuing.sign(&request, SerialNumber::draw()?, base_url)?;
    Ok((certificate, key.to_pem(None)?))
}
