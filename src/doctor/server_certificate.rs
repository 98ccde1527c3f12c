//! The server's own certificate, and whether a browser would trust it.

use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use time::OffsetDateTime;

use super::facts::Known;
use super::finding::{About, Finding};
use crate::certificate::{Certificate, object_identifier};
use crate::session::provider;
use crate::validity::format_instant;

/// The shortest RSA key that public CAs certify and browsers take from them, in bits.
const RSA_BITS: u32 = 2048;
/// Keys on curves whose signatures Chromium and Firefox both accept from a server; Firefox alone also those of P-521.
const KEYS: [&str; 2] = ["p256", "p384"];

/// To which root a chain leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// That of this CA: trusted where it is installed.
    ThisAuthority,
    /// One of those that the system trusts.
    System,
}

impl Anchor {
    /// The word in `--json` output.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ThisAuthority => "this-authority",
            Self::System => "system",
        }
    }
}

/// What was found about a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    /// The root to which it leads, whatever else is wrong with it.
    pub anchor: Option<Anchor>,
    /// What a browser would complain about.
    pub findings: Vec<Finding>,
}

/// Judges a chain, the server's own certificate first, as a browser would at `now`.
pub(super) fn judge(
    chain: &[Vec<u8>],
    name: &ServerName<'_>,
    known: &Known,
    now: OffsetDateTime,
) -> Judged {
    let Some((own, above)) = chain.split_first() else {
        return Judged {
            anchor: None,
            findings: Vec::new(),
        };
    };
    let der = CertificateDer::from(own.as_slice());
    let (Ok(certificate), Ok(parsed)) = (
        Certificate::from_der(own.as_slice()),
        ParsedCertificate::try_from(&der),
    ) else {
        return Judged {
            anchor: None,
            findings: vec![problem(
                "unreadable",
                "the server's certificate cannot be read",
                "Issue the server's certificate again.",
            )],
        };
    };
    let mut findings = Vec::new();
    findings.extend(out_of_time(&certificate, now));
    findings.extend(wrong_name(&certificate, &parsed, name));
    findings.extend(wrong_purpose(&certificate));
    findings.extend(weak_key(&certificate));
    // Each thing is looked at by itself: whether the chain leads to a root is asked as of a moment within the validity.
    let validity = certificate.validity();
    let moment = now.clamp(validity.not_before, validity.not_after);
    let path = Path {
        certificate: &certificate,
        parsed: &parsed,
        above,
        known,
        moment,
    };
    let anchor = path.anchor(above);
    if anchor.is_none() {
        findings.push(path.leads_nowhere());
    }
    Judged { anchor, findings }
}

fn out_of_time(certificate: &Certificate, now: OffsetDateTime) -> Option<Finding> {
    let validity = certificate.validity();
    if now > validity.not_after {
        return Some(problem(
            "expired",
            format!(
                "the server's certificate ended on {}",
                format_instant(validity.not_after)
            ),
            "Renew the server's certificate.",
        ));
    }
    (now < validity.not_before).then(|| {
        problem(
            "not-yet-valid",
            format!(
                "the server's certificate is not valid before {}",
                format_instant(validity.not_before)
            ),
            "Check the clocks of both machines.",
        )
    })
}

fn wrong_name(
    certificate: &Certificate,
    parsed: &ParsedCertificate<'_>,
    name: &ServerName<'_>,
) -> Option<Finding> {
    verify_server_name(parsed, name).err()?;
    let names = &certificate.extensions().subject_alt_names;
    let names: Vec<_> = names.iter().map(|name| name.value()).collect();
    let host = name.to_str();
    let message = match names.is_empty() {
        true => format!(
            "the server's certificate is not for {host}: it has no subjectAltName, and browsers look nowhere else"
        ),
        false => format!(
            "the server's certificate is not for {host}, but for {}",
            names.join(", ")
        ),
    };
    let hint = "Use a name that stands in it, or issue one that holds this name: pki issue-server.";
    Some(problem("wrong-name", message, hint))
}

fn wrong_purpose(certificate: &Certificate) -> Option<Finding> {
    (!certificate.allows_purpose(object_identifier::SERVER_AUTH)).then(|| {
        problem(
            "wrong-purpose",
            "the server's certificate is not for servers: its extKeyUsage lacks serverAuth",
            "Issue one for servers: pki issue-server.",
        )
    })
}

fn weak_key(certificate: &Certificate) -> Option<Finding> {
    let algorithm = certificate.key_algorithm();
    if let Some(bits) = algorithm.strip_prefix("rsa-") {
        let is_short = bits.parse::<u32>().is_ok_and(|bits| bits < RSA_BITS);
        return is_short.then(|| {
            problem(
                "weak-key",
                format!("the key of the server's certificate is short: {algorithm}"),
                "Issue one with a key of p256, or of 2048 bits or more.",
            )
        });
    }
    (!KEYS.contains(&algorithm.as_str())).then(|| {
        problem(
            "key-type",
            format!("Chromium accepts no server's certificate with a key of the type {algorithm}"),
            "Issue one with --key-algorithm p256.",
        )
    })
}

/// The way from a certificate to a root.
struct Path<'a> {
    certificate: &'a Certificate,
    parsed: &'a ParsedCertificate<'a>,
    above: &'a [Vec<u8>],
    known: &'a Known,
    moment: OffsetDateTime,
}

impl Path<'_> {
    fn anchor(&self, above: &[Vec<u8>]) -> Option<Anchor> {
        if self.leads_to(&self.own_roots(), above).is_ok() {
            return Some(Anchor::ThisAuthority);
        }
        let system = self.leads_to(&self.known.system, above);
        system.is_ok().then_some(Anchor::System)
    }

    /// The roots of this CA, an earlier one too, and that of a bundle.
    fn own_roots(&self) -> Vec<Vec<u8>> {
        let authorities = self.known.authorities.iter();
        let roots = authorities.filter(|it| it.is_self_issued());
        roots.map(|root| root.der().to_vec()).collect()
    }

    fn leads_to(&self, roots: &[Vec<u8>], above: &[Vec<u8>]) -> Result<(), rustls::Error> {
        let der = |octets: &Vec<u8>| CertificateDer::from(octets.clone());
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().map(der));
        let above: Vec<_> = above.iter().map(der).collect();
        let seconds = u64::try_from(self.moment.unix_timestamp()).unwrap_or_default();
        verify_server_cert_signed_by_trust_anchor(
            self.parsed,
            &store,
            &above,
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            provider().signature_verification_algorithms.all,
        )
    }

    fn leads_nowhere(&self) -> Finding {
        let certificate = self.certificate;
        if certificate.is_self_issued() {
            return problem(
                "self-signed",
                "the server's certificate is signed by itself: no CA vouches for it",
                "Issue one under this CA (pki issue-server) and trust its root (pki trust install).",
            );
        }
        let here: Vec<_> = (self.known.authorities.iter())
            .map(|authority| authority.der().to_vec())
            .collect();
        if self.anchor(&[self.above, &here].concat()).is_some() {
            return problem(
                "intermediate-missing",
                format!(
                    "the server does not present the certificate of {}, which issued its own",
                    certificate.issuer()
                ),
                "Give the server the whole chain: fullchain.pem, not its own certificate alone.",
            );
        }
        let roots = [self.own_roots(), self.known.system.clone()].concat();
        match self.leads_to(&roots, self.above) {
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)) | Ok(()) => {
                self.unknown_issuer()
            }
            Err(other) => problem(
                "bad-chain",
                format!("the server's certificates do not verify: {other}"),
                "Issue the server's certificate again.",
            ),
        }
    }

    fn unknown_issuer(&self) -> Finding {
        let presented: Vec<_> = (self.above.iter())
            .filter_map(|der| Certificate::from_der(der.as_slice()).ok())
            .collect();
        let mut top = self.certificate;
        while let Some(next) = presented.iter().find(|it| it.subject() == top.issuer())
            && !top.is_self_issued()
        {
            top = next;
        }
        match top.is_self_issued() {
            true => problem(
                "unknown-root",
                format!(
                    "the server's certificate leads to {}, which nobody trusts here",
                    top.subject()
                ),
                "Trust that root, if it is yours, or get a certificate from a CA that browsers know.",
            ),
            false => problem(
                "unknown-issuer",
                format!(
                    "the server's chain ends at {}, which was issued by {}: that CA is not known here, or its certificate is missing in the chain",
                    top.subject(),
                    top.issuer()
                ),
                "Give the server the whole chain, and trust its root where browsers do not know it.",
            ),
        }
    }
}

fn problem(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::problem(About::ServerCertificate, word, message, hint)
}
