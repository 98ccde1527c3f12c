//! Certificates as a recipe asks for them: signed past every rule of the program, and altered afterwards.

use std::collections::BTreeMap;
use std::net::IpAddr;

use pki::certificate::Certificate;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::serial::SerialNumber;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, OtherNameValue, SanType,
};

use super::authorities::{Authorities, Signer, days};
use super::recipe::{Between, Days, Encoding, Names, Purposes, Recipe, Signature, Top, Usage};

/// The keys of those who log in: their algorithms, and how many of each there are. RSA keys take long to make.
pub(super) const ALGORITHMS: [(KeyAlgorithm, usize); 4] = [
    (KeyAlgorithm::P256, 16),
    (KeyAlgorithm::P384, 16),
    (KeyAlgorithm::Rsa2048, 3),
    (KeyAlgorithm::Ed25519, 16),
];

/// An extension that nobody knows, under the number for examples of RFC 5612 §2.
const UNKNOWN: &[u64] = &[1, 3, 6, 1, 4, 1, 32473, 1];
/// id-ce-cRLDistributionPoints, which is a SEQUENCE.
const CRL_DISTRIBUTION_POINTS: &[u64] = &[2, 5, 29, 31];
/// emailAddress (PKCS #9) and Microsoft's user principal name.
const EMAIL_ADDRESS: &[u64] = &[1, 2, 840, 113549, 1, 9, 1];
const USER_PRINCIPAL_NAME: &[u64] = &[1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
/// ecdsa-with-SHA256 (1.2.840.10045.4.3.2) in DER; the last arc of ecdsa-with-SHA384 is 3.
const ECDSA_WITH_SHA256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// How every subject begins.
const STEM: &str = "holder";

/// A certificate in DER, if it is one, with its key and what stands between it and the CA.
pub(super) struct Made {
    pub(super) der: Vec<u8>,
    /// What the CA would have been asked to sign, for a row of the same serial number.
    pub(super) twin: Option<Certificate>,
    /// Which of the keys it is for.
    pub(super) key: usize,
    /// The certificates above it that are no CA of anybody's, the next first.
    pub(super) between: Vec<Vec<u8>>,
}

/// What stands between a CA and an end entity, the lowest first.
struct Link {
    signer: Signer,
    chain: Vec<Vec<u8>>,
}

/// Makes certificates; those in between are shared.
pub(super) struct Maker<'a> {
    authorities: &'a Authorities,
    pub(super) keys: Vec<PrivateKey>,
    links: BTreeMap<(Top, Between, Signature), Link>,
    made: usize,
}

impl<'a> Maker<'a> {
    pub(super) fn new(authorities: &'a Authorities) -> Self {
        let keys = ALGORITHMS.iter().flat_map(|(algorithm, number)| {
            (0..*number).map(|_| PrivateKey::generate(*algorithm).unwrap())
        });
        Self {
            authorities,
            keys: keys.collect(),
            links: BTreeMap::new(),
            made: 0,
        }
    }

    /// A certificate for a key of an algorithm, given by its place in the list.
    pub(super) fn make(&mut self, recipe: &Recipe, algorithm: usize) -> Made {
        self.made += 1;
        let key = self.key(algorithm);
        let mut parameters = self.parameters(recipe);
        let (mut der, between) = if recipe.top == Top::Itself {
            let signed = parameters.self_signed(&self.keys[key]).unwrap();
            (signed.der().to_vec(), Vec::new())
        } else if recipe.between == Between::Nothing {
            let signer = &self.authorities.signers[&recipe.top];
            let der = signed(signer, &parameters, &self.keys[key]);
            (altered(der, recipe.signature), Vec::new())
        } else {
            let link = self.link(recipe);
            let chain = link.chain.clone();
            (
                signed(
                    &self.links[&place(recipe)].signer,
                    &parameters,
                    &self.keys[key],
                ),
                chain,
            )
        };
        let twin = matches!(recipe.row, super::recipe::Row::OfRevokedTwin).then(|| {
            let signer = &self.authorities.signers[&recipe.top];
            parameters
                .distinguished_name
                .push(DnType::OrganizationName, "Twin");
            Certificate::from_der(signed(signer, &parameters, &self.keys[key])).unwrap()
        });
        match recipe.encoding {
            Encoding::Text => der = format!("no certificate, number {}", self.made).into_bytes(),
            Encoding::Truncated => der.truncate(der.len() / 2),
            Encoding::TrailingOctets => der.extend([5, 0]),
            _ => {}
        }
        Made {
            der,
            twin,
            key,
            between,
        }
    }

    /// The key whose turn it is.
    fn key(&self, algorithm: usize) -> usize {
        let before: usize = ALGORITHMS[..algorithm]
            .iter()
            .map(|(_, number)| number)
            .sum();
        before + self.made % ALGORITHMS[algorithm].1
    }

    fn parameters(&self, recipe: &Recipe) -> CertificateParams {
        let mut parameters = blank(&format!("{STEM} {}", self.made));
        let number = self.made;
        let ascii = |text: &str| text.try_into().unwrap();
        let dn = &mut parameters.distinguished_name;
        let outside = || DnValue::Ia5String("someone@example.com".try_into().unwrap());
        match recipe.names {
            Names::OutsideEmailAddress | Names::OutsideEmailAddressBesides => {
                dn.push(DnType::from_oid(EMAIL_ADDRESS), outside());
            }
            Names::CommonNameLikeHost => {
                dn.push(DnType::CommonName, format!("{STEM}{number}.example.com"));
            }
            _ => {}
        }
        parameters.subject_alt_names = match recipe.names {
            Names::Subject | Names::OutsideEmailAddress | Names::CommonNameLikeHost => Vec::new(),
            Names::Email | Names::OutsideEmailAddressBesides => {
                vec![SanType::Rfc822Name(ascii("someone@example.org"))]
            }
            Names::Dns => vec![SanType::DnsName(ascii("device.example.org"))],
            Names::Unconstrained => vec![
                SanType::URI(ascii("https://example.com/someone")),
                SanType::OtherName((
                    USER_PRINCIPAL_NAME.to_vec(),
                    OtherNameValue::Utf8String("someone@example.com".to_owned()),
                )),
            ],
            Names::OutsideEmail => vec![SanType::Rfc822Name(ascii("someone@example.com"))],
            Names::OutsideDns => vec![SanType::DnsName(ascii("example.org.example.com"))],
            Names::OutsideIp => vec![SanType::IpAddress(IpAddr::from([192, 0, 2, 1]))],
        };
        parameters.key_usages = match recipe.usage {
            Usage::Signature => vec![KeyUsagePurpose::DigitalSignature],
            Usage::SignatureAndAgreement => {
                vec![
                    KeyUsagePurpose::DigitalSignature,
                    KeyUsagePurpose::KeyAgreement,
                ]
            }
            Usage::Absent => Vec::new(),
            Usage::Encipherment => vec![KeyUsagePurpose::KeyEncipherment],
            Usage::Agreement => vec![KeyUsagePurpose::KeyAgreement],
            Usage::Commitment => vec![KeyUsagePurpose::ContentCommitment],
        };
        use ExtendedKeyUsagePurpose::{Any, ClientAuth, EmailProtection, OcspSigning, ServerAuth};
        parameters.extended_key_usages = match recipe.purposes {
            Purposes::Client => vec![ClientAuth],
            Purposes::Many => vec![ServerAuth, ClientAuth, EmailProtection],
            Purposes::Absent => Vec::new(),
            Purposes::Any => vec![Any],
            Purposes::Server => vec![ServerAuth],
            Purposes::Ocsp => vec![OcspSigning],
            Purposes::Email => vec![EmailProtection],
        };
        let validity = match recipe.days {
            Days::Now => days(-1, 1),
            Days::Past => days(-3, -1),
            Days::Future => days(1, 3),
            Days::Backwards => days(1, -1),
        };
        parameters.not_before = validity.not_before;
        parameters.not_after = validity.not_after;
        parameters.custom_extensions = extensions(recipe.encoding);
        parameters
    }

    /// What stands between, made when it is first asked for.
    fn link(&mut self, recipe: &Recipe) -> &Link {
        let top = &self.authorities.signers[&recipe.top];
        self.links.entry(place(recipe)).or_insert_with(|| {
            let mut link = stand_in(top, recipe.between, recipe.signature);
            if recipe.between == Between::TwoAuthorities {
                let lower = stand_in(&link.signer, recipe.between, Signature::Good);
                let chain = [lower.chain, link.chain].concat();
                link = Link { chain, ..lower };
            }
            link
        })
    }
}

fn place(recipe: &Recipe) -> (Top, Between, Signature) {
    (recipe.top, recipe.between, recipe.signature)
}

/// A certificate that signs although nobody allowed it.
fn stand_in(above: &Signer, between: Between, signature: Signature) -> Link {
    let key = PrivateKey::generate(KeyAlgorithm::P256).unwrap();
    let serial_number = SerialNumber::draw().unwrap();
    let mut parameters = blank(&format!("between {serial_number}"));
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(serial_number.octets()));
    let validity = days(-2, 2);
    (parameters.not_before, parameters.not_after) = (validity.not_before, validity.not_after);
    match between {
        Between::EndEntity => {
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        _ => {
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        }
    }
    let der = altered(signed(above, &parameters, &key), signature);
    let certificate = Certificate::from_der(der.clone()).unwrap();
    Link {
        signer: Signer { certificate, key },
        chain: vec![der],
    }
}

fn blank(common_name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CommonName, common_name);
    let serial_number = SerialNumber::draw().unwrap();
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(serial_number.octets()));
    parameters.use_authority_key_identifier_extension = true;
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters
}

fn extensions(encoding: Encoding) -> Vec<CustomExtension> {
    let null = || vec![5, 0];
    match encoding {
        Encoding::CriticalExtension => {
            let mut extension = CustomExtension::from_oid_content(UNKNOWN, null());
            extension.set_criticality(true);
            vec![extension]
        }
        Encoding::ExtensionTwice => {
            let extension = CustomExtension::from_oid_content(UNKNOWN, null());
            vec![extension.clone(), extension]
        }
        Encoding::UnreadableExtension => {
            vec![CustomExtension::from_oid_content(
                CRL_DISTRIBUTION_POINTS,
                null(),
            )]
        }
        _ => Vec::new(),
    }
}

fn signed(signer: &Signer, parameters: &CertificateParams, key: &PrivateKey) -> Vec<u8> {
    let issuer = rcgen::Issuer::from_ca_cert_der(&signer.certificate.der().into(), &signer.key);
    let certificate = parameters.signed_by(key, &issuer.unwrap());
    certificate.unwrap().der().to_vec()
}

fn altered(mut der: Vec<u8>, signature: Signature) -> Vec<u8> {
    match signature {
        Signature::Good => {}
        Signature::Flipped => *der.last_mut().unwrap() ^= 1,
        Signature::SubjectAltered => {
            let position = positions(&der, STEM.as_bytes()).next().unwrap();
            der[position] ^= 0x20;
        }
        Signature::OtherAlgorithm => {
            let position = positions(&der, &ECDSA_WITH_SHA256).last().unwrap();
            der[position + ECDSA_WITH_SHA256.len() - 1] = 3;
        }
    }
    der
}

fn positions<'a>(der: &'a [u8], sought: &'a [u8]) -> impl Iterator<Item = usize> {
    let windows = der.windows(sought.len()).enumerate();
    windows
        .filter(move |(_, window)| *window == sought)
        .map(|(position, _)| position)
}
