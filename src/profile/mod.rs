//! The profiles: the one place that says which extensions a certificate of this CA carries.
//!
//! Section numbers are RFC 5280's unless another RFC is named; docs/profiles.md lists the same, extension by extension.

mod base_url;
mod departure;
mod request;

use std::fmt;

pub use base_url::BaseUrl;
pub use departure::Departure;
pub use request::{AltNames, Request, key_identifier};

use crate::certificate::Subject;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{NameConstraints, Quoted, SubjectAltName};
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
    /// A client that is none: what a probe presents to a server. It lives for an hour at the most.
    Probe,
    /// The delegated OCSP responder (RFC 6960 §4.2.2.2).
    OcspResponder,
    /// The key that signs the heads of the audit log.
    Audit,
    /// An imported certificate that is neither for clients nor for servers: its status is known, it is never issued.
    Other,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 8] = [
        Self::Root,
        Self::Issuing,
        Self::Server,
        Self::Client,
        Self::Probe,
        Self::OcspResponder,
        Self::Audit,
        Self::Other,
    ];

    /// The profile's word on the command line, in `--json` output and in the inventory.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::Server => "server",
            Self::Client => "client",
            Self::Probe => "probe",
            Self::OcspResponder => "ocsp-responder",
            Self::Audit => "audit",
            Self::Other => "other",
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

    /// Says whether a certificate of this profile lets its holder in, where everything else about it is good.
    pub fn is_client(self) -> bool {
        matches!(self, Self::Client | Self::Probe)
    }

    /// Says whether certificates of this profile sign others.
    pub fn is_authority(self) -> bool {
        matches!(self, Self::Root | Self::Issuing)
    }

    /// Puts together what is asked for, refusing what the profile does not grant.
    ///
    /// # Errors
    /// Refuses a server without a name, a server with other names than hosts, a client with host names, and other kinds.
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
            Self::Other => {
                return refuse(
                    "certificates of other kinds are known from an import and are not issued here"
                        .to_owned(),
                    "Issue a client or server certificate.",
                );
            }
            // A probe carries the names of whom it pretends to be, and an imported client may have any.
            Self::Root | Self::Issuing | Self::Probe | Self::OcspResponder | Self::Audit => {}
        }
        Ok(Request {
            profile: self,
            subject,
            subject_alt_names: without_repetition(subject_alt_names),
            validity,
            public_key,
            name_constraints: NameConstraints::default(),
            departure: Departure::None,
            name: None,
            alt_names: AltNames::Asked,
        })
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
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
    use crate::certificate::KeyUsage;
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
}
