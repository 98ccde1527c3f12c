//! The page at `GET /` shows what was on the wire, too.

use serde_json::{Value, json};

use super::handshake;
use super::names::Suites;
use super::session::{self, Observed, exported};
use crate::support::tls::Session;
use crate::support::{Authority, Credentials, Server, Tls};

/// What the page shows of a handshake, where it took place: each in an element with this `data-field`.
const FIELDS: [&str; 27] = [
    "session.protocol",
    "session.cipher_suite",
    "session.key_exchange_group",
    "session.forward_secrecy",
    "session.resumed",
    "session.signature_scheme",
    "session.server_name",
    "session.alpn",
    "session.exporter_sha256",
    "client_hello.random",
    "client_hello.versions",
    "client_hello.cipher_suites",
    "client_hello.groups",
    "client_hello.key_shares",
    "client_hello.signature_schemes",
    "client_hello.server_name",
    "client_hello.application_protocols",
    "hello_retry.key_shares",
    "server_hello.random",
    "server_hello.version",
    "server_hello.cipher_suite",
    "key_exchange.group",
    "certificate_request.acceptable_issuers",
    "certificate_request.signature_schemes",
    "server_signature.signature_scheme",
    "client_signature.signature_scheme",
    "extended_master_secret",
];
/// In TLS 1.3 the client's share is shown in its hello, and the server's in its own; in TLS 1.2 in messages of their own.
const SHARES: [&str; 2] = ["key_exchange.client", "key_exchange.server"];

/// The texts of all elements with this `data-field`, in the order of the page.
pub(super) fn shown(page: &str, field: &str) -> Vec<String> {
    let mark = format!(" data-field=\"{field}\"");
    let texts = page.match_indices(&mark).map(|(at, _)| {
        let tag = &page[page[..at].rfind('<').unwrap() + 1..at];
        let tag = tag.split_whitespace().next().unwrap();
        let content = &page[at + page[at..].find('>').unwrap() + 1..];
        let content = &content[..content.find(&format!("</{tag}>")).unwrap()];
        without_markup(content)
    });
    texts.collect()
}

fn without_markup(html: &str) -> String {
    let mut text = String::new();
    for (position, part) in html.split('<').enumerate() {
        text.push_str(match position {
            0 => part,
            _ => part.split_once('>').unwrap().1,
        });
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text, |text, (entity, letter)| text.replace(entity, letter))
}

/// A value as a person reads it.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(fact) => vec![if *fact { "yes" } else { "no" }.to_owned()],
        Value::String(text) => vec![text.clone()],
        Value::Array(several) => several.iter().flat_map(texts).collect(),
        Value::Object(share) => {
            let (group, octets) = (share["group"].as_str().unwrap(), &share["octets"]);
            let public = share["public"].as_str().unwrap();
            // As much as it takes to know it again.
            let start = match public.len() {
                ..=32 => public.to_owned(),
                _ => format!("{}…", &public[..32]),
            };
            vec![format!("{group}, {octets} octets: {start}")]
        }
        Value::Number(number) => vec![number.to_string()],
    }
}

#[track_caller]
fn assert_shown(page: &str, told: &Value, field: &str, is_required: bool) {
    let value = told.pointer(&format!("/{}", field.replace('.', "/")));
    let (expected, found) = (texts(value.unwrap_or(&Value::Null)), shown(page, field));
    if expected.is_empty() || (found.is_empty() && !is_required) {
        assert_eq!(found, [""; 0], "{field} is shown and was not there");
        return;
    }
    // Some stand in two places.
    assert!(!found.is_empty(), "{field} is not shown: {expected:?}");
    assert_eq!(found.len() % expected.len(), 0, "{field}: {found:?}");
    for found in found.chunks(expected.len()) {
        assert_eq!(found, expected, "{field}");
    }
}

/// Everything that the page shows of a handshake is as it was.
#[track_caller]
pub(super) fn assert_all_shown(page: &str, told: &Value, is_tls_1_2: bool) {
    for field in FIELDS {
        assert_shown(page, told, field, true);
    }
    for field in SHARES {
        assert_shown(page, told, field, is_tls_1_2);
    }
}

#[test]
fn the_page_shows_what_was_on_the_wire() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let kept = authority.path("kept");
    let suites = Suites::of_openssl(&authority).unwrap();
    for tls in Tls::BOTH {
        let ways: [(Session<'_>, Option<&Credentials>, &[&str]); 4] = [
            (Session::Keep(&kept), Some(&alice), &[]),
            (Session::Resume(&kept), Some(&alice), &[]),
            (Session::Fresh, None, &[]),
            (Session::Fresh, Some(&alice), &["-groups", "X448:P-256"]),
        ];
        for (session, credentials, more) in ways {
            let observed = Observed::visit(&authority, &server, credentials, (tls, session), more);
            let Some(Observed { visit, wire }) = observed else {
                return;
            };
            let mut told = handshake::expected(&wire, &suites);
            told["session"] = session::expected(&wire, &suites, &exported(&visit));
            let page = visit.page.as_ref().expect("a page");
            assert_all_shown(page, &told, tls == Tls::V1_2);
            // What was signed is tested beside; here it must only be the same.
            for end in ["client_signature", "server_signature"] {
                let signature = &visit.document["handshake"][end];
                let value = json!([signature["hash"], signature["hash_value"]]);
                let shown = shown(page, &format!("{end}.hash_value"));
                assert_eq!(shown, Vec::from_iter(some_text(&value)), "{end}");
            }
        }
    }
}

fn some_text(value: &Value) -> Option<String> {
    let texts = texts(value);
    (!texts.is_empty()).then(|| texts.join(" "))
}
