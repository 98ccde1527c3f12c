//! What goes through as it stands, and what the application is told besides.

use serde_json::{Value, json};

use super::{Kind, Site, names, values};
use crate::support::process::wait_for;

/// Both protocols that a client may speak; the application hears HTTP/1.1.
pub(super) const PROTOCOLS: [&str; 2] = ["--http1.1", "--http2"];

#[test]
fn the_application_is_told_who_asks() {
    for kind in [Kind::Python, Kind::PythonOnSocket] {
        let Some(site) = Site::of(kind, &[]) else {
            return;
        };
        for protocol in PROTOCOLS {
            let told = site.echo(&[protocol]);
            let port = site.server.port();
            let shown = site.authority.json(&["show", "alice"]);
            let serial = shown["serial_number"].as_str().unwrap();
            let fingerprint = shown["fingerprint_sha256"].as_str().unwrap();
            for (name, value) in [
                ("host", format!("localhost:{port}").as_str()),
                ("x-ssl-client-verify", "SUCCESS"),
                ("x-ssl-client-s-dn", "CN=alice"),
                ("x-ssl-client-serial", serial),
                ("pki-name", "alice"),
                ("pki-device", ""),
                ("pki-serial-number", serial),
                ("pki-fingerprint-sha256", fingerprint),
                ("pki-subject", "CN=alice"),
                ("x-forwarded-for", "127.0.0.1"),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", &format!("localhost:{port}")),
                (
                    "forwarded",
                    &format!("for=127.0.0.1;host=\"localhost:{port}\";proto=https"),
                ),
            ] {
                assert_eq!(values(&told, name), [value], "{protocol} {name}");
            }
            // OpenSSL reads what stands in the fields, and finds the certificates that were presented.
            let chain = values(&told, "client-cert-chain")[0];
            let certificates =
                std::iter::once(values(&told, "client-cert")[0]).chain(chain.split(", "));
            let subjects = certificates.map(|sequence| subject(&site, sequence));
            let Some(subjects) = subjects.collect::<Option<Vec<_>>>() else {
                return;
            };
            let [own, issuing, root] = subjects.as_slice() else {
                panic!("{subjects:?}")
            };
            assert_eq!(own, "subject=CN=alice");
            assert!(issuing.contains("issuing CA"), "{issuing}");
            assert!(root.contains("root CA"), "{root}");
        }
    }
}

/// The subject of the certificate that a Byte Sequence is, by OpenSSL.
fn subject(site: &Site, sequence: &str) -> Option<String> {
    let base64 = sequence
        .strip_prefix(':')
        .unwrap()
        .strip_suffix(':')
        .unwrap();
    let armoured = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    std::fs::write(site.authority.path("field.pem"), armoured).unwrap();
    let words = [
        "x509",
        "-noout",
        "-subject",
        "-nameopt",
        "RFC2253",
        "-in",
        "field.pem",
    ];
    Some(site.authority.openssl(&words)?.ok().out().trim().to_owned())
}

#[test]
fn method_path_query_and_fields_go_through_as_they_stand() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let paths = [
        "//echo//../%2e%2E/%2f%00;x='\"?a=b&&c=%41%ff/?:@",
        "/echo?",
        "/login.json",
        "/steps",
        "/ca/root.crt",
        "/%e2%82%ac",
    ];
    for protocol in PROTOCOLS {
        for path in paths {
            let url = site.url(path);
            let told = site.curl(&[protocol, "--path-as-is", &url]).ok().json();
            assert_eq!(told["request"], format!("GET {path} HTTP/1.1"));
        }
        for method in ["POST", "DELETE", "PROPFIND", "x-own"] {
            let told = site.echo(&[protocol, "--request", method]);
            assert_eq!(told["request"], format!("{method} /echo HTTP/1.1"));
        }
        let fields = [
            "--header",
            "Authorization: Bearer a.b",
            "--header",
            "X-Own: \u{e9}, \"x\"; y=z",
            "--header",
            "X-Twice: 1",
            "--header",
            "X-Twice: 2",
            "--header",
            "Cookie: a=b; c=d",
            "--header",
            "Accept;",
            "--header",
            "User-Agent: x/1",
        ];
        let told = site.echo(&[&[protocol], &fields[..]].concat());
        for (name, wanted) in [
            ("authorization", &["Bearer a.b"][..]),
            // Python reads octets as Latin-1.
            ("x-own", &["\u{c3}\u{a9}, \"x\"; y=z"]),
            ("x-twice", &["1", "2"]),
            ("cookie", &["a=b; c=d"]),
            ("accept", &[""]),
            ("user-agent", &["x/1"]),
        ] {
            assert_eq!(values(&told, name), wanted, "{protocol} {name}");
        }
    }
    let asterisk = "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert!(
        site.answer(asterisk)
            .contains("\"request\": \"OPTIONS * HTTP/1.1\"")
    );
    let absolute =
        "GET https://localhost/echo?a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let said = site.answer(absolute);
    assert!(
        said.contains("\"request\": \"GET /echo?a HTTP/1.1\""),
        "{said}"
    );
}

#[test]
fn a_body_goes_through_with_its_length_or_in_chunks() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for protocol in PROTOCOLS {
        for method in ["POST", "PUT", "GET"] {
            let words = [protocol, "--request", method, "--data-binary", "abc"];
            let told = site.echo(&words);
            assert_eq!(
                (&told["length"], &told["sha256"]),
                (&json!(3), &json!(digest))
            );
            assert_eq!(values(&told, "content-length"), ["3"]);
            assert!(values(&told, "transfer-encoding").is_empty());
            let chunked = [&words[..], &["--header", "Transfer-Encoding: chunked"]].concat();
            // HTTP/2 has no such field: its body has no length that is said before.
            let unsized_words = match protocol {
                "--http2" => [&words[..], &["--header", "Content-Length:"]].concat(),
                _ => chunked,
            };
            let told = site.echo(&unsized_words);
            assert_eq!(
                (&told["length"], &told["sha256"]),
                (&json!(3), &json!(digest))
            );
            assert_eq!(
                values(&told, "transfer-encoding"),
                ["chunked"],
                "{protocol} {method}"
            );
            assert!(values(&told, "content-length").is_empty());
        }
        let told = site.echo(&[protocol, "--request", "POST"]);
        assert_eq!(values(&told, "content-length"), ["0"]);
        assert!(!names(&site.echo(&[protocol])).contains(&"content-length".to_owned()));
    }
}

#[test]
fn the_head_of_an_answer_without_its_body_tells_its_length() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in PROTOCOLS {
        let url = site.url("/varies");
        let said = site.curl(&[protocol, "--head", &url]).ok().out();
        assert!(said.contains("content-length: 5\r\n"), "{said}");
        // The connection is still in step.
        let said = site.curl(&[protocol, "--head", &url, "--next", "--silent", &url]);
        assert!(said.out().contains("content-length: 5\r\n"));
    }
}

#[test]
fn an_answer_goes_through_without_what_is_not_for_the_client() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in PROTOCOLS {
        let ask = |path: &str| {
            site.curl(&[protocol, "--include", &site.url(path)])
                .ok()
                .out()
        };
        let varies = ask("/varies");
        assert!(varies.contains("vary: *\r\n"), "{varies}");
        for absent in ["pki-reason", "keep-alive:", "Client-Cert"] {
            assert!(!varies.contains(absent), "{varies}");
        }
        assert!(varies.ends_with("\r\n\r\nyours"), "{varies}");
        // What is said before the answer is not passed on, and does no harm.
        let hinted = ask("/hints");
        assert!(
            hinted.ends_with("hinted") && !hinted.contains("103"),
            "{hinted}"
        );
        let older = ask("/older");
        assert!(older.ends_with("\r\n\r\nfrom before"), "{older}");
        // The chunks count, and not a length beside them.
        let both = ask("/both-lengths");
        assert!(both.ends_with("\r\n\r\nwhole body"), "{both}");
        assert!(!both.contains("content-length"), "{both}");
    }
}

#[test]
fn a_connection_to_the_application_is_used_again() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for words in [&["--http1.1"][..], &["--http2", "--data", "x"]] {
        let mut before = site.echo(words)["connection"].clone();
        wait_for("two requests on one connection", || {
            let after = site.echo(words)["connection"].clone();
            (std::mem::replace(&mut before, after.clone()) == after).then_some(())
        });
    }
}

#[test]
fn two_hundred_requests_at_once_are_all_answered_and_each_its_own() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for protocol in PROTOCOLS {
        let url = site.url("/echo?[1-200]");
        let many = [
            "--parallel",
            "--parallel-immediate",
            "--parallel-max",
            "200",
            "--output",
            "answer-#1",
        ];
        let words = [
            &[protocol, "--header", "Accept: application/json"],
            &many[..],
            &[&url],
        ]
        .concat();
        site.curl(&words).ok();
        for number in 1..=200 {
            let answer = std::fs::read(site.authority.path(&format!("answer-{number}"))).unwrap();
            let told: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(told["request"], format!("GET /echo?{number} HTTP/1.1"));
        }
    }
}

#[test]
fn trailers_go_through_both_ways_where_they_are_announced() {
    let Some(site) = Site::of(Kind::Node, &[]) else {
        return;
    };
    let Some(mut client) = site.client("trailers", "/echo") else {
        return;
    };
    let said: Value = serde_json::from_str(&client.wait_for_the_end()).unwrap();
    assert_eq!(said["status"], 200);
    assert_eq!(said["told"]["length"], 4);
    // What could be taken for ours is neither announced nor sent.
    assert_eq!(said["told"]["trailers"], json!(["x-checksum", "4"]));
    let fields = said["told"]["headers"].as_array().unwrap().chunks(2);
    let announced: Vec<_> = fields
        .filter(|it| it[0] == "trailer")
        .map(|it| &it[1])
        .collect();
    assert_eq!(announced, ["x-checksum"]);
    assert_eq!(said["trailers"], json!({"x-sum": "1"}));
    // HTTP/2 has them after every answer.
    let url = site.url("/echo");
    let said = site.curl(&["--http2", "--include", &url]).ok().out();
    assert!(said.trim_end().ends_with("x-sum: 1"), "{said}");
}
