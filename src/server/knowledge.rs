//! What the server must know to judge and to answer, and nothing more.

use std::sync::Arc;

use axum::body::Bytes;
use time::OffsetDateTime;

use crate::certificate::{Certificate, CrlDates, DistinguishedName, Fingerprint};
use crate::error::Result;
use crate::inventory::{Record, Standing};
use crate::judge::Verified;
use crate::ocsp::Responder;
use crate::serial::SerialNumber;
use crate::session::Identity;

/// Looks up how things stand at this moment, whoever changed them.
///
/// The look-ups may block; the server calls them outside its asynchronous threads, but for the one in a handshake that
/// requires a certificate, where rustls waits for the answer. Those named `at_hand` wait for nobody and may be called anywhere: they
/// read a few pages of an index.
pub trait Knowledge: Send + Sync {
    /// The CA's own certificates, root and issuing, newest first.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn authorities(&self) -> Result<Arc<Vec<Record>>>;

    /// The same where it can be told without waiting for anybody.
    fn authorities_at_hand(&self) -> Option<Arc<Vec<Record>>>;

    /// The certificate with exactly this fingerprint and its signer; nothing where the inventory does not know it, or no CA
    /// of ours signed it. Of the record only what decides about a login is as new as the inventory.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn verified(&self, fingerprint: &Fingerprint) -> Result<Option<Arc<Verified>>>;

    /// The same where it can be told without waiting for anybody.
    fn verified_at_hand(&self, fingerprint: &Fingerprint) -> Option<Arc<Verified>>;

    /// The certificate with exactly this fingerprint.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn record(&self, fingerprint: &Fingerprint) -> Result<Option<Record>>;

    /// What is known of an issuer's serial number.
    ///
    /// # Errors
    /// Fails when the inventory cannot be read.
    fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing>;

    /// The same where it can be told without waiting for anybody.
    fn standing_at_hand(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Option<Standing>;

    /// Who answers OCSP requests; nobody, where no key and certificate are at hand.
    ///
    /// # Errors
    /// Says why key or certificates cannot be read.
    fn responder(&self, now: OffsetDateTime) -> Result<Option<Arc<Responder>>>;

    /// The same where it was read already.
    fn responder_at_hand(&self) -> Option<Arc<Responder>>;

    /// What the server itself presents in the handshake that begins now.
    fn identity(&self) -> Identity;

    /// The same where its files are those that were read already.
    fn identity_at_hand(&self) -> Option<Identity>;

    /// The CRL of a CA of ours that was published last; nothing where none was.
    ///
    /// # Errors
    /// Fails when it cannot be read or is no CRL.
    fn crl(&self, authority: &Certificate) -> Result<Option<Crl>>;
}

/// A published CRL. It may be large: a clone shares its octets.
#[derive(Debug, Clone)]
pub struct Crl {
    /// The CRL in DER.
    pub der: Bytes,
    /// The SHA-256 of the DER.
    pub fingerprint: Fingerprint,
    /// From when until when it speaks.
    pub dates: CrlDates,
    /// When it was written.
    pub modified: OffsetDateTime,
}
