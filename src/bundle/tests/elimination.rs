//! Keys that this program cannot compute with, matched with their certificates.

use super::*;

/// An identity with a key of a kind that this program does not compute with: Ed448 (RFC 8410 §3).
fn ed448(name: &str) -> Identity {
    let mut identity = identity(&rcgen::PKCS_ED25519, name);
    for der in [&mut *identity.private_key, &mut identity.certificate] {
        let places: Vec<_> = der
            .windows(5)
            .enumerate()
            .filter(|(_, octets)| *octets == [6, 3, 0x2b, 0x65, 0x70])
            .map(|(place, _)| place)
            .collect();
        let [place] = places[..] else {
            panic!("{places:?}")
        };
        der[place + 4] = 0x71;
    }
    identity
}

#[test]
fn a_key_that_cannot_be_computed_with_gets_the_only_certificate_of_its_kind() {
    let (alice, bob, carol) = (identity(P256, "alice"), ed448("bob"), ed448("carol"));
    let sorted = |keys: &[&Identity], certificates: &[&Identity]| {
        let keys = keys
            .iter()
            .map(|it| Content::PrivateKey(it.private_key.clone()));
        let ders = certificates
            .iter()
            .flat_map(|it| it.chain.iter().chain([&it.certificate]));
        let certificates = ders.map(|der| Content::Certificate(der.clone()));
        let bag = |content| Bag {
            content,
            friendly_name: None,
            local_key_id: None,
            other_attributes: Vec::new(),
            protection: None,
        };
        let unlocked = Unlocked {
            bags: keys.chain(certificates).map(bag).collect(),
            password_form: PasswordForm::Standard,
        };
        super::super::identity::sort(&unlocked).unwrap()
    };
    for (keys, certificates, identities) in [
        (&[&bob][..], &[&bob][..], 1),
        (&[&alice, &bob], &[&bob, &alice], 2),
        // Of two nobody knows which.
        (&[&alice, &bob], &[&bob, &alice, &carol], 1),
        (&[&alice, &bob, &carol], &[&alice, &carol], 1),
        // One of another kind is not taken for want of its own.
        (&[&bob], &[&alice], 0),
    ] {
        let contents = sorted(keys, certificates);
        assert_eq!(contents.identities.len(), identities);
        assert_eq!(contents.lone_keys, keys.len() - identities);
        for (found, made) in contents.identities.iter().zip(keys) {
            assert_eq!(found.certificate, made.certificate);
            assert_eq!(found.private_key, made.private_key);
        }
    }
}
