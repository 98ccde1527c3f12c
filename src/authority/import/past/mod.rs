//! What the index and the last CRL of a CA say together of what it had issued.

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

use crate::certificate::{Certificate, ForeignList, ListEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{CrlRecord, IndexEntry, Inventory, Past, ReasonCode, Record, Revocation};

/// What tells of the status of what was issued elsewhere.
#[derive(Debug, Default)]
pub struct Origin<'a> {
    /// The index of the imported CA.
    pub index: Option<Vec<IndexEntry>>,
    /// The last CRL of one of our CAs.
    pub crl: Option<&'a ForeignList>,
}

/// What index and CRL say, and of which of our CAs they do.
pub(super) fn past_of(
    inventory: &Inventory,
    authorities: &[Record],
    origin: Origin<'_>,
) -> Result<Past> {
    let Origin { index, crl } = origin;
    let certificates = || authorities.iter().map(|record| &record.certificate);
    let signer = match crl {
        Some(crl) => Some(signer(crl, certificates())?.clone()),
        None => None,
    };
    let indexed = match &index {
        Some(_) => Some(inventory.imported_authority()?.ok_or_else(|| {
            Error::new(
                ErrorKind::NotPermitted,
                "the index belongs to another CA: this one was made here",
            )
            .with_hint("Leave --index out; certificates alone can be imported.")
        })?),
        None => None,
    };
    let indexed = indexed.map(|record| record.certificate);
    if let (Some(signer), Some(indexed)) = (&signer, &indexed)
        && signer.subject() != indexed.subject()
    {
        return Err(Error::new(
            ErrorKind::NotPermitted,
            format!(
                "the CRL is one of {}, and the index belongs to {}",
                signer.subject(),
                indexed.subject()
            ),
        )
        .with_hint("Import them one after the other."));
    }
    let current = || Record::issuing_among(authorities).map(|record| record.certificate.clone());
    let issuer = signer.or(indexed).or_else(current);
    let issuer =
        issuer.ok_or_else(|| Error::new(ErrorKind::Inventory, "the inventory holds no CA"))?;
    // What is known as revoked already may be listed.
    let ours = authorities
        .iter()
        .filter(|record| record.revocation.is_none())
        .map(|record| &record.certificate);
    past(&issuer, ours, index.unwrap_or_default(), crl)
}

/// Puts together what index and CRL of `issuer` say; `ours` are the CAs that are continued here.
pub(super) fn past<'a>(
    issuer: &Certificate,
    ours: impl IntoIterator<Item = &'a Certificate>,
    index: Vec<IndexEntry>,
    list: Option<&ForeignList>,
) -> Result<Past> {
    let mut past = Past {
        issuer: issuer.clone(),
        entries: index,
        crl: None,
    };
    if let Some(list) = list {
        check(list, issuer, ours)?;
        past.crl = record(list);
        add(
            &mut past.entries,
            list.entries(),
            issuer.validity().not_after,
        );
    }
    Ok(past)
}

/// The one of `authorities` that signed a CRL.
fn signer<'a>(
    list: &ForeignList,
    authorities: impl IntoIterator<Item = &'a Certificate>,
) -> Result<&'a Certificate> {
    let mut named = authorities
        .into_iter()
        .filter(|authority| list.names(authority))
        .peekable();
    if named.peek().is_none() {
        return refuse(
            format!("the CRL is one of {}, which is not this CA", list.issuer()),
            "Give the last CRL that this very CA had signed.",
        );
    }
    match named.find(|authority| list.is_signed_by(authority)) {
        Some(signer) => Ok(signer),
        None => refuse(
            format!(
                "the CRL names {} as its issuer and is not signed with its key",
                list.issuer()
            ),
            "It was altered, or belongs to another CA of that name; give the last CRL that this very CA had signed.",
        ),
    }
}

fn check<'a>(
    list: &ForeignList,
    issuer: &Certificate,
    ours: impl IntoIterator<Item = &'a Certificate>,
) -> Result<()> {
    signer(list, [issuer])?;
    let listed = |authority: &&Certificate| {
        let mut entries = list.entries().iter();
        authority.issuer() == issuer.subject()
            && entries.any(|entry| entry.serial_number == *authority.serial_number())
    };
    match ours.into_iter().find(listed) {
        None => Ok(()),
        Some(authority) => refuse(
            format!(
                "the CRL says that the CA {} is revoked",
                authority.subject()
            ),
            "Nobody accepts what a revoked CA issues: begin a new one with pki init. An earlier CA of several is revoked with pki revoke.",
        ),
    }
}

/// The number above which ours go on; without one, or with 0, nothing is above theirs but the time.
fn record(list: &ForeignList) -> Option<CrlRecord> {
    let this_update = list.this_update();
    let next_update = list.next_update().filter(|it| *it > this_update);
    let crl_number = list.crl_number().filter(|number| *number > 0)?;
    // Nothing is later than the last second of the year 9999.
    let next_update = next_update.unwrap_or(this_update.saturating_add(Duration::SECOND));
    Some(CrlRecord {
        crl_number,
        this_update: this_update.min(next_update - Duration::SECOND),
        next_update,
        revoked_count: list.entries().len() as u64,
        // Before every entry of our log: one of ours is due at once.
        as_of: 0,
    })
}

/// Adds what a CRL lists. It tells neither whose a certificate is nor when it ends, and what is revoked must stay on the CRL
/// until it has ended: that is no later than the end of the CA, after which nobody accepts anything that it issued.
fn add(entries: &mut Vec<IndexEntry>, listed: &[ListEntry], end: OffsetDateTime) {
    let positions = entries.iter().zip(0..);
    let mut known: HashMap<_, usize> = positions
        .map(|(entry, position)| (entry.serial_number.clone(), position))
        .collect();
    for entry in listed {
        let told = Revocation {
            at: entry.revocation_date,
            // A number that RFC 5280 does not define, and removeFromCRL, which belongs to delta CRLs, say no more than
            // that it was revoked.
            reason: entry
                .reason_code
                .and_then(|code| ReasonCode::from_code(code).ok())
                .unwrap_or(ReasonCode::Unspecified),
        };
        let position = known.get(&entry.serial_number);
        if let Some(known) = position.and_then(|position| entries.get_mut(*position)) {
            known.revocation = Some(known.revocation.map_or(told, |it| both(it, told)));
            continue;
        }
        known.insert(entry.serial_number.clone(), entries.len());
        entries.push(IndexEntry {
            serial_number: entry.serial_number.clone(),
            subject: String::new(),
            not_after: end,
            revocation: Some(told),
        });
    }
}

/// One revocation that is told twice: from the earlier moment on, for the reason that says more, and held only where both
/// say so.
fn both(one: Revocation, other: Revocation) -> Revocation {
    let weight = |reason| match reason {
        ReasonCode::CertificateHold => 0,
        ReasonCode::Unspecified => 1,
        _ => 2,
    };
    Revocation {
        at: one.at.min(other.at),
        reason: match weight(other.reason) > weight(one.reason) {
            true => other.reason,
            false => one.reason,
        },
    }
}

fn refuse<T>(fact: String, hint: &str) -> Result<T> {
    Err(Error::new(ErrorKind::NotPermitted, fact).with_hint(hint))
}
