//! That linting comes before signing, and that the real key signs what was linted.

use std::cell::RefCell;

use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};

use super::*;
use crate::certificate::{DistinguishedName, Subject};
use crate::key::KeyAlgorithm;
use crate::lint::{RULES, Severity, lint};
use crate::profile::{AltNames, Departure, Profile};
use crate::testing::{NOW, TestAuthority, request, years};

/// A key that notes what it is asked to sign.
struct Watched {
    key: PrivateKey,
    signed: RefCell<Vec<Vec<u8>>>,
}

impl Watched {
    fn new() -> Result<Self> {
        Ok(Self {
            key: PrivateKey::generate(KeyAlgorithm::P256)?,
            signed: RefCell::default(),
        })
    }
}

impl PublicKeyData for Watched {
    fn der_bytes(&self) -> &[u8] {
        PublicKeyData::der_bytes(&self.key)
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        PublicKeyData::algorithm(&self.key)
    }
}

impl SigningKey for Watched {
    fn sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, rcgen::Error> {
        self.signed.borrow_mut().push(message.to_vec());
        SigningKey::sign(&self.key, message)
    }
}

/// What `Issuer::sign` does for a client of this name, with a key that is watched.
fn signed_for(
    authority: &TestAuthority,
    name: &str,
    key: &Watched,
    issued: &PrivateKey,
) -> Result<Vec<u8>> {
    let issuer = authority.issuing.certificate();
    let asked = request(Profile::Client, name, &[], years(1)?, issued)?;
    let facts = asked.facts(SerialNumber::draw()?, Some(issuer), None)?;
    let parameters = parameters(&asked, &facts)?;
    let written = verbatim::write(issuer, &facts.subject, &key.key, |issuer| {
        let public_key = rcgen::SubjectPublicKeyInfo::from_der(&facts.public_key)?;
        Ok(parameters.signed_by(&public_key, issuer)?.der().to_vec())
    })?;
    let context = Context {
        profile: Some(Profile::Client),
        issuer: Some(issuer),
    };
    written.linted(context, |_| false)?.sign(key)
}

#[test]
fn the_real_key_signs_nothing_that_breaks_a_rule() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (key, issued) = (Watched::new()?, PrivateKey::generate(KeyAlgorithm::P256)?);
    let refused = signed_for(&authority, &"x".repeat(65), &key, &issued);
    let refused = refused.err().map(|error| error.message().to_owned());
    let wanted = "the certificate would break the rule attribute-lengths (RFC 5280 Appendix A.1): \
                  commonName has 65 characters, of 64 at the most";
    assert_eq!(refused.as_deref(), Some(wanted));
    assert!(key.signed.borrow().is_empty());
    Ok(())
}

#[test]
fn the_real_key_signs_once_and_exactly_what_was_linted() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (key, issued) = (Watched::new()?, PrivateKey::generate(KeyAlgorithm::P256)?);
    let der = signed_for(&authority, "alice", &key, &issued)?;
    let signed = key.signed.borrow();
    let [octets] = signed.as_slice() else {
        panic!("{} signatures", signed.len());
    };
    // A certificate is a sequence of what is signed, its algorithm and the signature: four octets lie in front.
    assert_eq!(der.get(4..4 + octets.len()), Some(octets.as_slice()));
    Ok(())
}

#[test]
fn an_issuer_refuses_what_breaks_a_rule_and_so_does_a_root() -> Result<()> {
    let authority = TestAuthority::new()?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let long = "x".repeat(65);
    let client = request(Profile::Client, &long, &[], years(1)?, &key)?;
    let refused = authority.issuing.sign(&client, SerialNumber::draw()?, None);
    let refused = refused.err();
    assert_eq!(
        refused.as_ref().map(Error::kind),
        Some(ErrorKind::NotPermitted)
    );
    let hint = refused.and_then(|error| error.hint().map(str::to_owned));
    assert!(hint.is_some_and(|hint| hint.contains("Nothing was signed")));
    let root = request(Profile::Root, &long, &[], years(1)?, &key)?;
    assert!(Issuer::self_signed(&root, SerialNumber::draw()?, key).is_err());
    // A serial number that somebody counted up to zero.
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let client = request(Profile::Client, "alice", &[], years(1)?, &key)?;
    let zero = SerialNumber::from_octets(&[]);
    assert!(authority.issuing.sign(&client, zero, None).is_err());
    Ok(())
}

#[test]
fn every_profile_and_algorithm_is_signed_without_a_word() -> Result<()> {
    let authority = TestAuthority::new()?;
    let host = [SubjectAltName::parse_host("www.example.org")?];
    for algorithm in [
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Ed25519,
    ] {
        let key = PrivateKey::generate(algorithm)?;
        let copy = PrivateKey::from_pkcs8(key.pkcs8())?;
        let root = request(Profile::Root, "root", &[], years(30)?, &key)?;
        let root = Issuer::self_signed(&root, SerialNumber::draw()?, copy)?;
        let mut made = vec![root.certificate().clone()];
        for (profile, names) in [
            (Profile::Issuing, &[][..]),
            (Profile::Client, &[]),
            (Profile::Server, &host),
            (Profile::OcspResponder, &[]),
            (Profile::Audit, &[]),
            (Profile::Probe, &[]),
        ] {
            let asked = request(profile, profile.as_str(), names, years(1)?, &key)?;
            let base_url = BaseUrl::parse("http://pki.example.org")?;
            made.push(root.sign(&asked, SerialNumber::draw()?, Some(&base_url))?);
        }
        let issuer = Some(root.certificate());
        for certificate in made {
            // Also by its own word, and also what only warns.
            let context = Context {
                profile: None,
                issuer,
            };
            let findings = lint(certificate.der(), context)?;
            assert!(findings.is_empty(), "{algorithm}: {findings:?}");
        }
    }
    assert!(authority.root.certificate().validity().contains(NOW));
    Ok(())
}

#[test]
fn a_departure_breaks_the_rules_that_it_is_about_and_no_other() -> Result<()> {
    let authority = TestAuthority::new()?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    for departure in [
        Departure::None,
        Departure::ServerPurpose,
        Departure::OtherPurpose,
        Departure::EnciphermentOnly,
        Departure::UnknownCriticalExtension,
    ] {
        let asked = request(Profile::Probe, "alice", &[], years(1)?, &key)?.departing(departure);
        let signed = authority
            .issuing
            .sign(&asked, SerialNumber::draw()?, None)?;
        let context = Context {
            profile: Some(Profile::Probe),
            issuer: Some(authority.issuing.certificate()),
        };
        let broken: Vec<_> = (lint(signed.der(), context)?.iter())
            .map(|finding| finding.rule.name)
            .collect();
        let excused = RULES
            .iter()
            .filter(|rule| excused::is_excused(&asked, rule));
        let mut excused: Vec<_> = excused.map(|rule| rule.name).collect();
        excused.retain(|name| !broken.contains(name));
        assert!(
            excused.is_empty(),
            "{departure:?} need not be excused {excused:?}"
        );
        let client = request(Profile::Client, "alice", &[], years(1)?, &key)?;
        for rule in RULES.iter().filter(|rule| broken.contains(&rule.name)) {
            assert_eq!(rule.severity, Severity::Error);
            assert!(!excused::is_excused(&client, rule));
        }
    }
    Ok(())
}

#[test]
fn a_probe_may_copy_a_name_that_no_client_would_get() -> Result<()> {
    let authority = TestAuthority::new()?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let long = Subject {
        common_name: "x".repeat(65),
        organization: None,
    };
    let probe = |name: Option<DistinguishedName>| {
        let asked = request(Profile::Probe, "alice", &[], years(1)?, &key)?;
        let asked = match name {
            Some(name) => asked.named(name),
            None => asked,
        };
        authority.issuing.sign(&asked, SerialNumber::draw()?, None)
    };
    assert!(probe(None).is_ok());
    assert!(probe(Some(long.to_name()?)).is_ok());
    Ok(())
}

#[test]
fn a_copied_alt_name_may_be_as_another_ca_wrote_it_and_one_that_is_asked_for_may_not() -> Result<()>
{
    let authority = TestAuthority::new()?;
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let dns = |text: &str| SubjectAltName::Dns(text.to_owned());
    for (profile, name, rule) in [
        (Profile::Server, dns("my_app.corp.test"), "dns-name-syntax"),
        (Profile::Server, dns("www.example.org."), "dns-name-syntax"),
        (
            Profile::Client,
            SubjectAltName::Email("Alice <a@example.org>".to_owned()),
            "email-address-syntax",
        ),
        (
            Profile::Client,
            SubjectAltName::Uri("//example.org/a".to_owned()),
            "uri-syntax",
        ),
    ] {
        let sign = |common_name: &str, alt_names| {
            let names = std::slice::from_ref(&name);
            let asked = request(profile, common_name, names, years(1)?, &key)?;
            let asked = asked.with_alt_names(alt_names);
            authority.issuing.sign(&asked, SerialNumber::draw()?, None)
        };
        let signed = sign("a", AltNames::Copied)?;
        let stated = &signed.extensions().subject_alt_names;
        assert_eq!(stated, std::slice::from_ref(&name));
        let refused = sign("a", AltNames::Asked).err();
        assert!(
            refused.is_some_and(|it| it.message().contains(rule)),
            "{name}"
        );
        // Every other rule holds.
        let refused = sign(&"x".repeat(65), AltNames::Copied).err();
        assert!(refused.is_some_and(|it| it.message().contains("attribute-lengths")));
    }
    Ok(())
}
