//! What mends a bundle, and what is left of it.

use super::*;
use crate::validity::Timeliness;

#[test]
fn a_mend_that_is_offered_mends_and_what_it_cannot_mend_gets_none() {
    type Change = fn(&mut Features);
    let mendable: [Change; 8] = [
        |it| it.authentication = None,
        |it| it.authentication = Some(Authentication::Hmac(Hash::Sha256)),
        |it| it.key_encryption = vec![Encryption::None],
        |it| it.certificate_encryption = vec![Encryption::Pkcs12(Pkcs12Cipher::Rc2With40Bits)],
        |it| it.iterations = 2_000_000,
        |it| it.password.empty = true,
        |it| it.password.ascii = false,
        |it| it.names_authority = true,
    ];
    let mut mended = 0;
    for change in mendable {
        let features = with(change);
        for platform in Platform::ALL {
            let before = judge(&features, platform);
            let Some(mend) = before.mend() else {
                assert!(before.is_clean(), "{platform}: {:?}", before.reasons());
                continue;
            };
            let mut password = features.password;
            if mend.new_password {
                (password.empty, password.ascii) = (false, true);
            }
            let after = features.rewritten(platform.form(), 250_000, password);
            assert!(judge(&after, platform).is_clean(), "{platform}");
            mended += 1;
        }
    }
    assert!(mended > 20, "{mended}");
    for change in [
        (|it| it.identities[0].has_issuer = false) as Change,
        |it| it.identities[0].for_clients = false,
        |it| it.identities[0].timeliness = Some(Timeliness::Expired),
        |it| it.identities[0].key_algorithm = "ed25519".to_owned(),
    ] {
        assert_eq!(judge(&with(change), Platform::Firefox).mend(), None);
    }
}

#[test]
fn another_password_is_asked_for_only_where_the_old_one_is_the_trouble() {
    let empty = with(|it| {
        it.password.empty = true;
        it.authentication = None;
    });
    let wants = |platform| judge(&empty, platform).mend().unwrap().new_password;
    assert!(wants(Platform::MacOs));
    assert!(!wants(Platform::Firefox));
}

#[test]
fn one_identity_can_be_kept_and_one_that_is_not_there_cannot() {
    let people = ["alice", "bob"].map(|name| identity(P256, name));
    let password = Secret::chosen("a");
    let standard = Password::standard(&password);
    let file = write_with(&people, &[], &standard, 1, Form::Aes256Sha256).unwrap();
    let mut diagnosis = diagnose(&file, &password, NOW).unwrap();
    assert!(diagnosis.features.matters().contains(&Matter::SeveralKeys));
    assert!(!diagnosis.keep(b"nobody's"));
    assert_eq!(diagnosis.contents.identities.len(), 2);
    assert!(diagnosis.keep(&people[1].certificate));
    let kept = &diagnosis.contents.identities;
    assert_eq!(kept[0].private_key, people[1].private_key);
    assert!(!diagnosis.features.matters().contains(&Matter::SeveralKeys));
}

#[test]
fn several_importers_are_named_and_many_are_counted() {
    let rc2 = with(|it| {
        it.certificate_encryption = vec![Encryption::Pkcs12(Pkcs12Cipher::Rc2With40Bits)];
    });
    let text = |platform| judge(&rc2, platform).reasons()[0].text.clone();
    assert_eq!(
        text(Platform::OpenSsl),
        "OpenSSL 3.0 to 3.3 and OpenSSL 3.4 and later refuse RC2 with 40 bits; OpenSSL 1.1 does not"
    );
    let no_mac = with(|it| it.authentication = None);
    let text = &judge(&no_mac, Platform::Any).reasons()[0].text;
    assert!(text.contains(" more refuse a bundle without"), "{text}");
}
