//! What happened in one TLS connection, told in the registries' own names.
//!
//! Both ends of a login build the same [`Session`]: most of it from what rustls tells after the handshake, the rest
//! (randoms, key shares, extended master secret) from the first flight, which a [`Recorder`] on the stream keeps.

mod alert;
mod capture;
mod evidence;
mod exchange;
mod first_flight;
mod handshake;
mod identity;
mod keylog;
mod keys;
mod messages;
mod names;
mod overheard;
mod provider;
mod recorder;
mod signed;
mod story;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::pki_types::CertificateDer;
use serde::Serialize;

pub use alert::{Meaning, meaning};
pub use capture::{Tap, Tape};
pub use evidence::{Evidence, is_resumed};
pub use exchange::{Exchange, Request};
pub use first_flight::{ClientHello, FirstFlight, KeyShare, Retry, ServerHello};
pub use handshake::{Earlier, Handshake};
pub use identity::Identity;
pub use keylog::{KeyLogFile, KeyLogs};
pub use keys::DerivedKey;
pub use names::{alert, cipher_suite, named_group, protocol, signature_scheme};
pub use overheard::{Ear, Overheard};
pub use provider::provider;
pub use recorder::{Recorder, Recording};
pub use signed::{End, Notes, NotingKey, Signed};
pub use story::{Fact, Inheritance, Protection, Step};

/// The label under which both ends derive the value that shows that they hold the same keys.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-pki-session";

/// The application protocols that a login speaks, most preferred first, as RFC 7301 names them.
pub const APPLICATION_PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The facts of one connection, as seen from one end.
///
/// Serialized it is the `session` object of the program's JSON; a fact that is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    /// `TLSv1.2` or `TLSv1.3`.
    pub protocol: Option<String>,
    /// The cipher suite's name at IANA.
    pub cipher_suite: Option<String>,
    /// The group of the (EC)DHE or hybrid exchange; none took place in a resumed TLS 1.2 session.
    pub key_exchange_group: Option<String>,
    /// Whether this connection's keys came from an exchange of their own, so that no long-lived key can decrypt it later.
    pub forward_secrecy: bool,
    /// Whether the handshake rested on an earlier one; then no certificate was sent and no private key used.
    pub resumed: bool,
    /// SHA-256, in hex, of 32 octets of exporter output (RFC 5705, RFC 8446 §7.5) with [`EXPORTER_LABEL`] and no context.
    pub exporter_sha256: Option<String>,
    /// ClientHello.random, 32 octets in hex.
    pub client_random: Option<String>,
    /// ServerHello.random, 32 octets in hex.
    pub server_random: Option<String>,
    /// How the client signed its CertificateVerify; null when it sent none.
    pub signature_scheme: Option<String>,
    /// The host name that the client asked for (RFC 6066 §3); null for an IP address.
    pub server_name: Option<String>,
    /// The application protocol agreed on (RFC 7301).
    pub alpn: Option<String>,
    /// The certificate authorities that the server named in its CertificateRequest (RFC 4514); none when it made no request.
    pub acceptable_issuers: Vec<String>,
    /// The same connection message by message; a document of its own beside this one.
    #[serde(skip)]
    pub handshake: Handshake,
}

/// What only the code around the handshake sees of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The server's CertificateRequest, where it made one.
    pub request: Option<Arc<Requested>>,
    /// What the server presented.
    pub server: Shown,
    /// What the client presented.
    pub client: Shown,
    /// The connection whose session this one resumes, where it is remembered.
    pub resumes: Option<Earlier>,
}

/// A CertificateRequest as the code around the handshake sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    /// The certificate authorities named (RFC 4514).
    pub acceptable_issuers: Vec<String>,
    /// The signature schemes accepted.
    pub signature_schemes: Vec<SignatureScheme>,
}

/// Certificates as they stood in a Certificate message, its sender's own first; a clone shares them.
pub type Chain = Arc<[CertificateDer<'static>]>;

/// What one end presented, and signed to prove that it is its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its certificates, its own first.
    pub chain: Chain,
    /// The signature with its private key.
    pub signed: Option<Signed>,
}

impl Session {
    /// Tells what the hellos show of a handshake that the other end broke off; there are no keys to compare.
    ///
    /// Nothing, where not even the hellos were exchanged.
    pub fn unfinished(end: End, recording: &Recording, observed: Observed) -> Option<Self> {
        let handshake = Handshake::broken_off(end, recording, observed);
        let hello = handshake.server_hello.as_ref()?;
        let (protocol, suite) = (hello.version.clone(), hello.cipher_suite.clone());
        let group = handshake.key_exchange.as_ref().map(|it| it.group.clone());
        Some(Self {
            // There are no keys yet, or only one end has them; of an ephemeral exchange they would have come.
            forward_secrecy: group.is_some(),
            protocol: Some(protocol),
            cipher_suite: Some(suite),
            key_exchange_group: group,
            ..Self::told_by(handshake)
        })
    }

    /// What the messages alone tell.
    fn told_by(handshake: Handshake) -> Self {
        let client = handshake.client_hello.as_ref();
        let request = handshake.certificate_request.as_ref();
        Self {
            protocol: None,
            cipher_suite: None,
            key_exchange_group: None,
            forward_secrecy: false,
            resumed: false,
            exporter_sha256: None,
            client_random: client.map(|hello| hello.random.clone()),
            server_random: (handshake.server_hello.as_ref()).map(|hello| hello.random.clone()),
            signature_scheme: (handshake.client_signature.as_ref())
                .map(|signed| signed.signature_scheme.clone()),
            server_name: client.and_then(|hello| hello.server_name.clone()),
            alpn: None,
            acceptable_issuers: request
                .map(|request| request.acceptable_issuers.clone())
                .unwrap_or_default(),
            handshake,
        }
    }
}
