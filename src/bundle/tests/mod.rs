//! What the tests of whole bundles share: quick ones, ones with another MAC or none, ones in BER.

mod elimination;
mod refusals;
mod round_trips;

use super::element::{Element, OCTET_STRING, Reader, SEQUENCE, header};
use super::password::Password;
use super::testing::{KINDS, P256, identity};
use super::write::write_with;
use super::*;
use crate::error::ErrorKind;

const FORMS: [Form; 2] = [Form::Aes256Sha256, Form::TripleDesSha1];

fn quick(identity: &Identity, password: &Secret, form: Form) -> Vec<u8> {
    let password = Password::standard(password);
    quick_all(std::slice::from_ref(identity), &[], &password, form)
}

fn quick_all(
    identities: &[Identity],
    others: &[OtherCertificate],
    password: &Password,
    form: Form,
) -> Vec<u8> {
    write_with(identities, others, password, 1, form)
        .unwrap()
        .to_vec()
}

/// A certificate without a name and attributes.
fn other(der: &[u8]) -> OtherCertificate {
    OtherCertificate {
        der: der.to_vec(),
        friendly_name: None,
        attributes: Vec::new(),
    }
}

fn assert_same(opened: &Contents, identity: &Identity) {
    let [found] = &opened.identities[..] else {
        panic!("{opened:?}");
    };
    assert_eq!(found.private_key, identity.private_key);
    assert_eq!(found.certificate, identity.certificate);
    assert_eq!(found.chain, identity.chain);
    assert_eq!(found.friendly_name, identity.friendly_name);
    assert!(opened.other_certificates.is_empty());
}

fn kind_of<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

/// The contents of a bundle (its first content info) and their bytes that a MAC is over.
fn parts(file: &[u8]) -> (&[u8], &[u8]) {
    let mut fields = Element::only(file, SEQUENCE).unwrap().reader();
    fields.any().unwrap();
    let info = fields.take(SEQUENCE).unwrap();
    let mut inside = info.reader();
    inside.any().unwrap();
    let content = inside.any().unwrap().body;
    (info.raw, Element::only(content, OCTET_STRING).unwrap().body)
}

fn without_mac(file: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[&[2, 1, 3], parts(file).0])
}

/// A bundle without a MAC of these ContentInfos.
fn of_parts(infos: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, &[&[2, 1, 3], &data(&element(SEQUENCE, infos))])
}

/// The ContentInfos of a bundle: the certificates and the keys in one that we wrote.
fn infos(file: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Element::only(parts(file).1, SEQUENCE).unwrap().reader();
    let next = || (!list.is_empty()).then(|| list.any().unwrap().raw.to_vec());
    std::iter::from_fn(next).collect()
}

/// A ContentInfo that holds data (RFC 5652 §4).
fn data(content: &[u8]) -> Vec<u8> {
    let content = element(OCTET_STRING, &[content]);
    let kind = yasna::construct_der(|writer| writer.write_oid(&oid::object(oid::DATA)));
    element(SEQUENCE, &[&kind, &element(0xa0, &[&content])])
}

fn with_mac(file: &[u8], mac: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (info, contents) = parts(file);
    element(SEQUENCE, &[&[2, 1, 3], info, &mac(contents)])
}

fn own_mac(password: &Secret, contents: &[u8]) -> Vec<u8> {
    let mac = Mac::Pkcs12 {
        hash: Hash::Sha256,
        salt: vec![7; 8],
        iterations: 1,
    };
    let code = mac.code(&Password::standard(password), contents).unwrap();
    mac_data(oid::SHA256, 1, &code)
}

fn mac_data(hash: oid::Arcs, iterations: u32, code: &[u8]) -> Vec<u8> {
    let hash = Hash::ALL
        .into_iter()
        .find(|known| known.digest_oid() == hash);
    yasna::construct_der(|writer| mac::write(writer, hash.unwrap(), &[7; 8], iterations, code))
}

fn pbmac1(password: &Secret, contents: &[u8]) -> Vec<u8> {
    let mac = Mac::Pbmac1 {
        hash: Hash::Sha512,
        prf: Hash::Sha256,
        salt: vec![9; 16],
        iterations: 1000,
        key_length: 64,
    };
    let code = mac.code(&Password::standard(password), contents).unwrap();
    pbmac1_data(1000, 64, &code)
}

fn pbmac1_data(iterations: u32, key_length: u32, code: &[u8]) -> Vec<u8> {
    let algorithm = |writer: &mut yasna::DERWriterSeq<'_>, arcs| {
        writer.next().write_sequence(|writer| {
            writer.next().write_oid(&oid::object(arcs));
            writer.next().write_null();
        });
    };
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer.next().write_sequence(|writer| {
                    writer.next().write_oid(&oid::object(oid::PBMAC1));
                    writer.next().write_sequence(|writer| {
                        writer.next().write_sequence(|writer| {
                            writer.next().write_oid(&oid::object(oid::PBKDF2));
                            writer.next().write_sequence(|writer| {
                                writer.next().write_bytes(&[9; 16]);
                                writer.next().write_u32(iterations);
                                writer.next().write_u32(key_length);
                                algorithm(writer, oid::HMAC_SHA256);
                            });
                        });
                        algorithm(writer, oid::HMAC_SHA512);
                    });
                });
                writer.next().write_bytes(code);
            });
            writer.next().write_bytes(b"NOT USED");
        });
    })
}

/// The same file as a streaming writer would have written it: every length that may be indefinite is, every string is in two pieces.
fn indefinite(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut reader = Reader::new(der);
    while !reader.is_empty() {
        let element = reader.any().unwrap();
        match element.tag {
            tag if tag & 0x20 != 0 => {
                out.extend([tag, 0x80]);
                out.extend(indefinite(element.body));
                out.extend([0, 0]);
            }
            // An encrypted content is a string, too, under an implicit tag.
            OCTET_STRING | 0x80 => {
                let (one, two) = element.body.split_at(element.body.len() / 2);
                out.extend([element.tag | 0x20, 0x80]);
                for piece in [one, two] {
                    out.extend(self::element(OCTET_STRING, &[piece]));
                }
                out.extend([0, 0]);
            }
            _ => out.extend_from_slice(element.raw),
        }
    }
    out
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [header(tag, body.len()), body].concat()
}
