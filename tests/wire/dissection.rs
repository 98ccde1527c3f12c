//! The messages of a recorded handshake, as tshark takes them apart.

use std::path::Path;

use serde_json::Value;

use super::run;
use crate::support::{Authority, path_text};

/// A message of a handshake.
#[derive(Debug)]
pub(super) struct Message {
    /// Its HandshakeType (RFC 8446 §4).
    pub(super) kind: u16,
    pub(super) from_client: bool,
    fields: Value,
}

/// The messages of one connection, in their order.
pub(super) struct Dissection(Vec<Message>);

pub(super) const CLIENT_HELLO: u16 = 1;
pub(super) const SERVER_HELLO: u16 = 2;
pub(super) const ENCRYPTED_EXTENSIONS: u16 = 8;
pub(super) const CERTIFICATE: u16 = 11;
pub(super) const SERVER_KEY_EXCHANGE: u16 = 12;
pub(super) const CERTIFICATE_REQUEST: u16 = 13;
pub(super) const CERTIFICATE_VERIFY: u16 = 15;
pub(super) const CLIENT_KEY_EXCHANGE: u16 = 16;
pub(super) const CERTIFICATE_STATUS: u16 = 22;

impl Dissection {
    /// Takes the only connection of a recording apart, with these options.
    #[track_caller]
    pub(super) fn of(authority: &Authority, recording: &Path, options: &[&str]) -> Option<Self> {
        Self::of_stream(0, authority, recording, options)
    }

    /// Takes one of several connections apart: the first is 0.
    #[track_caller]
    pub(super) fn of_stream(
        stream: usize,
        authority: &Authority,
        recording: &Path,
        options: &[&str],
    ) -> Option<Self> {
        let filter = format!("tls && tcp.stream == {stream}");
        let words = [
            "-r",
            path_text(recording),
            "-Y",
            &filter,
            "-J",
            "tcp tls",
            "-T",
            "json",
        ];
        let words = [&words[..], &["--no-duplicate-keys"], options].concat();
        let packets = run(authority, "tshark", &words)?.json();
        let mut messages = Vec::new();
        let mut client_port = None;
        for packet in packets.as_array().expect("a list of packets") {
            let layers = &packet["_source"]["layers"];
            let port = &layers["tcp"]["tcp.srcport"];
            let client_port = client_port.get_or_insert_with(|| port.clone());
            collect(layers, port == client_port, &mut messages);
        }
        assert!(!messages.is_empty(), "no handshake in {recording:?}");
        Some(Self(messages))
    }

    /// All messages of a kind from one end.
    pub(super) fn all(&self, kind: u16, from_client: bool) -> Vec<&Message> {
        let is_it = |it: &&Message| it.kind == kind && it.from_client == from_client;
        self.0.iter().filter(is_it).collect()
    }

    /// The only message of a kind from one end, if there is one.
    #[track_caller]
    pub(super) fn one(&self, kind: u16, from_client: bool) -> Option<&Message> {
        let found = self.all(kind, from_client);
        assert!(found.len() < 2, "{} messages {kind}", found.len());
        found.first().copied()
    }

    /// The ServerHello, and not the HelloRetryRequest before it.
    #[track_caller]
    pub(super) fn server_hello(&self) -> &Message {
        let all = self.all(SERVER_HELLO, false);
        all.last().expect("a ServerHello")
    }

    /// The protocol version that the server chose.
    pub(super) fn version(&self) -> u16 {
        let hello = self.server_hello();
        let chosen = hello.numbers("tls.handshake.extensions.supported_version");
        let chosen = chosen.first().copied();
        chosen.unwrap_or_else(|| hello.number("tls.handshake.version").unwrap())
    }

    /// The groups and the octets of both key shares, the client's first; none where no keys were exchanged.
    pub(super) fn shares(&self) -> Option<[(u16, String); 2]> {
        const GROUP: &str = "tls.handshake.extensions_key_share_group";
        const SHARE: &str = "tls.handshake.extensions_key_share_key_exchange";
        if self.version() == 0x0304 {
            let hello = self.server_hello();
            let group = hello.number(GROUP)?;
            let server = hello.octets(SHARE).remove(0);
            let offered = self.all(CLIENT_HELLO, true);
            let offered = offered.last().unwrap();
            let groups = offered.numbers(GROUP).into_iter();
            let mut pairs = groups.zip(offered.octets(SHARE));
            let client = pairs.find(|(offered, _)| *offered == group).unwrap();
            return Some([client, (group, server)]);
        }
        let server = self.one(SERVER_KEY_EXCHANGE, false)?;
        let group = server.number("tls.handshake.server_named_curve")?;
        let client = self.one(CLIENT_KEY_EXCHANGE, true)?;
        let client = client.octets("tls.handshake.client_point").remove(0);
        let server = server.octets("tls.handshake.server_point").remove(0);
        Some([(group, client), (group, server)])
    }

    /// The distinguished names in the CertificateRequest, which here are common names alone (RFC 4514).
    pub(super) fn acceptable_issuers(&self) -> Vec<String> {
        let request = self.one(CERTIFICATE_REQUEST, false);
        let names = request.map(|it| it.texts("x509sat.uTF8String"));
        let names = names.into_iter().flatten();
        names.map(|name| format!("CN={name}")).collect()
    }

    /// The scheme in which an end signed.
    pub(super) fn signature_scheme(&self, by_client: bool) -> Option<u16> {
        let message = match (by_client, self.version()) {
            (false, 0x0303) => self.one(SERVER_KEY_EXCHANGE, false),
            _ => self.one(CERTIFICATE_VERIFY, by_client),
        };
        message?.number("tls.handshake.sig_hash_alg")
    }

    /// The application protocol that the server chose.
    pub(super) fn application_protocol(&self) -> Option<String> {
        let message = match self.version() {
            0x0304 => self.one(ENCRYPTED_EXTENSIONS, false)?,
            _ => self.server_hello(),
        };
        message.texts("tls.handshake.extensions_alpn_str").pop()
    }
}

impl Message {
    /// Every value of a field, as tshark writes it.
    pub(super) fn texts(&self, field: &str) -> Vec<String> {
        let mut found = Vec::new();
        values(&self.fields, field, &mut found);
        found
    }

    /// The same as numbers, which tshark writes to the base of ten or sixteen.
    pub(super) fn numbers(&self, field: &str) -> Vec<u16> {
        let read = |text: String| match text.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16).unwrap(),
            None => text.parse().unwrap(),
        };
        self.texts(field).into_iter().map(read).collect()
    }

    /// The only value of a field, if it has one.
    #[track_caller]
    pub(super) fn number(&self, field: &str) -> Option<u16> {
        let found = self.numbers(field);
        assert!(found.len() < 2, "{field}: {found:?}");
        found.first().copied()
    }

    /// Every value of a field that holds octets, in hex.
    pub(super) fn octets(&self, field: &str) -> Vec<String> {
        let texts = self.texts(field).into_iter();
        texts.map(|text| text.replace(':', "")).collect()
    }
}

/// Messages lie in records, and tshark makes a list of what there is several times.
fn collect(tree: &Value, from_client: bool, messages: &mut Vec<Message>) {
    match tree {
        Value::Object(fields) => match fields.get("tls.handshake.type") {
            Some(kind) => messages.push(Message {
                kind: kind.as_str().unwrap().parse().unwrap(),
                from_client,
                fields: tree.clone(),
            }),
            None => fields
                .values()
                .for_each(|it| collect(it, from_client, messages)),
        },
        Value::Array(several) => several
            .iter()
            .for_each(|it| collect(it, from_client, messages)),
        _ => {}
    }
}

fn values(tree: &Value, field: &str, found: &mut Vec<String>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == field => found.push(text.clone()),
                    Value::Array(texts) if name == field => {
                        found.extend(texts.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => values(value, field, found),
                }
            }
        }
        Value::Array(several) => several.iter().for_each(|it| values(it, field, found)),
        _ => {}
    }
}
