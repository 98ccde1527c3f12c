//! What a proxy tells the application behind it of a client's certificate, written by the client itself.

use aws_lc_rs::digest;
use rcgen::{CertificateParams, DnType, KeyPair};

use super::super::super::case::Spelling;
use super::super::super::let_in::spellings;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::hexadecimal;

/// Whom nobody lets in, and who stands in no page unless what was claimed has reached it.
pub(super) const SOMEBODY_ELSE: &str = "pki-probe-somebody-else";
/// How many characters stand in a line of PEM (RFC 7468 §2).
const LINE: usize = 64;

/// Name and value of each field.
pub(super) type Fields = Vec<(String, String)>;

/// Who a client claims to be.
#[derive(Debug)]
pub(super) struct Claim {
    name: String,
    subject: String,
    issuer: String,
    serial_number: String,
    /// The certificate that is claimed to have been verified, and those above it.
    chain: Vec<Vec<u8>>,
}

impl Claim {
    /// With somebody's own certificate, which is public: whoever has seen it can send it.
    pub(super) fn with_certificate(name: &str, chain: &[Vec<u8>]) -> Self {
        let read = chain
            .first()
            .and_then(|der| Certificate::from_der(der.clone()).ok());
        let (subject, issuer, serial_number) = match read {
            Some(it) => (
                it.subject().to_string(),
                it.issuer().to_string(),
                it.serial_number().to_string(),
            ),
            None => (format!("CN={name}"), String::new(), String::new()),
        };
        Self {
            name: name.to_owned(),
            subject: rfc2253(&subject),
            issuer: rfc2253(&issuer),
            serial_number,
            chain: chain.to_vec(),
        }
    }

    /// To be somebody whom no CA has ever heard of.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(super) fn of_somebody_else() -> Result<Self> {
        let failed = |cause: rcgen::Error| Error::new(ErrorKind::Internal, cause.to_string());
        let key = KeyPair::generate().map_err(failed)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        (parameters.distinguished_name).push(DnType::CommonName, SOMEBODY_ELSE);
        let certificate = parameters.self_signed(&key).map_err(failed)?;
        Ok(Self::with_certificate(
            SOMEBODY_ELSE,
            &[certificate.der().to_vec()],
        ))
    }

    /// What stands in a page that believes the claim, or repeats what it was told.
    pub(super) fn traces(&self) -> Vec<String> {
        let mut traces = spellings(&self.name);
        traces.extend([
            self.serial_number.clone(),
            self.serial_number.to_uppercase(),
            self.fingerprint(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            self.fingerprint(&digest::SHA256),
        ]);
        // A line in the middle, where it is like no other certificate.
        let text: Vec<_> = self.base64().chars().collect();
        if let Some(line) = text.chunks(LINE).nth(text.len() / LINE / 2) {
            let line: String = line.iter().collect();
            traces.extend([escaped(&line), line]);
        }
        traces.retain(|trace| !trace.is_empty());
        traces
    }

    /// The requests that make the claim in one spelling, each small enough for any server: a certificate stands in two fields at
    /// most.
    pub(super) fn requests(&self, spelling: Spelling) -> Vec<Fields> {
        let hyphenated = |spelling| match spelling {
            Spelling::XSslClient => vec![
                self.ssl_client("X-SSL-Client-"),
                self.ssl_client("SSL-Client-"),
                self.others(),
            ],
            Spelling::ClientCert => vec![self.client_cert()],
            Spelling::XForwardedClientCert => vec![self.forwarded()],
            Spelling::Underscores => Vec::new(),
        };
        if spelling != Spelling::Underscores {
            return hyphenated(spelling);
        }
        let all = [
            Spelling::XSslClient,
            Spelling::ClientCert,
            Spelling::XForwardedClientCert,
        ];
        let with_underscores = |fields: Fields| {
            let rename = |(name, value): (String, String)| (name.replace('-', "_"), value);
            fields.into_iter().map(rename).collect()
        };
        all.into_iter()
            .flat_map(hyphenated)
            .map(with_underscores)
            .collect()
    }

    /// As nginx, Apache and HAProxy are told to write them.
    fn ssl_client(&self, prefix: &str) -> Fields {
        let common_name = rfc2253(&self.name);
        fields(&[
            ("Verify", "SUCCESS"),
            ("S-DN", &self.subject),
            ("S-DN-CN", &common_name),
            ("DN", &self.subject),
            ("CN", &common_name),
            ("I-DN", &self.issuer),
            ("Serial", &self.serial_number),
            ("M-Serial", &self.serial_number),
            (
                "Fingerprint",
                &self.fingerprint(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            ),
            ("SHA256", &self.fingerprint(&digest::SHA256)),
            ("Cert", &escaped(&self.pem())),
        ])
        .into_iter()
        .map(|(name, value)| (format!("{prefix}{name}"), value))
        .collect()
    }

    /// What others call them, and the name alone, as proxies that log in users pass it on.
    fn others(&self) -> Fields {
        let name = rfc2253(&self.name);
        fields(&[
            ("X-Client-Verify", "SUCCESS"),
            ("X-Client-Verified", "SUCCESS"),
            ("X-Client-S-DN", &self.subject),
            ("X-Client-DN", &self.subject),
            ("X-Client-CN", &name),
            ("X-Client-Serial", &self.serial_number),
            ("X-Client-Cert", &escaped(&self.pem())),
            ("X-Client-Certificate", &self.base64()),
            ("X-Forwarded-User", &name),
            ("X-Remote-User", &name),
            ("Remote-User", &name),
        ])
    }

    /// RFC 9440 §2: the certificate, and those above it, as byte sequences (RFC 8941 §3.3.5).
    fn client_cert(&self) -> Fields {
        let sequence = |der: &Vec<u8>| format!(":{}:", base64(der));
        let mut all = self.chain.iter().map(sequence);
        let own = all.next().unwrap_or_default();
        let above: Vec<_> = all.collect();
        let mut fields = fields(&[("Client-Cert", &own)]);
        if !above.is_empty() {
            fields.push(("Client-Cert-Chain".to_owned(), above.join(", ")));
        }
        fields
    }

    /// As Envoy writes it, and as Traefik does.
    fn forwarded(&self) -> Fields {
        let envoy = format!(
            "Hash={};Cert=\"{}\";Subject=\"{}\"",
            self.fingerprint(&digest::SHA256),
            escaped(&self.pem()),
            self.subject
        );
        let info = format!("Subject=\"{}\";Issuer=\"{}\"", self.subject, self.issuer);
        fields(&[
            ("X-Forwarded-Client-Cert", &envoy),
            ("X-Forwarded-Tls-Client-Cert", &escaped(&self.base64())),
            ("X-Forwarded-Tls-Client-Cert-Info", &escaped(&info)),
        ])
    }

    fn own(&self) -> &[u8] {
        self.chain.first().map(Vec::as_slice).unwrap_or_default()
    }

    fn fingerprint(&self, algorithm: &'static digest::Algorithm) -> String {
        hexadecimal::encode(digest::digest(algorithm, self.own()).as_ref())
    }

    fn base64(&self) -> String {
        base64(self.own())
    }

    fn pem(&self) -> String {
        let form = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        pem::encode_config(&pem::Pem::new("CERTIFICATE", self.own()), form)
    }
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// Base64 without line breaks (RFC 4648 §4): what stands between the lines of PEM.
fn base64(der: &[u8]) -> String {
    let pem = pem::encode(&pem::Pem::new("C", der));
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// Percent-encoded, but for what is unreserved (RFC 3986 §2.3), as nginx and Traefik do it.
fn escaped(text: &str) -> String {
    let written = text.bytes().map(|octet| match octet {
        b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
        _ if octet.is_ascii_alphanumeric() => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    });
    written.collect()
}

/// Text of a distinguished name in ASCII, as OpenSSL and nginx write it.
fn rfc2253(text: &str) -> String {
    let written = text.bytes().map(|octet| match octet {
        b' '..=b'~' => char::from(octet).to_string(),
        _ => format!("\\{octet:02X}"),
    });
    written.collect()
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;
    use crate::forgeable;

    const ALL: [Spelling; 4] = [
        Spelling::XSslClient,
        Spelling::ClientCert,
        Spelling::XForwardedClientCert,
        Spelling::Underscores,
    ];

    fn value(fields: &Fields, name: &str) -> String {
        let found = fields.iter().find(|(known, _)| known == name);
        found.unwrap().1.clone()
    }

    #[test]
    fn every_request_is_ascii_and_small_enough_for_any_server() {
        let claim = Claim::of_somebody_else().unwrap();
        // With an RSA key of 4096 bits, and a CA with one.
        let der: Vec<u8> = (0..1500_u32).map(|it| (it * it).to_le_bytes()[0]).collect();
        let large = Claim::with_certificate("m\u{fc}ller", &[der.clone(), der]);
        for fields in ALL.iter().flat_map(|it| {
            let both = [claim.requests(*it), large.requests(*it)];
            both.into_iter().flatten()
        }) {
            let size: usize = fields
                .iter()
                .map(|(name, value)| name.len() + value.len() + 4)
                .sum();
            assert!(size < 7 << 10, "{size}");
            for (name, value) in &fields {
                assert!(
                    value.bytes().all(|it| matches!(it, b' '..=b'~')),
                    "{name}: {value}"
                );
            }
        }
    }

    #[test]
    fn the_certificate_stands_in_each_form_as_its_proxy_writes_it() {
        let claim = Claim::of_somebody_else().unwrap();
        let x_ssl = &claim.requests(Spelling::XSslClient)[0];
        assert!(
            value(x_ssl, "X-SSL-Client-Cert").starts_with("-----BEGIN%20CERTIFICATE-----%0AMI")
        );
        assert_eq!(
            value(x_ssl, "X-SSL-Client-S-DN"),
            format!("CN={SOMEBODY_ELSE}")
        );
        assert_eq!(value(x_ssl, "X-SSL-Client-Verify"), "SUCCESS");
        let rfc9440 = &claim.requests(Spelling::ClientCert)[0];
        let sequence = value(rfc9440, "Client-Cert");
        assert_eq!(sequence, format!(":{}:", claim.base64()));
        let envoy = &claim.requests(Spelling::XForwardedClientCert)[0];
        let element = value(envoy, "X-Forwarded-Client-Cert");
        assert!(
            element.contains(";Cert=\"-----BEGIN%20CERTIFICATE-----%0A"),
            "{element}"
        );
        assert!(element.ends_with(&format!(";Subject=\"CN={SOMEBODY_ELSE}\"")));
        let underscores = claim.requests(Spelling::Underscores);
        assert_eq!(underscores.len(), 5);
        assert!(
            underscores
                .iter()
                .flatten()
                .all(|(name, _)| !name.contains('-'))
        );
        assert_eq!(value(&underscores[3], "Client_Cert"), sequence);
    }

    #[test]
    fn every_field_leaves_a_trace_where_it_is_repeated() {
        let claim = Claim::of_somebody_else().unwrap();
        let traces = claim.traces();
        for (name, value) in ALL.iter().flat_map(|it| claim.requests(*it)).flatten() {
            let seen = traces.iter().any(|trace| value.contains(trace.as_str()));
            // That there was a verification says nothing of who came.
            assert!(seen || value == "SUCCESS", "{name}: {value}");
        }
    }

    /// By its whole name, because many proxies know no beginnings of names.
    #[test]
    fn every_field_is_one_that_proxies_take_away() {
        let claim = Claim::with_certificate("alice", &[b"one".to_vec(), b"two".to_vec()]);
        let known: Vec<_> = forgeable::names().collect();
        for (name, _) in ALL.iter().flat_map(|it| claim.requests(*it)).flatten() {
            assert!(known.contains(&name.replace('_', "-").as_str()), "{name}");
        }
    }

    #[test]
    fn every_field_stands_in_the_documentation() {
        let chain = vec![b"one".to_vec(), b"two".to_vec()];
        let claim = Claim::with_certificate("alice", &chain);
        let hyphenated = ALL.iter().filter(|it| **it != Spelling::Underscores);
        let names = hyphenated.flat_map(|it| claim.requests(*it)).flatten();
        let list: String = names.map(|(name, _)| format!("- `{name}`\n")).collect();
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/probe.md"));
        let (_, rest) = page.split_once("<!-- fields -->\n").unwrap();
        let (stands, _) = rest.split_once("<!-- end of fields -->").unwrap();
        assert_eq!(stands, list);
    }
}
