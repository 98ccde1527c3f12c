//! The five profiles: the one place that says which extensions a certificate of this CA carries.
//!
//! Section numbers are RFC 5280's unless another RFC is named; docs/profiles.md lists the same, extension by extension.

use std::fmt;

use sha1::{Digest, Sha1};

use crate::certificate::object_identifier as oid;
use crate::certificate::{BasicConstraints, Certificate, Extensions, Facts, KeyUsage, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::key::describe_public_key;
use crate::name::{NameConstraints, Quoted, SubjectAltName};
use crate::serial::SerialNumber;
use crate::validity::Validity;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// The trust anchor: signs issuing CAs and its own CRL.
    Root,
    /// Signs end entities and their CRL.
    Issuing,
    /// A server: TLS server authentication.
    Server,
    /// A person or device: TLS client authentication.
    Client,
    /// The delegated OCSP responder (RFC 6960 §4.2.2.2).
    OcspResponder,
}

/// What is asked of an issuer: everything but the serial number and the issuer's own contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    profile: Profile,
    subject: Subject,
    subject_alt_names: Vec<SubjectAltName>,
    validity: Validity,
    public_key: Vec<u8>,
    name_constraints: NameConstraints,
}

/// The URL beneath which CRLs, OCSP and CA certificates of this CA are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 5] = [
        Self::Root,
        Self::Issuing,
        Self::Server,
        Self::Client,
        Self::OcspResponder,
    ];

    /// The profile's word on the command line, in `--json` output and in the inventory.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::Server => "server",
            Self::Client => "client",
            Self::OcspResponder => "ocsp-responder",
        }
    }

    /// Reads a profile's word.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is not a profile", Quoted(text)),
                )
                .with_hint(format!("Choose one of {known}."))
            })
    }

    /// Says whether certificates of this profile sign others.
    pub fn is_authority(self) -> bool {
        matches!(self, Self::Root | Self::Issuing)
    }

    /// Puts together what is asked for, refusing what the profile does not grant.
    ///
    /// # Errors
    /// Refuses a server without a name, a server with other names than hosts, and a client with host names.
    pub fn request(
        self,
        subject: Subject,
        subject_alt_names: Vec<SubjectAltName>,
        validity: Validity,
        public_key: Vec<u8>,
    ) -> Result<Request> {
        let refuse = |fact: String, hint: &str| {
            Err(Error::new(ErrorKind::NotPermitted, fact).with_hint(hint))
        };
        let is_host =
            |name: &&SubjectAltName| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_));
        match self {
            Self::Server => {
                if subject_alt_names.is_empty() {
                    return refuse(
                        "a server certificate without a DNS name or IP address would fit no server"
                            .to_owned(),
                        "Name at least one, such as www.example.org or 192.0.2.1.",
                    );
                }
                if let Some(other) = subject_alt_names.iter().find(|name| !is_host(name)) {
                    return refuse(
                        format!("a server certificate cannot carry the name {other}"),
                        "Give DNS names and IP addresses only.",
                    );
                }
            }
            Self::Client => {
                if let Some(host) = subject_alt_names.iter().find(is_host) {
                    return refuse(
                        format!("a client certificate cannot carry the host name {host}"),
                        "Use pki issue-server for servers.",
                    );
                }
            }
            Self::Root | Self::Issuing | Self::OcspResponder => {}
        }
        Ok(Request {
            profile: self,
            subject,
            subject_alt_names: without_repetition(subject_alt_names),
            validity,
            public_key,
            name_constraints: NameConstraints::default(),
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Request {
    /// The same request for a CA that may certify only the names within `constraints`.
    #[must_use]
    pub fn constrained(mut self, constraints: NameConstraints) -> Self {
        self.name_constraints = constraints;
        self
    }

    /// The profile.
    pub fn profile(&self) -> Profile {
        self.profile
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
        let subject = self.subject.to_name()?;
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

    fn check_names(&self, issuer: &Certificate) -> Result<()> {
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
            let identifier = hexadecimal(
                issuer
                    .extensions()
                    .subject_key_identifier
                    .as_deref()
                    .unwrap_or_default(),
            );
            wanted
                .crl_distribution_points
                .push(base_url.join(&format!("crl/{identifier}.crl")));
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
            Profile::Server | Profile::Client | Profile::OcspResponder => BasicConstraints {
                ca: false,
                path_length: None,
            },
        }
    }

    fn key_usage(&self) -> KeyUsage {
        KeyUsage(match self.profile {
            Profile::Root | Profile::Issuing => KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN,
            // §4.2.1.3: only an RSA key can encipher a key, as TLS 1.2 clients of old ask of a server.
            Profile::Server if describe_public_key(&self.public_key).starts_with("rsa") => {
                KeyUsage::DIGITAL_SIGNATURE | KeyUsage::KEY_ENCIPHERMENT
            }
            Profile::Server | Profile::Client | Profile::OcspResponder => {
                KeyUsage::DIGITAL_SIGNATURE
            }
        })
    }

    fn extended_key_usage(&self) -> Vec<String> {
        let purpose = match self.profile {
            Profile::Root | Profile::Issuing => return Vec::new(),
            Profile::Server => oid::SERVER_AUTH,
            Profile::Client => oid::CLIENT_AUTH,
            Profile::OcspResponder => oid::OCSP_SIGNING,
        };
        vec![purpose.to_owned()]
    }

    /// Which extensions are present, and which of them a reader must understand or refuse the certificate.
    fn criticality(&self, wanted: &Extensions) -> std::collections::BTreeMap<String, bool> {
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
            (oid::CRL_DISTRIBUTION_POINTS, published, false),
            (oid::AUTHORITY_INFO_ACCESS, published, false),
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

impl BaseUrl {
    /// Reads the argument of `--base-url`.
    ///
    /// # Errors
    /// Refuses what is not an `http` or `https` URL with a host and nothing behind its path.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a base URL", Quoted(text)),
            )
            .with_hint("Give one such as http://pki.example.org or http://pki.example.org/ca.")
        };
        let uri = SubjectAltName::parse_uri(text)
            .map_err(|_| refuse())?
            .value();
        let rest = uri
            .strip_prefix("http://")
            .or_else(|| uri.strip_prefix("https://"))
            .ok_or_else(refuse)?;
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() || rest.contains(['?', '#', '@']) {
            return Err(refuse());
        }
        Ok(Self(uri.trim_end_matches('/').to_owned()))
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether fetching from it needs a certificate check itself, which RFC 5280 §8 warns of for CRLs.
    pub fn is_circular(&self) -> bool {
        self.0.starts_with("https://")
    }

    fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
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
    Ok(Sha1::digest(info.subject_public_key.raw_bytes()).to_vec())
}

/// Octets in lower-case hexadecimal.
pub fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn without_repetition(names: Vec<SubjectAltName>) -> Vec<SubjectAltName> {
    let mut kept: Vec<SubjectAltName> = Vec::with_capacity(names.len());
    for name in names {
        if !kept.contains(&name) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{KeyAlgorithm, PrivateKey};
    use crate::validity::Lifetime;

    fn request(
        profile: Profile,
        names: &[SubjectAltName],
        algorithm: KeyAlgorithm,
    ) -> Result<Request> {
        let now = time::macros::datetime!(2026-03-01 12:00 UTC);
        let subject = Subject {
            common_name: "x".to_owned(),
            organization: None,
        };
        let key = PrivateKey::generate(algorithm)?;
        profile.request(
            subject,
            names.to_vec(),
            Validity::starting(now, Lifetime::days(1))?,
            key.public_key(),
        )
    }

    #[test]
    fn a_server_needs_a_host_and_only_hosts_and_a_client_has_none() -> Result<()> {
        let host = SubjectAltName::parse_host("localhost")?;
        let email = SubjectAltName::parse_email("a@example.org")?;
        let asked =
            |profile, names: &[SubjectAltName]| request(profile, names, KeyAlgorithm::P256).is_ok();
        assert!(asked(Profile::Server, std::slice::from_ref(&host)));
        assert!(!asked(Profile::Server, &[]));
        assert!(!asked(Profile::Server, &[host.clone(), email.clone()]));
        assert!(asked(Profile::Client, &[]));
        assert!(asked(Profile::Client, &[email]));
        assert!(!asked(Profile::Client, &[host]));
        Ok(())
    }

    #[test]
    fn only_an_rsa_server_may_encipher_keys() -> Result<()> {
        let host = [SubjectAltName::parse_host("localhost")?];
        let usage = |profile, names, algorithm| {
            request(profile, names, algorithm).map(|request| request.key_usage())
        };
        assert!(
            usage(Profile::Server, &host, KeyAlgorithm::Rsa2048)?
                .allows(KeyUsage::KEY_ENCIPHERMENT)
        );
        assert!(
            !usage(Profile::Server, &host, KeyAlgorithm::P256)?.allows(KeyUsage::KEY_ENCIPHERMENT)
        );
        assert!(
            !usage(Profile::Client, &[], KeyAlgorithm::Rsa2048)?.allows(KeyUsage::KEY_ENCIPHERMENT)
        );
        Ok(())
    }

    #[test]
    fn a_name_asked_for_twice_stands_once() -> Result<()> {
        let host = SubjectAltName::parse_host("localhost")?;
        let request = request(
            Profile::Server,
            &[host.clone(), host.clone()],
            KeyAlgorithm::P256,
        )?;
        assert_eq!(request.subject_alt_names(), [host]);
        Ok(())
    }

    #[test]
    fn a_base_url_is_http_with_a_host() {
        assert!(
            BaseUrl::parse("http://pki.example.org/ca/")
                .is_ok_and(|url| url.as_str() == "http://pki.example.org/ca")
        );
        for text in [
            "pki.example.org",
            "ftp://x",
            "http://",
            "http://x?y",
            "http://u@x",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
