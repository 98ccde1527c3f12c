//! Whether a CA that somebody else made can be continued here: a reason against it, or the way up to its root.

use time::OffsetDateTime;

use crate::certificate::Certificate;
use crate::certificate::object_identifier as oid;
use crate::error::{Error, ErrorKind, Result};
use crate::key::check_public_key;
use crate::validity::format_instant;

/// Longer than any key identifier that is made: SHA-512's.
const MAX_KEY_IDENTIFIER: usize = 64;
/// RFC 5280 §4.1.2.2.
const MAX_SERIAL_NUMBER: usize = 20;
/// A CA that ends sooner is worth a warning.
const SOON: time::Duration = time::Duration::days(90);
/// The extensions that may be critical because they are understood, or because they concern only what this program never does.
const UNDERSTOOD: [&str; 9] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::BASIC_CONSTRAINTS,
    oid::NAME_CONSTRAINTS,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::CRL_DISTRIBUTION_POINTS,
    // certificatePolicies: it asks for nothing unless policyConstraints does, which is refused.
    "2.5.29.32",
];
/// policyConstraints, RFC 5280 §4.2.1.11: what is issued here states no policy.
const POLICY_CONSTRAINTS: &str = "2.5.29.36";

/// The CAs from one that shall issue here up to its root, that one first.
///
/// # Errors
/// Refuses a CA that could not be continued correctly, and a chain that does not lead to a root.
pub(super) fn lineage(
    issuing: &Certificate,
    chain: &[Certificate],
    now: OffsetDateTime,
) -> Result<Vec<Certificate>> {
    let mut lineage = vec![issuing.clone()];
    while let Some(last) = lineage.last() {
        check(last, now)?;
        if last.is_self_issued() {
            if !last.is_signed_by(last) {
                return refuse(
                    last,
                    "names itself as its issuer and is not signed with its own key",
                    "Give the root itself, and the CA that issues with it.",
                );
            }
            break;
        }
        let above = parent(last, chain, &lineage)?.clone();
        check_link(last, &above, lineage.len() - 1)?;
        lineage.push(above);
    }
    Ok(lineage)
}

/// What an operator should know of CAs that can be continued.
pub(super) fn warnings(lineage: &[Certificate], now: OffsetDateTime) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |certificate: &Certificate, what: &str| {
        warnings.push(format!("{} {what}", certificate.subject()));
    };
    if let Some(issuing) = lineage.first() {
        if !issuing.may_sign_crls() {
            warn(
                issuing,
                "may not sign CRLs by its keyUsage (RFC 5280 §6.3.3): its status is told by pki serve and OCSP only",
            );
        }
        if !issuing.allows_purpose(oid::SERVER_AUTH) {
            warn(
                issuing,
                "does not allow TLS server authentication by its extKeyUsage: nobody will accept its server certificates",
            );
        }
    }
    for authority in lineage {
        let until = authority.validity().not_after;
        let first = lineage
            .first()
            .map_or(until, |issuing| issuing.validity().not_after);
        if until - now < SOON || until < first {
            warn(authority, &format!("ends on {}", format_instant(until)));
        }
        if authority.is_signed_weakly() && !authority.is_self_issued() {
            warn(
                authority,
                "is signed with SHA-1 or MD5: current programs do not accept that",
            );
        }
        if authority.extensions().key_usage.is_none() {
            warn(
                authority,
                "has no keyUsage, which RFC 5280 §4.2.1.3 asks of a CA: strict programs refuse it",
            );
        }
    }
    warnings
}

/// What must hold for each CA by itself.
fn check(authority: &Certificate, now: OffsetDateTime) -> Result<()> {
    let extensions = authority.extensions();
    let validity = authority.validity();
    if authority.version() != 3 {
        return refuse(
            authority,
            "is of a version without extensions, which no CA can be today",
            "Begin a new CA with pki init.",
        );
    }
    if !extensions.basic_constraints.is_some_and(|it| it.ca) {
        return refuse(
            authority,
            "is not a CA by its basicConstraints",
            "Give the CA's own certificate, such as ca.crt, not one that it issued.",
        );
    }
    if !authority.may_sign_certificates() {
        return refuse(
            authority,
            "may not sign certificates by its keyUsage",
            "Begin a new CA with pki init.",
        );
    }
    if !validity.contains(now) {
        let (from, until) = (
            format_instant(validity.not_before),
            format_instant(validity.not_after),
        );
        return refuse(
            authority,
            &format!(
                "is valid from {from} until {until}, and it is {}",
                format_instant(now)
            ),
            "Check this machine's clock; where the CA has ended, begin a new one with pki init.",
        );
    }
    if authority.subject().is_empty() {
        return Err(Error::new(
            ErrorKind::NotPermitted,
            "the CA's subject is empty, and nothing could name it as its issuer",
        )
        .with_hint("Begin a new CA with pki init."));
    }
    let identifier = extensions
        .subject_key_identifier
        .as_ref()
        .map_or(0, Vec::len);
    if !(1..=MAX_KEY_IDENTIFIER).contains(&identifier) {
        return refuse(
            authority,
            "has no subjectKeyIdentifier of 1 to 64 octets (RFC 5280 §4.2.1.2), by which what it issues refers to it",
            "Have the CA's certificate made again with the same key and name, and with that extension.",
        );
    }
    let number = authority.serial_number().octets().len();
    if authority.has_negative_serial_number() || number > MAX_SERIAL_NUMBER {
        return refuse(
            authority,
            "has a serial number that is negative or longer than 20 octets (RFC 5280 §4.1.2.2)",
            "Have the CA's certificate made again with the same key and name.",
        );
    }
    check_public_key(&authority.facts().public_key).map_err(|cause| {
        Error::new(
            ErrorKind::NotPermitted,
            format!("the CA {} has no usable key: {}", authority.subject(), cause.message()),
        )
        .with_hint(
            "CAs here have RSA keys of 2048 to 8192 bits, or keys on P-256, P-384 or Ed25519; begin a new one with pki init.",
        )
    })?;
    check_restrictions(authority)
}

/// What would restrict certificates beneath it in a way that this program does not see, or makes it useless.
fn check_restrictions(authority: &Certificate) -> Result<()> {
    let extensions = authority.extensions();
    if authority.constrains_other_names() {
        return refuse(
            authority,
            "has name constraints of a kind that this program does not compare",
            "It compares DNS names, e-mail addresses, IP ranges and URIs; begin a new CA with pki init --permit-dns.",
        );
    }
    if extensions.criticality.contains_key(POLICY_CONSTRAINTS) {
        return refuse(
            authority,
            "has policyConstraints, and certificates that are issued here state no policy",
            "Begin a new CA with pki init.",
        );
    }
    let strange = extensions
        .criticality
        .iter()
        .find(|(oid, critical)| **critical && !UNDERSTOOD.contains(&oid.as_str()));
    if let Some((oid, _)) = strange {
        return refuse(
            authority,
            &format!("has the critical extension {oid}, which this program does not understand"),
            "Begin a new CA with pki init.",
        );
    }
    if !authority.allows_purpose(oid::CLIENT_AUTH) {
        return refuse(
            authority,
            "does not allow TLS client authentication by its extKeyUsage: nobody would accept a client of it",
            "Begin a new CA with pki init.",
        );
    }
    Ok(())
}

/// The CA above, found among those that were given.
fn parent<'a>(
    child: &Certificate,
    chain: &'a [Certificate],
    lineage: &[Certificate],
) -> Result<&'a Certificate> {
    let mut named = chain
        .iter()
        .filter(|above| above.subject() == child.issuer() && !lineage.contains(above))
        .peekable();
    if named.peek().is_none() {
        return refuse(
            child,
            &format!("is issued by {}, which was not given", child.issuer()),
            "Give the certificates above it, up to the root, in a PEM file with --chain.",
        );
    }
    // A name may have several certificates: the one whose key signed is the one above.
    for above in named {
        check_public_key(&above.facts().public_key).map_err(|cause| {
            Error::new(
                ErrorKind::NotPermitted,
                format!(
                    "the CA {} has no usable key: {}",
                    above.subject(),
                    cause.message()
                ),
            )
            .with_hint("Begin a new CA with pki init.")
        })?;
        if child.is_signed_by(above) {
            return Ok(above);
        }
    }
    refuse(
        child,
        &format!(
            "is not signed with the key of the given certificate of {}",
            child.issuer()
        ),
        "Give the chain that belongs to it.",
    )
}

/// What must hold between a CA and the one above, beneath which `between` other CAs stand already.
fn check_link(child: &Certificate, above: &Certificate, between: usize) -> Result<()> {
    let wanted = child.extensions().authority_key_identifier.as_ref();
    let stated = above.extensions().subject_key_identifier.as_ref();
    if wanted.is_some() && wanted != stated {
        return refuse(
            child,
            "names another key of its issuer than the one that the given chain has",
            "Give the chain that belongs to it.",
        );
    }
    // RFC 5280 §4.2.1.9: how many CAs may follow between it and the end entity.
    let most = above
        .extensions()
        .basic_constraints
        .and_then(|it| it.path_length);
    let following = u32::try_from(between + 1).unwrap_or(u32::MAX);
    if most.is_some_and(|most| most < following) {
        return refuse(
            above,
            "allows fewer CAs beneath it by its pathLenConstraint than there are",
            "No program accepts this chain; begin a new CA with pki init.",
        );
    }
    Ok(())
}

fn refuse<T>(authority: &Certificate, fact: &str, hint: &str) -> Result<T> {
    Err(Error::new(
        ErrorKind::NotPermitted,
        format!("{} {fact}", authority.subject()),
    )
    .with_hint(hint))
}
