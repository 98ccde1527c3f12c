//! The messages of a handshake as `openssl s_client -msg` prints them, decrypted, and the transcript that they make.

use aws_lc_rs::digest::{Algorithm, digest};

use super::dissection::{CERTIFICATE_VERIFY, CLIENT_HELLO, SERVER_HELLO};

/// message_hash, which stands for the first ClientHello where there are two (RFC 8446 §4.4.1).
const MESSAGE_HASH: u8 = 254;
/// SHA-256 of "HelloRetryRequest", the random by which that is known (RFC 8446 §4.1.3).
const RETRY: &str = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/// One message with its header, and who sent it.
struct Message {
    from_client: bool,
    octets: Vec<u8>,
}

/// The messages of one handshake, in their order.
pub(super) struct Messages(Vec<Message>);

impl Messages {
    /// Reads what s_client wrote into `-msgfile`.
    pub(super) fn read(text: &str) -> Self {
        let mut messages: Vec<Message> = Vec::new();
        let mut is_open = false;
        for line in text.lines() {
            if let Some(digits) = line.strip_prefix("    ").filter(|_| is_open) {
                let octets = digits.split_whitespace();
                let octets = octets.map(|it| u8::from_str_radix(it, 16).unwrap());
                messages.last_mut().unwrap().octets.extend(octets);
            } else {
                is_open = line.contains(", Handshake [");
                if is_open {
                    messages.push(Message {
                        from_client: line.starts_with(">>>"),
                        octets: Vec::new(),
                    });
                }
            }
        }
        assert!(!messages.is_empty(), "{text}");
        Self(messages)
    }

    /// Everything that the signature of an end's CertificateVerify covers: all messages before it (RFC 8446 §4.4.3,
    /// RFC 5246 §7.4.8).
    pub(super) fn before_signature(&self, of_client: bool, hash: &'static Algorithm) -> Vec<u8> {
        let is_it = |it: &&Message| {
            u16::from(it.octets[0]) == CERTIFICATE_VERIFY && it.from_client == of_client
        };
        let end = self
            .0
            .iter()
            .position(|it| is_it(&it))
            .expect("a CertificateVerify");
        let mut covered = Vec::new();
        for message in &self.0[..end] {
            let is_retry = u16::from(message.octets[0]) == SERVER_HELLO
                && super::names::hex(&message.octets[6..38]) == RETRY;
            if is_retry {
                let first = digest(hash, &covered);
                let length = u8::try_from(first.as_ref().len()).unwrap();
                covered = vec![MESSAGE_HASH, 0, 0, length];
                covered.extend(first.as_ref());
            }
            covered.extend(&message.octets);
        }
        covered
    }

    /// ClientHello.random, both of the server's random and the parameters of its key exchange: what a server signs in
    /// TLS 1.2 (RFC 8422 §5.4).
    pub(super) fn key_exchange(&self) -> Vec<u8> {
        let of = |kind: u16| {
            let found = self.0.iter().find(|it| u16::from(it.octets[0]) == kind);
            &found.expect("a message").octets
        };
        let exchange = of(super::dissection::SERVER_KEY_EXCHANGE);
        // Header, curve type and curve, then the length of the point and the point.
        let end = 4 + 3 + 1 + usize::from(exchange[7]);
        let (client, server) = (&of(CLIENT_HELLO)[6..38], &of(SERVER_HELLO)[6..38]);
        [client, server, &exchange[4..end]].concat()
    }
}
