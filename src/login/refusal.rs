//! Tells a refusal by alert from everything else that can end a connection.

use std::error::Error as StdError;
use std::io;

use rustls::pki_types::CertificateDer;
use rustls::{AlertDescription, CertificateError};

use super::Url;
use super::witness::Witness;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SubjectAltName, one_line};
use crate::session;

/// How many names of a certificate are told: a CDN's may hold a hundred.
const NAMES: usize = 8;

/// The server ended the connection with an alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal(AlertDescription);

impl Refusal {
    /// Reads what ended a handshake or a request, often told as the cause of a cause.
    ///
    /// # Errors
    /// Says what happened where it was not the server's alert.
    pub(super) fn read(
        cause: &(dyn StdError + 'static),
        url: &Url,
        witness: &Witness,
    ) -> Result<Self> {
        let Some(tls) = tls_error(cause) else {
            return Err(Error::new(
                ErrorKind::Network,
                format!("{url} ended the connection without an answer: {cause}"),
            )
            .with_hint("Look at the server's log; the port may speak another protocol."));
        };
        match tls {
            rustls::Error::AlertReceived(alert) if is_refusal(*alert) => Ok(Self(*alert)),
            other => Err(describe(other, url, witness.server_chain().first())),
        }
    }

    /// The alert as IANA names it.
    pub(super) fn alert(self) -> String {
        session::alert(self.0.into())
    }

    /// Whether the server refused because it was given no certificate.
    ///
    /// TLS 1.3 has an alert for that; in TLS 1.2 servers send handshake_failure (RFC 5246 §7.4.6) or what they like.
    pub(super) fn wants_certificate(self, witness: &Witness) -> bool {
        self.0 == AlertDescription::CertificateRequired
            || (witness.was_asked() && !witness.has_signed())
    }
}

/// What says that the ends have no protocol in common says nothing about a certificate.
fn is_refusal(alert: AlertDescription) -> bool {
    !matches!(
        alert,
        AlertDescription::ProtocolVersion
            | AlertDescription::NoApplicationProtocol
            | AlertDescription::UnrecognisedName
            | AlertDescription::InsufficientSecurity
            | AlertDescription::CloseNotify
    )
}

/// Finds rustls' error, which wears the clothes of input and output and of HTTP.
pub(super) fn tls_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(cause);
    while let Some(cause) = next {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // The source of an io::Error is the source of the error within, not the error within itself.
        next = match cause.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
            None => cause.source(),
        };
    }
    None
}

/// What answered is not TLS.
pub(super) fn not_tls(received: &[u8], url: &Url) -> Error {
    let what = match received.starts_with(b"HTTP/") {
        true => "speaks plain HTTP, not TLS",
        false => "does not speak TLS; it may be plain HTTP",
    };
    Error::new(ErrorKind::Network, format!("the port of {url} {what}")).with_hint(
        "Give the port on which the server speaks TLS; on this one, by http://, nobody is asked for a certificate.",
    )
}

/// What happened, where it was not an alert that refuses; `own` is the certificate that the server presented.
pub(super) fn describe(
    cause: &rustls::Error,
    url: &Url,
    own: Option<&CertificateDer<'_>>,
) -> Error {
    let host = url.host();
    let (fact, hint) = match cause {
        rustls::Error::InvalidCertificate(problem) => match problem {
            CertificateError::UnknownIssuer => (
                format!("the certificate of {host} does not lead to the root of this authority"),
                "Check that this is the server you mean; it must present the issuing CA's certificate too.",
            ),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                (
                    format!("the server's certificate is not for {host}{}", but_for(own)),
                    "Use a name that stands in it, or issue one that holds this name: pki issue-server.",
                )
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
                format!("the certificate of {host} has expired"),
                "Renew the server's certificate.",
            ),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
                format!("the certificate of {host} is not valid yet"),
                "Check the clocks of both machines.",
            ),
            other => (
                format!("the certificate of {host} is not trusted: {other}"),
                "Issue the server's certificate again.",
            ),
        },
        rustls::Error::AlertReceived(alert) => (
            format!(
                "{url} refused to speak: it sent the alert {}",
                session::alert((*alert).into())
            ),
            "Try another version with --tls, or another host name.",
        ),
        other => (
            format!("the handshake with {url} failed: {other}"),
            "Check that an HTTPS server listens there.",
        ),
    };
    Error::new(ErrorKind::Network, fact).with_hint(hint)
}

/// For what a server's certificate is; nothing where it cannot be read.
fn but_for(own: Option<&CertificateDer<'_>>) -> String {
    let Some(own) = own.and_then(|der| Certificate::from_der(der.as_ref()).ok()) else {
        return String::new();
    };
    let names = own.extensions().subject_alt_names.iter();
    let names: Vec<_> = names
        .filter(|name| matches!(name, SubjectAltName::Dns(_) | SubjectAltName::Ip(_)))
        .map(|name| one_line(&name.value()))
        .collect();
    let shown = names.iter().take(NAMES).cloned().collect::<Vec<_>>();
    match (shown.is_empty(), names.len().saturating_sub(NAMES)) {
        (true, _) => "; it holds no name of a host".to_owned(),
        (false, 0) => format!(", but for {}", shown.join(", ")),
        (false, more) => format!(", but for {} and {more} more", shown.join(", ")),
    }
}
