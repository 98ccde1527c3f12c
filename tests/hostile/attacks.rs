//! The attacks as data.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::siege::Target;
use super::{crowds, frames, heads, proxies, records};

/// An attack, which goes on until it is ended.
pub(super) struct Attack {
    /// Which of the tests lays it.
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    /// What is counted.
    pub(super) unit: &'static str,
    /// Whether it is against the plain side, so that somebody honest asks there too.
    pub(super) is_plain: bool,
    pub(super) begin: fn(Arc<Target>) -> Begun,
}

pub(super) type Begun = Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! attack {
    ($kind:literal, $name:literal, $unit:literal, $is_plain:literal, $begin:expr) => {
        Attack {
            kind: $kind,
            name: $name,
            unit: $unit,
            is_plain: $is_plain,
            begin: |target| Box::pin($begin(target)),
        }
    };
}

pub(super) const ATTACKS: &[Attack] = &[
    attack!(
        "crowd",
        "connected, and nothing sent",
        "connections",
        false,
        crowds::silent
    ),
    attack!(
        "crowd",
        "a ClientHello, and nothing more",
        "connections",
        false,
        crowds::greeting
    ),
    attack!(
        "alike",
        "the same from the address of the honest",
        "connections",
        false,
        crowds::greeting_beside
    ),
    attack!(
        "alike",
        "the same from as many addresses",
        "connections",
        false,
        crowds::greeting_from_everywhere
    ),
    attack!(
        "crowd",
        "a ClientHello, and who is sent away comes again",
        "connections",
        false,
        crowds::returning
    ),
    attack!(
        "crowd",
        "a handshake, an octet a second",
        "octets",
        false,
        crowds::dripping_handshake
    ),
    attack!(
        "crowd",
        "a handshake without a certificate, and then nothing",
        "handshakes",
        false,
        crowds::strangers
    ),
    attack!(
        "crowd",
        "connected to the plain side, and nothing sent",
        "connections",
        true,
        crowds::silent_plain
    ),
    attack!("tls", "garbage", "octets", false, records::garbage),
    attack!(
        "tls",
        "ClientHellos of 64 KiB to 1 MiB, in records of 16 KiB",
        "octets",
        false,
        records::large_hellos
    ),
    attack!(
        "tls",
        "ClientHellos of 60 KiB, in records of an octet",
        "octets",
        false,
        records::hello_in_pieces
    ),
    attack!(
        "tls",
        "100 certificates",
        "handshakes",
        false,
        records::hundred_certificates
    ),
    attack!(
        "tls",
        "a chain of 1 MiB",
        "handshakes",
        false,
        records::large_chain
    ),
    attack!(
        "tls",
        "16 certificates of 23 KiB, and answers about them that are never read, on all places",
        "requests",
        false,
        records::largest_answers
    ),
    attack!(
        "tls",
        "KeyUpdate, each wants another",
        "messages",
        false,
        records::key_updates
    ),
    attack!(
        "tls",
        "renegotiation (TLS 1.2)",
        "messages",
        false,
        records::renegotiations
    ),
    attack!("tls", "empty records", "records", false, records::empty),
    attack!(
        "tls",
        "warnings (TLS 1.2)",
        "records",
        false,
        records::warnings
    ),
    attack!(
        "http2",
        "rapid reset (CVE-2023-44487)",
        "streams",
        false,
        frames::rapid_reset
    ),
    attack!(
        "http2",
        "CONTINUATION without an end",
        "frames",
        false,
        frames::continuation
    ),
    attack!("http2", "SETTINGS", "frames", false, frames::settings),
    attack!("http2", "PING", "frames", false, frames::ping),
    attack!("http2", "empty DATA", "frames", false, frames::empty_data),
    attack!(
        "http2",
        "WINDOW_UPDATE of 1",
        "frames",
        false,
        frames::window_updates
    ),
    attack!(
        "http2",
        "the same, a thousand a second on each of all places",
        "frames",
        false,
        frames::window_updates_on_all_places
    ),
    attack!(
        "http2",
        "WINDOW_UPDATE of 1, a thousand a connection",
        "frames",
        false,
        frames::window_updates_anew
    ),
    attack!(
        "http2",
        "requests beyond those that one may have",
        "requests",
        false,
        frames::refused
    ),
    attack!(
        "http2",
        "HPACK: 16 KiB that become 60 MiB",
        "heads",
        false,
        frames::hpack_bomb
    ),
    attack!(
        "http2",
        "answers that are never read, on all places",
        "requests",
        false,
        frames::unread
    ),
    attack!(
        "http1",
        "a head, an octet a second",
        "octets",
        true,
        heads::dripping_head
    ),
    attack!(
        "http1",
        "a body, an octet a second",
        "octets",
        true,
        heads::dripping_body
    ),
    attack!(
        "http1",
        "10,000 header fields",
        "heads",
        true,
        heads::many_fields
    ),
    attack!(
        "http1",
        "a header field of 1 MiB",
        "heads",
        true,
        heads::large_field
    ),
    attack!(
        "http1",
        "a request line without an end",
        "octets",
        true,
        heads::endless_line
    ),
    attack!(
        "http1",
        "two lengths, and a length beside chunks",
        "requests",
        true,
        heads::two_lengths
    ),
    attack!(
        "http1",
        "a chunk extension without an end",
        "octets",
        true,
        heads::endless_extension
    ),
    attack!(
        "http1",
        "bodies of 1 GiB",
        "octets",
        true,
        heads::large_bodies
    ),
    attack!(
        "http1",
        "answers that are never read",
        "requests",
        true,
        heads::unread
    ),
    attack!(
        "verify",
        "connected to where proxies ask, and nothing sent",
        "connections",
        false,
        crowds::silent_proxies
    ),
    attack!(
        "verify",
        "heads of 256 KiB and of 1 MiB, without the secret",
        "heads",
        false,
        proxies::large_heads
    ),
    attack!(
        "verify",
        "a head of 255 KiB without its end, on all places",
        "heads",
        false,
        proxies::heads_held_back
    ),
    attack!(
        "verify",
        "a thousand questions with a wrong secret behind one another",
        "connections",
        false,
        proxies::guesses
    ),
    attack!(
        "verify",
        "bodies without an end, without the secret and with it",
        "octets",
        false,
        proxies::endless_bodies
    ),
    attack!(
        "verify",
        "ten certificates of 44 KiB in all, behind one another, with the secret",
        "questions",
        false,
        proxies::largest_questions
    ),
    attack!(
        "verify",
        "these certificates on all places, and answers that are never read",
        "questions",
        false,
        proxies::unread
    ),
];
