//! Certificates that bear the right name and come from elsewhere.

use crate::certificate::Subject;
use crate::error::{Error, ErrorKind, Result};
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::forge::{Certificate, KeyKind, SignatureAlgorithm};
use crate::probe::kit::{Identifiers, Issue, Workshop};
use crate::probe::presented::Presented;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 6] = [
    &SELF_SIGNED,
    &FOREIGN_CA_SAME_NAME,
    &FOREIGN_CA_SAME_KEY_IDENTIFIERS,
    &UNKNOWN_CA,
    &END_ENTITY_AS_CA,
    &INTERMEDIATE_MISSING,
];

/// ```text
/// NAME, signed by itself                                                                              invalid
/// ```
static SELF_SIGNED: Case = Case {
    name: "self-signed",
    matter: Matter::Trust,
    says: "The certificate bears the right name and is signed by its own key.",
    section: "RFC 5280 §6.1 (b)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Forged(self_signed),
    act: Act::Visit(None),
};

/// ```text
/// (another key: root) ── another key: issuing ── NAME                                                 invalid
/// ```
static FOREIGN_CA_SAME_NAME: Case = Case {
    name: "foreign-ca-same-name",
    matter: Matter::Trust,
    says: "The issuing CA has the name of ours and another key.",
    section: "RFC 5280 §6.1.3 (a) (1)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Forged(|workshop| Ok(workshop.foreign(Identifiers::Own)?.0)),
    act: Act::Visit(None),
};

/// ```text
/// (another key: root) ── another key: issuing, subjectKeyIdentifier of ours ── NAME                   invalid
/// ```
static FOREIGN_CA_SAME_KEY_IDENTIFIERS: Case = Case {
    name: "foreign-ca-same-key-identifiers",
    matter: Matter::Trust,
    says: "The issuing CA has the name and the key identifiers of ours, and another key.",
    section: "RFC 5280 §6.1.3 (a) (1)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Forged(|workshop| Ok(workshop.foreign(Identifiers::Copied)?.0)),
    act: Act::Visit(None),
};

/// A server that forgives that it knows no issuer may do so just where nobody shows it one: then it has nothing that it could
/// verify a signature with, nor a CRL that it could miss.
///
/// ```text
/// (unknown CA ──) NAME                                                                                invalid
/// ```
static UNKNOWN_CA: Case = Case {
    name: "unknown-ca",
    matter: Matter::Trust,
    says: "The issuing CA is one that nobody knows, and is not shown.",
    section: "RFC 5280 §6.1.3 (a) (4), §6.1.1 (d)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Forged(|workshop| Ok(workshop.unknown()?.0)),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── end entity ── NAME                                                               invalid
/// ```
static END_ENTITY_AS_CA: Case = Case {
    name: "end-entity-as-ca",
    matter: Matter::Path,
    says: "The issuer is an end entity of ours, which is no CA.",
    section: "RFC 5280 §6.1.4 (k)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Misused(another_name, beneath_an_end_entity),
    act: Act::Visit(None),
};

/// ```text
/// (root ── issuing ──) NAME                                                                           either
/// ```
static INTERMEDIATE_MISSING: Case = Case {
    name: "intermediate-missing",
    matter: Matter::Welcome,
    says: "The certificate is shown without that of the issuing CA.",
    section: "RFC 8446 §4.4.2, RFC 5246 §7.4.2",
    must: Must::Either,
    baseline: Baseline::Plain,
    presents: Presents::Bent(|presented| {
        presented.chain.truncate(1);
        Ok(())
    }),
    act: Act::Visit(None),
};

fn self_signed(workshop: &Workshop<'_>) -> Result<Presented> {
    let (mut tbs, key) = workshop.copy(KeyKind::P256)?;
    tbs.issuer = tbs.subject.clone();
    tbs.set_issuer_key(&key.public_key())?;
    let signed = tbs.sign(&key, SignatureAlgorithm::EcdsaSha256)?;
    Ok(Presented {
        chain: vec![signed.der()],
        key,
    })
}

/// Subject and issuer of what is signed in its name shall not be the same: some take that for a root.
fn another_name(asked: &mut Issue<'_>) -> Result<()> {
    let other = Subject {
        common_name: "pki probe end entity".to_owned(),
        organization: None,
    };
    asked.subject = other.to_name()?;
    asked.subject_alt_names.clear();
    Ok(())
}

fn beneath_an_end_entity(issued: &Presented, workshop: &Workshop<'_>) -> Result<Presented> {
    let missing = || Error::new(ErrorKind::Internal, "the end entity has no certificate");
    let issuer = issued.chain.first().ok_or_else(missing)?;
    let (mut tbs, key) = workshop.copy(KeyKind::P256)?;
    tbs.issuer = Certificate::read(issuer)?.tbs.subject;
    tbs.set_issuer_key(&issued.key.public_key())?;
    let how = SignatureAlgorithm::of_authority(issued.key.kind());
    let signed = tbs.sign(&issued.key, how)?.der();
    let chain = std::iter::once(signed).chain(issued.chain.iter().cloned());
    Ok(Presented {
        chain: chain.collect(),
        key,
    })
}
