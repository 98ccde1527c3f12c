//! PKCS#10 requests: as files, and as what stands in one under a signature that is right.

use std::sync::LazyLock;

use pki::csr::CertificationRequest;
use pki::key::{PrivateKey, check_public_key};
use pki::name::SubjectAltName;

use super::stage::STAGE;

/// The asker's key: the one that the stage has anyhow.
static PUBLIC_KEY: LazyLock<Vec<u8>> = LazyLock::new(|| STAGE.issuing_key.public_key());

/// Reads a request; what is none is put into one as its subject and attributes, because no mutation makes a good signature.
pub fn read(input: &[u8]) {
    match input.split_first() {
        Some((b'S', contents)) => accepted(&signed(contents, &STAGE.issuing_key)),
        _ => accepted(input),
    }
}

fn accepted(file: &[u8]) {
    let Ok(request) = CertificationRequest::from_file(file) else {
        return;
    };
    assert!(check_public_key(&request.public_key).is_ok());
    let text = request.subject.to_string();
    assert_eq!(text, request.subject.as_str());
    for host in &request.hosts {
        let again = SubjectAltName::parse_host(&host.value());
        assert!(again.is_ok_and(|again| again == *host), "{host:?}");
    }
    drop(format!("{request:?}"));
    if file.starts_with(b"0") {
        let armoured = pem::encode(&pem::Pem::new("CERTIFICATE REQUEST", file));
        let again = CertificationRequest::from_file(armoured.as_bytes());
        assert!(again.is_ok_and(|again| again == request));
    }
}

/// A request of version 1 with these octets before and behind the key: a subject, and attributes (RFC 2986 §4.1).
fn signed(contents: &[u8], key: &PrivateKey) -> Vec<u8> {
    let (length, rest) = contents.split_first_chunk().unwrap_or((&[0, 0], &[]));
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (subject, attributes) = rest.split_at(length);
    let information = element(
        0x30,
        &[&[2, 1, 0], subject, &PUBLIC_KEY, attributes].concat(),
    );
    let signature = key.sign_octets(&information).unwrap();
    let signature = element(0x03, &[&[0], signature.as_slice()].concat());
    let signed = [&information, key.signature_algorithm(), &signature].concat();
    element(0x30, &signed)
}

/// A tag, the shortest length and contents (X.690 §10.1).
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len()).unwrap().to_be_bytes();
    let zeros = length.iter().take_while(|octet| **octet == 0).count();
    let (_, length) = length.split_at(zeros);
    let head = match length {
        [] => vec![tag, 0],
        [short @ 0..=0x7f] => vec![tag, *short],
        long => [&[tag, 0x80 | u8::try_from(long.len()).unwrap()], long].concat(),
    };
    [&head, contents].concat()
}
