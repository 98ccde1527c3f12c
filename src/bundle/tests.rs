//! Bundles written and opened again: whole, under other passwords, cut, bent and hostile.

use std::time::{Duration, Instant};

use super::ber::{Element, OCTET_STRING, Reader, SEQUENCE, header};
use super::password::Password;
use super::testing::{KINDS, P256, identity};
use super::write::write_with;
use super::*;
use crate::error::ErrorKind;

const FORMS: [Form; 2] = [Form::Aes256Sha256, Form::TripleDesSha1];

fn quick(identity: &Identity, password: &Secret, form: Form) -> Vec<u8> {
    let password = Password::standard(password);
    write_with(identity, &password, 1, form).unwrap().to_vec()
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

#[test]
fn every_kind_of_key_comes_back_in_every_form() {
    for algorithm in KINDS {
        let identity = identity(algorithm, "alice");
        for form in FORMS {
            let password = Secret::generate().unwrap();
            let file = write(&identity, &password, form).unwrap();
            assert_same(&open(&file, &password).unwrap(), &identity);
        }
    }
}

#[test]
fn every_kind_of_password_opens_what_it_closed() {
    let identity = identity(P256, "Zoë 🦊");
    for password in [
        "a",
        "",
        "Grüße, 世界",
        "🔑🔑",
        "with a newline\n",
        &"long".repeat(100),
    ] {
        let password = Secret::chosen(password);
        for form in FORMS {
            let file = quick(&identity, &password, form);
            assert_same(&open(&file, &password).unwrap(), &identity);
        }
    }
}

#[test]
fn a_bundle_without_a_name_or_a_chain_comes_back_so() {
    let mut identity = identity(P256, "alice");
    identity.friendly_name = None;
    identity.chain.clear();
    let password = Secret::chosen("a");
    let file = quick(&identity, &password, Form::Aes256Sha256);
    assert_same(&open(&file, &password).unwrap(), &identity);
}

#[test]
fn a_chosen_password_costs_more_iterations_than_a_generated_one() {
    assert_eq!(iterations(&Secret::chosen("a")), 250_000);
    assert_eq!(iterations(&Secret::generate().unwrap()), 2_048);
}

#[test]
fn the_anatomy_tells_how_a_bundle_is_made_without_its_password() {
    let identity = identity(P256, "alice");
    let password = Secret::generate().unwrap();
    for form in FORMS {
        let anatomy = Anatomy::read(&write(&identity, &password, form).unwrap()).unwrap();
        assert_eq!(anatomy.encoding, Encoding::Der);
        let hash = match form {
            Form::Aes256Sha256 => Hash::Sha256,
            Form::TripleDesSha1 => Hash::Sha1,
        };
        assert!(
            matches!(anatomy.mac, Some(Mac::Pkcs12 { hash: found, iterations: 2_048, .. }) if found == hash)
        );
        let [Part::Encrypted(certificates), Part::Plain(bags)] = &anatomy.parts[..] else {
            panic!("{anatomy:?}");
        };
        let [bag] = &bags[..] else { panic!("{bags:?}") };
        let Content::EncryptedPrivateKey(key) = &bag.content else {
            panic!("{bag:?}");
        };
        assert_eq!(bag.friendly_name.as_deref(), Some("alice"));
        assert_eq!(bag.local_key_id.as_ref().map(Vec::len), Some(20));
        for scheme in [&certificates.scheme, &key.scheme] {
            assert_eq!(scheme.iterations(), Some(2_048));
            match form {
                Form::Aes256Sha256 => assert!(matches!(
                    scheme,
                    Scheme::Pbes2 {
                        prf: Hash::Sha256,
                        cipher: Pbes2Cipher::Aes256,
                        ..
                    }
                )),
                Form::TripleDesSha1 => assert!(matches!(
                    scheme,
                    Scheme::Pkcs12 {
                        cipher: Pkcs12Cipher::TripleDes,
                        ..
                    }
                )),
            }
        }
    }
}

#[test]
fn only_the_end_entity_carries_a_name_and_key_and_certificate_carry_the_same_id() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let file = quick(&identity, &password, Form::Aes256Sha256);
    let unlocked = Anatomy::read(&file).unwrap().unlock(&password).unwrap();
    let [end_entity, issuing, root, key] = &unlocked.bags[..] else {
        panic!("{unlocked:?}");
    };
    assert_eq!(end_entity.local_key_id, key.local_key_id);
    assert!(key.local_key_id.is_some());
    for ca in [issuing, root] {
        assert_eq!((&ca.friendly_name, &ca.local_key_id), (&None, &None));
    }
}

#[test]
fn a_wrong_password_is_told_apart_from_a_damaged_file() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("right");
    for form in FORMS {
        let mut file = quick(&identity, &password, form);
        for wrong in ["wrong", "", "right ", "Right"] {
            let wrong = Secret::chosen(wrong);
            assert_eq!(kind_of(open(&file, &wrong)), ErrorKind::WrongPassphrase);
        }
        // The last byte before MacData's salt and iterations is the MAC's own.
        let position = file.len() - 30;
        file[position] ^= 1;
        assert_eq!(kind_of(open(&file, &password)), ErrorKind::Malformed);
    }
}

#[test]
fn two_passwords_in_one_bundle_are_named_as_such() {
    let identity = identity(P256, "alice");
    let file = quick(&identity, &Secret::chosen("inner"), Form::Aes256Sha256);
    let outer = Secret::chosen("outer");
    let file = with_mac(&file, |contents| own_mac(&outer, contents));
    let refusal = open(&file, &outer).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::WrongPassphrase);
    assert!(refusal.message().contains("MAC"), "{refusal}");
}

#[test]
fn a_bundle_cut_anywhere_is_refused() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    for form in FORMS {
        let file = quick(&identity, &password, form);
        for length in 0..file.len() {
            assert_eq!(
                kind_of(open(&file[..length], &password)),
                ErrorKind::Malformed
            );
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_never_opened_as_something_else() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    for form in FORMS {
        let file = quick(&identity, &password, form);
        for position in 0..file.len() {
            let mut bent = file.clone();
            bent[position] ^= 1 << (position % 8);
            match open(&bent, &password) {
                Ok(opened) => assert_same(&opened, &identity),
                Err(refusal) => assert!(
                    matches!(
                        refusal.kind(),
                        ErrorKind::Malformed | ErrorKind::WrongPassphrase
                    ),
                    "{position}: {refusal}"
                ),
            }
        }
    }
}

#[test]
fn a_flipped_bit_without_a_mac_never_panics() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let file = without_mac(&quick(&identity, &password, Form::Aes256Sha256));
    assert_same(&open(&file, &password).unwrap(), &identity);
    for position in 0..file.len() {
        let mut bent = file.clone();
        bent[position] ^= 1 << (position % 8);
        let _ = open(&bent, &password);
    }
}

#[test]
fn every_form_that_writers_gave_a_password_is_tried() {
    let identity = identity(P256, "alice");
    for (text, form) in [
        ("", PasswordForm::Absent),
        ("Grüße", PasswordForm::WidenedUtf8),
        ("plain", PasswordForm::Utf16InPbkdf2),
    ] {
        let secret = Secret::chosen(text);
        let password = Password::formed(&secret, form);
        let file = write_with(&identity, &password, 1, Form::Aes256Sha256).unwrap();
        let unlocked = Anatomy::read(&file).unwrap().unlock(&secret).unwrap();
        assert_eq!(unlocked.password_form, form);
        assert_same(&open(&file, &secret).unwrap(), &identity);
    }
}

#[test]
fn indefinite_lengths_and_strings_in_pieces_are_read() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    for form in FORMS {
        let file = indefinite(&quick(&identity, &password, form));
        assert_eq!(Anatomy::read(&file).unwrap().encoding, Encoding::Ber);
        assert_same(&open(&file, &password).unwrap(), &identity);
    }
}

#[test]
fn what_follows_a_bundle_is_ignored() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let mut file = quick(&identity, &password, Form::Aes256Sha256);
    file.extend_from_slice(b"\r\n");
    assert_same(&open(&file, &password).unwrap(), &identity);
}

#[test]
fn pbmac1_is_checked() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("Grüße");
    let file = quick(&identity, &password, Form::Aes256Sha256);
    let file = with_mac(&file, |contents| pbmac1(&password, contents));
    let mac = Anatomy::read(&file).unwrap().mac;
    assert!(
        matches!(
            mac,
            Some(Mac::Pbmac1 {
                hash: Hash::Sha512,
                prf: Hash::Sha256,
                ..
            })
        ),
        "{mac:?}"
    );
    assert_same(&open(&file, &password).unwrap(), &identity);
    assert_eq!(
        kind_of(open(&file, &Secret::chosen("a"))),
        ErrorKind::WrongPassphrase
    );
}

#[test]
fn a_key_of_another_certificate_is_not_bundled() {
    let mut mixed = identity(P256, "alice");
    mixed.private_key = identity(P256, "bob").private_key;
    let password = Secret::generate().unwrap();
    let refusal = write(&mixed, &password, Form::Aes256Sha256);
    assert_eq!(kind_of(refusal), ErrorKind::InvalidInput);
}

#[test]
fn a_key_without_its_certificate_is_said_so() {
    let mut mixed = identity(P256, "alice");
    mixed.private_key = identity(P256, "bob").private_key;
    let password = Secret::chosen("a");
    let refusal = open(&quick(&mixed, &password, Form::Aes256Sha256), &password).unwrap_err();
    assert!(
        refusal.message().contains("not its certificate"),
        "{refusal}"
    );
}

#[test]
fn many_iterations_and_much_text_are_refused_at_once() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let started = Instant::now();
    let file = quick(&identity, &password, Form::Aes256Sha256);
    let file = with_mac(&file, |_| mac_data(oid::SHA256, u32::MAX, &[0; 32]));
    assert_eq!(kind_of(open(&file, &password)), ErrorKind::Malformed);
    assert_eq!(
        kind_of(open(&vec![0x30; 17 << 20], &password)),
        ErrorKind::Malformed
    );
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn what_is_no_bundle_is_called_by_its_name() {
    let certificate = identity(P256, "alice").certificate;
    for (file, word) in [
        (&b""[..], "empty"),
        (b"-----BEGIN CERTIFICATE-----\n", "PEM"),
        (b"\xfe\xed\xfe\xed\0\0\0\x02", "Java keystore"),
        (b"MIIKcQIBAzCCCicGCSqGSIb3", "Base64"),
        (&certificate, "a certificate"),
        (b"hello", "not a PKCS#12 bundle"),
        (&[0x30, 3, 2, 1, 3], "damaged"),
    ] {
        let refusal = open(file, &Secret::chosen("a")).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Malformed);
        assert!(refusal.message().contains(word), "{refusal}");
        assert!(refusal.hint().is_some());
    }
}

#[test]
fn debug_shows_nothing_of_a_key() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    let unlocked = Anatomy::read(&quick(&identity, &password, Form::Aes256Sha256))
        .unwrap()
        .unlock(&password)
        .unwrap();
    let key = format!("{:?}", &identity.private_key[..8]);
    let key = key.trim_matches(['[', ']']);
    for shown in [format!("{identity:?}"), format!("{unlocked:?}")] {
        assert!(!shown.contains(key), "{shown}");
    }
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
                                writer.next().write_u32(1000);
                                writer.next().write_u32(64);
                                algorithm(writer, oid::HMAC_SHA256);
                            });
                        });
                        algorithm(writer, oid::HMAC_SHA512);
                    });
                });
                writer.next().write_bytes(&code);
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
