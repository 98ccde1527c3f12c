//! What TLS 1.2 sends in the clear beyond the hellos: the key exchange and the CertificateRequest (RFC 5246 §7.4).
//!
//! In TLS 1.3 the shares stand in the hellos and the rest is encrypted. As with the hellos, what cannot be read is left out.

use tls_parser::{TlsMessage, TlsMessageHandshake, parse_tls_message_handshake};

use super::KeyShare;
use super::messages::{Messages, split_u16};

/// `named_curve` of ECCurveType (RFC 8422 §5.4); the other two are obsolete.
const NAMED_CURVE: u8 = 3;
/// HandshakeType client_key_exchange (RFC 5246 §7.4).
const CLIENT_KEY_EXCHANGE: u8 = 16;

/// The messages of a TLS 1.2 handshake that follow the hellos; each is absent where it was not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The server's half, in ServerKeyExchange (RFC 8422 §5.4).
    pub server: Option<KeyShare>,
    /// The client's half, in ClientKeyExchange, of the group that the server chose (RFC 8422 §5.7).
    pub client: Option<KeyShare>,
    /// Whether the server stapled a CertificateStatus, the CA's word that its certificate is good (RFC 6066 §8).
    pub stapled: bool,
    /// What the server's CertificateRequest accepts (RFC 5246 §7.4.4); absent where it made none.
    pub request: Option<Request>,
}

/// A TLS 1.2 CertificateRequest, but for the issuers, which both ends know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Kinds of certificates (ClientCertificateType): 1 is rsa_sign, 64 ecdsa_sign.
    pub certificate_types: Vec<u8>,
    /// Signature schemes, by TLS 1.3's numbers.
    pub signature_schemes: Vec<u16>,
}

impl Exchange {
    /// Reads what both ends sent from their first octet on, as far as it is in the clear.
    pub fn read(from_client: &[u8], from_server: &[u8]) -> Self {
        let mut read = Self::default();
        for message in Messages::in_the_clear(from_server) {
            match parse_tls_message_handshake(&message) {
                Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ServerKeyExchange(content)))) => {
                    read.server = server_share(content.parameters);
                }
                Ok((_, TlsMessage::Handshake(TlsMessageHandshake::CertificateStatus(_)))) => {
                    read.stapled = true;
                }
                Ok((
                    _,
                    TlsMessage::Handshake(TlsMessageHandshake::CertificateRequest(content)),
                )) => {
                    read.request = Some(Request {
                        certificate_types: content.cert_types,
                        signature_schemes: content.sig_hash_algs.unwrap_or_default(),
                    });
                }
                _ => {}
            }
        }
        let group = read.server.as_ref().map(|share| share.group);
        let public = Messages::in_the_clear(from_client).find_map(|message| {
            let (kind, content) = message.split_first()?;
            // The header's other three octets are the length, which the message has.
            let point = content.get(3..).filter(|_| *kind == CLIENT_KEY_EXCHANGE)?;
            Some(split_short_vector(point)?.0.to_vec())
        });
        read.client = group
            .zip(public)
            .map(|(group, public)| KeyShare { group, public });
        read
    }
}

/// `ServerECDHParams` (RFC 8422 §5.4); behind them stands the signature.
fn server_share(parameters: &[u8]) -> Option<KeyShare> {
    let (kind, rest) = parameters.split_first()?;
    let (group, rest) = split_u16(rest).filter(|_| *kind == NAMED_CURVE)?;
    let public = split_short_vector(rest)?.0.to_vec();
    Some(KeyShare { group, public })
}

/// Splits off a vector with a length of one octet before it.
fn split_short_vector(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first()?;
    rest.split_at_checked(usize::from(*length))
}
