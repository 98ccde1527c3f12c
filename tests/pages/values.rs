//! Each value on the page is the one of `/login.json` of the same connection, in every kind of connection.

use std::collections::BTreeSet;

use super::fields::{in_json, on_page};
use super::{Way, page_and_document};
use crate::logins::Cast;
use crate::support::{Authority, Server, path_text};

/// What stands on every page, and what only on those of a full handshake.
const ALWAYS: [&str; 12] = [
    "client_hello.random",
    "client_hello.versions",
    "client_hello.cipher_suites",
    "client_hello.groups",
    "server_hello.random",
    "server_hello.version",
    "server_hello.cipher_suite",
    "session.protocol",
    "session.cipher_suite",
    "session.exporter_sha256",
    "session.forward_secrecy",
    "keys.name",
];
const IN_FULL: [&str; 8] = [
    "server_certificate.not_after",
    "key_exchange.group",
    "key_exchange.server",
    "certificate_request.acceptable_issuers",
    "certificate_request.signature_schemes",
    "server_certificate",
    "server_signature.signature_scheme",
    "server_signature.hash_value",
];
const WITH_A_CERTIFICATE: [&str; 6] = [
    "certificate.issued_at",
    "certificate.not_after",
    "client_certificate",
    "client_signature.signature_scheme",
    "client_signature.hash_value",
    "session.signature_scheme",
];

#[test]
fn every_value_on_the_page_is_that_of_the_document_of_the_same_connection() {
    let Some(cast) = Cast::assemble() else { return };
    let server = Server::start(&cast.authority, &[]);
    let mut refused = cast.refused.iter();
    let (_, revoked) = refused.find(|(reason, _)| *reason == "revoked").unwrap();
    for (version, tls) in [
        ("TLSv1.2", &["--tls-max", "1.2"]),
        ("TLSv1.3", &["--tls-max", "1.3"]),
    ] {
        for (verdict, credentials) in [
            ("accepted", Some(&cast.accepted)),
            ("refused", Some(revoked)),
            ("no-certificate", None),
        ] {
            for resumes in [false, true] {
                let way = Way {
                    credentials,
                    options: &tls[..],
                    resumes,
                };
                let Some((page, document)) = page_and_document(&cast.authority, &server, &way)
                else {
                    return;
                };
                let case = format!("{version}, {verdict}, resumed {resumes}");
                assert_eq!(document["verdict"], verdict, "{case}");
                assert_eq!(document["session"]["protocol"], version, "{case}");
                assert_eq!(document["session"]["resumed"], resumes, "{case}");
                let shown = on_page(&page.body);
                for (field, values) in &shown {
                    if field == "fresh" {
                        continue;
                    }
                    let wanted = in_json(&document, field);
                    match wanted.as_slice() {
                        // One value may stand in several places.
                        [wanted] => assert!(
                            values.iter().all(|it| it == wanted),
                            "{case}, {field}: {values:?}, not {wanted}"
                        ),
                        _ => assert_eq!(*values, wanted, "{case}, {field}"),
                    }
                }
                let mut wanted = ALWAYS.to_vec();
                if !resumes {
                    wanted.extend(IN_FULL);
                    wanted.extend(credentials.map_or(&[][..], |_| &WITH_A_CERTIFICATE));
                }
                let missing: BTreeSet<_> = wanted
                    .iter()
                    .filter(|field| !shown.contains_key(**field))
                    .collect();
                assert!(
                    missing.is_empty(),
                    "{case}: {missing:?} not in {:?}",
                    shown.keys()
                );
                let proofs = page.body.matches("your private key signs").count();
                let signs = usize::from(!resumes && credentials.is_some());
                assert_eq!(proofs, signs, "{case}");
                let (_, story) = page.body.split_once("<ol class=\"story\"").unwrap();
                let story = story.split("</ol>").next().unwrap();
                let headings: Vec<_> = story
                    .split("<h3>")
                    .skip(1)
                    .map(|it| it.split("</h3>").next())
                    .collect();
                let different: BTreeSet<_> = headings.iter().collect();
                assert_eq!(headings.len(), different.len(), "{case}: {headings:?}");
                let extended = shown.contains_key("extended_master_secret");
                assert_eq!(extended, version == "TLSv1.2", "{case}");
            }
        }
    }
}

#[test]
fn a_resumed_connection_stands_beside_the_one_that_it_resumes() {
    let Some(cast) = Cast::assemble() else { return };
    let server = Server::start(&cast.authority, &[]);
    for tls in ["1.2", "1.3"] {
        let way = Way {
            credentials: Some(&cast.accepted),
            options: &["--tls-max", tls],
            resumes: true,
        };
        let Some((page, document)) = page_and_document(&cast.authority, &server, &way) else {
            return;
        };
        let shown = on_page(&page.body);
        for field in ["client_random", "server_random", "exporter_sha256"] {
            let then = &shown[&format!("resumes.{field}")];
            assert_eq!(
                *then,
                [document["handshake"]["resumes"][field].as_str().unwrap()]
            );
            assert!(
                !shown[&format!("session.{field}")].contains(&then[0]),
                "{tls}: {field}"
            );
        }
        assert!(page.body.contains("<h2 id=\"resumption\">"), "{tls}");
    }
}

#[test]
fn the_page_says_where_the_sessions_secrets_are() {
    let authority = Authority::init(&[]);
    let log = authority.path("secrets.log");
    for (options, logged) in [(&[][..], false), (&["--keylog", path_text(&log)], true)] {
        let server = Server::start(&authority, options);
        let way = Way {
            credentials: None,
            options: &[],
            resumes: false,
        };
        let Some((page, _)) = page_and_document(&authority, &server, &way) else {
            return;
        };
        let told = page.body.contains("writes their secrets into a file");
        let denied = page.body.contains("this server writes them nowhere");
        assert_eq!((told, denied), (logged, !logged), "{options:?}");
        // Before anything else, and where a recording is said to stay closed.
        let (_, header) = page
            .body
            .split_once("<header class=\"no-certificate\">")
            .unwrap();
        let header = header.split("</header>").next().unwrap();
        assert_eq!(header.contains("--keylog"), logged, "{header}");
        let (_, secrecy) = page.body.split_once("<h3>Forward secrecy").unwrap();
        assert_eq!(secrecy.contains("--keylog"), logged, "{secrecy}");
    }
}
