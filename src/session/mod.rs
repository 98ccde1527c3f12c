//! What happened in one TLS connection, told in the registries' own names.
//!
//! Both ends of a login build the same [`Session`]: most of it from what rustls tells after the handshake, the rest
//! (randoms, key shares, extended master secret) from the first flight, which a [`Recorder`] on the stream keeps.

mod capture;
mod first_flight;
mod identity;
mod keylog;
mod names;
mod provider;
mod recorder;
#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use aws_lc_rs::digest;
use rustls::{ConnectionCommon, HandshakeKind, ProtocolVersion, SignatureScheme};
use serde::Serialize;

pub use capture::{Tap, Tape};
pub use first_flight::{ClientHello, FirstFlight, ServerHello};
pub use identity::Identity;
pub use keylog::{KeyLogFile, KeyLogs};
pub use names::{alert, cipher_suite, named_group, protocol, signature_scheme};
pub use provider::provider;
pub use recorder::{Recorder, Recording};

use crate::hexadecimal;

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
    /// Whether the TLS 1.2 keys are bound to the handshake (RFC 7627); null in TLS 1.3, where they always are.
    #[serde(skip)]
    pub extended_master_secret: Option<bool>,
    /// The hellos as they were sent; null where they could not be read.
    #[serde(skip)]
    pub first_flight: Option<FirstFlight>,
}

/// What only the code around the handshake sees of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The scheme of the client's CertificateVerify, where there was one.
    pub signature_scheme: Option<SignatureScheme>,
    /// The names in the server's CertificateRequest, where there was one.
    pub acceptable_issuers: Vec<String>,
}

impl Session {
    /// Tells the facts of a connection whose handshake is complete.
    pub fn of<D>(
        connection: &ConnectionCommon<D>,
        first_flight: Option<FirstFlight>,
        observed: Observed,
    ) -> Self {
        let resumed = connection.handshake_kind() == Some(HandshakeKind::Resumed);
        let version = connection.protocol_version();
        let group = connection.negotiated_key_exchange_group();
        let hello = first_flight.as_ref();
        // A resumed handshake holds neither CertificateRequest nor CertificateVerify (RFC 8446 §2.2, RFC 5246 §7.3),
        // whatever the code around it knew beforehand.
        let Observed {
            signature_scheme: scheme,
            acceptable_issuers,
        } = if resumed {
            Observed::default()
        } else {
            observed
        };
        Self {
            protocol: version.map(|version| protocol(version.into())),
            cipher_suite: connection
                .negotiated_cipher_suite()
                .map(|suite| cipher_suite(suite.suite().into())),
            key_exchange_group: group.map(|group| named_group(group.name().into())),
            // Only suites with an ephemeral exchange are offered, so an exchange is an ephemeral one.
            forward_secrecy: group.is_some(),
            resumed,
            exporter_sha256: exporter_sha256(connection),
            client_random: hello.map(|hello| hexadecimal::encode(&hello.client.random)),
            server_random: hello.map(|hello| hexadecimal::encode(&hello.server.random)),
            signature_scheme: scheme.map(|scheme| signature_scheme(scheme.into())),
            server_name: hello.and_then(|hello| hello.client.server_name.clone()),
            alpn: connection
                .alpn_protocol()
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            acceptable_issuers,
            extended_master_secret: match version {
                Some(ProtocolVersion::TLSv1_2) => hello.map(|hello| {
                    hello.client.extended_master_secret && hello.server.extended_master_secret
                }),
                _ => None,
            },
            first_flight,
        }
    }

    /// Tells what the hellos show of a handshake that the other end broke off; there are no keys to compare.
    pub fn unfinished(first_flight: FirstFlight, observed: Observed) -> Self {
        let FirstFlight { client, server, .. } = &first_flight;
        let is_tls_1_2 = server.version == u16::from(ProtocolVersion::TLSv1_2);
        Self {
            protocol: Some(protocol(server.version)),
            cipher_suite: Some(cipher_suite(server.cipher_suite)),
            key_exchange_group: server.key_share.map(named_group),
            // In TLS 1.2 the exchange is in a later message; only suites with an ephemeral one are offered.
            forward_secrecy: is_tls_1_2 || server.key_share.is_some(),
            resumed: false,
            exporter_sha256: None,
            client_random: Some(hexadecimal::encode(&client.random)),
            server_random: Some(hexadecimal::encode(&server.random)),
            signature_scheme: observed
                .signature_scheme
                .map(|scheme| signature_scheme(scheme.into())),
            server_name: client.server_name.clone(),
            alpn: None,
            acceptable_issuers: observed.acceptable_issuers,
            extended_master_secret: is_tls_1_2
                .then_some(client.extended_master_secret && server.extended_master_secret),
            first_flight: Some(first_flight),
        }
    }
}

fn exporter_sha256<D>(connection: &ConnectionCommon<D>) -> Option<String> {
    let value = connection
        .export_keying_material([0_u8; 32], EXPORTER_LABEL, None)
        .ok()?;
    Some(hexadecimal::encode(
        digest::digest(&digest::SHA256, &value).as_ref(),
    ))
}
