//! What is known of a CA from the time before it came here.

use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::inventory::{CrlRecord, Revocation};
use crate::serial::SerialNumber;

/// What the index and the last CRL of a CA say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The CA.
    pub issuer: Certificate,
    /// What they say of each serial number.
    pub entries: Vec<IndexEntry>,
    /// The CRL above whose number the next one must stand; its `as_of` is 0.
    pub crl: Option<CrlRecord>,
}

/// What the index of a CA says of one serial number, or its last CRL, which knows no subject and no end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexEntry {
    /// The serial number.
    pub serial_number: SerialNumber,
    /// The subject as the index writes it; empty where it is unknown.
    pub subject: String,
    /// When the certificate ends; where that is unknown, when the CA does.
    pub not_after: OffsetDateTime,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
}

impl Past {
    /// How many revocations it tells of.
    pub fn revoked(&self) -> usize {
        let revoked = self.entries.iter().filter(|it| it.revocation.is_some());
        revoked.count()
    }
}
