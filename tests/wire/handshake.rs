//! The `handshake` that the server and `pki login` tell, message by message, against the wire.

use std::collections::BTreeSet;
use std::fs;

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use serde_json::{Value, json};

use super::dissection::{
    CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_STATUS, CLIENT_HELLO, Dissection, Message,
    SERVER_HELLO,
};
use super::messages::Messages;
use super::names::{Suites, group, hex, octets, scheme, version};
use super::session::{Observed, exported, recorded};
use crate::support::tls::Session;
use crate::support::{Authority, Credentials, Server, Tls};

/// The group that a HelloRetryRequest asks for.
const SELECTED_GROUP: &str = "tls.handshake.extensions_key_share_selected_group";
const SCHEMES: &str = "tls.handshake.sig_hash_alg";

/// The parts of `handshake` that tshark shows, as they must be told.
#[track_caller]
pub(super) fn expected(wire: &Dissection, suites: &Suites) -> Value {
    let hellos = wire.all(CLIENT_HELLO, true);
    let (first, last, answer) = (hellos[0], hellos.last().unwrap(), wire.server_hello());
    let versions = first.numbers("tls.handshake.extensions.supported_version");
    let versions = match versions.is_empty() {
        true => first.numbers("tls.handshake.version"),
        false => versions,
    };
    let tls_1_2 = wire.version() == 0x0303;
    let request = wire.one(CERTIFICATE_REQUEST, false);
    let retry = wire.all(SERVER_HELLO, false).first().copied();
    json!({
        "client_hello": {
            "random": random(first),
            "versions": named(&versions, |it| version(it).to_owned()),
            "cipher_suites": named(&first.numbers("tls.handshake.ciphersuite"), |it| suites.name(it)),
            "groups": named(&first.numbers("tls.handshake.extensions_supported_group"), group),
            "key_shares": shares(first),
            "signature_schemes": named(&first.numbers(SCHEMES), scheme),
            "server_name": first.texts("tls.handshake.extensions_server_name").first(),
            "application_protocols": first.texts("tls.handshake.extensions_alpn_str"),
        },
        "hello_retry": (hellos.len() > 1).then(|| json!({
            "group": retry.and_then(|it| it.number(SELECTED_GROUP)).map(group),
            "key_shares": shares(last),
        })),
        "server_hello": {
            "random": random(answer),
            "version": version(wire.version()),
            "cipher_suite": suites.name(answer.number("tls.handshake.ciphersuite").unwrap()),
        },
        "key_exchange": wire.shares().map(|[client, server]| json!({
            "group": group(server.0),
            "client": share(&client),
            "server": share(&server),
        })),
        "certificate_request": request.map(|request| json!({
            "acceptable_issuers": wire.acceptable_issuers(),
            "signature_schemes": named(&request.numbers(SCHEMES), scheme),
        })),
        "server_certificate": fingerprints(wire, false),
        "client_certificate": fingerprints(wire, true),
        "server_signature": signed_with(wire, false),
        "client_signature": signed_with(wire, true),
        "extended_master_secret": tls_1_2.then(|| extended_master_secret(first, answer)),
        "certificate_status": tls_1_2.then(|| wire.one(CERTIFICATE_STATUS, false).is_some()),
    })
}

fn named(numbers: &[u16], name: impl Fn(u16) -> String) -> Vec<String> {
    numbers.iter().map(|it| name(*it)).collect()
}

/// Whether both hellos hold extended_master_secret (RFC 7627 §5.1).
fn extended_master_secret(hello: &Message, answer: &Message) -> bool {
    let holds = |it: &&Message| it.numbers("tls.handshake.extension.type").contains(&23);
    [hello, answer].iter().all(holds)
}

fn signed_with(wire: &Dissection, by_client: bool) -> Option<Value> {
    let number = wire.signature_scheme(by_client)?;
    Some(json!({"signature_scheme": scheme(number)}))
}

fn random(hello: &Message) -> String {
    hello.octets("tls.handshake.random").remove(0)
}

fn share((number, octets): &(u16, String)) -> Value {
    json!({"group": group(*number), "octets": octets.len() / 2, "public": octets})
}

fn shares(hello: &Message) -> Vec<Value> {
    let groups = hello.numbers("tls.handshake.extensions_key_share_group");
    let values = hello.octets("tls.handshake.extensions_key_share_key_exchange");
    assert_eq!(groups.len(), values.len());
    groups
        .into_iter()
        .zip(values)
        .map(|it| share(&it))
        .collect()
}

fn fingerprints(wire: &Dissection, of_client: bool) -> Vec<String> {
    let message = wire.one(CERTIFICATE, of_client);
    let ders = message.map(|it| it.octets("tls.handshake.certificate"));
    let ders = ders.into_iter().flatten();
    ders.map(|der| hex(digest(&SHA256, &octets(&der)).as_ref()))
        .collect()
}

/// The same parts of what was told.
#[track_caller]
fn told(handshake: &Value) -> Value {
    let mut told = handshake.clone();
    let all = told.as_object_mut().expect("a handshake object");
    let shown = all["client_hello"].as_object_mut().expect("a ClientHello");
    shown
        .remove("offers_resumption")
        .expect("offers_resumption");
    if let Some(exchange) = all["key_exchange"].as_object_mut() {
        exchange.remove("kind").expect("kind");
    }
    for chain in ["server_certificate", "client_certificate"] {
        let fingerprint = |it: &Value| it["fingerprint_sha256"].clone();
        let chain = &mut all[chain];
        *chain = chain.as_array().unwrap().iter().map(fingerprint).collect();
    }
    for signature in ["server_signature", "client_signature"] {
        let signature = &mut all[signature];
        if signature.is_object() {
            *signature = json!({"signature_scheme": signature["signature_scheme"]});
        }
    }
    for other in ["alert", "client_finished", "complete", "keys", "resumes"] {
        all.remove(other).expect("every key is there");
    }
    told
}

/// What was told otherwise than it was, a line a value.
fn differences(place: &str, told: &Value, expected: &Value) -> Vec<String> {
    if let (Value::Object(told), Value::Object(expected)) = (told, expected) {
        let names: BTreeSet<_> = told.keys().chain(expected.keys()).collect();
        let each = names.into_iter().flat_map(|name| {
            let [told, expected] = [told, expected].map(|it| it.get(name).unwrap_or(&Value::Null));
            differences(&format!("{place}.{name}"), told, expected)
        });
        return each.collect();
    }
    match told == expected {
        true => Vec::new(),
        false => vec![format!("{place}: {told}, not {expected}")],
    }
}

#[track_caller]
fn assert_told(handshake: &Value, expected: &Value, what: &str) {
    let wrong = differences(what, &told(handshake), expected);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The context strings of RFC 8446 §4.4.3.
fn context(of_client: bool) -> &'static str {
    match of_client {
        true => "TLS 1.3, client CertificateVerify",
        false => "TLS 1.3, server CertificateVerify",
    }
}

/// What an end signed, put together from the messages, and its hash as it is told.
fn signed(
    messages: &Messages,
    tls: Tls,
    of_client: bool,
    hash: &'static Algorithm,
) -> (Vec<u8>, String) {
    match tls {
        Tls::V1_3 | Tls::Newest => {
            let transcript = digest(hash, &messages.before_signature(of_client, hash));
            let transcript = transcript.as_ref();
            let content = [&[b' '; 64], context(of_client).as_bytes(), &[0], transcript].concat();
            (content, hex(transcript))
        }
        Tls::V1_2 => {
            let content = match of_client {
                true => messages.before_signature(true, hash),
                false => messages.key_exchange(),
            };
            let value = hex(digest(hash, &content).as_ref());
            (content, value)
        }
    }
}

/// The hash of the transcript: that of the suite in TLS 1.3, that of the signature in TLS 1.2.
fn hash_of(tls: Tls, document: &Value, signature: &Value) -> &'static Algorithm {
    let named = match tls {
        Tls::V1_3 | Tls::Newest => &document["session"]["cipher_suite"],
        Tls::V1_2 => &signature["signature_scheme"],
    };
    let named = named.as_str().unwrap().to_lowercase();
    match named.rsplit("sha").next().unwrap() {
        "256" => &SHA256,
        "384" => &SHA384,
        "512" => &SHA512,
        _ => panic!("{named}"),
    }
}

/// Lets OpenSSL verify an end's signature over this content with the key of the certificate that it sent.
#[track_caller]
fn assert_verifies(
    authority: &Authority,
    wire: &Dissection,
    of_client: bool,
    hash: &str,
    content: &[u8],
) {
    let message = match (of_client, wire.version()) {
        (false, 0x0303) => wire.one(super::dissection::SERVER_KEY_EXCHANGE, false),
        _ => wire.one(super::dissection::CERTIFICATE_VERIFY, of_client),
    };
    let message = message.unwrap();
    let fields = ["tls.handshake.client_cert_vrfy.sig", "tls.handshake.sig"];
    let signature = fields
        .iter()
        .find_map(|it| message.octets(it).pop())
        .unwrap();
    let der = wire.one(CERTIFICATE, of_client).unwrap();
    let der = der.octets("tls.handshake.certificate").remove(0);
    let file = |name: &str, octets: &[u8]| {
        fs::write(authority.path(name), octets).unwrap();
    };
    file("signed.der", &octets(&der));
    file("signed.signature", &octets(&signature));
    file("signed.content", content);
    let words = [
        "x509",
        "-inform",
        "DER",
        "-in",
        "signed.der",
        "-pubkey",
        "-noout",
    ];
    let key = authority.openssl(&words).unwrap().ok().out();
    file("signed.key", key.as_bytes());
    let words = [
        "dgst",
        hash,
        "-verify",
        "signed.key",
        "-signature",
        "signed.signature",
    ];
    authority
        .openssl(&[&words[..], &["signed.content"]].concat())
        .unwrap()
        .ok();
}

#[track_caller]
fn assert_signatures(authority: &Authority, observed: &Observed, tls: Tls, with_client: bool) {
    let Observed { visit, wire } = observed;
    let messages = fs::read_to_string(authority.path("wire.messages")).unwrap();
    let messages = Messages::read(&messages);
    let ends: &[bool] = if with_client {
        &[false, true]
    } else {
        &[false]
    };
    for of_client in ends.iter().copied() {
        let name = if of_client {
            "client_signature"
        } else {
            "server_signature"
        };
        let signature = &visit.document["handshake"][name];
        let hash = hash_of(tls, &visit.document, signature);
        let (content, value) = signed(&messages, tls, of_client, hash);
        assert_eq!(signature["hash_value"], value, "{tls:?} {name}");
        assert_eq!(signature["octets"], content.len());
        let expected = (tls == Tls::V1_3).then(|| context(of_client));
        assert_eq!(signature["context"].as_str(), expected);
        let scheme = signature["signature_scheme"].as_str().unwrap();
        let of_scheme = scheme.rsplit("sha").next().unwrap();
        assert_verifies(
            authority,
            wire,
            of_client,
            &format!("-sha{of_scheme}"),
            &content,
        );
    }
}

#[test]
fn the_handshake_that_the_server_tells_is_what_was_on_the_wire() {
    let authority = Authority::init(&[]);
    let Some(alice) = authority.credentials(&authority.issue_client(&["alice"])) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let kept = authority.path("kept");
    let suites = Suites::of_openssl(&authority).unwrap();
    for tls in Tls::BOTH {
        let mut earlier = Value::Null;
        let ways: [(Session<'_>, Option<&Credentials>, &[&str]); 5] = [
            (Session::Keep(&kept), Some(&alice), &[]),
            (Session::Resume(&kept), Some(&alice), &[]),
            (Session::Fresh, None, &[]),
            (Session::Fresh, Some(&alice), &["-groups", "P-256"]),
            (Session::Fresh, Some(&alice), &["-groups", "X448:P-256"]),
        ];
        for (session, credentials, more) in ways {
            let is_resumed = matches!(session, Session::Resume(_));
            let observed = Observed::visit(&authority, &server, credentials, (tls, session), more);
            let Some(observed) = observed else { return };
            let document = &observed.visit.document;
            let handshake = &document["handshake"];
            let expected = expected(&observed.wire, &suites);
            assert_told(handshake, &expected, &format!("{tls:?} {more:?}"));
            assert_eq!(handshake["complete"], true);
            let asked_again = tls == Tls::V1_3 && more.iter().any(|it| it.starts_with("X448"));
            assert_eq!(handshake["hello_retry"].is_object(), asked_again);
            if is_resumed {
                let resumes = &handshake["resumes"];
                for name in ["client_random", "server_random", "exporter_sha256"] {
                    assert_eq!(resumes[name], earlier["session"][name], "{tls:?} {name}");
                }
                assert_ne!(
                    exported(&observed.visit),
                    earlier["session"]["exporter_sha256"]
                );
            } else {
                assert_eq!(handshake["resumes"], Value::Null);
                assert_signatures(&authority, &observed, tls, credentials.is_some());
                earlier = match earlier {
                    Value::Null => document.clone(),
                    earlier => earlier,
                };
            }
        }
    }
}

#[test]
fn the_handshake_that_pki_login_tells_is_what_was_on_the_wire() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    let server = Server::start(&authority, &[]);
    let Some(suites) = Suites::of_openssl(&authority) else {
        return;
    };
    for tls in Tls::BOTH {
        let mut earlier = Value::Null;
        for is_resumed in [false, true] {
            let (document, wire) = recorded(&authority, &alice, &server, tls, is_resumed);
            let Some(wire) = wire else { return };
            let handshake = &document["handshake"];
            let mut expected = expected(&wire, &suites);
            if let (Tls::V1_3, false) = (tls, is_resumed) {
                let asked = &mut expected["certificate_request"]["signature_schemes"];
                // The client's TLS hands on only those in which TLS 1.3 signs (RFC 8446 §4.4.3).
                let is_usable = |it: &Value| !it.as_str().unwrap().starts_with("rsa_pkcs1");
                asked.as_array_mut().unwrap().retain(is_usable);
            }
            let what = format!("{tls:?}, resumed: {is_resumed}");
            assert_told(handshake, &expected, &what);
            assert_eq!(handshake["resumes"].is_object(), is_resumed);
            let offers = &handshake["client_hello"]["offers_resumption"];
            assert_eq!(*offers, is_resumed);
            let exporter = document["session"]["exporter_sha256"].clone();
            assert_ne!(exporter, earlier, "{what}");
            earlier = exporter;
        }
    }
}
