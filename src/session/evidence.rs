//! What is kept of a handshake that is complete, until somebody wants it told.
//!
//! To tell costs a good deal more than to keep, and most connections are never asked about.

use aws_lc_rs::digest;
use rustls::{ConnectionCommon, HandshakeKind};
use time::OffsetDateTime;

use super::names::{cipher_suite, named_group, protocol};
use super::{EXPORTER_LABEL, Earlier, End, FirstFlight, Handshake, Observed, Recording, Session};
use crate::hexadecimal;
use crate::validity::format_instant;

/// The facts of one connection, untold: its recording, and what rustls and the code around it know besides.
#[derive(Debug, Clone)]
pub struct Evidence {
    end: End,
    recording: Recording,
    observed: Observed,
    protocol: Option<u16>,
    cipher_suite: Option<u16>,
    key_exchange_group: Option<u16>,
    resumed: bool,
    exporter_sha256: Option<String>,
    alpn: Option<String>,
}

impl Evidence {
    /// Takes down what is known of a connection whose handshake is complete.
    ///
    /// `recording` holds what `end`, which tells, sent and received from the first octet on; kept is only what can be read in it.
    pub fn of<D>(
        connection: &ConnectionCommon<D>,
        end: End,
        recording: Recording,
        observed: Observed,
    ) -> Self {
        let resumed = is_resumed(connection);
        // A resumed handshake holds neither CertificateRequest nor CertificateVerify (RFC 8446 §2.2, RFC 5246 §7.3),
        // whatever the code around it knew beforehand; and only a resumed one has one before it.
        let observed = match resumed {
            true => Observed {
                resumes: observed.resumes,
                ..Observed::default()
            },
            false => Observed {
                resumes: None,
                ..observed
            },
        };
        Self {
            end,
            recording: recording.readable(),
            observed,
            protocol: connection.protocol_version().map(u16::from),
            cipher_suite: (connection.negotiated_cipher_suite()).map(|suite| suite.suite().into()),
            key_exchange_group: (connection.negotiated_key_exchange_group())
                .map(|group| group.name().into()),
            resumed,
            exporter_sha256: exporter_sha256(connection),
            alpn: connection
                .alpn_protocol()
                .map(|name| String::from_utf8_lossy(name).into_owned()),
        }
    }

    /// What is remembered of the connection, which began `at`, for those that will resume its session.
    pub fn earlier(&self, at: OffsetDateTime) -> Earlier {
        let (client, server) = match self.end {
            End::Client => (&self.recording.sent, &self.recording.received),
            End::Server => (&self.recording.received, &self.recording.sent),
        };
        let flight = FirstFlight::read(client, server);
        let signed = self.observed.client.signed.as_ref();
        Earlier {
            at: format_instant(at),
            client_random: (flight.as_ref()).map(|it| hexadecimal::encode(&it.client.random)),
            server_random: (flight.as_ref()).map(|it| hexadecimal::encode(&it.server.random)),
            exporter_sha256: self.exporter_sha256.clone(),
            key_exchange_group: self.key_exchange_group.map(named_group),
            signature_scheme: signed.map(|signed| signed.signature_scheme.clone()),
            resumed: self.resumed,
        }
    }

    /// What was recorded, as far as it can be read.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Tells the connection.
    pub fn session(&self) -> Session {
        let handshake = Handshake::of(
            self.end,
            &self.recording,
            self.observed.clone(),
            self.cipher_suite,
            self.resumed,
        );
        let group = self.key_exchange_group;
        Session {
            protocol: self.protocol.map(protocol),
            cipher_suite: self.cipher_suite.map(cipher_suite),
            key_exchange_group: group.map(named_group),
            // Only suites with an ephemeral exchange are offered, so an exchange is an ephemeral one.
            forward_secrecy: group.is_some(),
            resumed: self.resumed,
            exporter_sha256: self.exporter_sha256.clone(),
            alpn: self.alpn.clone(),
            ..Session::told_by(handshake)
        }
    }
}

/// Says whether a handshake rested on an earlier one.
pub fn is_resumed<D>(connection: &ConnectionCommon<D>) -> bool {
    connection.handshake_kind() == Some(HandshakeKind::Resumed)
}

fn exporter_sha256<D>(connection: &ConnectionCommon<D>) -> Option<String> {
    let value = connection
        .export_keying_material([0_u8; 32], EXPORTER_LABEL, None)
        .ok()?;
    Some(hexadecimal::encode(
        digest::digest(&digest::SHA256, &value).as_ref(),
    ))
}
