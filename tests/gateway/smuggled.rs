//! Requests that two readers could take for different ones: the application gets one that is plain, or none.

use super::{Kind, Site};

/// What is sent, and whether it is refused; otherwise it is one request to the application, whose body is this long.
const ATTEMPTS: [(&str, &str, Option<u32>); 29] = [
    (
        "both lengths",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Some(0),
    ),
    (
        "both lengths, the other way round",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 50\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        Some(3),
    ),
    (
        "two lengths",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        None,
    ),
    (
        "two lengths in one",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 4\r\n\r\nabcd",
        None,
    ),
    (
        "a signed length",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: +3\r\n\r\nabc",
        None,
    ),
    (
        "a negative length",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -3\r\n\r\nabc",
        None,
    ),
    (
        "a length in hexadecimal",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x3\r\n\r\nabc",
        None,
    ),
    (
        "a length that is none",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: \r\n\r\nabc",
        None,
    ),
    (
        "a length beyond all",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\nabc",
        None,
    ),
    (
        "a blank before the colon",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length : 3\r\n\r\nabc",
        None,
    ),
    (
        "a blank before the name",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\n Content-Length: 3\r\n\r\nabc",
        None,
    ),
    (
        "a folded line",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Own: a\r\n Client-Cert: b\r\n\r\n",
        None,
    ),
    (
        "a folded encoding",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        None,
    ),
    (
        "an encoding that is not chunked",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nabc",
        None,
    ),
    (
        "chunked and something after it",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        None,
    ),
    (
        "an encoding that only looks like it",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        None,
    ),
    (
        "an encoding in HTTP/1.0",
        "POST /echo HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        None,
    ),
    (
        "lengths by other names",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent_Length: 40\r\nTransfer_Encoding: chunked\r\nConnection: close\r\n\r\nabc",
        Some(3),
    ),
    (
        "a chunk of a strange size",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        None,
    ),
    (
        "a chunk that is longer than it says",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        None,
    ),
    (
        "a chunk beyond all",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        None,
    ),
    (
        "an octet that ends strings",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Own: a\0b\r\n\r\n",
        None,
    ),
    (
        "a carriage return alone",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Own: a\rClient-Cert: b\r\n\r\n",
        None,
    ),
    (
        "a name that is none",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nX Own: a\r\n\r\n",
        None,
    ),
    (
        "no name",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n",
        None,
    ),
    (
        "a line in the target",
        "GET /echo\rX HTTP/1.1\r\nHost: localhost\r\n\r\n",
        None,
    ),
    (
        "two targets",
        "GET /echo /admin HTTP/1.1\r\nHost: localhost\r\n\r\n",
        None,
    ),
    (
        "another version",
        "GET /echo HTTP/3.0\r\nHost: localhost\r\n\r\n",
        None,
    ),
    (
        "a method that is none",
        "GE\tT /echo HTTP/1.1\r\nHost: localhost\r\n\r\n",
        None,
    ),
];

/// Behind each attempt: what would be a request of its own if the two ends disagreed.
const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\nClient-Cert: :forged:\r\nConnection: close\r\n\r\n";

#[test]
fn nothing_is_smuggled_past_the_gateway() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let attempts = ATTEMPTS.map(|(_, octets, _)| format!("{octets}{SMUGGLED}"));
    let answers = site.answers(&attempts);
    for ((what, _, length), said) in ATTEMPTS.into_iter().zip(answers) {
        match length {
            Some(length) => {
                assert!(said.contains("HTTP/1.1 200 OK"), "{what}: {said}");
                assert!(
                    said.contains(&format!("\"length\": {length},")),
                    "{what}: {said}"
                );
                let fields = [
                    "content-length\", ",
                    "transfer-encoding\", ",
                    "content_length",
                    "transfer_encoding",
                ];
                let framed: usize = fields.iter().map(|it| said.matches(it).count()).sum();
                assert_eq!(framed, 1, "{what}: {said}");
            }
            // A body that breaks off may have begun to go through; then there is no answer.
            None => assert!(said.starts_with("HTTP/1.1 400 "), "{what}: {said}"),
        }
        let answers = said.lines().filter(|it| it.starts_with("HTTP/1.1 "));
        assert!(answers.count() <= 1, "{what}: {said}");
        assert!(!site.application.said().contains("/smuggled"), "{what}");
        assert!(!said.contains("forged"), "{what}: {said}");
    }
    // The connections to the application are still in step.
    for _ in 0..3 {
        assert_eq!(site.echo(&[])["request"], "GET /echo HTTP/1.1");
    }
}

#[test]
fn two_requests_in_one_packet_are_two_and_each_is_told_who_asks() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let first = "POST /echo?1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
    let said = site.answer(&format!("{first}{SMUGGLED}"));
    assert_eq!(said.matches("200 OK").count(), 2, "{said}");
    assert_eq!(
        said.matches("x-ssl-client-s-dn\", \"CN=alice").count(),
        2,
        "{said}"
    );
    assert!(
        said.contains("GET /smuggled") && !said.contains("forged"),
        "{said}"
    );
}
