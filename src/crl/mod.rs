//! Signs CRLs: entries go in one by one, DER that was read back and verified comes out.
//!
//! Each CRL is complete: it lists everything that its issuer has revoked (RFC 5280 §5). No clock, no disk, no database.
//! The DER is written by hand, an entry as soon as it is known, so that a million of them cost no more than their octets.

mod der;
mod entries;
mod gather;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::{panic, thread};

use time::OffsetDateTime;

pub use entries::Entries;
pub use gather::gather;

use der::{
    BIT_STRING, CRL_EXTENSIONS, INTEGER, KEY_IDENTIFIER, SEQUENCE, element, extension, head,
    instant, unsigned,
};
use entries::Tally;

use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, CertificateList, ListFacts};
use crate::error::{Error, ErrorKind, Result};
use crate::issuer::Issuer;
use crate::validity::to_the_second;

const VERSION_2: &[u8] = b"\x02\x01\x01";

/// The extensions' object identifiers as they stand in DER: 2.5.29.n.
const AUTHORITY_KEY_IDENTIFIER: [u8; 3] = [0x55, 0x1d, 35];
const CRL_NUMBER: [u8; 3] = [0x55, 0x1d, 20];

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

/// Signs a CRL, reads it back, compares it with what was wanted and verifies the signature.
///
/// # Errors
/// Fails when what was signed differs from what was wanted.
pub fn sign(issuer: &Issuer, new: &NewCrl, entries: Entries) -> Result<CertificateList> {
    let (list, ()) = sign_beside(issuer, new, entries, |_| Ok(()))?;
    Ok(list)
}

/// The same, where what was signed is shown to `beside` on another thread while it is checked, for a CRL may be long.
/// Whatever that does with it must not make it known: it counts for nothing before this returns.
///
/// # Errors
/// As [`sign`], and when `beside` fails.
pub fn sign_beside<T: Send>(
    issuer: &Issuer,
    new: &NewCrl,
    entries: Entries,
    beside: impl FnOnce(&[u8]) -> Result<T> + Send,
) -> Result<(CertificateList, T)> {
    let facts = facts(issuer.certificate(), new);
    let (entries, wanted) = entries.into_parts();
    let list = CertificateList::unread(signed(issuer, &facts, entries)?)?;
    // Whoever comes first takes it: where no thread can be had, it is done here.
    let beside = Mutex::new(Some(beside));
    let run = || {
        let beside = beside.lock().unwrap_or_else(PoisonError::into_inner).take();
        beside.map(|beside| beside(list.der()))
    };
    let (checked, done) = thread::scope(|scope| {
        let other = thread::Builder::new().spawn_scoped(scope, run);
        let checked = check(&list, &facts, &wanted, issuer.certificate());
        let done = other.map(|other| {
            let done = other.join();
            done.unwrap_or_else(|panic| panic::resume_unwind(panic))
        });
        (checked, done.unwrap_or_else(|_| run()))
    });
    checked?;
    let nothing = || Error::new(ErrorKind::Internal, "the CRL was shown to nobody");
    let done = done.ok_or_else(nothing)??;
    Ok((list, done))
}

/// The last check before a CRL may leave: it states what was wanted and its signature is good.
fn check(
    list: &CertificateList,
    wanted: &ListFacts,
    entries: &Tally,
    issuer: &Certificate,
) -> Result<()> {
    let mut found = Tally::default();
    list.visit(|entry| found.add(entry))?;
    let fault = if list.facts() != wanted || !found.is(entries) {
        "the CRL that was signed differs from what was to be stated"
    } else if !list.is_signed_by(issuer) {
        "the signature of the CRL that was just made does not verify"
    } else {
        return Ok(());
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

/// CertificateList, RFC 5280 §5.1, around entries that stand there already: what they take is not taken twice.
fn signed(issuer: &Issuer, facts: &ListFacts, entries: Vec<u8>) -> Result<Vec<u8>> {
    let algorithm = issuer.key().signature_algorithm();
    let mut der = to_be_signed(facts, algorithm, entries);
    let signature = issuer.key().sign_octets(&der)?;
    // No bit of the signature's last octet is unused.
    let signature = element(BIT_STRING, &[&[0], &signature]);
    let mut front = Vec::new();
    head(
        &mut front,
        SEQUENCE,
        der.len() + algorithm.len() + signature.len(),
    );
    der.splice(..0, front);
    der.extend_from_slice(algorithm);
    der.extend_from_slice(&signature);
    Ok(der)
}

/// TBSCertList, RFC 5280 §5.1.2.
fn to_be_signed(facts: &ListFacts, signature_algorithm: &[u8], entries: Vec<u8>) -> Vec<u8> {
    let mut fields = [
        VERSION_2,
        signature_algorithm,
        facts.issuer.der(),
        &instant(facts.this_update),
        &instant(facts.next_update),
    ]
    .concat();
    // §5.1.2.6: where nothing is revoked, the list must be absent, not empty.
    if !entries.is_empty() {
        head(&mut fields, SEQUENCE, entries.len());
    }
    let extensions = element(CRL_EXTENSIONS, &[&element(SEQUENCE, &[&extensions(facts)])]);
    let mut front = Vec::new();
    head(
        &mut front,
        SEQUENCE,
        fields.len() + entries.len() + extensions.len(),
    );
    front.append(&mut fields);
    let mut der = entries;
    der.splice(..0, front);
    der.extend_from_slice(&extensions);
    der
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
