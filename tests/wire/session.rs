//! The `session` that the server tells and that `pki login` tells is what was on the wire.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::dissection::{CERTIFICATE, CLIENT_HELLO, Dissection};
use super::names::{Suites, group, scheme, version};
use super::relay::Relay;
use super::{login, names, requests};
use crate::support::tls::{DOCUMENT, Session, Visit, visit_by};
use crate::support::{Authority, Client, Credentials, Server, Tls, path_text};

/// A login by `openssl s_client` through a relay: what the server told, and what went over the wire.
pub(super) struct Observed {
    pub(super) visit: Visit,
    pub(super) wire: Dissection,
}

impl Observed {
    /// What s_client saw of the handshake lies in `wire.messages` afterwards. None where a program is missing.
    #[track_caller]
    pub(super) fn visit(
        authority: &Authority,
        server: &Server,
        credentials: Option<&Credentials>,
        (tls, session): (Tls, Session<'_>),
        more: &[&str],
    ) -> Option<Self> {
        let (keys, messages) = (authority.path("wire.keys"), authority.path("wire.messages"));
        // Both are appended to.
        for file in [&keys, &messages] {
            let _ = std::fs::remove_file(file);
        }
        let relay = Relay::before(server.port());
        let port = relay.port.clone();
        let files = [
            "-keylogfile",
            path_text(&keys),
            "-msg",
            "-msgfile",
            path_text(&messages),
        ];
        let words = [&files[..], &["-alpn", "http/1.1"], more].concat();
        let visit = visit_by(
            authority,
            &port,
            credentials,
            tls,
            session,
            &words,
            &[DOCUMENT, "/"],
        )?;
        let relayed = relay.recording(authority, "wire")?;
        let option = format!("tls.keylog_file:{}", keys.display());
        Some(Self {
            visit,
            wire: Dissection::of(authority, &relayed, &["-o", &option])?,
        })
    }
}

/// The `session` object that this recording must have led to.
#[track_caller]
pub(super) fn expected(wire: &Dissection, suites: &Suites, exporter: &Value) -> Value {
    let hellos = wire.all(CLIENT_HELLO, true);
    let (hello, answer) = (hellos.last().unwrap(), wire.server_hello());
    let exchanged = wire.shares().map(|[(number, _), _]| group(number));
    let random = |it: &super::dissection::Message| it.octets("tls.handshake.random").remove(0);
    let resumed = wire.all(CERTIFICATE, false).is_empty();
    json!({
        "protocol": version(wire.version()),
        "cipher_suite": suites.name(answer.number("tls.handshake.ciphersuite").unwrap()),
        "key_exchange_group": exchanged,
        "forward_secrecy": exchanged.is_some(),
        "resumed": resumed,
        "exporter_sha256": exporter,
        "client_random": random(hello),
        "server_random": random(answer),
        "signature_scheme": wire.signature_scheme(true).map(scheme),
        "server_name": hello.texts("tls.handshake.extensions_server_name").first(),
        "alpn": wire.application_protocol(),
        "acceptable_issuers": wire.acceptable_issuers(),
    })
}

/// SHA-256 of what `openssl s_client -keymatexport` printed.
#[track_caller]
pub(super) fn exported(visit: &Visit) -> Value {
    let digits = visit.exporter.as_ref().expect("keying material");
    let octets = names::octets(digits);
    assert_eq!(octets.len(), 32);
    Value::String(names::hex(digest(&SHA256, &octets).as_ref()))
}

#[test]
fn the_session_that_the_server_tells_is_what_was_on_the_wire() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let kept = authority.path("kept");
    let suites = Suites::of_openssl(&authority).unwrap();
    for tls in Tls::BOTH {
        let ways: [(Session<'_>, Option<&Credentials>, &[&str]); 5] = [
            (Session::Keep(&kept), Some(&alice), &[]),
            (Session::Resume(&kept), Some(&alice), &[]),
            (Session::Fresh, None, &[]),
            (Session::Fresh, Some(&alice), &["-groups", "P-256"]),
            // Only TLS 1.3 sends shares along, and must be asked for another one here.
            (Session::Fresh, Some(&alice), &["-groups", "X448:P-256"]),
        ];
        for (session, credentials, more) in ways {
            let is_resumed = matches!(session, Session::Resume(_));
            let visited = Observed::visit(&authority, &server, credentials, (tls, session), more);
            let Some(Observed { visit, wire }) = visited else {
                return;
            };
            let expected = expected(&wire, &suites, &exported(&visit));
            assert_eq!(visit.document["session"], expected, "{tls:?} {more:?}");
            // What is compared is what the case is about.
            assert_eq!(expected["protocol"], tls.name());
            assert_eq!(expected["resumed"], is_resumed);
            let signed = credentials.is_some() && !is_resumed;
            assert_eq!(expected["signature_scheme"].is_string(), signed);
            let issuers = expected["acceptable_issuers"].as_array().unwrap();
            assert_eq!(issuers.len(), if is_resumed { 0 } else { 2 });
            assert_eq!(expected["server_name"], "localhost");
            assert_eq!(expected["alpn"], "http/1.1");
        }
    }
}

#[test]
fn the_session_that_pki_login_tells_is_what_was_on_the_wire() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let Some(suites) = Suites::of_openssl(&authority) else {
        return;
    };
    for tls in Tls::BOTH {
        for is_resumed in [false, true] {
            let (told, wire) = recorded(&authority, &alice, &server, tls, is_resumed);
            let Some(wire) = wire else { return };
            assert_eq!(told["exporter_matches"], true);
            let exporter = &told["session"]["exporter_sha256"];
            let expected = expected(&wire, &suites, exporter);
            assert_eq!(told["session"], expected);
            assert_eq!(expected["resumed"], is_resumed, "{tls:?}");
        }
    }
}

/// A login by our own client, or its second one, which resumes: what it told, and its own recording taken apart.
#[track_caller]
pub(super) fn recorded(
    authority: &Authority,
    client: &Client,
    server: &Server,
    tls: Tls,
    is_resumed: bool,
) -> (Value, Option<Dissection>) {
    let version = tls.name().trim_start_matches("TLSv");
    let recording = authority.path(&format!("{version}.{is_resumed}.pcapng"));
    let words = [
        &server.https,
        "--tls",
        version,
        "--pcap",
        path_text(&recording),
    ];
    let words = [&words[..], if is_resumed { &["--resume"] } else { &[] }].concat();
    let told = login(authority, client, &words).ok().json();
    let stream = usize::from(is_resumed);
    let wire = Dissection::of_stream(stream, authority, &recording, &[]);
    if wire.is_some() {
        let asked = vec!["/login.json"; stream + 1];
        assert_eq!(requests(authority, &recording, &[]).unwrap(), asked);
    }
    (told, wire)
}
