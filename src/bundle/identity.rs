//! Puts keys, certificates and chains together.

use std::collections::BTreeSet;

use super::anatomy::damaged;
use super::bag::Content;
use super::certificate::{Fields, private_key_algorithm, private_key_info, public_key};
use super::unlock::Unlocked;
use super::{Contents, Identity, OtherCertificate};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// More private keys than any bundle for a person or a device holds.
const MOST_KEYS: usize = 100;
/// More certificates than any chain has (RFC 5280 leaves the number open).
const LONGEST_CHAIN: usize = 16;
/// More certificates than any CA has under one name; each costs the verification of a signature.
const MOST_OF_ONE_NAME: usize = 16;
/// Certificates are a few kilobytes; one with very many names may have tens. In bytes.
const LONGEST_CERTIFICATE: usize = 128 * 1024;

/// A certificate of the bundle and what its bag says of it.
struct Entry<'a> {
    der: &'a [u8],
    fields: Fields<'a>,
    friendly_name: Option<&'a str>,
    local_key_id: Option<&'a [u8]>,
    other_attributes: &'a [Vec<u8>],
    used: bool,
}

/// Matches every key with its certificate and follows each certificate's issuers.
///
/// A key without a certificate is left out as long as another one has its own.
pub(super) fn assemble(unlocked: &Unlocked) -> Result<Contents> {
    let contents = sort(unlocked)?;
    if contents.identities.is_empty() && contents.lone_keys > 0 {
        return Err(Error::new(
            ErrorKind::Malformed,
            "the bundle holds a private key but not its certificate",
        )
        .with_hint("Export the key again together with its certificate."));
    }
    Ok(contents)
}

/// The same for whoever wants to know what there is, with whatever is missing.
pub(super) fn sort(unlocked: &Unlocked) -> Result<Contents> {
    let mut entries = Vec::new();
    let mut keys = Vec::new();
    let mut others = Vec::new();
    for bag in &unlocked.bags {
        match &bag.content {
            Content::Certificate(der) => entries.push(Entry {
                der,
                fields: Fields::read(der)
                    .filter(|_| der.len() <= LONGEST_CERTIFICATE)
                    .ok_or_else(|| damaged("a certificate in it"))?,
                friendly_name: bag.friendly_name.as_deref(),
                local_key_id: bag.local_key_id.as_deref().filter(|id| !id.is_empty()),
                other_attributes: &bag.other_attributes,
                used: false,
            }),
            Content::PrivateKey(der) => {
                let key = private_key_info(der).ok_or_else(|| damaged("a private key in it"))?;
                keys.push((key, bag));
            }
            Content::Other(kind) => others.push(kind.clone()),
            Content::EncryptedPrivateKey(_) => {}
        }
    }
    if keys.len() > MOST_KEYS {
        return Err(Error::new(
            ErrorKind::Malformed,
            format!("the bundle holds more than {MOST_KEYS} private keys"),
        ));
    }

    let mut positions = Vec::new();
    for (private_key, bag) in &keys {
        let local_key_id = bag.local_key_id.as_deref();
        let position = certificate_of(private_key, local_key_id, &entries);
        use_up(&mut entries, position);
        positions.push(position);
    }
    let is_lone = |(_, position): &(_, &Option<usize>)| position.is_none();
    let lone = keys.iter().zip(&positions).filter(is_lone);
    let kinds: Vec<_> = lone
        .map(|((private_key, _), _)| private_key_algorithm(private_key))
        .collect();
    for ((private_key, _), position) in keys.iter().zip(&mut positions) {
        let kind = private_key_algorithm(private_key);
        if position.is_none() && kinds.iter().filter(|other| **other == kind).count() == 1 {
            *position = by_elimination(private_key, &entries);
            use_up(&mut entries, *position);
        }
    }
    let key_count = keys.len();
    let chosen: Vec<_> = keys
        .into_iter()
        .zip(positions)
        .filter_map(|((private_key, bag), position)| {
            Some((private_key, bag.friendly_name.as_deref(), position?))
        })
        .collect();

    let mut contents = Contents {
        lone_keys: key_count - chosen.len(),
        others,
        ..Contents::default()
    };
    let end_entities = chosen.iter().map(|(.., position)| *position).collect();
    for (private_key, key_name, position) in chosen {
        let Some(end_entity) = entries.get(position) else {
            continue;
        };
        let certificate = end_entity.der.to_vec();
        let friendly_name = end_entity.friendly_name.or(key_name).map(str::to_owned);
        contents.identities.push(Identity {
            private_key,
            certificate,
            chain: chain(&mut entries, position),
            friendly_name,
        });
    }
    contents.other_certificates = others_of(&entries, &end_entities);
    Ok(contents)
}

/// The certificates that belong to no identity, each once: Java writes each chain anew, however many of its certificates are there
/// already. One with attributes of its own is a thing of its own, a chain's certificate too.
fn others_of(entries: &[Entry<'_>], end_entities: &BTreeSet<usize>) -> Vec<OtherCertificate> {
    let used = entries.iter().filter(|entry| entry.used);
    let mut seen: BTreeSet<_> = used.map(|entry| entry.der).collect();
    let mut marked = BTreeSet::new();
    let mut others = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        let is_marked = !entry.other_attributes.is_empty() && !end_entities.contains(&position);
        let mark = (entry.der, entry.friendly_name, entry.other_attributes);
        if (is_marked && marked.insert(mark)) || seen.insert(entry.der) {
            seen.insert(entry.der);
            others.push(OtherCertificate {
                der: entry.der.to_vec(),
                friendly_name: entry.friendly_name.map(str::to_owned),
                attributes: entry.other_attributes.to_vec(),
            });
        }
    }
    others
}

/// Where the certificate of a private key is: the one with its localKeyId, else the one with its public key.
///
/// One whose public key is known to be another is never taken, whatever its localKeyId says.
fn certificate_of(
    private_key: &[u8],
    local_key_id: Option<&[u8]>,
    entries: &[Entry<'_>],
) -> Option<usize> {
    let public_key = public_key(private_key);
    let mut by_key = None;
    for (position, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.used) {
        let same_id = local_key_id.is_some() && entry.local_key_id == local_key_id;
        match entry.fields.belongs_to(public_key.as_deref()) {
            Some(true) | None if same_id => return Some(position),
            Some(true) => by_key = by_key.or(Some(position)),
            _ => {}
        }
    }
    by_key
}

/// Where the certificate of a private key is whose public key cannot be computed: the only one left with a key of its kind that
/// issued none of the others. The caller knows that no other key of that kind is left.
fn by_elimination(private_key: &[u8], entries: &[Entry<'_>]) -> Option<usize> {
    let kind = private_key_algorithm(private_key)?;
    let public_key = public_key(private_key);
    let is_self_issued = |fields: &Fields<'_>| fields.issuer == fields.subject;
    let all = entries.iter().map(|entry| &entry.fields);
    let issuers: BTreeSet<_> = all
        .filter(|fields| !is_self_issued(fields))
        .map(|fields| fields.issuer)
        .collect();
    let mut left = entries.iter().enumerate().filter(|(_, entry)| {
        !entry.used
            && entry.fields.key_algorithm() == Some(kind)
            && entry.fields.belongs_to(public_key.as_deref()).is_none()
            && !issuers.contains(entry.fields.subject)
    });
    let (position, found) = left.next()?;
    left.all(|(_, entry)| entry.der == found.der)
        .then_some(position)
}

fn use_up(entries: &mut [Entry<'_>], position: Option<usize>) {
    if let Some(entry) = position.and_then(|position| entries.get_mut(position)) {
        entry.used = true;
    }
}

/// The certificates above the one at `position`, each the issuer of the one before.
fn chain(entries: &mut [Entry<'_>], position: usize) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    let mut passed = vec![position];
    let mut below = position;
    while chain.len() < LONGEST_CHAIN {
        let Some(issuer) = issuer_of(below, entries, &passed) else {
            break;
        };
        if let Some(entry) = entries.get_mut(issuer) {
            entry.used = true;
            chain.push(entry.der.to_vec());
        }
        passed.push(issuer);
        below = issuer;
    }
    chain
}

/// Where the issuer of the certificate at `position` is; of several with its name, the one that signed it.
fn issuer_of(position: usize, entries: &[Entry<'_>], passed: &[usize]) -> Option<usize> {
    let subject = entries.get(position)?;
    if subject.fields.issuer == subject.fields.subject {
        return None;
    }
    let mut candidates: Vec<(usize, &Entry<'_>)> = Vec::new();
    for (other, entry) in entries.iter().enumerate() {
        let is_named = entry.fields.subject == subject.fields.issuer && !passed.contains(&other);
        let is_new = || candidates.iter().all(|(_, known)| known.der != entry.der);
        if is_named && candidates.len() < MOST_OF_ONE_NAME && is_new() {
            candidates.push((other, entry));
        }
    }
    if let [(only, _)] = candidates[..] {
        return Some(only);
    }
    let certificate = Certificate::from_der(subject.der).ok();
    let signed_by = |issuer: &Entry<'_>| {
        let issuer = Certificate::from_der(issuer.der);
        let certificate = certificate.as_ref();
        certificate.is_some_and(|it| issuer.is_ok_and(|issuer| it.is_signed_by(&issuer)))
    };
    let signer = candidates.iter().find(|(_, entry)| signed_by(entry));
    signer.or(candidates.first()).map(|(position, _)| *position)
}
