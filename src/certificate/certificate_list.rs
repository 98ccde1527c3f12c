//! A CertificateList (RFC 5280 §5.1), read: who says what is revoked, and from when until when it holds.

use std::collections::BTreeMap;
use std::fmt;

use time::OffsetDateTime;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::{CertificateRevocationList, FromDer};
use x509_parser::revocation_list::RevokedCertificate;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Version};

use super::scrutiny::{Signed, is_signed_with_sha512};
use super::{Certificate, DistinguishedName};
use crate::error::{Error, ErrorKind, Result};
use crate::serial::SerialNumber;

/// A CRL, parsed once; its entries are shown one by one while it is read, for there may be very many.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateList {
    der: Vec<u8>,
    facts: ListFacts,
}

/// What a CRL states, apart from its entries and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListFacts {
    /// The CA whose certificates it lists.
    pub issuer: DistinguishedName,
    /// The moment for which it speaks.
    pub this_update: OffsetDateTime,
    /// When the next one will be there at the latest.
    pub next_update: OffsetDateTime,
    /// cRLNumber.
    pub crl_number: u64,
    /// The keyIdentifier of authorityKeyIdentifier.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// Every extension that is present, by object identifier, and whether it is critical.
    pub criticality: BTreeMap<String, bool>,
}

/// One entry of a CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// The certificate's serial number.
    pub serial_number: SerialNumber,
    /// From when on it counts as revoked.
    pub revocation_date: OffsetDateTime,
    /// The number of the reasonCode, where one is given.
    pub reason_code: Option<u8>,
}

impl CertificateList {
    /// Reads a CRL in DER.
    ///
    /// # Errors
    /// Refuses anything else, also a CRL without nextUpdate or cRLNumber, which RFC 5280 §5 demands.
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self> {
        Self::read(der, |_| {})
    }

    /// Reads a CRL in DER and shows each of its entries, in their order.
    ///
    /// # Errors
    /// The same refusals.
    pub fn read(der: impl Into<Vec<u8>>, mut visit: impl FnMut(ListEntry)) -> Result<Self> {
        let der = der.into();
        let (rest, list) = CertificateRevocationList::from_der(&der)
            .map_err(|_| malformed("the CRL is not readable DER"))?;
        if !rest.is_empty() {
            return Err(malformed("there are octets behind the end of the CRL"));
        }
        if list.version() != Some(X509Version::V2) {
            return Err(malformed("the CRL is not one of version 2"));
        }
        let facts = facts(&list)?;
        for entry in list.iter_revoked_certificates() {
            visit(read_entry(entry)?);
        }
        Ok(Self { der, facts })
    }

    /// The CRL's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The CRL as a PEM block.
    pub fn pem(&self) -> String {
        let form = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("X509 CRL", self.der.as_slice()), form)
    }

    /// What the CRL states.
    pub fn facts(&self) -> &ListFacts {
        &self.facts
    }

    /// Says whether the key of `issuer` made this CRL's signature and its name stands in it.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.facts.issuer == *issuer.subject() && is_list_signed_by(&self.der, issuer)
    }
}

impl fmt::Debug for CertificateList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateList")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

/// Says whether the key of `issuer` made the signature of a CRL in DER; the names are not looked at.
pub(super) fn is_list_signed_by(der: &[u8], issuer: &Certificate) -> bool {
    let Ok((_, list)) = CertificateRevocationList::from_der(der) else {
        return false;
    };
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(&issuer.facts().public_key) else {
        return false;
    };
    let signed = Signed {
        algorithm: &list.signature_algorithm,
        octets: list.tbs_cert_list.as_ref(),
        signature: &list.signature_value,
    };
    // RFC 5280 §5.1.1.2: the algorithm outside must be the one inside, which alone is signed.
    list.signature_algorithm == list.tbs_cert_list.signature
        && (list.verify_signature(&key).is_ok() || is_signed_with_sha512(&signed, &key))
}

fn facts(list: &CertificateRevocationList<'_>) -> Result<ListFacts> {
    let mut read = ListFacts {
        issuer: DistinguishedName::from_der(list.issuer().as_raw())?,
        this_update: list.last_update().to_datetime(),
        next_update: list
            .next_update()
            .ok_or_else(|| malformed("the CRL states no nextUpdate"))?
            .to_datetime(),
        crl_number: list
            .crl_number()
            .and_then(|number| u64::try_from(number).ok())
            .ok_or_else(|| malformed("the CRL states no cRLNumber of ours"))?,
        authority_key_identifier: None,
        criticality: BTreeMap::new(),
    };
    for extension in list.extensions() {
        let oid = extension.oid.to_id_string();
        if read.criticality.insert(oid, extension.critical).is_some() {
            return Err(malformed("the CRL holds an extension twice"));
        }
        read_extension(extension, &mut read)?;
    }
    Ok(read)
}

fn read_extension(extension: &X509Extension<'_>, read: &mut ListFacts) -> Result<()> {
    match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(authority) => {
            read.authority_key_identifier = authority
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0.to_vec());
        }
        ParsedExtension::ParseError { .. } => {
            return Err(malformed("the CRL holds an extension that cannot be read"));
        }
        _ => {}
    }
    Ok(())
}

pub(super) fn read_entry(entry: &RevokedCertificate<'_>) -> Result<ListEntry> {
    let unreadable = |extension: &X509Extension<'_>| {
        matches!(
            extension.parsed_extension(),
            ParsedExtension::ParseError { .. }
        )
    };
    if entry.extensions().iter().any(unreadable) {
        return Err(malformed("the CRL holds an entry that cannot be read"));
    }
    Ok(ListEntry {
        serial_number: SerialNumber::from_octets(entry.raw_serial()),
        revocation_date: entry.revocation_date.to_datetime(),
        reason_code: entry.reason_code().map(|(_, reason)| reason.0),
    })
}

fn malformed(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact)
        .with_hint("Give a CRL of version 2; pki crl makes a new one.")
}
