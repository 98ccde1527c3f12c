//! Signs certificates: what is asked for goes in, is linted, and DER that was read back and verified comes out.
//!
//! No clock, no disk, no database.

mod excused;
#[cfg(test)]
mod tests;
mod to_be_signed;
mod verbatim;

use std::fmt;

use rcgen::{
    CertificateParams, CidrSubnet, CrlDistributionPoint, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyIdMethod, KeyUsagePurpose, OtherNameValue,
    SanType,
};

use crate::certificate::object_identifier as oid;
use crate::certificate::{Certificate, Extensions, Facts, KeyUsage};
use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::key::PrivateKey;
use crate::lint::Context;
use crate::name::{SubjectAltName, Subtree};
use crate::profile::{BaseUrl, Request};
use crate::serial::SerialNumber;

const OID_USER_PRINCIPAL_NAME: &[u64] = &[1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
const OID_AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const OID_AD_OCSP: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1];
const OID_AD_CA_ISSUERS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 2];
const OID_OCSP_NO_CHECK: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1, 5];
const OID_UNKNOWN_EXTENSION: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];
const OID_DOCUMENT_SIGNING: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 36];
/// uniformResourceIdentifier in GeneralName (RFC 5280 §4.2.1.6).
const TAG_URI: u64 = 6;

/// A CA's certificate and its private key.
pub struct Issuer {
    certificate: Certificate,
    key: PrivateKey,
}

impl Issuer {
    /// Takes a CA's certificate with its key.
    ///
    /// # Errors
    /// Refuses a key that is not the certificate's.
    pub fn new(certificate: Certificate, key: PrivateKey) -> Result<Self> {
        if certificate.facts().public_key != key.public_key() {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!("the private key is not that of {}", certificate.subject()),
            )
            .with_hint("Restore the key file that belongs to this CA."));
        }
        Ok(Self { certificate, key })
    }

    /// Signs a root's own certificate, after linting it, and takes it as the issuer.
    ///
    /// # Errors
    /// Refuses what breaks a rule of [`crate::lint`]; fails when what was signed does not conform to the request.
    pub fn self_signed(
        request: &Request,
        serial_number: SerialNumber,
        key: PrivateKey,
    ) -> Result<Self> {
        let facts = request.facts(serial_number, None, None)?;
        let parameters = parameters(request, &facts)?;
        let context = Context {
            profile: Some(request.profile()),
            issuer: None,
        };
        let linted = verbatim::write_root(&facts.subject, &key, &parameters)?
            .linted(context, |rule| excused::is_excused(request, rule))?;
        let certificate = Certificate::from_der(linted.sign(&key)?)?;
        check(&certificate, &facts, certificate.is_signed_by(&certificate))?;
        Self::new(certificate, key)
    }

    /// The CA's certificate.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The CA's private key, for what is signed in its name besides certificates.
    pub(crate) fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The CA's private key.
    pub fn into_key(self) -> PrivateKey {
        self.key
    }

    /// Lints a certificate, signs it, reads it back, compares it with the request and verifies the signature.
    ///
    /// # Errors
    /// Refuses names outside the CA's constraints and what breaks a rule of [`crate::lint`]; fails when what was signed does not conform to the request.
    pub fn sign(
        &self,
        request: &Request,
        serial_number: SerialNumber,
        base_url: Option<&BaseUrl>,
    ) -> Result<Certificate> {
        let facts = request.facts(serial_number, Some(&self.certificate), base_url)?;
        let parameters = parameters(request, &facts)?;
        let public_key =
            rcgen::SubjectPublicKeyInfo::from_der(&facts.public_key).map_err(|_| {
                Error::new(
                    ErrorKind::NotPermitted,
                    "a key of this algorithm cannot be certified",
                )
                .with_hint("Make an RSA key, or one on P-256, P-384 or Ed25519.")
            })?;
        let written = verbatim::write(&self.certificate, &facts.subject, &self.key, |issuer| {
            let written = parameters.signed_by(&public_key, issuer)?;
            Ok(written.der().to_vec())
        })?;
        let context = Context {
            profile: Some(request.profile()),
            issuer: Some(&self.certificate),
        };
        let linted = written.linted(context, |rule| excused::is_excused(request, rule))?;
        failpoint::reached("certificate.linted");
        let signed = linted.sign(&self.key)?;
        failpoint::reached("certificate.signed");
        let (certificate, is_signed) = Certificate::from_der_beneath(signed, &self.certificate)?;
        check(&certificate, &facts, is_signed)?;
        failpoint::reached("certificate.read-back");
        Ok(certificate)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// The last check before a certificate may leave: it states what was asked for and its signature is good.
fn check(certificate: &Certificate, wanted: &Facts, is_signed: bool) -> Result<()> {
    certificate.conforms_to(wanted)?;
    if !is_signed {
        return Err(Error::new(
            ErrorKind::Internal,
            "the signature that was just made does not verify",
        )
        .with_hint("Nothing was issued; the CA's key or the machine may be damaged."));
    }
    Ok(())
}

/// Translates what is wanted into rcgen's terms. Every field is set: rcgen's defaults are not ours.
fn parameters(request: &Request, facts: &Facts) -> Result<CertificateParams> {
    let wanted = &facts.extensions;
    let mut parameters = CertificateParams::default();
    parameters.not_before = facts.validity.not_before;
    parameters.not_after = facts.validity.not_after;
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(
        facts.serial_number.octets(),
    ));
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(organization) = &request.subject().organization {
        parameters
            .distinguished_name
            .push(DnType::OrganizationName, organization.as_str());
    }
    parameters
        .distinguished_name
        .push(DnType::CommonName, request.subject().common_name.as_str());
    parameters.subject_alt_names = wanted
        .subject_alt_names
        .iter()
        .map(subject_alt_name)
        .collect::<Result<_>>()?;
    parameters.is_ca = is_ca(wanted);
    parameters.key_usages = key_usages(wanted);
    parameters.extended_key_usages = wanted
        .extended_key_usage
        .iter()
        .filter_map(|oid| purpose(oid))
        .collect();
    parameters.name_constraints = name_constraints(wanted);
    parameters.crl_distribution_points = wanted
        .crl_distribution_points
        .iter()
        .map(|uri| CrlDistributionPoint {
            uris: vec![uri.clone()],
        })
        .collect();
    parameters.use_authority_key_identifier_extension = wanted.authority_key_identifier.is_some();
    parameters.key_identifier_method =
        KeyIdMethod::PreSpecified(wanted.subject_key_identifier.clone().unwrap_or_default());
    parameters.custom_extensions = custom_extensions(wanted);
    Ok(parameters)
}

fn is_ca(wanted: &Extensions) -> IsCa {
    match wanted.basic_constraints {
        Some(constraints) if constraints.ca => {
            IsCa::Ca(match constraints.path_length.map(u8::try_from) {
                Some(Ok(length)) => rcgen::BasicConstraints::Constrained(length),
                _ => rcgen::BasicConstraints::Unconstrained,
            })
        }
        Some(_) => IsCa::ExplicitNoCa,
        None => IsCa::NoCa,
    }
}

fn key_usages(wanted: &Extensions) -> Vec<KeyUsagePurpose> {
    let bits = [
        (
            KeyUsage::DIGITAL_SIGNATURE,
            KeyUsagePurpose::DigitalSignature,
        ),
        (KeyUsage::KEY_ENCIPHERMENT, KeyUsagePurpose::KeyEncipherment),
        (KeyUsage::KEY_CERT_SIGN, KeyUsagePurpose::KeyCertSign),
        (KeyUsage::CRL_SIGN, KeyUsagePurpose::CrlSign),
    ];
    let set = bits
        .into_iter()
        .filter(|(bit, _)| wanted.key_usage.is_some_and(|usage| usage.allows(*bit)));
    set.map(|(_, purpose)| purpose).collect()
}

fn purpose(object_identifier: &str) -> Option<ExtendedKeyUsagePurpose> {
    match object_identifier {
        oid::SERVER_AUTH => Some(ExtendedKeyUsagePurpose::ServerAuth),
        oid::CLIENT_AUTH => Some(ExtendedKeyUsagePurpose::ClientAuth),
        oid::EMAIL_PROTECTION => Some(ExtendedKeyUsagePurpose::EmailProtection),
        oid::OCSP_SIGNING => Some(ExtendedKeyUsagePurpose::OcspSigning),
        oid::DOCUMENT_SIGNING => Some(ExtendedKeyUsagePurpose::Other(
            OID_DOCUMENT_SIGNING.to_vec(),
        )),
        _ => None,
    }
}

fn subject_alt_name(name: &SubjectAltName) -> Result<SanType> {
    let ascii = |text: &str| {
        text.try_into().map_err(|_| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("the name {name} is not ASCII"),
            )
            .with_hint("DNS names, e-mail addresses and URIs are ASCII in a certificate.")
        })
    };
    Ok(match name {
        SubjectAltName::Dns(text) => SanType::DnsName(ascii(text)?),
        SubjectAltName::Email(text) => SanType::Rfc822Name(ascii(text)?),
        SubjectAltName::Uri(text) => SanType::URI(ascii(text)?),
        SubjectAltName::Ip(address) => SanType::IpAddress(*address),
        SubjectAltName::Upn(text) => SanType::OtherName((
            OID_USER_PRINCIPAL_NAME.to_vec(),
            OtherNameValue::Utf8String(text.clone()),
        )),
    })
}

fn name_constraints(wanted: &Extensions) -> Option<rcgen::NameConstraints> {
    let subtrees = |list: &[Subtree]| {
        list.iter()
            .filter_map(|tree| match tree {
                Subtree::Dns(base) => Some(GeneralSubtree::DnsName(base.clone())),
                Subtree::Email(base) => Some(GeneralSubtree::Rfc822Name(base.clone())),
                Subtree::Ip(cidr) => Some(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(
                    cidr.address,
                    cidr.prefix,
                ))),
                // No option asks for one; were it wanted, reading back would refuse the certificate.
                Subtree::Uri(_) => None,
            })
            .collect()
    };
    (!wanted.name_constraints.is_empty()).then(|| rcgen::NameConstraints {
        permitted_subtrees: subtrees(&wanted.name_constraints.permitted),
        excluded_subtrees: subtrees(&wanted.name_constraints.excluded),
    })
}

/// The extensions that rcgen does not write by itself.
fn custom_extensions(wanted: &Extensions) -> Vec<CustomExtension> {
    let mut extensions = Vec::new();
    if wanted.criticality.contains_key(oid::AUTHORITY_INFO_ACCESS) {
        extensions.push(CustomExtension::from_oid_content(
            OID_AUTHORITY_INFO_ACCESS,
            authority_info_access(wanted),
        ));
    }
    if wanted.criticality.contains_key(oid::OCSP_NO_CHECK) {
        // RFC 6960 §4.2.2.2.1: the value is NULL.
        extensions.push(CustomExtension::from_oid_content(
            OID_OCSP_NO_CHECK,
            yasna::construct_der(|writer| writer.write_null()),
        ));
    }
    if let Some(&critical) = wanted.criticality.get(oid::UNKNOWN_EXTENSION) {
        let mut unknown = CustomExtension::from_oid_content(
            OID_UNKNOWN_EXTENSION,
            yasna::construct_der(|writer| writer.write_null()),
        );
        unknown.set_criticality(critical);
        extensions.push(unknown);
    }
    extensions
}

/// AuthorityInfoAccessSyntax (RFC 5280 §4.2.2.1): the responders, then where the issuer's certificate lies.
fn authority_info_access(wanted: &Extensions) -> Vec<u8> {
    let responders = wanted.ocsp.iter().map(|uri| (OID_AD_OCSP, uri));
    let issuers = wanted.ca_issuers.iter().map(|uri| (OID_AD_CA_ISSUERS, uri));
    yasna::construct_der(|writer| {
        writer.write_sequence(|list| {
            for (method, uri) in responders.chain(issuers) {
                list.next().write_sequence(|description| {
                    description
                        .next()
                        .write_oid(&yasna::models::ObjectIdentifier::from_slice(method));
                    description.next().write_tagged_implicit(
                        yasna::Tag::context(TAG_URI),
                        |location| {
                            location.write_ia5_string(uri);
                        },
                    );
                });
            }
        });
    })
}

fn signing_failure(cause: &rcgen::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the certificate could not be signed: {cause}"),
    )
    .with_hint("Nothing was issued.")
}
