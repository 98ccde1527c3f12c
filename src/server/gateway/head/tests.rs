//! The rules for heads, both sides of each.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::*;
use axum::body::{Body as AnyBody, Bytes};
use axum::http::{Request, Response};
use hyper::body::Frame;

/// A body of unknown length; it is never read here.
struct Streamed;

impl Body for Streamed {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn told(request: Request<AnyBody>, peer: &str) -> request::Parts {
    let (head, body) = request.into_parts();
    let identity = [(CLIENT_CERT, HeaderValue::from_static(":ours:"))];
    let asked = Asked {
        authority: &"localhost:8443".parse().unwrap(),
        peer: peer.parse().unwrap(),
        identity: &HeaderMap::from_iter(identity),
        is_upgrade: wants_websocket(&head, &body),
    };
    super::request(head, &body, &asked)
}

fn with(method: &str, lines: &[(&str, &str)], body: AnyBody) -> request::Parts {
    let mut request = Request::builder().method(method).uri("/");
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    told(request.body(body).unwrap(), "192.0.2.7")
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| format!("{name}: {}", value.to_str().unwrap());
    let mut lines: Vec<_> = headers.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_ours_stands_in_the_place_of_what_the_client_said() {
    let forged = [
        ("client-cert", ":forged:"),
        ("x-forwarded-for", "10.0.0.1"),
        ("forwarded", "for=10.0.0.1"),
        ("host", "other.example"),
        // And it cannot have ours removed.
        (
            "connection",
            "client-cert, x-forwarded-for, host, forwarded",
        ),
        ("via", "1.1 before"),
        ("accept", "*/*"),
    ];
    let head = with("GET", &forged, AnyBody::empty());
    assert_eq!(
        lines(&head.headers),
        [
            "accept: */*",
            "client-cert: :ours:",
            "forwarded: for=192.0.2.7;host=\"localhost:8443\";proto=https",
            "host: localhost:8443",
            "via: 1.1 before",
            "via: 1.1 pki",
            "x-forwarded-for: 192.0.2.7",
            "x-forwarded-host: localhost:8443",
            "x-forwarded-proto: https",
        ]
    );
}

#[test]
fn the_clients_address_is_written_as_each_field_wants_it() {
    for (peer, forwarded, plain) in [
        ("::1", "for=\"[::1]\";", "::1"),
        ("::ffff:192.0.2.7", "for=192.0.2.7;", "192.0.2.7"),
    ] {
        let head = told(Request::new(AnyBody::empty()), peer);
        let value = head.headers[FORWARDED].to_str().unwrap();
        assert!(value.starts_with(forwarded), "{value}");
        assert_eq!(head.headers[FORWARDED_FOR], plain);
    }
}

#[test]
fn the_path_and_the_query_go_through_as_they_stand() {
    for (target, sent) in [
        ("/", "/"),
        (
            "//a//b/../%2e%2E/%2f;x?a=%00&b=/?&&",
            "//a//b/../%2e%2E/%2f;x?a=%00&b=/?&&",
        ),
        ("/?", "/?"),
        ("*", "*"),
        ("https://localhost:8443/a?b", "/a?b"),
        ("https://localhost:8443", "/"),
        ("https://localhost:8443?b", "/?b"),
    ] {
        let request = Request::builder().uri(target).body(AnyBody::empty());
        let head = told(request.unwrap(), "192.0.2.7");
        assert_eq!(head.uri.to_string(), sent, "{target}");
        assert!(head.uri.authority().is_none());
    }
}

#[test]
fn the_length_is_that_of_the_body_whatever_was_said() {
    let framing = |head: &request::Parts| {
        let lines = lines(&head.headers);
        let wanted = ["content-length", "trailer", "transfer-encoding"];
        let is_framing = |line: &String| wanted.iter().any(|it| line.starts_with(it));
        lines.into_iter().filter(is_framing).collect::<Vec<_>>()
    };
    let trailer = ("trailer", "x-sum, client-cert");
    for (method, said, body, sent) in [
        ("GET", &[][..], AnyBody::empty(), &[][..]),
        (
            "GET",
            &[("content-length", "0")],
            AnyBody::empty(),
            &["content-length: 0"],
        ),
        ("POST", &[], AnyBody::empty(), &["content-length: 0"]),
        (
            "POST",
            &[trailer],
            AnyBody::from("abc"),
            &["content-length: 3"],
        ),
        (
            "GET",
            &[("content-length", "7")],
            AnyBody::from("abc"),
            &["content-length: 3"],
        ),
        (
            "GET",
            &[("content-length", "7"), trailer],
            AnyBody::new(Streamed),
            &["trailer: x-sum", "transfer-encoding: chunked"],
        ),
    ] {
        let head = with(method, said, body);
        assert_eq!(framing(&head), sent, "{method} {said:?}");
    }
}

#[test]
fn a_websocket_is_asked_for_and_no_other_protocol() {
    let upgrade = |protocol| [("connection", "keep-alive, Upgrade"), ("upgrade", protocol)];
    for (method, fields, body, is_asked) in [
        ("GET", &upgrade("WebSocket")[..], AnyBody::empty(), true),
        ("GET", &upgrade("h2c"), AnyBody::empty(), false),
        ("GET", &upgrade("websocket, h2c"), AnyBody::empty(), false),
        ("GET", &[("upgrade", "websocket")], AnyBody::empty(), false),
        ("POST", &upgrade("websocket"), AnyBody::empty(), false),
        ("GET", &upgrade("websocket"), AnyBody::from("x"), false),
    ] {
        let head = with(method, fields, body);
        let sent = (head.headers.get(CONNECTION), head.headers.get(UPGRADE));
        match is_asked {
            true => assert_eq!(
                sent,
                (Some(&"upgrade".parse().unwrap()), Some(&WEBSOCKET_VALUE))
            ),
            false => assert_eq!(sent, (None, None), "{method} {fields:?}"),
        }
    }
}

#[test]
fn cookies_in_several_fields_become_one() {
    let head = with(
        "GET",
        &[("cookie", "a=b"), ("cookie", "c=d")],
        AnyBody::empty(),
    );
    assert_eq!(head.headers.get_all(COOKIE).iter().count(), 1);
    assert_eq!(head.headers[COOKIE], "a=b; c=d");
}

#[test]
fn who_takes_trailers_is_told_of_and_an_expectation_is_about_a_body() {
    let fields = [("te", "gzip, trailers"), ("expect", "100-continue")];
    let head = with("GET", &fields, AnyBody::empty());
    assert_eq!(head.headers[TE], "trailers");
    assert_eq!(head.headers[CONNECTION], "te");
    assert!(!head.headers.contains_key(EXPECT));
    let head = with("PUT", &fields, AnyBody::from("x"));
    assert_eq!(head.headers[EXPECT], "100-continue");
}

#[test]
fn an_answer_goes_through_without_what_is_of_the_connection_or_ours() {
    let answer = |fields: &[(&str, &str)]| {
        let mut response = Response::builder();
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        let mut head = response.body(()).unwrap().into_parts().0;
        super::response(&mut head);
        lines(&head.headers)
    };
    let framed = [
        ("transfer-encoding", "chunked"),
        ("content-length", "5"),
        ("connection", "close, x-own"),
        ("x-own", "1"),
        ("pki-reason", "revoked"),
        ("set-cookie", "a=b"),
        ("set-cookie", "c=d"),
    ];
    assert_eq!(answer(&framed), ["set-cookie: a=b", "set-cookie: c=d"]);
    assert_eq!(answer(&[("content-length", "5")]), ["content-length: 5"]);
    for (vary, sent) in [
        ("accept, Client-Cert", "vary: *"),
        ("client-cert-chain", "vary: *"),
        ("accept", "vary: accept"),
    ] {
        assert_eq!(answer(&[("vary", vary)]), [sent]);
    }
}
