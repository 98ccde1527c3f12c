//! What is taken as a request, and what is refused.

use super::*;
use crate::certificate::Certificate;

const ISSUER: &[u8] = include_bytes!("../../../tests/fixtures/ocsp/issuer.pem");
/// One serial number, asked about by `openssl ocsp` with three hash algorithms.
const OPENSSL: [&[u8]; 3] = [
    include_bytes!("../../../tests/fixtures/ocsp/sha1.der"),
    include_bytes!("../../../tests/fixtures/ocsp/sha256.der"),
    include_bytes!("../../../tests/fixtures/ocsp/sha512.der"),
];
/// The serial numbers 1, 255 (SHA-1), 2, 0 and -5 (SHA-256), with a nonce.
const MANY: &[u8] = include_bytes!("../../../tests/fixtures/ocsp/many.der");
const SIGNED: &[u8] = include_bytes!("../../../tests/fixtures/ocsp/signed.der");
/// SHA3-256, which no CertID of ours has.
const SHA3: &[u8] = include_bytes!("../../../tests/fixtures/ocsp/sha3.der");

fn refusal(der: &[u8]) -> Option<Refusal> {
    Request::from_der(der).err()
}

fn octets(bytes: &[u8]) -> &OctetStringRef {
    OctetStringRef::new(bytes).unwrap()
}

fn cert_id(serial_number: &[u8]) -> CertId<'_> {
    CertId {
        hash_algorithm: AlgorithmIdentifierRef {
            oid: ObjectIdentifier::new_unwrap("1.3.14.3.2.26"),
            parameters: Some(AnyRef::NULL),
        },
        issuer_name_hash: octets(&[1; 20]),
        issuer_key_hash: octets(&[2; 20]),
        serial_number: IntRef::new(serial_number).unwrap(),
    }
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: &[u8]) -> Extension<'_> {
    Extension {
        extn_id,
        critical,
        extn_value: octets(value),
    }
}

/// A nonce of so many octets as it stands in its extension.
fn nonce(length: usize) -> Vec<u8> {
    octets(&vec![7; length]).to_der().unwrap()
}

#[test]
fn requests_of_openssl_name_the_issuer_by_each_hash_algorithm() {
    let issuer = IssuerId::of(&Certificate::from_file(ISSUER).unwrap()).unwrap();
    for der in OPENSSL {
        let read = Request::from_der(der).unwrap();
        assert_eq!(read.certificates.len(), 1);
        assert!(read.nonce.is_none());
        let id = &read.certificates[0];
        assert!(issuer.is_named_by(id));
        assert_eq!(
            id.serial_number.as_bytes(),
            [0x0f, 0xed, 0xcb, 0xa9, 0x87, 0x65, 0x43, 0x21]
        );
    }
}

#[test]
fn a_certificate_is_named_by_the_hashes_of_name_and_key_together() {
    let issuer = IssuerId::of(&Certificate::from_file(ISSUER).unwrap()).unwrap();
    let read = Request::from_der(OPENSSL[0]).unwrap();
    let id = read.certificates[0];
    let other_name = CertId {
        issuer_name_hash: octets(&[0; 20]),
        ..id
    };
    let other_key = CertId {
        issuer_key_hash: octets(&[0; 20]),
        ..id
    };
    let without_parameters = CertId {
        hash_algorithm: AlgorithmIdentifierRef {
            parameters: None,
            ..id.hash_algorithm
        },
        ..id
    };
    assert!(!issuer.is_named_by(&other_name));
    assert!(!issuer.is_named_by(&other_key));
    assert!(issuer.is_named_by(&without_parameters));
    let unknown = Request::from_der(SHA3).unwrap();
    assert!(!issuer.is_named_by(&unknown.certificates[0]));
}

#[test]
fn several_certificates_and_a_nonce_are_read_in_their_order() {
    let read = Request::from_der(MANY).unwrap();
    let numbers: Vec<_> = read
        .certificates
        .iter()
        .map(|id| id.serial_number.as_bytes())
        .collect();
    assert_eq!(numbers, [&[1][..], &[0, 0xff], &[2], &[0], &[0xfb]]);
    assert_eq!(read.nonce.unwrap().as_bytes().len(), 18);
}

#[test]
fn who_asks_and_a_signature_are_taken_and_not_looked_at() {
    assert!(
        OcspRequest::from_der(SIGNED)
            .unwrap()
            .optional_signature
            .is_some()
    );
    assert!(
        OcspRequest::from_der(SIGNED)
            .unwrap()
            .tbs_request
            .requestor_name
            .is_some()
    );
    assert_eq!(Request::from_der(SIGNED).unwrap().certificates.len(), 1);
}

#[test]
fn every_beginning_of_a_request_is_malformed_and_so_is_an_octet_too_many() {
    for der in OPENSSL.into_iter().chain([MANY, SIGNED]) {
        for end in 0..der.len() {
            assert_eq!(refusal(&der[..end]), Some(Refusal::MalformedRequest));
        }
        let longer = [der, &[0]].concat();
        assert_eq!(refusal(&longer), Some(Refusal::MalformedRequest));
    }
}

#[test]
fn no_flipped_bit_makes_more_of_a_request_than_a_request() {
    for der in [OPENSSL[1], MANY, SIGNED] {
        let mut changed = der.to_vec();
        for position in 0..der.len() {
            for bit in 0..8 {
                changed[position] ^= 1 << bit;
                // It may still be a request, about another certificate; it must not be more than was sent.
                if let Ok(read) = Request::from_der(&changed) {
                    assert!(read.certificates.len() <= 5);
                }
                changed[position] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn ber_that_is_not_der_is_malformed() {
    // The sequence's length in two octets where one would do.
    let der = OPENSSL[0];
    let long = [&[0x30, 0x81, der[1]], &der[2..]].concat();
    assert_eq!(refusal(&long), Some(Refusal::MalformedRequest));
    let indefinite = [&[0x30, 0x80], &der[2..], &[0, 0]].concat();
    assert_eq!(refusal(&indefinite), Some(Refusal::MalformedRequest));
}

#[test]
fn a_request_asks_about_one_certificate_to_a_hundred() {
    let asked = |count: usize| refusal(&request(&vec![cert_id(&[1]); count], &[]));
    assert_eq!(asked(0), Some(Refusal::MalformedRequest));
    assert_eq!(asked(1), None);
    assert_eq!(asked(100), None);
    assert_eq!(asked(101), Some(Refusal::MalformedRequest));
}

#[test]
fn a_request_that_is_too_long_is_not_read() {
    let one = cert_id(&[1]);
    let filling = vec![0; MAX_REQUEST];
    let filled = |length: usize| {
        let other = ObjectIdentifier::new_unwrap("1.2.3");
        request(&[one], &[extension(other, false, &filling[..length])])
    };
    let overhead = filled(MAX_REQUEST - 1000).len() - (MAX_REQUEST - 1000);
    assert_eq!(refusal(&filled(MAX_REQUEST - overhead)), None);
    assert_eq!(
        refusal(&filled(MAX_REQUEST - overhead + 1)),
        Some(Refusal::MalformedRequest)
    );
}

#[test]
fn only_version_1_is_read() {
    let mut asked = OcspRequest::from_der(OPENSSL[0]).unwrap();
    asked.tbs_request.version = 1;
    let der = asked.to_der().unwrap();
    assert_eq!(refusal(&der), Some(Refusal::MalformedRequest));
}

#[test]
fn a_nonce_has_1_to_128_octets() {
    for (length, expected) in [
        (0, Some(Refusal::MalformedRequest)),
        (1, None),
        (16, None),
        (32, None),
        (128, None),
        (129, Some(Refusal::MalformedRequest)),
    ] {
        let value = nonce(length);
        let der = request(&[cert_id(&[1])], &[extension(NONCE, false, &value)]);
        assert_eq!(refusal(&der), expected, "{length} octets");
    }
}

#[test]
fn a_nonce_stands_once_and_is_an_octet_string() {
    let value = nonce(32);
    let once = extension(NONCE, false, &value);
    let twice = request(&[cert_id(&[1])], &[once, once]);
    assert_eq!(refusal(&twice), Some(Refusal::MalformedRequest));
    let bare = request(&[cert_id(&[1])], &[extension(NONCE, false, &[7; 16])]);
    assert_eq!(refusal(&bare), Some(Refusal::MalformedRequest));
}

#[test]
fn an_extension_that_is_not_understood_is_passed_over_unless_it_is_critical() {
    let other = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.4");
    let value = nonce(32);
    for critical in [false, true] {
        let expected = critical.then_some(Refusal::Unauthorized);
        let of_all = extension(other, critical, &[5, 0]);
        assert_eq!(refusal(&request(&[cert_id(&[1])], &[of_all])), expected);

        let mut asked = OcspRequest::from_der(OPENSSL[0]).unwrap();
        asked.tbs_request.request_list[0].single_request_extensions = Some(vec![of_all]);
        assert_eq!(refusal(&asked.to_der().unwrap()), expected);

        // The nonce is understood.
        let nonce = extension(NONCE, critical, &value);
        assert_eq!(refusal(&request(&[cert_id(&[1])], &[nonce])), None);
    }
}
