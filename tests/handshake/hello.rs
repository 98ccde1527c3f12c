//! A ClientHello put together octet by octet, because no program here still offers what must be refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Server;

pub(super) const TLS_1_2: u16 = 0x0303;

/// What a server answers to one ClientHello.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A ServerHello that chose this cipher suite.
    Chose(u16),
    /// A fatal alert.
    Alert(u8),
}

/// Offers this version and these cipher suites, with every group and signature scheme of TLS 1.2 that could help.
pub(super) fn offer(server: &Server, version: u16, suites: &[u16]) -> Answer {
    let address = format!("127.0.0.1:{}", server.port());
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(&record(version, suites)).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).unwrap();
    match head[0] {
        21 => {
            assert_eq!(body[0], 2, "the alert is fatal");
            Answer::Alert(body[1])
        }
        22 => {
            assert_eq!(body[0], 2, "a ServerHello comes first");
            // Type and length, version, random, session ID, suite (RFC 5246 §7.4.1.3).
            let suite = 4 + 2 + 32 + 1 + usize::from(body[38]);
            Answer::Chose(u16::from_be_bytes([body[suite], body[suite + 1]]))
        }
        other => panic!("a record of type {other}"),
    }
}

/// RFC 5246 §7.4.1.2, in one record.
fn record(version: u16, suites: &[u16]) -> Vec<u8> {
    let list = |values: &[u16]| {
        let values = values.iter().flat_map(|value| value.to_be_bytes());
        with_length(&values.collect::<Vec<_>>())
    };
    let extension = |number: u16, content: Vec<u8>| {
        [number.to_be_bytes().to_vec(), with_length(&content)].concat()
    };
    let extensions = [
        // supported_groups: x25519, secp256r1, secp384r1, ffdhe2048
        extension(10, list(&[0x001d, 0x0017, 0x0018, 0x0100])),
        // ec_point_formats: uncompressed
        extension(11, vec![1, 0]),
        // signature_algorithms: RSA of both kinds, ECDSA
        extension(13, list(&[0x0804, 0x0401, 0x0403, 0x0503, 0x0201, 0x0203])),
    ];
    let hello = [
        &version.to_be_bytes()[..],
        &[7; 32],
        &[0],
        &list(suites),
        // No compression.
        &[1, 0],
        &with_length(&extensions.concat()),
    ]
    .concat();
    let length = u32::try_from(hello.len()).unwrap().to_be_bytes();
    let handshake = [&[1], &length[1..], &hello].concat();
    [&[22, 3, 1], &with_length(&handshake)[..]].concat()
}

fn with_length(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    [&length.to_be_bytes(), content].concat()
}
