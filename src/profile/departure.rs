//! How a certificate for a probe departs from that of a client.

use crate::certificate::KeyUsage;
use crate::certificate::object_identifier as oid;

/// The one way in which a probe's certificate departs from the client profile; who lets it in does not look at that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// In none: it lets in whom a client's certificate lets in.
    None,
    /// Its only purpose is that of servers (§4.2.1.12).
    ServerPurpose,
    /// Its only purpose is one that no TLS connection has (§4.2.1.12).
    OtherPurpose,
    /// Its key may encipher keys and not sign (§4.2.1.3).
    EnciphermentOnly,
    /// It carries a critical extension that nobody knows (§4.2).
    UnknownCriticalExtension,
}

impl Departure {
    pub(super) fn purpose(self) -> &'static str {
        match self {
            Self::ServerPurpose => oid::SERVER_AUTH,
            Self::OtherPurpose => oid::EMAIL_PROTECTION,
            Self::None | Self::EnciphermentOnly | Self::UnknownCriticalExtension => {
                oid::CLIENT_AUTH
            }
        }
    }

    pub(super) fn key_usage(self) -> u16 {
        match self {
            Self::EnciphermentOnly => KeyUsage::KEY_ENCIPHERMENT,
            Self::None
            | Self::ServerPurpose
            | Self::OtherPurpose
            | Self::UnknownCriticalExtension => KeyUsage::DIGITAL_SIGNATURE,
        }
    }
}
