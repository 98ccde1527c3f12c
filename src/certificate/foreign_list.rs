//! A CRL that another program made, read: what it revokes, and which number it has.

use std::collections::BTreeSet;

use time::OffsetDateTime;
use x509_parser::extensions::{ParsedExtension, X509Extension};
use x509_parser::prelude::{CertificateRevocationList, FromDer};
use x509_parser::revocation_list::RevokedCertificate;

use super::list_frame::Frame;
use super::{Certificate, DistinguishedName, ListEntry, object_identifier as oid};
use crate::error::{Error, ErrorKind, Result};
use crate::serial::SerialNumber;

const ISSUING_DISTRIBUTION_POINT: &str = "2.5.29.28";
const DELTA_CRL_INDICATOR: &str = "2.5.29.27";
const REASON_CODE: &str = "2.5.29.21";
const INVALIDITY_DATE: &str = "2.5.29.24";
/// The extensions that may be critical because they are looked at: an issuingDistributionPoint, as step-ca writes it,
/// takes nothing back of what is listed.
const UNDERSTOOD: [&str; 3] = [
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::CRL_NUMBER,
    ISSUING_DISTRIBUTION_POINT,
];
/// Those of an entry.
const UNDERSTOOD_OF_ENTRY: [&str; 2] = [REASON_CODE, INVALIDITY_DATE];
/// Half of what the inventory counts to: as many numbers are left for what follows.
const MAX_CRL_NUMBER: u64 = 1 << 62;
/// RFC 5280 §4.1.2.2.
const MAX_SERIAL_NUMBER: usize = 20;

/// A CRL that another program made; unlike one of ours it may be of version 1, and without nextUpdate or cRLNumber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignList {
    der: Vec<u8>,
    issuer: DistinguishedName,
    this_update: OffsetDateTime,
    next_update: Option<OffsetDateTime>,
    crl_number: Option<u64>,
    entries: Vec<ListEntry>,
}

impl ForeignList {
    /// Reads a file that holds one CRL, in PEM or DER.
    ///
    /// # Errors
    /// Refuses anything else; a delta CRL and one that lists other CAs' certificates; a cRLNumber that could not be
    /// continued; a serial number that no CRL of ours could list; a critical extension that is not understood, which
    /// forbids any use of the CRL (RFC 5280 §5.2).
    pub fn from_file(contents: &[u8]) -> Result<Self> {
        if contents.starts_with(b"0") {
            return Self::from_der(contents);
        }
        let blocks = pem::parse_many(contents).map_err(|_| malformed("the file is not PEM"))?;
        let mut lists = blocks
            .into_iter()
            .filter(|block| matches!(block.tag(), "X509 CRL" | "CRL"));
        match (lists.next(), lists.next()) {
            (Some(list), None) => Self::from_der(list.into_contents()),
            (None, _) => Err(malformed("the file holds no CRL")),
            (Some(_), Some(_)) => Err(malformed("the file holds more than one CRL")),
        }
    }

    fn from_der(der: impl Into<Vec<u8>>) -> Result<Self> {
        let der = der.into();
        let (rest, list) = CertificateRevocationList::from_der(&der)
            .map_err(|_| malformed("the CRL is not readable DER"))?;
        if !rest.is_empty() {
            return Err(malformed("there are octets behind the end of the CRL"));
        }
        // Whoever verifies its signature is stricter, and would say that it was altered.
        Frame::of(&der)?;
        check_extensions(&list)?;
        let mut entries = Vec::new();
        for entry in list.iter_revoked_certificates() {
            check_understood(entry.extensions(), &UNDERSTOOD_OF_ENTRY)?;
            let negative = |octet: &u8| octet & 0x80 != 0;
            let read = read_entry(entry)?;
            if entry.raw_serial().first().is_some_and(negative)
                || read.serial_number.octets().len() > MAX_SERIAL_NUMBER
            {
                return Err(not_permitted(
                    "the CRL lists a serial number that is negative or longer than 20 octets, which no CRL of ours could list",
                    "Leave --crl out, and revoke with pki revoke what was revoked.",
                ));
            }
            entries.push(read);
        }
        Ok(Self {
            issuer: DistinguishedName::from_der(list.issuer().as_raw())?,
            this_update: list.last_update().to_datetime(),
            next_update: list.next_update().map(|it| it.to_datetime()),
            crl_number: crl_number(&list)?,
            entries,
            der,
        })
    }

    /// The CA whose certificates it lists.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.issuer
    }

    /// The moment for which it speaks.
    pub fn this_update(&self) -> OffsetDateTime {
        self.this_update
    }

    /// When the next one was to be there, where it says so.
    pub fn next_update(&self) -> Option<OffsetDateTime> {
        self.next_update
    }

    /// Its cRLNumber, where it has one.
    pub fn crl_number(&self) -> Option<u64> {
        self.crl_number
    }

    /// What it lists.
    pub fn entries(&self) -> &[ListEntry] {
        &self.entries
    }

    /// Says whether the name of `authority` stands in it, in whatever type of string: cfssl writes it anew in its own
    /// (RFC 5280 §7.1 compares what the strings say).
    pub fn names(&self, authority: &Certificate) -> bool {
        self.issuer.as_str() == authority.subject().as_str()
    }

    /// Says whether the key of `issuer` made this CRL's signature and its name stands in it.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        self.names(issuer) && Frame::of(&self.der).is_ok_and(|frame| frame.is_signed_by(issuer))
    }
}

fn read_entry(entry: &RevokedCertificate<'_>) -> Result<ListEntry> {
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

fn check_extensions(list: &CertificateRevocationList<'_>) -> Result<()> {
    let extensions = list.extensions();
    let mut seen = BTreeSet::new();
    for extension in extensions {
        if !seen.insert(extension.oid.to_id_string()) {
            return Err(malformed("the CRL holds an extension twice"));
        }
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => {
                return Err(malformed("the CRL holds an extension that cannot be read"));
            }
            ParsedExtension::IssuingDistributionPoint(point) if point.indirect_crl => {
                return Err(not_permitted(
                    "the CRL lists certificates of other CAs too (indirectCRL)",
                    "Give a CRL that the CA signed for its own certificates alone.",
                ));
            }
            _ => {}
        }
    }
    if seen.contains(DELTA_CRL_INDICATOR) {
        return Err(not_permitted(
            "the CRL is a delta CRL, which tells only what has changed",
            "Give the last complete CRL.",
        ));
    }
    check_understood(extensions, &UNDERSTOOD)
}

fn check_understood(extensions: &[X509Extension<'_>], understood: &[&str]) -> Result<()> {
    let strange = extensions
        .iter()
        .filter(|extension| extension.critical)
        .map(|extension| extension.oid.to_id_string())
        .find(|oid| !understood.contains(&oid.as_str()));
    strange.map_or(Ok(()), |oid| {
        Err(not_permitted(
            &format!(
                "the CRL has the critical extension {oid}, which this program does not understand"
            ),
            "Leave --crl out, and revoke with pki revoke what was revoked.",
        ))
    })
}

fn crl_number(list: &CertificateRevocationList<'_>) -> Result<Option<u64>> {
    let Some(number) = list.crl_number() else {
        return Ok(None);
    };
    let fitting = u64::try_from(number).ok();
    let fitting = fitting.filter(|number| *number <= MAX_CRL_NUMBER);
    fitting.map(Some).ok_or_else(|| {
        not_permitted(
            &format!("the cRLNumber {number} of the CRL is above {MAX_CRL_NUMBER}, and could not be continued: ours would be smaller (RFC 5280 §5.2.3)"),
            "Begin a new CA with pki init; without --crl the numbers would fall, and programs that compare them would keep the old CRL.",
        )
    })
}

fn malformed(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact)
        .with_hint("Give the last CRL that the CA had signed, in PEM or DER.")
}

fn not_permitted(fact: &str, hint: &str) -> Error {
    Error::new(ErrorKind::NotPermitted, fact).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint,
        KeyIdMethod, RevokedCertParams, SerialNumber,
    };
    use time::macros::datetime;

    use super::*;

    const THIS_UPDATE: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn crl(change: impl FnOnce(&mut CertificateRevocationListParams)) -> Result<Vec<u8>> {
        let failed = |cause: rcgen::Error| Error::new(ErrorKind::Internal, cause.to_string());
        let key = rcgen::KeyPair::generate().map_err(failed)?;
        let issuer = rcgen::Issuer::new(rcgen::CertificateParams::default(), key);
        let mut crl = CertificateRevocationListParams {
            this_update: THIS_UPDATE,
            next_update: THIS_UPDATE + time::Duration::DAY,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        change(&mut crl);
        Ok(crl.signed_by(&issuer).map_err(failed)?.der().to_vec())
    }

    fn revoked(serial_number: &[u8]) -> RevokedCertParams {
        RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial_number),
            revocation_time: THIS_UPDATE,
            reason_code: Some(rcgen::RevocationReason::KeyCompromise),
            invalidity_date: Some(THIS_UPDATE),
        }
    }

    /// The same CRL with some of its octets exchanged: the signature is not looked at here.
    fn altered(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        let found = der.windows(from.len()).position(|window| window == from);
        let (before, rest) = der.split_at(found.unwrap_or_default());
        [before, to, rest.get(from.len()..).unwrap_or_default()].concat()
    }

    fn pem(ders: &[&[u8]]) -> String {
        let blocks = ders.iter().map(|der| pem::Pem::new("X509 CRL", *der));
        blocks.map(|block| pem::encode(&block)).collect()
    }

    fn refusal(contents: &[u8]) -> Option<ErrorKind> {
        let error = ForeignList::from_file(contents).err()?;
        Some(error.kind())
    }

    #[test]
    fn a_crl_is_read_in_der_and_pem_with_its_number_and_entries() -> Result<()> {
        let der = crl(|crl| {
            crl.crl_number = SerialNumber::from(20_261_125_010_203);
            crl.revoked_certs = vec![revoked(&[0x10, 0]), revoked(&[0xff; 20])];
            // step-ca's is critical and names where the CRL is found.
            crl.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
                distribution_point: CrlDistributionPoint {
                    uris: vec!["http://example.org/crl".to_owned()],
                },
                scope: None,
            });
        })?;
        let list = ForeignList::from_file(&der)?;
        assert_eq!(list.crl_number(), Some(20_261_125_010_203));
        assert_eq!(list.this_update(), THIS_UPDATE);
        let numbers = list.entries().iter().map(|it| it.serial_number.to_string());
        assert_eq!(numbers.collect::<Vec<_>>(), ["1000", &"ff".repeat(20)]);
        let reasons = list.entries().iter().map(|it| it.reason_code);
        assert_eq!(reasons.collect::<Vec<_>>(), [Some(1), Some(1)]);
        assert_eq!(ForeignList::from_file(pem(&[&der]).as_bytes())?, list);
        Ok(())
    }

    #[test]
    fn what_is_no_crl_and_more_than_one_is_refused() -> Result<()> {
        let der = crl(|_| {})?;
        let behind = [der.as_slice(), b"\0"].concat();
        let (cut, two) = (der.get(1..).unwrap_or_default(), pem(&[&der, &der]));
        for contents in [&b""[..], b"0", b"hello", cut, &behind, two.as_bytes()] {
            assert_eq!(refusal(contents), Some(ErrorKind::Malformed));
        }
        Ok(())
    }

    #[test]
    fn a_number_that_could_not_be_continued_is_refused() -> Result<()> {
        let numbered = |octets: &[u8]| {
            crl(|crl| crl.crl_number = SerialNumber::from_slice(octets))
                .and_then(|der| ForeignList::from_file(&der))
                .map(|list| list.crl_number())
        };
        assert_eq!(numbered(&[0])?, Some(0));
        assert_eq!(
            numbered(&MAX_CRL_NUMBER.to_be_bytes())?,
            Some(MAX_CRL_NUMBER)
        );
        for octets in [
            &(MAX_CRL_NUMBER + 1).to_be_bytes()[..],
            &u64::MAX.to_be_bytes(),
            &[0x7f; 20],
        ] {
            let kind = numbered(octets).map_err(|cause| cause.kind());
            assert_eq!(kind, Err(ErrorKind::NotPermitted), "{octets:?}");
        }
        Ok(())
    }

    #[test]
    fn a_serial_number_that_ours_could_not_list_is_refused() -> Result<()> {
        let long = crl(|crl| crl.revoked_certs = vec![revoked(&[1; 21])])?;
        let positive = crl(|crl| crl.revoked_certs = vec![revoked(b"\x12\x34\x56")])?;
        let negative = altered(&positive, b"\x12\x34\x56", b"\x92\x34\x56");
        assert_eq!(refusal(&positive), None);
        for refused in [long, negative] {
            assert_eq!(refusal(&refused), Some(ErrorKind::NotPermitted));
        }
        Ok(())
    }

    #[test]
    fn a_delta_crl_an_indirect_one_and_what_is_critical_and_unknown_are_refused() -> Result<()> {
        let with_point = crl(|crl| {
            crl.issuing_distribution_point = Some(CrlIssuingDistributionPoint {
                distribution_point: CrlDistributionPoint {
                    uris: vec!["u".to_owned()],
                },
                scope: Some(rcgen::CrlScope::UserCertsOnly),
            });
            crl.revoked_certs = vec![revoked(&[1])];
        })?;
        assert_eq!(refusal(&with_point), None);
        // onlyContainsUserCerts [1] becomes indirectCRL [4]; cRLNumber becomes deltaCRLIndicator.
        let indirect = altered(&with_point, b"\x81\x01\xff", b"\x84\x01\xff");
        let delta = altered(&with_point, b"\x55\x1d\x14", b"\x55\x1d\x1b");
        // issuingDistributionPoint becomes 2.5.29.99.
        let strange = altered(&with_point, b"\x55\x1d\x1c", b"\x55\x1d\x63");
        for refused in [indirect, delta, strange] {
            assert_ne!(refused, with_point);
            assert_eq!(refusal(&refused), Some(ErrorKind::NotPermitted));
        }
        Ok(())
    }
}
