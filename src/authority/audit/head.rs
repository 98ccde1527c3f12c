//! Signed heads: what is kept elsewhere, and how it is checked against the log.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AuditKey;
use crate::certificate::Certificate;
use crate::certificate::object_identifier as oid;
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::inventory::{Head, Inventory, Record};
use crate::judge::Check;
use crate::validity::format_instant;

/// What goes before the hash, so that the signature can be taken for nothing else.
const DOMAIN: &[u8] = b"pki-audit-v1\0";

/// The head of the audit log as it is printed and kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The entry's number.
    pub entry: i64,
    /// The entry's hash in hexadecimal, which covers every entry up to it.
    pub hash: String,
    /// The entry's time, RFC 3339.
    pub at: Option<String>,
    /// ECDSA with SHA-256 over the domain and the hash, in DER and hexadecimal; nothing where no audit key is at hand.
    pub signature: Option<String>,
    /// The audit key's certificate in PEM.
    pub certificate: Option<String>,
}

impl SignedHead {
    /// The head without a signature.
    pub fn unsigned(head: &Head) -> Self {
        Self {
            entry: head.id,
            hash: hexadecimal::encode(&head.hash),
            at: Some(format_instant(head.at)),
            signature: None,
            certificate: None,
        }
    }

    /// The head, signed.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub fn signed(head: &Head, audit_key: &AuditKey) -> Result<Self> {
        let signature = audit_key.key.sign_octets(&message(&head.hash))?;
        Ok(Self {
            signature: Some(hexadecimal::encode(&signature)),
            certificate: Some(audit_key.certificate.pem()),
            ..Self::unsigned(head)
        })
    }

    /// Reads a head that was kept: the whole document that `pki audit --json` printed, or its `head` alone.
    ///
    /// # Errors
    /// Refuses other documents, and a hash that is none.
    pub fn parse(document: &[u8]) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::Malformed,
                "the file holds no head of an audit log",
            )
            .with_hint("Give what pki audit --json or pki audit --write-head wrote.")
        };
        let mut value: Value = serde_json::from_slice(document).map_err(|_| refuse())?;
        if let Some(head) = value.get_mut("head") {
            value = head.take();
        }
        let head: Self = serde_json::from_value(value).map_err(|_| refuse())?;
        head.hash().map(|_| head.clone()).ok_or_else(refuse)
    }

    fn hash(&self) -> Option<[u8; 32]> {
        hexadecimal::decode(&self.hash)?.try_into().ok()
    }

    /// Verifies the signature under a certificate.
    fn is_signed_by(&self, certificate: &Certificate) -> bool {
        let signature = self.signature.as_deref().and_then(hexadecimal::decode);
        let (Some(signature), Some(hash)) = (signature, self.hash()) else {
            return false;
        };
        let key = &certificate.facts().public_key;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
            .verify(&message(&hash), &signature)
            .is_ok()
    }
}

/// Checks a head that was kept elsewhere: its signature, whose the certificate is, and whether the log still holds that
/// entry with that hash, and with it everything before.
///
/// # Errors
/// Fails when the inventory cannot be read.
pub fn check_head(head: &SignedHead, inventory: &Inventory) -> Result<Vec<Check>> {
    let pem = head.certificate.as_deref().unwrap_or_default();
    let certificate = Certificate::from_file(pem.as_bytes()).ok();
    let check = |name, outcome: std::result::Result<String, String>| Check {
        name,
        ok: Some(outcome.is_ok()),
        detail: outcome.unwrap_or_else(|fault| fault),
    };
    let signature = match &certificate {
        _ if head.signature.is_none() => Err("the head bears no signature".to_owned()),
        None => Err("the head bears no readable certificate".to_owned()),
        Some(certificate) if head.is_signed_by(certificate) => {
            Ok(format!("good, under {}", certificate.fingerprint()))
        }
        Some(_) => Err("the signature is not that of the head's certificate".to_owned()),
    };
    let whose = match &certificate {
        None => Err("the head bears no readable certificate".to_owned()),
        Some(certificate) => whose(
            certificate,
            &inventory.authorities()?,
            inventory.find_by_fingerprint(&certificate.fingerprint())?,
        ),
    };
    Ok(vec![
        check("head-signature", signature),
        check("head-certificate", whose),
        check("head-entry", contained(head, inventory)?),
    ])
}

/// Says by whom the certificate of a head is, or why that is nobody of ours.
fn whose(
    certificate: &Certificate,
    authorities: &[Record],
    record: Option<Record>,
) -> std::result::Result<String, String> {
    let issuer_of = |certificate: &Certificate| {
        let mut authorities = authorities.iter().map(|record| &record.certificate);
        authorities.find(|it| {
            it.subject().der() == certificate.issuer().der() && certificate.is_signed_by(it)
        })
    };
    let purposes = &certificate.extensions().extended_key_usage;
    if !purposes
        .iter()
        .any(|purpose| purpose == oid::DOCUMENT_SIGNING)
    {
        return Err("it is no certificate of an audit key".to_owned());
    }
    let Some(issuing) = issuer_of(certificate) else {
        return Err(format!(
            "{} is no CA of this inventory, or did not sign it: the head is of another log",
            certificate.issuer()
        ));
    };
    let revocation = record.and_then(|record| record.revocation);
    if let Some(revocation) = revocation {
        let (at, reason) = (format_instant(revocation.at), revocation.reason);
        return Err(format!("it was revoked on {at}: {reason}"));
    }
    Ok(match issuer_of(issuing) {
        Some(root) if root != issuing => {
            format!(
                "issued by {}, and that by {}",
                issuing.subject(),
                root.subject()
            )
        }
        _ => format!("issued by {}", issuing.subject()),
    })
}

/// Says whether the log holds the entry with its hash.
fn contained(
    head: &SignedHead,
    inventory: &Inventory,
) -> Result<std::result::Result<String, String>> {
    let (found, last) = inventory.hash_of_entry(head.entry)?;
    let kept = head.entry;
    Ok(match found {
        Some(hash) if Some(hash) == head.hash() => Ok(format!(
            "entry {kept} is as it was; {} came after it",
            last.id.saturating_sub(kept)
        )),
        Some(_) => Err(format!(
            "entry {kept} has another hash now: the log up to it was written anew"
        )),
        None if kept > last.id => Err(format!(
            "the log ends with entry {}, and entry {kept} was there: it was cut off or rolled back",
            last.id
        )),
        None => Err(format!("entry {kept} is gone")),
    })
}

fn message(hash: &[u8; 32]) -> Vec<u8> {
    [DOMAIN, hash].concat()
}
