//! Bundles written and opened again, as this program and as others write them.

use super::*;

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
fn every_form_that_writers_gave_a_password_is_tried() {
    let identity = identity(P256, "alice");
    for (text, form) in [
        ("", PasswordForm::Absent),
        ("Grüße", PasswordForm::WidenedUtf8),
        ("plain", PasswordForm::Utf16InPbkdf2),
    ] {
        let secret = Secret::chosen(text);
        let password = Password::formed(&secret, form);
        let file = quick_all(
            std::slice::from_ref(&identity),
            &[],
            &password,
            Form::Aes256Sha256,
        );
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
fn the_chain_is_put_in_order_and_strangers_are_left_aside() {
    let identity = identity(P256, "alice");
    let stranger = super::identity(P256, "mallory").certificate;
    let mut shuffled = identity.clone();
    shuffled.chain.reverse();
    shuffled.chain.insert(1, stranger.clone());
    let password = Secret::chosen("a");
    let file = quick(&shuffled, &password, Form::Aes256Sha256);
    let mut opened = open(&file, &password).unwrap();
    assert_eq!(opened.other_certificates, [other(&stranger)]);
    opened.other_certificates.clear();
    assert_same(&opened, &identity);
}

#[test]
fn a_local_key_id_that_points_to_another_certificate_is_not_believed() {
    let alice = identity(P256, "alice");
    let bob = identity(P256, "bob");
    let bag = |content, id: &[u8]| Bag {
        content,
        friendly_name: None,
        local_key_id: Some(id.to_vec()),
        other_attributes: Vec::new(),
        protection: None,
    };
    let unlocked = Unlocked {
        bags: vec![
            bag(Content::Certificate(bob.certificate.clone()), b"1"),
            bag(Content::Certificate(alice.certificate.clone()), b"2"),
            bag(Content::PrivateKey(alice.private_key.clone()), b"1"),
        ],
        password_form: PasswordForm::Standard,
    };
    let contents = super::super::identity::assemble(&unlocked).unwrap();
    assert_eq!(contents.identities[0].certificate, alice.certificate);
    assert_eq!(contents.other_certificates, [other(&bob.certificate)]);
}

#[test]
fn several_identities_come_back_each_with_its_own_key_and_the_chain_is_there_once() {
    // Each under CAs of its own, whose names are the same: what signed is told by the signature.
    let [alice, mut bob] = ["alice", "bob"].map(|name| identity(P256, name));
    let stranger = other(&identity(P256, "mallory").certificate);
    bob.chain.extend(alice.chain.clone());
    let password = Secret::chosen("a");
    let standard = Password::standard(&password);
    for form in FORMS {
        let people = [alice.clone(), bob.clone()];
        let file = quick_all(&people, std::slice::from_ref(&stranger), &standard, form);
        let unlocked = Anatomy::read(&file).unwrap().unlock(&password).unwrap();
        assert_eq!(unlocked.bags.len(), 2 + 4 + 1 + 2);
        let opened = open(&file, &password).unwrap();
        assert_eq!(opened.identities.len(), 2);
        for (found, made) in opened.identities.iter().zip(&people) {
            assert_eq!(found.private_key, made.private_key);
            assert_eq!(found.certificate, made.certificate);
            assert_eq!(found.friendly_name, made.friendly_name);
            assert_eq!(found.chain, made.chain[..2]);
        }
        assert_eq!(opened.other_certificates, std::slice::from_ref(&stranger));
        assert_eq!((opened.lone_keys, opened.others.len()), (0, 0));
    }
}

#[test]
fn a_certificate_for_itself_keeps_its_name_and_attributes_and_no_end_entity_is_hidden() {
    let identity = identity(P256, "alice");
    let stranger = super::identity(P256, "mallory").certificate;
    let attribute = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_oid(&oid::object(&[2, 999, 1]));
            writer
                .next()
                .write_set_of(|writer| writer.next().write_null());
        });
    });
    let anchor = |der: &[u8], name: &str, attributes: &[Vec<u8>]| OtherCertificate {
        der: der.to_vec(),
        friendly_name: Some(name.to_owned()),
        attributes: attributes.to_vec(),
    };
    let marked = [attribute];
    let root = &identity.chain[1];
    // A chain's certificate that is an anchor too is both.
    for (made, comes_back) in [
        (anchor(&stranger, "anchor", &[]), true),
        (anchor(&stranger, "anchor", &marked), true),
        (anchor(root, "root", &marked), true),
        (anchor(root, "root", &[]), false),
    ] {
        let password = Secret::chosen("a");
        let file = quick_all(
            std::slice::from_ref(&identity),
            &[made.clone(), made.clone()],
            &Password::standard(&password),
            Form::Aes256Sha256,
        );
        let mut opened = open(&file, &password).unwrap();
        let others = std::mem::take(&mut opened.other_certificates);
        assert_eq!(others, vec![made; usize::from(comes_back)]);
        assert_same(&opened, &identity);
    }
    let file = quick_all(
        std::slice::from_ref(&identity),
        &[anchor(&stranger, "alice", &[])],
        &Password::standard(&Secret::chosen("a")),
        Form::Aes256Sha256,
    );
    let opened = open(&file, &Secret::chosen("a")).unwrap();
    assert_eq!(opened.other_certificates, [other(&stranger)]);
}

#[test]
fn what_a_bag_was_encrypted_with_is_told_once_it_is_open() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    for form in FORMS {
        let file = quick(&identity, &password, form);
        let unlocked = Anatomy::read(&file).unwrap().unlock(&password).unwrap();
        for bag in &unlocked.bags {
            let protection = bag.protection.as_ref();
            assert!(
                match form {
                    Form::Aes256Sha256 => matches!(protection, Some(Scheme::Pbes2 { .. })),
                    Form::TripleDesSha1 => matches!(protection, Some(Scheme::Pkcs12 { .. })),
                },
                "{bag:?}"
            );
        }
    }
}

#[test]
fn a_chain_that_is_there_twice_is_one_chain_and_no_stranger() {
    let identity = identity(P256, "alice");
    let twice = [&identity.chain[..], &identity.chain[..]].concat();
    let certificates = [vec![identity.certificate.clone()], twice].concat();
    let contents = certificates.into_iter().map(Content::Certificate);
    let key = Content::PrivateKey(identity.private_key.clone());
    let unlocked = Unlocked {
        bags: contents
            .chain([key])
            .map(|content| Bag {
                content,
                friendly_name: Some("alice".to_owned()),
                local_key_id: None,
                other_attributes: Vec::new(),
                protection: None,
            })
            .collect(),
        password_form: PasswordForm::Standard,
    };
    assert_same(
        &super::super::identity::assemble(&unlocked).unwrap(),
        &identity,
    );
}

#[test]
fn an_issuer_is_found_among_sixteen_of_its_name_and_no_more() {
    let identity = identity(P256, "alice");
    let password = Secret::chosen("a");
    for (namesakes, is_found) in [(15, true), (16, false)] {
        let mut crowded = identity.clone();
        let mallory = || super::identity(P256, "mallory").chain.remove(0);
        crowded.chain = (0..namesakes).map(|_| mallory()).collect();
        crowded.chain.extend(identity.chain.clone());
        let file = quick(&crowded, &password, Form::Aes256Sha256);
        let opened = open(&file, &password).unwrap();
        let issuer = &opened.identities[0].chain[0];
        assert_eq!(*issuer == identity.chain[0], is_found, "{namesakes}");
    }
}
