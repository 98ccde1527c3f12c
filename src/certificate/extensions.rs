//! The extensions of RFC 5280 §4.2 that certificates of this CA carry, read from any certificate.

use std::collections::BTreeMap;
use std::net::IpAddr;

use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};

use super::malformed;
use crate::error::Result;
use crate::name::{Cidr, NameConstraints, SubjectAltName, Subtree};

/// Object identifiers in dotted form, named as their RFCs name them.
pub mod object_identifier {
    /// id-ce-subjectKeyIdentifier, RFC 5280 §4.2.1.2.
    pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
    /// id-ce-keyUsage, RFC 5280 §4.2.1.3.
    pub const KEY_USAGE: &str = "2.5.29.15";
    /// id-ce-subjectAltName, RFC 5280 §4.2.1.6.
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    /// id-ce-issuerAltName, RFC 5280 §4.2.1.7.
    pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
    /// id-ce-basicConstraints, RFC 5280 §4.2.1.9.
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    /// id-ce-cRLNumber, RFC 5280 §5.2.3.
    pub const CRL_NUMBER: &str = "2.5.29.20";
    /// id-ce-nameConstraints, RFC 5280 §4.2.1.10.
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    /// id-ce-cRLDistributionPoints, RFC 5280 §4.2.1.13.
    pub const CRL_DISTRIBUTION_POINTS: &str = "2.5.29.31";
    /// id-ce-authorityKeyIdentifier, RFC 5280 §4.2.1.1.
    pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
    /// id-ce-extKeyUsage, RFC 5280 §4.2.1.12.
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    /// id-pe-authorityInfoAccess, RFC 5280 §4.2.2.1.
    pub const AUTHORITY_INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
    /// id-pkix-ocsp-nocheck, RFC 6960 §4.2.2.2.1.
    pub const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    /// An extension that nobody knows, under the number for examples of RFC 5612 §2.
    pub const UNKNOWN_EXTENSION: &str = "1.3.6.1.4.1.32473.1";
    /// anyExtendedKeyUsage, RFC 5280 §4.2.1.12.
    pub const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";
    /// id-kp-serverAuth, RFC 5280 §4.2.1.12.
    pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
    /// id-kp-clientAuth, RFC 5280 §4.2.1.12.
    pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    /// id-kp-emailProtection, RFC 5280 §4.2.1.12.
    pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
    /// id-kp-OCSPSigning, RFC 6960 §4.2.2.2.
    pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";
    /// id-kp-documentSigning, RFC 9336 §3.1.
    pub const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";
    /// id-ad-ocsp, RFC 5280 §4.2.2.1.
    pub(super) const ACCESS_OCSP: &str = "1.3.6.1.5.5.7.48.1";
    /// id-ad-caIssuers, RFC 5280 §4.2.2.1.
    pub(super) const ACCESS_CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    /// szOID_NT_PRINCIPAL_NAME, Microsoft's user principal name.
    pub(super) const USER_PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";

    /// The name by which a purpose of extKeyUsage is known; one that is not, in dotted form as it stands.
    pub fn name_of_purpose(purpose: &str) -> &str {
        match purpose {
            SERVER_AUTH => "serverAuth",
            CLIENT_AUTH => "clientAuth",
            EMAIL_PROTECTION => "emailProtection",
            OCSP_SIGNING => "OCSPSigning",
            DOCUMENT_SIGNING => "documentSigning",
            ANY_EXTENDED_KEY_USAGE => "anyExtendedKeyUsage",
            other => other,
        }
    }
}

/// A certificate's extensions; what is absent is empty or `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Every extension that is present, by object identifier, and whether it is critical.
    pub criticality: BTreeMap<String, bool>,
    /// subjectKeyIdentifier.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// The keyIdentifier of authorityKeyIdentifier.
    pub authority_key_identifier: Option<Vec<u8>>,
    /// basicConstraints.
    pub basic_constraints: Option<BasicConstraints>,
    /// keyUsage.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage, as dotted object identifiers.
    pub extended_key_usage: Vec<String>,
    /// Whether netscape-cert-type, where it is there, has the bit of TLS clients: Netscape's forerunner of extKeyUsage, which NSS heeds.
    pub netscape_ssl_client: Option<bool>,
    /// The names of subjectAltName that this program knows.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// nameConstraints.
    pub name_constraints: NameConstraints,
    /// The URIs of cRLDistributionPoints.
    pub crl_distribution_points: Vec<String>,
    /// The OCSP responders of authorityInfoAccess.
    pub ocsp: Vec<String>,
    /// The caIssuers of authorityInfoAccess.
    pub ca_issuers: Vec<String>,
}

/// basicConstraints: whether the subject is a CA, and how many CAs may follow beneath it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// The cA flag.
    pub ca: bool,
    /// pathLenConstraint.
    pub path_length: Option<u32>,
}

/// keyUsage as a set of bits, bit 0 being digitalSignature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// digitalSignature (0).
    pub const DIGITAL_SIGNATURE: u16 = 1;
    /// contentCommitment (1), called nonRepudiation before X.509 of 2000.
    pub const CONTENT_COMMITMENT: u16 = 1 << 1;
    /// keyEncipherment (2).
    pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
    /// dataEncipherment (3).
    pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
    /// keyAgreement (4).
    pub const KEY_AGREEMENT: u16 = 1 << 4;
    /// keyCertSign (5).
    pub const KEY_CERT_SIGN: u16 = 1 << 5;
    /// cRLSign (6).
    pub const CRL_SIGN: u16 = 1 << 6;
    /// encipherOnly (7).
    pub const ENCIPHER_ONLY: u16 = 1 << 7;
    /// decipherOnly (8).
    pub const DECIPHER_ONLY: u16 = 1 << 8;
    /// The bits' names, the first being bit 0 (RFC 5280 §4.2.1.3).
    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "contentCommitment",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Says whether all of `bits` are set.
    pub fn allows(self, bits: u16) -> bool {
        self.0 & bits == bits
    }

    /// The names of the bits that are set.
    pub fn names(self) -> Vec<&'static str> {
        (0u32..)
            .zip(Self::NAMES)
            .filter(|(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, name)| name)
            .collect()
    }
}

pub(super) fn read(extensions: &[X509Extension<'_>]) -> Result<Extensions> {
    let mut read = Extensions::default();
    for extension in extensions {
        let oid = extension.oid.to_id_string();
        // RFC 5280 §4.2: no extension may stand twice.
        if read.criticality.insert(oid, extension.critical).is_some() {
            return Err(malformed("the certificate holds an extension twice"));
        }
        read_one(extension, &mut read)?;
    }
    Ok(read)
}

fn read_one(extension: &X509Extension<'_>, read: &mut Extensions) -> Result<()> {
    match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => {
            read.subject_key_identifier = Some(identifier.0.to_vec());
        }
        ParsedExtension::AuthorityKeyIdentifier(authority) => {
            read.authority_key_identifier = authority
                .key_identifier
                .as_ref()
                .map(|identifier| identifier.0.to_vec());
        }
        ParsedExtension::BasicConstraints(constraints) => {
            read.basic_constraints = Some(BasicConstraints {
                ca: constraints.ca,
                path_length: constraints.path_len_constraint,
            });
        }
        ParsedExtension::KeyUsage(usage) => read.key_usage = Some(KeyUsage(usage.flags)),
        ParsedExtension::ExtendedKeyUsage(usage) => {
            read.extended_key_usage = extended_key_usages(usage)
        }
        ParsedExtension::NSCertType(kind) => read.netscape_ssl_client = Some(kind.ssl_client()),
        ParsedExtension::SubjectAlternativeName(names) => {
            read.subject_alt_names = names
                .general_names
                .iter()
                .filter_map(subject_alt_name)
                .collect();
        }
        ParsedExtension::NameConstraints(constraints) => {
            let subtrees = |list: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
                list.iter()
                    .flatten()
                    .filter_map(|tree| subtree(&tree.base))
                    .collect()
            };
            read.name_constraints = NameConstraints {
                permitted: subtrees(&constraints.permitted_subtrees),
                excluded: subtrees(&constraints.excluded_subtrees),
            };
        }
        ParsedExtension::CRLDistributionPoints(points) => {
            for point in points.points.iter() {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    read.crl_distribution_points
                        .extend(names.iter().filter_map(uri));
                }
            }
        }
        ParsedExtension::AuthorityInfoAccess(access) => {
            for description in access.iter() {
                let method = description.access_method.to_id_string();
                let list = match method.as_str() {
                    object_identifier::ACCESS_OCSP => &mut read.ocsp,
                    object_identifier::ACCESS_CA_ISSUERS => &mut read.ca_issuers,
                    _ => continue,
                };
                list.extend(uri(&description.access_location));
            }
        }
        ParsedExtension::ParseError { .. } => {
            return Err(malformed(
                "the certificate holds an extension that cannot be read",
            ));
        }
        _ => {}
    }
    Ok(())
}

fn extended_key_usages(usage: &x509_parser::extensions::ExtendedKeyUsage<'_>) -> Vec<String> {
    // x509-parser keeps the well-known purposes as flags and forgets their order; it does not matter.
    let known = [
        (usage.any, object_identifier::ANY_EXTENDED_KEY_USAGE),
        (usage.server_auth, object_identifier::SERVER_AUTH),
        (usage.client_auth, object_identifier::CLIENT_AUTH),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, object_identifier::OCSP_SIGNING),
    ];
    let flags = known
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, oid)| oid.to_owned());
    flags
        .chain(usage.other.iter().map(|oid| oid.to_id_string()))
        .collect()
}

fn subject_alt_name(name: &GeneralName<'_>) -> Option<SubjectAltName> {
    match name {
        GeneralName::DNSName(text) => Some(SubjectAltName::Dns((*text).to_owned())),
        GeneralName::RFC822Name(text) => Some(SubjectAltName::Email((*text).to_owned())),
        GeneralName::URI(text) => Some(SubjectAltName::Uri((*text).to_owned())),
        GeneralName::IPAddress(octets) => address(octets).map(SubjectAltName::Ip),
        GeneralName::OtherName(oid, value)
            if oid.to_id_string() == object_identifier::USER_PRINCIPAL_NAME =>
        {
            let explicit = yasna::Tag::context(0);
            yasna::parse_der(value, |reader| {
                reader.read_tagged(explicit, |inner| inner.read_utf8string())
            })
            .ok()
            .map(SubjectAltName::Upn)
        }
        _ => None,
    }
}

fn subtree(base: &GeneralName<'_>) -> Option<Subtree> {
    match base {
        GeneralName::DNSName(text) => Some(Subtree::Dns((*text).to_owned())),
        GeneralName::RFC822Name(text) => Some(Subtree::Email((*text).to_owned())),
        GeneralName::URI(text) => Some(Subtree::Uri((*text).to_owned())),
        GeneralName::IPAddress(octets) => {
            let (base, mask) = octets.split_at_checked(octets.len() / 2)?;
            let prefix = mask.iter().map(|octet| octet.leading_ones()).sum::<u32>();
            Some(Subtree::Ip(Cidr {
                address: address(base)?,
                prefix: u8::try_from(prefix).ok()?,
            }))
        }
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

fn uri(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::URI(text) => Some((*text).to_owned()),
        _ => None,
    }
}
