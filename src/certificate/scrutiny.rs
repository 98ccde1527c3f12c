//! What is asked of a certificate that somebody else made before it is taken in.

use std::borrow::Cow;

use aws_lc_rs::signature::{ECDSA_P256_SHA512_ASN1, ECDSA_P384_SHA512_ASN1, UnparsedPublicKey};
use x509_parser::asn1_rs::BitString;
use x509_parser::extensions::{GeneralName, GeneralSubtree};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use super::{Certificate, KeyUsage, object_identifier};
use crate::key::describe_public_key;
use crate::name::SubjectAltName;

/// Signature algorithms with SHA-1 or MD5, which nobody accepts any more but where nobody looks: on a root itself.
pub(crate) const WEAK_SIGNATURES: [&str; 5] = [
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.3.14.3.2.29",
    "1.2.840.10045.4.1",
    "1.2.840.10040.4.3",
];
/// ecdsa-with-SHA512, RFC 5758 §3.2.
const ECDSA_WITH_SHA512: &str = "1.2.840.10045.4.3.4";

impl Certificate {
    /// The version, 1 to 3 (RFC 5280 §4.1.2.1).
    pub fn version(&self) -> u32 {
        self.parsed().map_or(0, |parsed| parsed.version.0 + 1)
    }

    /// Says whether the serial number is negative, which RFC 5280 §4.1.2.2 forbids and no CRL of ours could list.
    pub fn has_negative_serial_number(&self) -> bool {
        self.parsed().is_some_and(|parsed| {
            parsed
                .raw_serial()
                .first()
                .is_some_and(|octet| octet & 0x80 != 0)
        })
    }

    /// Says whether the signature rests on SHA-1 or MD5.
    pub fn is_signed_weakly(&self) -> bool {
        let algorithm = self
            .parsed()
            .map(|parsed| parsed.signature_algorithm.algorithm.to_id_string());
        algorithm.is_some_and(|oid| WEAK_SIGNATURES.contains(&oid.as_str()))
    }

    /// Says whether the name constraints mention names that this program does not compare, such as directory names.
    pub fn constrains_other_names(&self) -> bool {
        let Some(parsed) = self.parsed() else {
            return true;
        };
        let Ok(Some(constraints)) = parsed.name_constraints() else {
            return false;
        };
        let lists = [
            &constraints.value.permitted_subtrees,
            &constraints.value.excluded_subtrees,
        ];
        let mut subtrees = lists.into_iter().flatten().flatten();
        subtrees.any(|subtree| !is_compared(subtree))
    }

    /// Says whether keyUsage allows certificates to be signed; an absent one allows everything (RFC 5280 §4.2.1.3).
    pub fn may_sign_certificates(&self) -> bool {
        self.allows_usage(KeyUsage::KEY_CERT_SIGN)
    }

    /// Says whether keyUsage allows CRLs to be signed: without that bit nobody accepts them (RFC 5280 §6.3.3 (f)).
    pub fn may_sign_crls(&self) -> bool {
        self.allows_usage(KeyUsage::CRL_SIGN)
    }

    /// Says whether keyUsage is absent or has these bits.
    pub fn allows_usage(&self, bits: u16) -> bool {
        self.facts
            .extensions
            .key_usage
            .is_none_or(|usage| usage.allows(bits))
    }

    /// Says whether extKeyUsage allows a purpose; an absent one and anyExtendedKeyUsage restrict nothing (RFC 5280 §4.2.1.12).
    pub fn allows_purpose(&self, purpose: &str) -> bool {
        let extensions = &self.facts.extensions;
        !extensions
            .criticality
            .contains_key(object_identifier::EXTENDED_KEY_USAGE)
            || extensions.extended_key_usage.iter().any(|allowed| {
                allowed == purpose || allowed == object_identifier::ANY_EXTENDED_KEY_USAGE
            })
    }

    /// The names to which the constraints of a CA apply: those of subjectAltName or, where there is none, the e-mail addresses in the
    /// subject (RFC 5280 §4.2.1.10).
    pub fn constrained_names(&self) -> impl Iterator<Item = Cow<'_, SubjectAltName>> {
        let extensions = &self.facts.extensions;
        let has_names = (extensions.criticality).contains_key(object_identifier::SUBJECT_ALT_NAME);
        let addresses = match has_names {
            true => &[],
            false => self.facts.subject.email_addresses(),
        };
        let of_subject = addresses.iter().cloned().map(SubjectAltName::Email);
        let names = extensions.subject_alt_names.iter().map(Cow::Borrowed);
        names.chain(of_subject.map(Cow::Owned))
    }

    /// The first critical extension that nobody here knows, in dotted form: who meets one must refuse the certificate (RFC 5280 §4.2).
    pub fn unknown_critical_extension(&self) -> Option<&str> {
        let mut critical = (self.facts.extensions.criticality.iter())
            .filter(|(_, critical)| **critical)
            .map(|(oid, _)| oid.as_str());
        critical.find(|oid| !UNDERSTOOD.contains(oid))
    }

    /// The last organizationName of the subject.
    pub fn organization(&self) -> Option<String> {
        self.attribute(|subject| {
            let last = subject.iter_organization().last();
            last.and_then(|attribute| attribute.as_str().ok().map(str::to_owned))
        })
    }

    /// The last e-mail address that stands in the subject.
    pub fn email_address(&self) -> Option<String> {
        self.facts.subject.email_addresses().last().cloned()
    }

    fn attribute(&self, read: impl FnOnce(&X509Name<'_>) -> Option<String>) -> Option<String> {
        read(self.parsed()?.subject())
    }

    fn parsed(&self) -> Option<X509Certificate<'_>> {
        let (_, parsed) = X509Certificate::from_der(&self.der).ok()?;
        Some(parsed)
    }
}

/// The extensions that may be critical: those of RFC 5280 §4.2.1, and nsCertType, which old certificates carry. Policies and
/// their mappings let nobody in here and keep nobody out.
pub(crate) const UNDERSTOOD: [&str; 14] = [
    object_identifier::SUBJECT_KEY_IDENTIFIER,
    object_identifier::KEY_USAGE,
    object_identifier::SUBJECT_ALT_NAME,
    object_identifier::ISSUER_ALT_NAME,
    object_identifier::BASIC_CONSTRAINTS,
    object_identifier::NAME_CONSTRAINTS,
    object_identifier::CRL_DISTRIBUTION_POINTS,
    "2.5.29.32",
    "2.5.29.33",
    object_identifier::AUTHORITY_KEY_IDENTIFIER,
    "2.5.29.36",
    object_identifier::EXTENDED_KEY_USAGE,
    "2.5.29.54",
    "2.16.840.1.113730.1.1",
];

/// What was signed, and how.
pub(super) struct Signed<'a> {
    pub(super) algorithm: &'a AlgorithmIdentifier<'a>,
    pub(super) octets: &'a [u8],
    pub(super) signature: &'a BitString<'a>,
}

/// Verifies what x509-parser does not know: ECDSA with SHA-512 on the curves that CAs here may have.
pub(super) fn is_signed_with_sha512(signed: &Signed<'_>, key: &SubjectPublicKeyInfo<'_>) -> bool {
    let algorithm = match describe_public_key(key.raw).as_str() {
        "p256" => &ECDSA_P256_SHA512_ASN1,
        "p384" => &ECDSA_P384_SHA512_ASN1,
        _ => return false,
    };
    signed.algorithm.algorithm.to_id_string() == ECDSA_WITH_SHA512
        && UnparsedPublicKey::new(algorithm, &key.subject_public_key.data)
            .verify(signed.octets, &signed.signature.data)
            .is_ok()
}

fn is_compared(subtree: &GeneralSubtree<'_>) -> bool {
    match &subtree.base {
        GeneralName::DNSName(_) | GeneralName::RFC822Name(_) | GeneralName::URI(_) => true,
        GeneralName::IPAddress(octets) => {
            let (_, mask) = octets.split_at(octets.len() / 2);
            let bits = mask
                .iter()
                .flat_map(|octet| (0..8).map(move |bit| octet >> (7 - bit) & 1));
            matches!(octets.len(), 8 | 32) && bits.is_sorted_by(|one, next| one >= next)
        }
        _ => false,
    }
}
