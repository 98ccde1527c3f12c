//! One X.509 certificate or CRL: its DER, which is the truth, and a view of it that the rest of the program reads.

mod certificate_list;
mod crl_dates;
mod distinguished_name;
mod elements;
mod extensions;
mod fields;
mod foreign_list;
mod list_entries;
mod list_frame;
mod scrutiny;

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

pub use certificate_list::{CertificateList, ListFacts};
pub use crl_dates::CrlDates;
pub use distinguished_name::{DistinguishedName, Subject};
pub(crate) use elements::{Element, Elements};
pub use extensions::{BasicConstraints, Extensions, KeyUsage, object_identifier};
pub(crate) use fields::dotted;
pub use fields::{AlgorithmIdentifier, Attribute, Extension, Fields, Time};
pub use foreign_list::ForeignList;
pub use list_entries::ListEntry;
pub(crate) use scrutiny::{UNDERSTOOD, WEAK_SIGNATURES};

use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::key::describe_public_key;
use crate::serial::SerialNumber;
use crate::validity::Validity;

/// A certificate, parsed once.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    facts: Facts,
}

/// What a certificate states, apart from its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The issuing CA's name.
    pub issuer: DistinguishedName,
    /// The number that the issuer gave it.
    pub serial_number: SerialNumber,
    /// Whom it is for.
    pub subject: DistinguishedName,
    /// From when until when.
    pub validity: Validity,
    /// The subject's key: a SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
    /// What it may be used for, and where to ask about it.
    pub extensions: Extensions,
}

/// The SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(pub [u8; 32]);

impl Certificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// Refuses anything else, also octets behind the certificate and extensions that cannot be read.
    pub fn from_der(der: impl Into<Vec<u8>>) -> Result<Self> {
        let der = der.into();
        let facts = facts(&parsed(&der)?)?;
        Ok(Self { der, facts })
    }

    /// Reads a certificate in DER, and says whether the key of `issuer` made its signature, as [`Certificate::is_signed_by`] does.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn from_der_beneath(der: impl Into<Vec<u8>>, issuer: &Self) -> Result<(Self, bool)> {
        let der = der.into();
        let (facts, is_signed) = {
            let parsed = parsed(&der)?;
            (facts(&parsed)?, is_signed(&parsed, issuer))
        };
        Ok((Self { der, facts }, is_signed))
    }

    /// Reads a file that holds one certificate or begins with it, in PEM or DER.
    ///
    /// # Errors
    /// Refuses a file without a certificate.
    pub fn from_file(contents: &[u8]) -> Result<Self> {
        if !contents.starts_with(b"0") {
            let blocks = pem::parse_many(contents).map_err(|_| malformed("the file is not PEM"))?;
            let block = blocks
                .into_iter()
                .find(|block| block.tag() == "CERTIFICATE" || block.tag() == "X509 CERTIFICATE")
                .ok_or_else(|| malformed("the file holds no certificate"))?;
            return Self::from_der(block.into_contents());
        }
        Self::from_der(contents)
    }

    /// The certificate's DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as a PEM block.
    pub fn pem(&self) -> String {
        let form = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.der.as_slice()), form)
    }

    /// What the certificate states.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whom it is for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.facts.subject
    }

    /// Who issued it.
    pub fn issuer(&self) -> &DistinguishedName {
        &self.facts.issuer
    }

    /// The number that its issuer gave it.
    pub fn serial_number(&self) -> &SerialNumber {
        &self.facts.serial_number
    }

    /// From when until when it is valid.
    pub fn validity(&self) -> Validity {
        self.facts.validity
    }

    /// Its extensions.
    pub fn extensions(&self) -> &Extensions {
        &self.facts.extensions
    }

    /// The SHA-256 of its DER.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// The name of its key's algorithm, such as `p256` or `rsa-2048`.
    pub fn key_algorithm(&self) -> String {
        describe_public_key(&self.facts.public_key)
    }

    /// Says whether subject and issuer are one name, as in a root (RFC 5280 §3.2).
    pub fn is_self_issued(&self) -> bool {
        self.facts.subject == self.facts.issuer
    }

    /// Says whether the key of `issuer` made this certificate's signature; names and validity are not looked at.
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        let parsed = X509Certificate::from_der(&self.der);
        parsed.is_ok_and(|(_, parsed)| is_signed(&parsed, issuer))
    }

    /// Checks that the certificate states exactly `wanted`, with no extension more or less.
    ///
    /// # Errors
    /// Names the first field that differs.
    pub fn conforms_to(&self, wanted: &Facts) -> Result<()> {
        let Facts {
            issuer,
            serial_number,
            subject,
            validity,
            public_key,
            extensions,
        } = &self.facts;
        let same = [
            ("issuer", *issuer == wanted.issuer),
            ("serialNumber", *serial_number == wanted.serial_number),
            ("subject", *subject == wanted.subject),
            ("validity", *validity == wanted.validity),
            ("subjectPublicKeyInfo", *public_key == wanted.public_key),
            ("extensions", *extensions == wanted.extensions),
        ];
        match same.iter().find(|(_, same)| !same) {
            None => Ok(()),
            Some((field, _)) => Err(Error::new(
                ErrorKind::Internal,
                format!("the certificate that was signed differs from its profile in its {field}"),
            )
            .with_hint("Nothing was issued; please report this with the command that you gave.")),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.facts.subject.to_string())
            .field("serial_number", &self.facts.serial_number.to_string())
            .finish_non_exhaustive()
    }
}

impl Fingerprint {
    /// Computes the fingerprint of a certificate in DER, readable or not.
    pub fn of(der: &[u8]) -> Self {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest(&SHA256, der).as_ref());
        Self(octets)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal::encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The SubjectPublicKeyInfo of a certificate whose extensions need not be readable.
pub fn public_key_of(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(certificate.public_key().raw.to_vec())
}

fn parsed(der: &[u8]) -> Result<X509Certificate<'_>> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(malformed(
            "there are octets behind the end of the certificate",
        )),
        Err(_) => Err(malformed("the certificate is not readable DER")),
    }
}

fn facts(certificate: &X509Certificate<'_>) -> Result<Facts> {
    let validity = certificate.validity();
    Ok(Facts {
        issuer: DistinguishedName::from_der(certificate.issuer().as_raw())?,
        serial_number: SerialNumber::from_octets(certificate.raw_serial()),
        subject: DistinguishedName::from_der(certificate.subject().as_raw())?,
        validity: Validity {
            not_before: validity.not_before.to_datetime(),
            not_after: validity.not_after.to_datetime(),
        },
        public_key: certificate.public_key().raw.to_vec(),
        extensions: extensions::read(certificate.extensions())?,
    })
}

fn is_signed(certificate: &X509Certificate<'_>, issuer: &Certificate) -> bool {
    let Ok((_, key)) = SubjectPublicKeyInfo::from_der(&issuer.facts.public_key) else {
        return false;
    };
    let signed = scrutiny::Signed {
        algorithm: &certificate.signature_algorithm,
        octets: certificate.tbs_certificate.as_ref(),
        signature: &certificate.signature_value,
    };
    // RFC 5280 §4.1.1.2: the algorithm outside must be the one inside, which alone is signed.
    certificate.signature_algorithm == certificate.tbs_certificate.signature
        && (certificate.verify_signature(Some(&key)).is_ok()
            || scrutiny::is_signed_with_sha512(&signed, &key))
}

fn malformed(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact).with_hint("Give an X.509 certificate in PEM or DER.")
}
