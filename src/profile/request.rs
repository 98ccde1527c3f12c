//! What is asked of an issuer, and everything the certificate must then state.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{BaseUrl, Departure, Profile};
use crate::certificate::object_identifier as oid;
use crate::certificate::{
    BasicConstraints, Certificate, DistinguishedName, Extensions, Facts, KeyUsage, Subject,
};
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;
use crate::key::describe_public_key;
use crate::name::{NameConstraints, SubjectAltName};
use crate::serial::SerialNumber;
use crate::validity::Validity;

/// What is asked of an issuer: everything but the serial number and the issuer's own contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(super) profile: Profile,
    pub(super) subject: Subject,
    pub(super) subject_alt_names: Vec<SubjectAltName>,
    pub(super) validity: Validity,
    pub(super) public_key: Vec<u8>,
    pub(super) name_constraints: NameConstraints,
    pub(super) departure: Departure,
    /// The subject as it stands in a certificate whose holder a probe pretends to be.
    pub(super) name: Option<DistinguishedName>,
    pub(super) alt_names: AltNames,
}

/// Whence the SubjectAltNames of a certificate come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AltNames {
    /// Somebody asks for them now.
    Asked,
    /// They stand in a certificate that this CA knows already, which an import takes as another CA wrote it.
    Copied,
}

impl Request {
    /// The same request for a CA that may certify only the names within `constraints`.
    #[must_use]
    pub fn constrained(mut self, constraints: NameConstraints) -> Self {
        self.name_constraints = constraints;
        self
    }

    /// The same request for a probe's certificate that departs from the client profile; other profiles stay as they are.
    #[must_use]
    pub fn departing(mut self, departure: Departure) -> Self {
        if self.profile == Profile::Probe {
            self.departure = departure;
        }
        self
    }

    /// The same request for a subject whose name stands as it does elsewhere, octet for octet.
    #[must_use]
    pub fn named(mut self, name: DistinguishedName) -> Self {
        self.name = Some(name);
        self
    }

    /// The same request with SubjectAltNames of this origin.
    #[must_use]
    pub fn with_alt_names(mut self, alt_names: AltNames) -> Self {
        self.alt_names = alt_names;
        self
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// In which way it departs from its profile.
    pub fn departure(&self) -> Departure {
        self.departure
    }

    /// Says whether the subject's name is a copy of one that stands elsewhere.
    pub fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// Says whether the SubjectAltNames are copies of those of a certificate that is known already.
    pub fn has_copied_alt_names(&self) -> bool {
        self.alt_names == AltNames::Copied
    }

    /// Whom the certificate is for.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The names that it shall carry.
    pub fn subject_alt_names(&self) -> &[SubjectAltName] {
        &self.subject_alt_names
    }

    /// Everything the certificate must state when `issuer` signs it; a root has no issuer but itself.
    ///
    /// # Errors
    /// Refuses names that the issuer's constraints do not permit.
    pub fn facts(
        &self,
        serial_number: SerialNumber,
        issuer: Option<&Certificate>,
        base_url: Option<&BaseUrl>,
    ) -> Result<Facts> {
        if let Some(issuer) = issuer {
            self.check_names(issuer)?;
        }
        let subject = match &self.name {
            Some(name) => name.clone(),
            None => self.subject.to_name()?,
        };
        let validity = match issuer {
            Some(issuer) => self.validity.within(issuer.validity()).0,
            None => self.validity,
        };
        Ok(Facts {
            issuer: issuer.map_or_else(|| subject.clone(), |issuer| issuer.subject().clone()),
            serial_number,
            validity,
            public_key: self.public_key.clone(),
            extensions: self.extensions(issuer, base_url)?,
            subject,
        })
    }

    /// Says whether the certificate must end earlier than asked because `issuer` does.
    pub fn is_shortened_by(&self, issuer: &Certificate) -> bool {
        self.validity.within(issuer.validity()).1
    }

    /// Says whether OpenSSL refuses the certificate, because it takes the commonName for a host's outside the constraints of a CA above: it
    /// looks there where no DNS name stands in subjectAltName.
    pub fn is_taken_for_a_host_outside(&self, issuer: &Certificate) -> bool {
        let mut names = self.subject_alt_names.iter();
        let constraints = &issuer.extensions().name_constraints;
        !names.any(|name| matches!(name, SubjectAltName::Dns(_)))
            && !constraints.permit_common_name(&self.subject.common_name)
    }

    /// Checks the names against the constraints of a CA above.
    ///
    /// # Errors
    /// Refuses a name that they do not permit.
    pub fn check_names(&self, issuer: &Certificate) -> Result<()> {
        let constraints = &issuer.extensions().name_constraints;
        match self
            .subject_alt_names
            .iter()
            .find(|name| !constraints.permits(name))
        {
            None => Ok(()),
            Some(name) => {
                let permitted: Vec<_> = constraints
                    .permitted
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                Err(Error::new(
                    ErrorKind::NotPermitted,
                    format!("the name {name} lies outside what this CA may certify"),
                )
                .with_hint(format!(
                    "Its name constraints permit {}; another CA (pki init --ca-data DIR) can permit more.",
                    permitted.join(", ")
                )))
            }
        }
    }

    fn extensions(
        &self,
        issuer: Option<&Certificate>,
        base_url: Option<&BaseUrl>,
    ) -> Result<Extensions> {
        let mut wanted = Extensions {
            subject_key_identifier: Some(key_identifier(&self.public_key)?),
            authority_key_identifier: issuer
                .and_then(|issuer| issuer.extensions().subject_key_identifier.clone()),
            basic_constraints: Some(self.basic_constraints()),
            key_usage: Some(self.key_usage()),
            extended_key_usage: self.extended_key_usage(),
            subject_alt_names: self.subject_alt_names.clone(),
            name_constraints: self.name_constraints.clone(),
            ..Extensions::default()
        };
        // A root publishes no status of itself, and an OCSP responder's certificate is never looked up (RFC 6960
        // §4.2.2.2.1): it lives for days.
        let published = issuer
            .filter(|_| self.profile != Profile::OcspResponder)
            .zip(base_url);
        if let Some((issuer, base_url)) = published {
            let identifier = hexadecimal::encode(
                issuer
                    .extensions()
                    .subject_key_identifier
                    .as_deref()
                    .unwrap_or_default(),
            );
            // An imported CA may be forbidden to sign CRLs: then there is none to point to.
            if issuer.may_sign_crls() {
                wanted
                    .crl_distribution_points
                    .push(base_url.join(&format!("crl/{identifier}.crl")));
            }
            wanted
                .ca_issuers
                .push(base_url.join(&format!("ca/{identifier}.crt")));
            if !self.profile.is_authority() {
                wanted.ocsp.push(base_url.join("ocsp"));
            }
        }
        wanted.criticality = self.criticality(&wanted);
        Ok(wanted)
    }

    fn basic_constraints(&self) -> BasicConstraints {
        match self.profile {
            // §4.2.1.9: one CA may follow beneath the root, none beneath the issuing CA.
            Profile::Root => BasicConstraints {
                ca: true,
                path_length: Some(1),
            },
            Profile::Issuing => BasicConstraints {
                ca: true,
                path_length: Some(0),
            },
            Profile::Server
            | Profile::Client
            | Profile::Probe
            | Profile::OcspResponder
            | Profile::Audit
            | Profile::Other => BasicConstraints {
                ca: false,
                path_length: None,
            },
        }
    }

    pub(super) fn key_usage(&self) -> KeyUsage {
        KeyUsage(match self.profile {
            Profile::Root | Profile::Issuing => KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
            // §4.2.1.3: only an RSA key can encipher a key, as TLS 1.2 clients of old ask of a server.
            Profile::Server if describe_public_key(&self.public_key).starts_with("rsa") => {
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT
            }
            Profile::Probe => self.departure.key_usage(),
            Profile::Server
            | Profile::Client
            | Profile::OcspResponder
            | Profile::Audit
            | Profile::Other => KeyUsage::DIGITAL_SIGNATURE,
        })
    }

    fn extended_key_usage(&self) -> Vec<String> {
        let purpose = match self.profile {
            Profile::Root | Profile::Issuing | Profile::Other => return Vec::new(),
            Profile::Server => oid::SERVER_AUTH,
            Profile::Client => oid::CLIENT_AUTH,
            Profile::Probe => self.departure.purpose(),
            Profile::OcspResponder => oid::OCSP_SIGNING,
            // Without a purpose the key, which lies unencrypted, could log in wherever an absent extKeyUsage is taken for
            // every purpose.
            Profile::Audit => oid::DOCUMENT_SIGNING,
        };
        vec![purpose.to_owned()]
    }

    /// Which extensions are present, and which of them a reader must understand or refuse the certificate.
    fn criticality(&self, wanted: &Extensions) -> BTreeMap<String, bool> {
        let published = !wanted.ca_issuers.is_empty();
        let present = [
            (oid::SUBJECT_KEY_IDENTIFIER, true, false),
            (
                oid::AUTHORITY_KEY_IDENTIFIER,
                wanted.authority_key_identifier.is_some(),
                false,
            ),
            (oid::BASIC_CONSTRAINTS, true, true),
            (oid::KEY_USAGE, true, true),
            (
                oid::EXTENDED_KEY_USAGE,
                !wanted.extended_key_usage.is_empty(),
                false,
            ),
            (
                oid::SUBJECT_ALT_NAME,
                !wanted.subject_alt_names.is_empty(),
                false,
            ),
            (
                oid::NAME_CONSTRAINTS,
                !wanted.name_constraints.is_empty(),
                true,
            ),
            (
                oid::CRL_DISTRIBUTION_POINTS,
                !wanted.crl_distribution_points.is_empty(),
                false,
            ),
            (oid::AUTHORITY_INFO_ACCESS, published, false),
            (
                oid::UNKNOWN_EXTENSION,
                self.departure == Departure::UnknownCriticalExtension,
                true,
            ),
            (
                oid::OCSP_NO_CHECK,
                self.profile == Profile::OcspResponder,
                false,
            ),
        ];
        present
            .into_iter()
            .filter(|(_, present, _)| *present)
            .map(|(oid, _, critical)| (oid.to_owned(), critical))
            .collect()
    }
}

/// The subject key identifier of a key: SHA-1 of the subjectPublicKey BIT STRING (§4.2.1.2, method 1).
///
/// SHA-1 serves as a short name here, not as a protection; every program derives the same.
///
/// # Errors
/// Refuses what is not a SubjectPublicKeyInfo.
pub fn key_identifier(public_key: &[u8]) -> Result<Vec<u8>> {
    let info = pkcs8::spki::SubjectPublicKeyInfoRef::try_from(public_key)
        .map_err(|_| Error::new(ErrorKind::Malformed, "the public key cannot be read"))?;
    let octets = info.subject_public_key.raw_bytes();
    Ok(digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().to_vec())
}
