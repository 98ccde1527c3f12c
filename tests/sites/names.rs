//! Each server answers to its own names alone.

use super::at_each_proxy;

#[test]
fn each_proxy_answers_to_its_own_names_alone() {
    at_each_proxy("alice", |word, server, authority, alice| {
        let visit = |more: &[&str]| server.visit(authority, Some(alice), "", more);
        for http in ["--http1.1", "--http2"] {
            let Some(other) = visit(&[http, "--header", "Host: other.example"]) else {
                return;
            };
            assert_eq!(other.status, Some(421), "{word} {http}: {other:?}");
            assert!(other.is_refused(), "{word} {http}: {other:?}");
        }
        // A list is no name, though one of its words is.
        let list = visit(&["--http1.1", "--header", "Host: other.example,localhost"]);
        let list = list.unwrap();
        assert!(list.is_refused(), "{word}: {list:?}");
        // Who comes to an address sends no SNI (RFC 6066 §3).
        let address = format!("https://127.0.0.1:{}/", server.port());
        let by_address = server.visit_at(&address, authority, Some(alice), &[]);
        let by_address = by_address.unwrap();
        assert!(by_address.welcomes("alice"), "{word}: {by_address:?}");
    });
}

#[test]
fn a_name_in_the_target_itself_counts_before_the_host_field() {
    at_each_proxy("alice", |word, server, authority, alice| {
        // RFC 9112 §3.2.2.
        let ask = |target: &str| {
            let request =
                format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            server.converse(authority, alice, [&request, ""])
        };
        for other in [
            "http://other.example/",
            "https://other.example:443/headers",
            "https://localhost@other.example/",
            "https://localhost.other.example/",
            "https://other.example?https://localhost/",
        ] {
            let Some(answer) = ask(other) else { return };
            let is_refused =
                [" 400 ", " 421 "].map(|status| answer.starts_with(&format!("HTTP/1.1{status}")));
            assert!(is_refused.contains(&true), "{word}, {other}: {answer}");
            assert!(!answer.contains("alice"), "{word}, {other}: {answer}");
        }
        // A server takes this form of its own name too.
        for own in [
            "https://localhost/",
            "HTTPS://LOCALHOST/a?b=//c",
            "https://localhost",
        ] {
            let answer = ask(own).unwrap();
            assert!(
                answer.contains("Welcome, alice."),
                "{word}, {own}: {answer}"
            );
        }
    });
}
