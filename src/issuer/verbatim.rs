//! The names as they stand elsewhere, octet for octet: the issuer's in its own certificate, a subject's in another of its holder.
//!
//! rcgen reads a CA's name into a model of its own and writes that: it merges repeated attributes, such as two
//! organizational units, and refuses a relative name of several attributes. The name of an imported CA may have either,
//! and chains are built by comparing names (RFC 5280 §6.1.3 (a)). So rcgen writes without an issuer's name, which
//! is put in here; so is the subject's name, which a probe takes from an imported client. Nor does anything sign here: see
//! `to_be_signed.rs`.

use rcgen::{CertificateParams, KeyIdMethod, PublicKeyData, SignatureAlgorithm, SigningKey};

use super::to_be_signed::ToBeSigned;
use super::{key_usages, signing_failure};
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::{Error, ErrorKind, Result};
use crate::key::PrivateKey;

/// Stands in for the issuer's key while rcgen writes: it is of the same algorithm, and signs nothing.
pub(super) struct Unsigned<'a>(&'a PrivateKey);

/// Has rcgen write a certificate, and puts the issuer's name and the subject's into it.
///
/// # Errors
/// Fails when rcgen does.
pub(super) fn write(
    issuer: &Certificate,
    subject: &DistinguishedName,
    key: &PrivateKey,
    write: impl FnOnce(&rcgen::Issuer<'_, Unsigned<'_>>) -> std::result::Result<Vec<u8>, rcgen::Error>,
) -> Result<ToBeSigned> {
    let extensions = issuer.extensions();
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.key_usages = key_usages(extensions);
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(
        extensions
            .subject_key_identifier
            .clone()
            .unwrap_or_default(),
    );
    let unsigned = write(&rcgen::Issuer::new(parameters, Unsigned(key)))
        .map_err(|cause| signing_failure(&cause))?;
    to_be_signed(&unsigned, issuer.subject(), subject)
}

/// Has rcgen write a root's own certificate.
///
/// # Errors
/// Fails when rcgen does.
pub(super) fn write_root(
    subject: &DistinguishedName,
    key: &PrivateKey,
    parameters: &CertificateParams,
) -> Result<ToBeSigned> {
    let unsigned =
        (parameters.self_signed(&Unsigned(key))).map_err(|cause| signing_failure(&cause))?;
    to_be_signed(unsigned.der(), subject, subject)
}

fn to_be_signed(
    unsigned: &[u8],
    issuer: &DistinguishedName,
    subject: &DistinguishedName,
) -> Result<ToBeSigned> {
    let (fields, algorithm) = read(unsigned).map_err(|_| {
        Error::new(
            ErrorKind::Internal,
            "what was to be signed cannot be read back",
        )
        .with_hint("Nothing was issued.")
    })?;
    let octets = yasna::construct_der(|writer| {
        writer.write_sequence(|list| {
            // RFC 5280 §4.1.2: of the fields that are sequences, the algorithm comes first, then issuer, validity and subject.
            let mut sequences = 0;
            for field in &fields {
                sequences += u8::from(field.first() == Some(&SEQUENCE));
                let name = match (field.first(), sequences) {
                    (Some(&SEQUENCE), 2) => issuer.der(),
                    (Some(&SEQUENCE), 4) => subject.der(),
                    _ => field,
                };
                list.next().write_der(name);
            }
        });
    });
    Ok(ToBeSigned::new(octets, algorithm))
}

const SEQUENCE: u8 = 0x30;

/// The fields of what is signed, and the algorithm that stands behind it.
fn read(unsigned: &[u8]) -> yasna::ASN1Result<(Vec<Vec<u8>>, Vec<u8>)> {
    yasna::parse_der(unsigned, |reader| {
        reader.read_sequence(|whole| {
            let mut fields = Vec::new();
            whole.next().read_sequence_of(|field| {
                fields.push(field.read_der()?);
                Ok(())
            })?;
            let algorithm = whole.next().read_der()?;
            whole.next().read_bitvec_bytes()?;
            Ok((fields, algorithm))
        })
    })
}

impl PublicKeyData for Unsigned<'_> {
    fn der_bytes(&self) -> &[u8] {
        PublicKeyData::der_bytes(self.0)
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        PublicKeyData::algorithm(self.0)
    }
}

impl SigningKey for Unsigned<'_> {
    fn sign(&self, _message: &[u8]) -> std::result::Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{DnType, IsCa};

    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::issuer::Issuer;
    use crate::key::{KeyAlgorithm, PrivateKey};
    use crate::profile::Profile;
    use crate::serial::SerialNumber;
    use crate::testing::{TestAuthority, forge, request, years};

    /// Relative names as they must stand, in DER: O=a, OU=b + OU=c in one, OU=d.
    const NAME: &[u8] = b"\x30\x34\x31\x0a\x30\x08\x06\x03\x55\x04\x0a\x13\x01\x61\
        \x31\x1a\x30\x0b\x06\x03\x55\x04\x0b\x0c\x04\x62\x62\x62\x62\x30\x0b\x06\x03\x55\x04\x0b\x0c\x04\x63\x63\x63\x63\
        \x31\x0a\x30\x08\x06\x03\x55\x04\x0b\x16\x01\x64";

    /// The DER of a certificate with this name as its subject, in the place of `CN=placeholder`, which is as long.
    fn renamed(certificate: &Certificate, from: &[u8]) -> Option<Vec<u8>> {
        let der = certificate.der();
        let at = der.windows(from.len()).position(|window| window == from)?;
        let mut renamed = der.to_vec();
        renamed.splice(at..at + from.len(), NAME.iter().copied());
        Some(renamed)
    }

    #[test]
    fn a_name_that_rcgen_would_change_stands_in_what_is_issued_octet_for_octet() -> Result<()> {
        let authority = TestAuthority::new()?;
        for algorithm in [
            KeyAlgorithm::P256,
            KeyAlgorithm::P384,
            KeyAlgorithm::Rsa2048,
            KeyAlgorithm::Ed25519,
        ] {
            let key = PrivateKey::generate(algorithm)?;
            let placeholder = "x".repeat(NAME.len() - 13);
            let ca = request(Profile::Issuing, &placeholder, &[], years(2)?, &key)?;
            let ca = authority.root.sign(&ca, SerialNumber::draw()?, None)?;
            let subject = ca.subject().der().to_vec();
            // Its own signature is broken by that, which does not matter to what it signs.
            let der = renamed(&ca, &subject).unwrap_or_default();
            let issuer = Issuer::new(Certificate::from_der(der)?, key)?;
            let client = PrivateKey::generate(KeyAlgorithm::P256)?;
            let alice = request(Profile::Client, "alice", &[], years(1)?, &client)?;
            let alice = issuer.sign(&alice, SerialNumber::draw()?, None)?;
            assert_eq!(alice.issuer().der(), NAME, "{algorithm}");
            assert!(alice.is_signed_by(issuer.certificate()));
        }
        Ok(())
    }

    #[test]
    fn rcgen_itself_would_change_a_repeated_attribute() -> Result<()> {
        // The day on which this fails, all of this file can go.
        let authority = TestAuthority::new()?;
        let key = PrivateKey::generate(KeyAlgorithm::P256)?;
        let twice = forge(authority.root.certificate(), &key, |parameters| {
            let name = &mut parameters.distinguished_name;
            name.push(DnType::OrganizationalUnitName, "one");
            name.push(DnType::OrganizationalUnitName, "two");
            parameters.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        })?;
        assert_eq!(twice.0.subject().as_str(), "OU=two");
        Ok(())
    }
}
