//! One handshake, message by message, in the registries' names: what the page, the JSON and the terminal are made of.
//!
//! It holds what was sent and what was signed, and of the keys their names and sizes: never a secret.

use serde::Serialize;

use super::exchange::Exchange;
use super::keys::{DerivedKey, derived};
use super::messages::changes_cipher;
use super::names::{cipher_suite, named_group, protocol, signature_scheme};
use super::{End, FirstFlight, KeyShare, Observed, Recording, Signed, first_flight};
use crate::certificate::Certificate;
use crate::hexadecimal;
use crate::validity::format_instant;

/// TLS 1.3 in supported_versions (RFC 8446 §4.2.1).
const TLS_1_3: u16 = 0x0304;

/// What one handshake held, in the order in which it was sent; serialized it is `handshake` in the program's JSON.
///
/// A message that was not sent, or that this end could not read, is null or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Handshake {
    /// Whether both ends said Finished; false where an alert came before.
    pub complete: bool,
    /// Whether the client said Finished, with which it has done all that it does.
    pub client_finished: bool,
    /// What the client offered at first.
    pub client_hello: Option<ClientHello>,
    /// What the server asked for in a HelloRetryRequest, and what the client then sent (RFC 8446 §4.1.4).
    pub hello_retry: Option<HelloRetry>,
    /// What the server chose.
    pub server_hello: Option<ServerHello>,
    /// Both halves of the exchange from which the keys come; null where none took place.
    pub key_exchange: Option<KeyExchange>,
    /// What the server asked the client for; null where it asked for nothing.
    pub certificate_request: Option<CertificateRequest>,
    /// The server's Certificate, its own certificate first.
    pub server_certificate: Vec<Presented>,
    /// Whether the server sent the CA's word that its certificate is good, by OCSP (RFC 6066 §8); null in TLS 1.3, where it lies
    /// encrypted in its Certificate.
    pub certificate_status: Option<bool>,
    /// The server's CertificateVerify; in TLS 1.2 the signature in its ServerKeyExchange.
    pub server_signature: Option<Signed>,
    /// The client's Certificate, its own certificate first.
    pub client_certificate: Vec<Presented>,
    /// The client's CertificateVerify: the one moment in which its private key is used.
    pub client_signature: Option<Signed>,
    /// Whether the TLS 1.2 keys are bound to the handshake (RFC 7627); null in TLS 1.3, where they always are.
    pub extended_master_secret: Option<bool>,
    /// The keys that both ends derived: names and sizes.
    pub keys: Vec<DerivedKey>,
    /// The connection whose session this one resumes; null in a full handshake, and where it is no longer remembered.
    pub resumes: Option<Earlier>,
    /// The alert with which the server ended the connection.
    pub alert: Option<String>,
}

/// A ClientHello (RFC 8446 §4.1.2); lists in the client's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClientHello {
    /// ClientHello.random, 32 octets in hex.
    pub random: String,
    /// Protocol versions offered.
    pub versions: Vec<String>,
    /// Cipher suites offered.
    pub cipher_suites: Vec<String>,
    /// Groups that the client can exchange keys in.
    pub groups: Vec<String>,
    /// Key shares sent along, so that no round trip is lost; none in TLS 1.2.
    pub key_shares: Vec<Share>,
    /// Signature schemes that the client accepts from the server.
    pub signature_schemes: Vec<String>,
    /// The host name asked for (RFC 6066 §3).
    pub server_name: Option<String>,
    /// Application protocols offered (RFC 7301).
    pub application_protocols: Vec<String>,
    /// Whether the client named an earlier session to resume.
    pub offers_resumption: bool,
}

/// A HelloRetryRequest and its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HelloRetry {
    /// The group of which the server wants a key share; null where it only wants its cookie back (RFC 8446 §4.2.2).
    pub group: Option<String>,
    /// The key shares of the second ClientHello.
    pub key_shares: Vec<Share>,
}

/// A ServerHello (RFC 8446 §4.1.3).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ServerHello {
    /// ServerHello.random, 32 octets in hex.
    pub random: String,
    /// The protocol version chosen.
    pub version: String,
    /// The cipher suite chosen.
    pub cipher_suite: String,
}

/// One end's public half of a key exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// The group.
    pub group: String,
    /// The length of the public value in octets.
    pub octets: usize,
    /// The public value in hex.
    pub public: String,
}

/// The exchange from which the keys come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyExchange {
    /// The group.
    pub group: String,
    /// `ECDHE`, `DHE`, `ML-KEM`, or `ECDHE and ML-KEM` for a hybrid.
    pub kind: &'static str,
    /// The client's half.
    pub client: Option<Share>,
    /// The server's half.
    pub server: Option<Share>,
}

/// A CertificateRequest (RFC 8446 §4.3.2, RFC 5246 §7.4.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CertificateRequest {
    /// The certificate authorities that the server named (RFC 4514); none means any.
    pub acceptable_issuers: Vec<String>,
    /// The schemes in which the client may sign. A client tells of those only that its version of TLS can use.
    pub signature_schemes: Vec<String>,
}

/// A certificate as it stood in a Certificate message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Presented {
    /// Whose it is (RFC 4514).
    pub subject: String,
    /// Who signed it (RFC 4514).
    pub issuer: String,
    /// From when on it is valid (RFC 3339); about when its key was made, where the CA made it.
    pub not_before: String,
    /// Until when it is valid (RFC 3339).
    pub not_after: String,
    /// The kind of key that it certifies, as in `p256`.
    pub key_algorithm: String,
    /// SHA-256 of the DER, in hex.
    pub fingerprint_sha256: String,
}

/// The connection whose session another one resumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// When it began (RFC 3339).
    pub at: String,
    /// Its ClientHello.random.
    pub client_random: Option<String>,
    /// Its ServerHello.random.
    pub server_random: Option<String>,
    /// Its exporter value, as in [`exporter_sha256`](super::Session::exporter_sha256).
    pub exporter_sha256: Option<String>,
    /// The group of its key exchange.
    pub key_exchange_group: Option<String>,
    /// How the client signed in it; null where it was resumed itself.
    pub signature_scheme: Option<String>,
    /// Whether it was resumed itself.
    pub resumed: bool,
}

impl Handshake {
    /// Puts together what was recorded of a handshake that is complete, and what the code around it tells.
    pub(super) fn of(
        end: End,
        recording: &Recording,
        observed: Observed,
        suite: Option<u16>,
        resumed: bool,
    ) -> Self {
        Self {
            complete: true,
            client_finished: true,
            keys: suite.map_or_else(Vec::new, |suite| derived(suite, resumed)),
            ..Self::as_far_as(end, recording, observed)
        }
    }

    /// The same of one that the other end broke off.
    pub(super) fn broken_off(end: End, recording: &Recording, observed: Observed) -> Self {
        let told = Self::as_far_as(end, recording, observed);
        // In TLS 1.3 the client's Finished completes the handshake for it; in TLS 1.2 it waits for the server's.
        let client_finished = told.client_signature.is_some()
            && told.extended_master_secret.is_some()
            && changes_cipher(from_client(end, recording));
        let suite = FirstFlight::read(from_client(end, recording), from_server(end, recording))
            .filter(|_| client_finished)
            .map(|flight| flight.server.cipher_suite);
        Self {
            client_finished,
            keys: suite.map_or_else(Vec::new, |suite| derived(suite, false)),
            ..told
        }
    }

    /// What the messages tell, as far as there are any.
    fn as_far_as(end: End, recording: &Recording, observed: Observed) -> Self {
        let (from_client, from_server) = (from_client(end, recording), from_server(end, recording));
        let Some(flight) = FirstFlight::read(from_client, from_server) else {
            return Self::default();
        };
        let Observed {
            request,
            server,
            client,
            resumes,
        } = observed;
        let tls_1_2 = flight.server.version < TLS_1_3;
        let exchange = match tls_1_2 {
            true => Exchange::read(from_client, from_server),
            false => Exchange::default(),
        };
        let schemes = match exchange.request {
            Some(ref sent) => sent.signature_schemes.clone(),
            None => (request.iter())
                .flat_map(|request| request.signature_schemes.iter().map(|it| (*it).into()))
                .collect(),
        };
        Self {
            client_hello: Some(ClientHello::of(&flight.client, &flight.server)),
            hello_retry: flight.retry.as_ref().map(|retry| HelloRetry {
                group: retry.group.map(named_group),
                key_shares: retry.hello.key_shares.iter().map(Share::of).collect(),
            }),
            server_hello: Some(ServerHello {
                random: hexadecimal::encode(&flight.server.random),
                version: protocol(flight.server.version),
                cipher_suite: cipher_suite(flight.server.cipher_suite),
            }),
            key_exchange: KeyExchange::of(&flight, &exchange),
            certificate_request: request.map(|request| CertificateRequest {
                acceptable_issuers: request.acceptable_issuers.clone(),
                signature_schemes: schemes.into_iter().map(signature_scheme).collect(),
            }),
            server_certificate: presented(&server.chain),
            certificate_status: tls_1_2.then_some(exchange.stapled),
            server_signature: server.signed,
            client_certificate: presented(&client.chain),
            client_signature: client.signed,
            extended_master_secret: tls_1_2.then_some(
                flight.client.extended_master_secret && flight.server.extended_master_secret,
            ),
            resumes,
            ..Self::default()
        }
    }
}

fn from_client(end: End, recording: &Recording) -> &[u8] {
    match end {
        End::Client => &recording.sent,
        End::Server => &recording.received,
    }
}

fn from_server(end: End, recording: &Recording) -> &[u8] {
    match end {
        End::Client => &recording.received,
        End::Server => &recording.sent,
    }
}

impl ClientHello {
    fn of(hello: &first_flight::ClientHello, answer: &first_flight::ServerHello) -> Self {
        // In TLS 1.2 a session is named by its identifier or a ticket. A client that speaks TLS 1.3 as well fills the identifier with
        // a meaningless value (RFC 8446 §D.4): then only the server's answer tells.
        let names_session = match hello.versions.contains(&TLS_1_3) {
            true => answer.version < TLS_1_3 && hello.session_id == answer.session_id,
            false => true,
        };
        let names_session = names_session && !hello.session_id.is_empty();
        let named = |numbers: &[u16], name: fn(u16) -> String| {
            numbers.iter().copied().map(name).collect::<Vec<_>>()
        };
        Self {
            random: hexadecimal::encode(&hello.random),
            versions: named(&hello.versions, protocol),
            cipher_suites: named(&hello.cipher_suites, cipher_suite),
            groups: named(&hello.groups, named_group),
            key_shares: hello.key_shares.iter().map(Share::of).collect(),
            signature_schemes: named(&hello.signature_schemes, signature_scheme),
            server_name: hello.server_name.clone(),
            application_protocols: hello.application_protocols.clone(),
            offers_resumption: hello.pre_shared_key || hello.session_ticket || names_session,
        }
    }
}

impl Share {
    fn of(share: &KeyShare) -> Self {
        Self {
            group: named_group(share.group),
            octets: share.public.len(),
            public: hexadecimal::encode(&share.public),
        }
    }
}

impl KeyExchange {
    fn of(flight: &FirstFlight, exchange: &Exchange) -> Option<Self> {
        let server = flight
            .server
            .key_share
            .as_ref()
            .or(exchange.server.as_ref())?;
        let hello = (flight.retry.as_ref()).map_or(&flight.client, |retry| &retry.hello);
        let offered = (hello.key_shares.iter()).find(|share| share.group == server.group);
        let client = match flight.server.key_share {
            Some(_) => offered,
            None => exchange.client.as_ref(),
        };
        Some(Self {
            group: named_group(server.group),
            kind: kind_of(server.group),
            client: client.map(Share::of),
            server: Some(Share::of(server)),
        })
    }
}

/// By the ranges of the registry (RFC 8446 §4.2.7, RFC 7919).
fn kind_of(group: u16) -> &'static str {
    let name = named_group(group);
    match name.find("MLKEM") {
        Some(0) => "ML-KEM",
        Some(_) => "ECDHE and ML-KEM",
        None if name.starts_with("ffdhe") => "DHE",
        None => "ECDHE",
    }
}

fn presented(chain: &[rustls::pki_types::CertificateDer<'static>]) -> Vec<Presented> {
    let readable = chain.iter().map(|der| Certificate::from_der(der.as_ref()));
    readable
        .map(|certificate| match certificate {
            Ok(certificate) => Presented {
                subject: certificate.subject().to_string(),
                issuer: certificate.issuer().to_string(),
                not_before: format_instant(certificate.validity().not_before),
                not_after: format_instant(certificate.validity().not_after),
                key_algorithm: certificate.key_algorithm(),
                fingerprint_sha256: certificate.fingerprint().to_string(),
            },
            Err(_) => Presented::default(),
        })
        .collect()
}
