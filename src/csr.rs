//! PKCS#10 requests (RFC 2986): who asks, for which key, and whether they hold it.

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, ParsedExtension, X509CertificationRequest, X509Error};

use crate::certificate::DistinguishedName;
use crate::error::{Error, ErrorKind, Result};
use crate::key::check_public_key;
use crate::name::SubjectAltName;

/// A request whose signature was verified and whose key is fit to be certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificationRequest {
    /// The name that the request asks for.
    pub subject: DistinguishedName,
    /// The key, as a SubjectPublicKeyInfo in DER, taken from the request as it stands.
    pub public_key: Vec<u8>,
    /// The names of hosts that the request asks for.
    pub hosts: Vec<SubjectAltName>,
    /// The extensions other than subjectAltName that were asked for, by object identifier; none of them is granted.
    pub ignored_extensions: Vec<String>,
}

impl CertificationRequest {
    /// Reads a request in PEM or DER, checks that the asker holds the key, and that the key is worth certifying.
    ///
    /// # Errors
    /// Refuses what is not PKCS#10, a signature that is not of the request's key, and keys that
    /// [`check_public_key`] refuses.
    pub fn from_file(contents: &[u8]) -> Result<Self> {
        let der = if contents.starts_with(b"0") {
            contents.to_vec()
        } else {
            from_pem(contents)?
        };
        let (rest, request) = X509CertificationRequest::from_der(&der)
            .map_err(|_| malformed("the request is not readable PKCS#10"))?;
        if !rest.is_empty() {
            return Err(malformed("there are octets behind the end of the request"));
        }
        let information = &request.certification_request_info;
        let public_key = information.subject_pki.raw.to_vec();
        check_public_key(&public_key)?;
        // RFC 2986 §3: the signature shows that the asker holds the private key. Its algorithm says nothing about the
        // key (P-256 may sign with SHA-384), so the key is taken from the request, never guessed from the signature.
        request.verify_signature().map_err(|cause| {
            if cause == X509Error::SignatureUnsupportedAlgorithm {
                return Error::new(
                    ErrorKind::NotPermitted,
                    "the request is signed with an algorithm that is not supported for its key",
                )
                .with_hint("Make the request anew, signed with SHA-256 or SHA-384.");
            }
            Error::new(
                ErrorKind::NotPermitted,
                "the request was not signed with the key that it names",
            )
            .with_hint("Make the request anew with the private key at hand.")
        })?;
        let mut hosts = Vec::new();
        let mut ignored_extensions = Vec::new();
        for attribute in information.iter_attributes() {
            let x509_parser::cri_attributes::ParsedCriAttribute::ExtensionRequest(requested) =
                attribute.parsed_attribute()
            else {
                continue;
            };
            for extension in &requested.extensions {
                match extension.parsed_extension() {
                    ParsedExtension::SubjectAlternativeName(names) => {
                        for name in &names.general_names {
                            hosts.extend(host(name)?);
                        }
                    }
                    _ => ignored_extensions.push(extension.oid.to_id_string()),
                }
            }
        }
        let subject = DistinguishedName::from_der(information.subject.as_raw())?;
        if hosts.is_empty() {
            // Requests of old name the server in the commonName alone.
            hosts.extend(
                subject
                    .common_name()
                    .and_then(|name| SubjectAltName::parse_host(name).ok()),
            );
        }
        Ok(Self {
            subject,
            public_key,
            hosts,
            ignored_extensions,
        })
    }
}

/// A host name of the request, read by the same rules as one on the command line; other kinds are not granted.
fn host(name: &GeneralName<'_>) -> Result<Option<SubjectAltName>> {
    match name {
        GeneralName::DNSName(text) => SubjectAltName::parse_host(text).map(Some),
        GeneralName::IPAddress(octets) => {
            let v4 = <[u8; 4]>::try_from(*octets).map(std::net::IpAddr::from);
            let address = v4.or_else(|_| <[u8; 16]>::try_from(*octets).map(std::net::IpAddr::from));
            address
                .map(|address| Some(SubjectAltName::Ip(address)))
                .map_err(|_| malformed("the request names an IP address of a wrong length"))
        }
        _ => Ok(None),
    }
}

fn from_pem(contents: &[u8]) -> Result<Vec<u8>> {
    let blocks = pem::parse_many(contents).map_err(|_| malformed("the file is not PEM"))?;
    let request = blocks
        .into_iter()
        .find(|block| block.tag().ends_with("CERTIFICATE REQUEST"));
    request
        .map(pem::Pem::into_contents)
        .ok_or_else(|| malformed("the file holds no certificate request"))
}

fn malformed(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact)
        .with_hint("Make one with openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout KEY -out CSR.")
}
