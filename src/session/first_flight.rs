//! The hellos, read from the octets that went over the wire.
//!
//! They are the part of a handshake that is never encrypted. rustls has checked them already, but does not tell
//! everything that stands in them; here nothing is relied on: what cannot be read is left out, and nothing panics.

use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, TlsVersion, parse_tls_client_hello_extension,
    parse_tls_message_handshake, parse_tls_server_hello_extension,
};

use super::messages::{Messages, split_u16, split_vector};

/// ServerHello.random of a HelloRetryRequest: SHA-256 of that word (RFC 8446 §4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The extension status_request.
const STATUS_REQUEST: u16 = 5;

/// The client's and the server's hello of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstFlight {
    /// What the client offered at first.
    pub client: ClientHello,
    /// What the server wanted otherwise in a HelloRetryRequest, and what the client then offered (RFC 8446 §4.1.4).
    pub retry: Option<Retry>,
    /// What the server chose; never the HelloRetryRequest.
    pub server: ServerHello,
}

/// A HelloRetryRequest and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// The group of which a key share is wanted; none where only a cookie was to be brought back (RFC 8446 §4.2.2).
    pub group: Option<u16>,
    /// The second hello.
    pub hello: ClientHello,
}

/// One end's half of a key exchange: a public value that says nothing about the keys without the other end's secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyShare {
    /// The group's number at IANA.
    pub group: u16,
    /// The public value as it was sent (RFC 8446 §4.2.8, RFC 8422 §5.4): 32 octets for x25519, 1216 from a client for X25519MLKEM768.
    pub public: Vec<u8>,
}

/// A ClientHello (RFC 8446 §4.1.2). Lists keep the client's order; numbers are IANA's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// 32 octets that make this handshake unlike any other.
    pub random: [u8; 32],
    /// Protocol versions offered; without supported_versions, the one in the hello's own field.
    pub versions: Vec<u16>,
    /// Cipher suites offered.
    pub cipher_suites: Vec<u16>,
    /// Groups that the client can exchange keys in.
    pub groups: Vec<u16>,
    /// The key shares that the hello held; none in TLS 1.2.
    pub key_shares: Vec<KeyShare>,
    /// Signature schemes that the client accepts from the server.
    pub signature_schemes: Vec<u16>,
    /// The host name asked for (RFC 6066 §3).
    pub server_name: Option<String>,
    /// Application protocols offered (RFC 7301).
    pub application_protocols: Vec<String>,
    /// Whether extended_master_secret was offered (RFC 7627).
    pub extended_master_secret: bool,
    /// The session that the client would like to resume in TLS 1.2, else a random value for old middleboxes, or nothing.
    pub session_id: Vec<u8>,
    /// Whether the hello named a session to resume in TLS 1.3 (RFC 8446 §4.2.11).
    pub pre_shared_key: bool,
    /// Whether it brought a ticket for one in TLS 1.2 (RFC 5077 §3.2).
    pub session_ticket: bool,
}

/// A ServerHello (RFC 8446 §4.1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerHello {
    /// 32 octets; in a TLS 1.2 answer of a server that knows TLS 1.3 the last eight say so.
    pub random: [u8; 32],
    /// The protocol version chosen.
    pub version: u16,
    /// The cipher suite chosen.
    pub cipher_suite: u16,
    /// The server's key share; none in TLS 1.2, where ServerKeyExchange holds it, and without octets in a HelloRetryRequest.
    pub key_share: Option<KeyShare>,
    /// Whether extended_master_secret was accepted (RFC 7627).
    pub extended_master_secret: bool,
    /// In TLS 1.2 the session that begins or is resumed, where the server keeps it.
    pub session_id: Vec<u8>,
}

impl FirstFlight {
    /// Reads both hellos from what the client and the server sent from their first octet on.
    ///
    /// Gives nothing when either hello is missing, cut off or not TLS.
    pub fn read(from_client: &[u8], from_server: &[u8]) -> Option<Self> {
        let mut server_messages = Messages::new(from_server);
        let mut client_messages = Messages::new(from_client);
        let client = ClientHello::read(&client_messages.next()?)?;
        let first_answer = ServerHello::read(&server_messages.next()?)?;
        if first_answer.random != HELLO_RETRY_REQUEST {
            return Some(Self {
                client,
                retry: None,
                server: first_answer,
            });
        }
        let retry = Retry {
            group: first_answer.key_share.map(|share| share.group),
            hello: ClientHello::read(&client_messages.next()?)?,
        };
        let server = ServerHello::read(&server_messages.next()?)?;
        Some(Self {
            client,
            retry: Some(retry),
            server,
        })
    }
}

impl ClientHello {
    /// Says of a client that sent these octets first whether it wants to be shown the status of the server's certificate (RFC 6066 §8);
    /// nothing where they cannot be read.
    pub fn wants_status(from_client: &[u8]) -> Option<bool> {
        let message = Messages::new(from_client).next()?;
        let Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)))) =
            parse_tls_message_handshake(&message)
        else {
            return None;
        };
        let mut extensions = Extensions(hello.ext.unwrap_or_default());
        Some(extensions.any(|it| split_u16(it).is_some_and(|(kind, _)| kind == STATUS_REQUEST)))
    }

    fn read(message: &[u8]) -> Option<Self> {
        let Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)))) =
            parse_tls_message_handshake(message)
        else {
            return None;
        };
        let mut read = Self {
            random: hello.random.try_into().ok()?,
            versions: vec![hello.version.0],
            cipher_suites: hello.ciphers.iter().map(|suite| suite.0).collect(),
            session_id: hello.session_id.unwrap_or_default().to_vec(),
            ..Self::default()
        };
        for extension in Extensions(hello.ext.unwrap_or_default()) {
            if let Ok((_, extension)) = parse_tls_client_hello_extension(extension) {
                read.take_extension(&extension);
            }
        }
        Some(read)
    }

    fn take_extension(&mut self, extension: &TlsExtension<'_>) {
        match extension {
            TlsExtension::SNI(names) => {
                self.server_name = names
                    .first()
                    .map(|(_, name)| String::from_utf8_lossy(name).into_owned());
            }
            TlsExtension::SupportedVersions(versions) => {
                self.versions = versions.iter().map(|version| version.0).collect();
            }
            TlsExtension::EllipticCurves(groups) => {
                self.groups = groups.iter().map(|group| group.0).collect();
            }
            TlsExtension::SignatureAlgorithms(schemes) => {
                self.signature_schemes.clone_from(schemes)
            }
            TlsExtension::ALPN(names) => {
                self.application_protocols = names
                    .iter()
                    .map(|name| String::from_utf8_lossy(name).into_owned())
                    .collect();
            }
            TlsExtension::KeyShare(content) => self.key_shares = client_shares(content),
            TlsExtension::ExtendedMasterSecret => self.extended_master_secret = true,
            TlsExtension::PreSharedKey(_) => self.pre_shared_key = true,
            TlsExtension::SessionTicket(ticket) => self.session_ticket = !ticket.is_empty(),
            _ => {}
        }
    }
}

impl ServerHello {
    fn read(message: &[u8]) -> Option<Self> {
        let Ok((_, TlsMessage::Handshake(TlsMessageHandshake::ServerHello(hello)))) =
            parse_tls_message_handshake(message)
        else {
            return None;
        };
        let mut read = Self {
            random: hello.random.try_into().ok()?,
            version: hello.version.0,
            cipher_suite: hello.cipher.0,
            session_id: hello.session_id.unwrap_or_default().to_vec(),
            ..Self::default()
        };
        for extension in Extensions(hello.ext.unwrap_or_default()) {
            match parse_tls_server_hello_extension(extension) {
                Ok((_, TlsExtension::SupportedVersions(versions))) => {
                    read.version = versions.first().map_or(read.version, |TlsVersion(v)| *v);
                }
                // The group and the share itself, or in a HelloRetryRequest the group alone (RFC 8446 §4.2.8).
                Ok((_, TlsExtension::KeyShare(content))) => {
                    read.key_share = split_u16(content).map(|(group, rest)| KeyShare {
                        group,
                        public: split_vector(rest)
                            .map_or_else(Vec::new, |(public, _)| public.to_vec()),
                    });
                }
                Ok((_, TlsExtension::ExtendedMasterSecret)) => read.extended_master_secret = true,
                _ => {}
            }
        }
        Some(read)
    }
}

/// `KeyShareEntry client_shares<0..2^16-1>` (RFC 8446 §4.2.8).
fn client_shares(content: &[u8]) -> Vec<KeyShare> {
    let mut shares = Vec::new();
    let mut rest = split_vector(content).map_or(&[][..], |(entries, _)| entries);
    while let Some((group, (public, after))) =
        split_u16(rest).and_then(|(group, rest)| Some((group, split_vector(rest)?)))
    {
        let public = public.to_vec();
        shares.push(KeyShare { group, public });
        rest = after;
    }
    shares
}

/// Extensions one by one, each with its header, so that one that cannot be read does not hide the others.
struct Extensions<'a>(&'a [u8]);

impl<'a> Iterator for Extensions<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (_, after_type) = split_u16(self.0)?;
        let (content, rest) = split_vector(after_type)?;
        let extension = self.0.get(..4 + content.len());
        self.0 = rest;
        extension
    }
}
