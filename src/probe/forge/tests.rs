//! What is forged is what it was meant to be: OpenSSL reads it and verifies its signature.

use std::process::Command;

use super::*;
use crate::certificate::{DistinguishedName, KeyUsage, Subject};
use crate::name::{NameConstraints, SubjectAltName, Subtree};
use crate::probe::programs::{run, tool};
use crate::profile::key_identifier;
use crate::testing::{NOW, TestAuthority};
use crate::validity::{Lifetime, Validity};

fn subject(common_name: &str) -> Subject {
    Subject {
        common_name: common_name.to_owned(),
        organization: None,
    }
}

fn root_of(key: &Key) -> Tbs {
    let subject = subject("forged").to_der();
    let validity = Validity::starting(NOW, Lifetime::days(1)).unwrap();
    let identifier = key_identifier(&key.public_key()).unwrap();
    let extensions = vec![
        Extension::subject_key_identifier(&identifier),
        Extension::of_authority(None),
        Extension::key_usage(KeyUsage(KeyUsage::KEY_CERT_SIGN)),
    ];
    Tbs::new(
        subject.clone(),
        subject,
        validity,
        key.public_key(),
        extensions,
    )
    .unwrap()
}

#[test]
fn every_algorithm_signs_with_every_key_that_it_goes_with_as_openssl_verifies() {
    let Some(openssl) = tool("openssl") else {
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let kinds = [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::Rsa(1024),
        KeyKind::Rsa(2048),
        KeyKind::Ed25519,
    ];
    let mut signed = 0;
    for kind in kinds {
        let key = Key::generate(kind).unwrap();
        assert_eq!(key.kind(), kind);
        assert_eq!(KeyKind::of_public_key(&key.public_key()), Some(kind));
        let read = Key::from_pkcs8(&key.pkcs8()).unwrap();
        assert_eq!(read.public_key(), key.public_key());
        for how in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::of_scheme(how.scheme()), Some(how));
            let known = SignatureAlgorithm::of_identifier(how.identifier());
            assert_eq!(known, Some(how));
            let certificate = root_of(&key).sign(&read, how);
            let too_short = kind == KeyKind::Rsa(1024) && how == SignatureAlgorithm::RsaPssSha512;
            if !how.goes_with(kind) || too_short {
                assert!(certificate.is_err(), "{kind:?} {how:?}");
                continue;
            }
            let der = certificate.unwrap().der();
            let file = directory.path().join("root.pem");
            std::fs::write(&file, crate::bundle::pem::certificates([der])).unwrap();
            let mut command = Command::new(&openssl);
            command.args(["verify", "-check_ss_sig", "-auth_level", "0", "-attime"]);
            command.arg(NOW.unix_timestamp().to_string());
            command.arg("-trusted").args([&file, &file]);
            let (taken, said) = run(&mut command);
            assert!(taken, "{kind:?} {how:?}: {said}");
            signed += 1;
        }
    }
    assert_eq!(signed, 3 + 3 + 6 + 7 + 1);
}

#[test]
fn a_signature_of_another_key_or_over_something_else_does_not_verify() {
    let (key, other) = (
        Key::generate(KeyKind::P256).unwrap(),
        Key::generate(KeyKind::P256).unwrap(),
    );
    let how = SignatureAlgorithm::EcdsaSha256;
    let read = |certificate: Certificate| {
        crate::certificate::Certificate::from_der(certificate.der()).unwrap()
    };
    let right = read(root_of(&key).sign(&key, how).unwrap());
    assert!(right.is_signed_by(&right));
    let wrong = read(root_of(&key).sign(&other, how).unwrap());
    assert!(!wrong.is_signed_by(&wrong));
    let mut altered = root_of(&key).sign(&key, how).unwrap();
    altered.tbs.draw_serial_number().unwrap();
    let altered = read(altered);
    assert!(!altered.is_signed_by(&altered));
}

#[test]
fn what_is_taken_apart_and_put_together_again_is_the_same_octet_for_octet() {
    let authority = TestAuthority::new().unwrap();
    let names = [
        SubjectAltName::parse_email("alice@example.org").unwrap(),
        SubjectAltName::parse_upn("alice@corp.example").unwrap(),
    ];
    let validity = Validity::starting(NOW, Lifetime::years(30)).unwrap();
    let client = authority.sign(crate::profile::Profile::Client, "alice", &names, validity);
    let (client, root) = (client.unwrap(), authority.root.certificate());
    for certificate in [&client, root] {
        let taken_apart = Certificate::read(certificate.der()).unwrap();
        assert_eq!(taken_apart.der(), certificate.der());
    }
    // The client's validity was cut to that of its CA; beyond 2049 instants are written otherwise.
    let mut copy = Certificate::read(client.der()).unwrap();
    let later = Validity {
        not_before: NOW,
        not_after: time::macros::datetime!(2050-01-01 0:00 UTC),
    };
    copy.tbs.set_validity(later);
    let read = crate::certificate::Certificate::from_der(copy.der()).unwrap();
    assert_eq!(read.validity(), later);
    // What this program writes elsewhere is written here likewise.
    let again = Extension::subject_alt_names(&client.extensions().subject_alt_names);
    assert_eq!(copy.tbs.extension(&again.oid), Some(&again));
    let usage = Extension::key_usage(client.extensions().key_usage.unwrap());
    assert_eq!(copy.tbs.extension(&usage.oid), Some(&usage));
}

#[test]
fn what_is_no_certificate_is_not_taken_apart() {
    for octets in [
        &b""[..],
        b"\x30\x00",
        b"\x30\x03\x02\x01\x01",
        b"certificate",
    ] {
        assert!(Certificate::read(octets).is_err());
    }
}

#[test]
fn constraints_are_read_back_as_they_were_meant() {
    let key = Key::generate(KeyKind::P256).unwrap();
    let permitted = vec![
        Subtree::parse_dns("example.org").unwrap(),
        Subtree::parse_email("alice@example.org").unwrap(),
        Subtree::Uri(".example.org".to_owned()),
        Subtree::Ip(crate::name::Cidr::parse("192.0.2.128/25").unwrap()),
        Subtree::Ip(crate::name::Cidr::parse("2001:db8::/33").unwrap()),
    ];
    let excluded = vec![Subtree::Ip(crate::name::Cidr::parse("10.0.0.0/8").unwrap())];
    let wanted = NameConstraints {
        permitted,
        excluded,
    };
    let mut tbs = root_of(&key);
    tbs.set(Extension::name_constraints(&wanted));
    let signed = tbs.sign(&key, SignatureAlgorithm::EcdsaSha256).unwrap();
    let read = crate::certificate::Certificate::from_der(signed.der()).unwrap();
    assert_eq!(read.extensions().name_constraints, wanted);
}

#[test]
fn an_organization_is_put_before_the_name_or_in_the_place_of_another() {
    let with = |name: &DistinguishedName| with_organization(name, "Ωmega").unwrap();
    let alice = subject("alice").to_name().unwrap();
    assert_eq!(with(&alice).as_str(), "CN=alice,O=Ωmega");
    let employed = Subject {
        organization: Some("Example".to_owned()),
        ..subject("alice")
    };
    let employed = employed.to_name().unwrap();
    assert_eq!(with(&employed).as_str(), "CN=alice,O=Ωmega");
    // O=a and OU=b in one relative name: both stay.
    let both = b"\x30\x16\x31\x14\x30\x08\x06\x03\x55\x04\x0a\x13\x01\x61\x30\x08\x06\x03\x55\x04\x0b\x13\x01\x62";
    let both = DistinguishedName::from_der(both).unwrap();
    assert_eq!(with(&both).as_str(), "O=Ωmega,O=a+OU=b");
}

#[test]
fn debug_shows_nothing_of_a_key() {
    let key = Key::generate(KeyKind::P384).unwrap();
    assert_eq!(format!("{key:?}"), "Key(..)");
}
