//! Bundles under other passwords, cut, bent and hostile.

use std::time::{Duration, Instant};

use super::*;

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
    assert!(refusal.message().contains("two passwords"), "{refusal}");
}

#[test]
fn a_key_with_a_password_of_its_own_is_not_told_as_damage() {
    let identity = identity(P256, "alice");
    let [store, inner] = ["store", "inner"].map(Secret::chosen);
    for form in FORMS {
        let [certificates, _] = &infos(&quick(&identity, &store, form))[..] else {
            panic!("two parts");
        };
        let [_, key] = &infos(&quick(&identity, &inner, form))[..] else {
            panic!("two parts");
        };
        let bare = of_parts(&[certificates, key]);
        // Under a MAC nothing is damaged; without one nobody knows.
        let whole = with_mac(&bare, |contents| own_mac(&store, contents));
        for (file, kind) in [
            (&whole, ErrorKind::WrongPassphrase),
            (&bare, ErrorKind::Malformed),
        ] {
            let refusal = open(file, &store).unwrap_err();
            assert_eq!(refusal.kind(), kind);
            assert!(refusal.message().contains("two passwords"), "{refusal}");
            assert!(refusal.hint().is_some_and(|hint| hint.contains("-twopass")));
        }
    }
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
fn iterations_are_counted_for_every_block_that_they_derive() {
    let password = Secret::chosen("a");
    let file = quick(&identity(P256, "alice"), &password, Form::Aes256Sha256);
    // PBKDF2 with HMAC-SHA-256 derives 32 octets at a time.
    let file = with_mac(&file, |_| pbmac1_data(2_500_001, 128, &[0; 64]));
    let started = Instant::now();
    assert_eq!(kind_of(open(&file, &password)), ErrorKind::Malformed);
    assert!(started.elapsed() < Duration::from_millis(500));

    let salt = vec![7; 8];
    let iterations = 1000;
    for (cipher, blocks) in [
        (Pkcs12Cipher::TripleDes, 3),
        (Pkcs12Cipher::Rc2With40Bits, 2),
    ] {
        let scheme = Scheme::Pkcs12 {
            cipher,
            salt: salt.clone(),
            iterations,
        };
        assert_eq!(scheme.cost(), Some(1000 * blocks));
    }
    for (prf, blocks) in [(Hash::Sha1, 2), (Hash::Sha256, 1)] {
        let scheme = Scheme::Pbes2 {
            prf,
            salt: salt.clone(),
            iterations,
            cipher: Pbes2Cipher::Aes256,
            iv: vec![0; 16],
        };
        assert_eq!(scheme.cost(), Some(1000 * blocks));
    }
}

#[test]
fn a_wrong_password_is_told_where_the_limit_suffices_for_one_form_of_it() {
    let password = Secret::chosen("a");
    let file = quick(&identity(P256, "alice"), &password, Form::Aes256Sha256);
    let with_iterations = |iterations| {
        let file = with_mac(&file, |_| mac_data(oid::SHA256, iterations, &[0; 32]));
        open(&file, &Secret::chosen("b"))
    };
    assert_eq!(
        kind_of(with_iterations(6_000_000)),
        ErrorKind::WrongPassphrase
    );
    assert_eq!(kind_of(with_iterations(10_000_001)), ErrorKind::Malformed);
}

#[test]
fn the_bags_of_all_parts_together_have_a_limit() {
    let password = Secret::chosen("a");
    let kind = yasna::construct_der(|writer| writer.write_oid(&oid::object(&[2, 999, 1])));
    let bag = element(SEQUENCE, &[&kind, &[0xa0, 2, 5, 0]]);
    let plain = |count| data(&element(SEQUENCE, &vec![&bag[..]; count]));
    let ours = quick(&identity(P256, "alice"), &password, Form::Aes256Sha256);
    let [certificates, keys] = &infos(&ours)[..] else {
        panic!("{ours:?}");
    };
    // Three certificates and a key.
    for (first, second, opens) in [(4092, 0, true), (2046, 2046, true), (2046, 2047, false)] {
        let (first, second) = (plain(first), plain(second));
        for infos in [
            [certificates, keys, &first, &second],
            [&first, &second, certificates, keys],
        ] {
            let opened = open(&of_parts(&infos.map(Vec::as_slice)), &password);
            assert_eq!(opened.is_ok(), opens);
            if let Err(refusal) = opened {
                assert!(refusal.message().contains("more than 4096"), "{refusal}");
            }
        }
    }
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
