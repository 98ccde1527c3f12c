//! Signs CRLs: entries go in one by one, DER that was read back and verified comes out.
//!
//! Each CRL is complete: it lists everything that its issuer has revoked (RFC 5280 §5). No clock, no disk, no database.
//! The DER is written by hand, an entry as soon as it is known, so that a million of them cost no more than their octets.

mod der;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use time::OffsetDateTime;

use der::{
    BIT_STRING, CRL_EXTENSIONS, ENUMERATED, INTEGER, KEY_IDENTIFIER, SEQUENCE, element, extension,
    instant, unsigned,
};

use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, CertificateList, ListEntry, ListFacts};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{ReasonCode, Revocation};
use crate::issuer::Issuer;
use crate::serial::SerialNumber;
use crate::validity::to_the_second;

const VERSION_2: &[u8] = b"\x02\x01\x01";

/// The extensions' object identifiers as they stand in DER: 2.5.29.n.
const AUTHORITY_KEY_IDENTIFIER: [u8; 3] = [0x55, 0x1d, 35];
const CRL_NUMBER: [u8; 3] = [0x55, 0x1d, 20];
const REASON_CODE: [u8; 3] = [0x55, 0x1d, 21];

/// What a CRL states besides its entries and its issuer's own contribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewCrl {
    /// Greater than that of every CRL before it.
    pub crl_number: u64,
    /// The moment for which it speaks.
    pub this_update: OffsetDateTime,
    /// When the next one will be there at the latest.
    pub next_update: OffsetDateTime,
}

/// The entries of a CRL, written as they come.
#[derive(Debug, Default)]
pub struct Entries {
    der: Vec<u8>,
    tally: Tally,
}

/// What remains of entries that are not kept: their number and a digest, by which those that were wanted are compared
/// with those that are read back.
struct Tally {
    count: u64,
    digest: Context,
}

impl Entries {
    /// Adds a revoked certificate.
    pub fn push(&mut self, serial_number: &SerialNumber, revocation: Revocation) {
        // §5.3.1: a reason that says nothing is left out.
        let reason_code =
            (revocation.reason != ReasonCode::Unspecified).then(|| revocation.reason.code());
        let serial = element(INTEGER, &[&unsigned(serial_number.octets())]);
        let date = instant(revocation.at);
        let extensions = reason_code.map(|code| {
            let reason = element(ENUMERATED, &[&[code]]);
            element(SEQUENCE, &[&extension(REASON_CODE, &reason)])
        });
        let extensions = extensions.unwrap_or_default();
        self.der
            .extend(element(SEQUENCE, &[&serial, &date, &extensions]));
        self.tally.add(&ListEntry {
            serial_number: serial_number.clone(),
            revocation_date: to_the_second(revocation.at),
            reason_code,
        });
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.tally.count
    }
}

/// Signs a CRL, reads it back, compares it with what was wanted and verifies the signature.
///
/// # Errors
/// Fails when what was signed differs from what was wanted.
pub fn sign(issuer: &Issuer, new: &NewCrl, entries: &Entries) -> Result<CertificateList> {
    let facts = facts(issuer.certificate(), new);
    let signature_algorithm = issuer.key().signature_algorithm();
    let signed = to_be_signed(&facts, signature_algorithm, &entries.der);
    let signature = issuer.key().sign_octets(&signed)?;
    // No bit of the signature's last octet is unused.
    let signature = element(BIT_STRING, &[&[0], &signature]);
    let der = element(SEQUENCE, &[&signed, signature_algorithm, &signature]);
    check(der, &facts, entries, issuer.certificate())
}

/// The last check before a CRL may leave: it states what was wanted and its signature is good.
fn check(
    der: Vec<u8>,
    wanted: &ListFacts,
    entries: &Entries,
    issuer: &Certificate,
) -> Result<CertificateList> {
    let mut found = Tally::default();
    let list = CertificateList::read(der, |entry| found.add(&entry))?;
    let fault = if list.facts() != wanted || !found.is(&entries.tally) {
        "the CRL that was signed differs from what was to be stated"
    } else if !list.is_signed_by(issuer) {
        "the signature of the CRL that was just made does not verify"
    } else {
        return Ok(list);
    };
    Err(Error::new(ErrorKind::Internal, fault).with_hint(
        "It was not published; please report this, unless the key or the machine is damaged.",
    ))
}

/// Everything that the CRL must state.
fn facts(issuer: &Certificate, new: &NewCrl) -> ListFacts {
    let authority_key_identifier = issuer.extensions().subject_key_identifier.clone();
    let mut criticality = BTreeMap::from([(oid::CRL_NUMBER.to_owned(), false)]);
    if authority_key_identifier.is_some() {
        criticality.insert(oid::AUTHORITY_KEY_IDENTIFIER.to_owned(), false);
    }
    ListFacts {
        issuer: issuer.subject().clone(),
        this_update: to_the_second(new.this_update),
        next_update: to_the_second(new.next_update),
        crl_number: new.crl_number,
        authority_key_identifier,
        criticality,
    }
}

/// TBSCertList, RFC 5280 §5.1.2.
fn to_be_signed(facts: &ListFacts, signature_algorithm: &[u8], entries: &[u8]) -> Vec<u8> {
    let (this_update, next_update) = (instant(facts.this_update), instant(facts.next_update));
    // §5.1.2.6: where nothing is revoked, the list must be absent, not empty.
    let revoked = match entries.is_empty() {
        true => Vec::new(),
        false => element(SEQUENCE, &[entries]),
    };
    let extensions = element(CRL_EXTENSIONS, &[&element(SEQUENCE, &[&extensions(facts)])]);
    element(
        SEQUENCE,
        &[
            VERSION_2,
            signature_algorithm,
            facts.issuer.der(),
            &this_update,
            &next_update,
            &revoked,
            &extensions,
        ],
    )
}

/// The extensions of RFC 5280 §5.2, none of them critical.
///
/// issuingDistributionPoint is not among them: it narrows what a CRL speaks for, and these are complete; it is critical,
/// and NSS refuses a CRL that carries it (docs/crl.md).
fn extensions(facts: &ListFacts) -> Vec<u8> {
    let mut extensions = Vec::new();
    if let Some(identifier) = &facts.authority_key_identifier {
        let value = element(SEQUENCE, &[&element(KEY_IDENTIFIER, &[identifier])]);
        extensions.extend(extension(AUTHORITY_KEY_IDENTIFIER, &value));
    }
    let number = element(INTEGER, &[&unsigned(&facts.crl_number.to_be_bytes())]);
    extensions.extend(extension(CRL_NUMBER, &number));
    extensions
}

impl Tally {
    fn add(&mut self, entry: &ListEntry) {
        let serial_number = entry.serial_number.octets();
        self.count += 1;
        self.digest
            .update(&(serial_number.len() as u64).to_be_bytes());
        self.digest.update(serial_number);
        self.digest
            .update(&entry.revocation_date.unix_timestamp().to_be_bytes());
        // 255 is no reason.
        self.digest.update(&[entry.reason_code.unwrap_or(u8::MAX)]);
    }

    fn is(&self, other: &Self) -> bool {
        let digest = |tally: &Self| tally.digest.clone().finish();
        self.count == other.count && digest(self).as_ref() == digest(other).as_ref()
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            digest: Context::new(&SHA256),
        }
    }
}

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tally({})", self.count)
    }
}
