//! A CertificateList (RFC 5280 §5.1), read: who says what is revoked, and from when until when it holds.

use std::collections::BTreeMap;
use std::{fmt, iter};

use time::OffsetDateTime;
use x509_parser::extensions::{ParsedExtension, X509Extension};

use super::list_entries::{self, ListEntry};
use super::list_frame::{Frame, malformed};
use super::{Certificate, DistinguishedName};
use crate::error::Result;

/// The contents of version where it is 2 (RFC 5280 §5.1.2.1).
const VERSION_2: &[u8] = &[1];

const PEM_LABEL: &str = "X509 CRL";
const PEM_BEGIN: &str = "-----BEGIN X509 CRL-----\n";
const PEM_END: &str = "-----END X509 CRL-----\n";
/// A line of PEM holds 48 octets (RFC 7468 §2).
const OCTETS_OF_PIECE: usize = 48 * 1024;

/// A CRL, parsed once; its entries stay in the DER, for there may be very many.
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

impl CertificateList {
    /// Reads a CRL in DER.
    ///
    /// # Errors
    /// Refuses anything else, also a CRL without nextUpdate or cRLNumber, which RFC 5280 §5 demands, and one with an entry
    /// that cannot be read.
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self> {
        let list = Self::unread(der)?;
        list.visit(|_| {})?;
        Ok(list)
    }

    /// Reads a CRL in DER but for its entries, for those who go on with [`CertificateList::visit`].
    ///
    /// # Errors
    /// The same refusals, but for those of entries.
    pub fn unread(der: impl Into<Vec<u8>>) -> Result<Self> {
        let der = der.into();
        let frame = Frame::of(&der)?;
        if frame.version != Some(VERSION_2) {
            return Err(malformed("the CRL is not one of version 2"));
        }
        let facts = facts(&frame)?;
        Ok(Self { der, facts })
    }

    /// Shows the entries, one by one and in their order.
    ///
    /// # Errors
    /// Refuses an entry that cannot be read.
    pub fn visit(&self, visit: impl FnMut(&ListEntry)) -> Result<()> {
        list_entries::visit(Frame::of(&self.der)?.entries, visit)
    }

    /// The CRL's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The CRL as a PEM block.
    pub fn pem(&self) -> String {
        self.pem_pieces().collect()
    }

    /// The CRL as a PEM block, piece by piece: it may be longer than what should be in memory twice.
    pub fn pem_pieces(&self) -> impl Iterator<Item = String> {
        // The lines of a piece are whole, so that they are those of a block of its own.
        let lines = self.der.chunks(OCTETS_OF_PIECE).map(|piece| {
            let block = pem_block(piece);
            let lines = block.strip_prefix(PEM_BEGIN);
            let lines = lines.and_then(|lines| lines.strip_suffix(PEM_END));
            lines.unwrap_or_default().to_owned()
        });
        iter::once(PEM_BEGIN.to_owned())
            .chain(lines)
            .chain(iter::once(PEM_END.to_owned()))
    }

    /// What the CRL states.
    pub fn facts(&self) -> &ListFacts {
        &self.facts
    }

    /// Says whether the key of `issuer` made this CRL's signature and its name stands in it.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.facts.issuer == *issuer.subject()
            && Frame::of(&self.der).is_ok_and(|frame| frame.is_signed_by(issuer))
    }
}

impl fmt::Debug for CertificateList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateList")
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

fn pem_block(octets: &[u8]) -> String {
    let form = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(PEM_LABEL, octets), form)
}

fn facts(list: &Frame<'_>) -> Result<ListFacts> {
    let mut read = ListFacts {
        issuer: DistinguishedName::from_der(list.issuer)?,
        this_update: list.this_update.to_datetime(),
        next_update: list
            .next_update
            .ok_or_else(|| malformed("the CRL states no nextUpdate"))?
            .to_datetime(),
        crl_number: crl_number(&list.extensions)
            .ok_or_else(|| malformed("the CRL states no cRLNumber of ours"))?,
        authority_key_identifier: None,
        criticality: BTreeMap::new(),
    };
    for extension in &list.extensions {
        let oid = extension.oid.to_id_string();
        if read.criticality.insert(oid, extension.critical).is_some() {
            return Err(malformed("the CRL holds an extension twice"));
        }
        read_extension(extension, &mut read)?;
    }
    Ok(read)
}

fn crl_number(extensions: &[X509Extension<'_>]) -> Option<u64> {
    extensions
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CRLNumber(number) => u64::try_from(number).ok(),
            _ => None,
        })
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
