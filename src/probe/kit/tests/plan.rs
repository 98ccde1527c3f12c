//! What the CA is asked for, and what becomes of it where the CA or the throw-away CA is not as on the stage.

use std::collections::BTreeSet;

use time::Duration;

use super::stage::{Stage, issue_alice, new_authority, open, reason_of};
use super::{Presents, case};
use crate::authority::{Authority, CaData, NewAuthority, PROBE_LIFETIME, init};
use crate::certificate::Certificate;
use crate::error::ErrorKind;
use crate::key::KeyAlgorithm;
use crate::name::{NameConstraints, Subtree};
use crate::probe::anchor::Anchor;
use crate::probe::forge;
use crate::probe::kit::foreign::Foreign;
use crate::probe::kit::{Identifiers, Kit, Made, Plan};
use crate::profile::Departure;
use crate::testing::NOW;
use crate::validity::Timeliness;

/// A CA of this moment, and the kit that it makes without a throw-away CA.
fn kit_of(new: &NewAuthority) -> (tempfile::TempDir, Authority, Kit) {
    let directory = tempfile::tempdir().unwrap();
    let data = CaData::new(directory.path().join("ca-data"));
    init(&data, new, NOW).unwrap();
    let authority = open(&data);
    let (_, bearer) = issue_alice(&authority, NOW);
    let plan = Plan::new(case::all(), bearer, authority.chain(), NOW).unwrap();
    let issued = authority.issue_probes(&plan.wanted(), NOW).unwrap();
    let kit = plan.make(&issued, None).unwrap();
    (directory, authority, kit)
}

fn end_entity(made: &Made) -> Certificate {
    let presented = made.presented.as_ref().unwrap();
    Certificate::from_der(presented.chain.first().unwrap().clone()).unwrap()
}

#[test]
fn everything_is_asked_of_the_ca_at_once_and_lives_an_hour_at_the_most() {
    let stage = Stage::shared();
    let bearer = stage.bearer.clone();
    let plan = Plan::new(case::all(), bearer, &stage.authorities, NOW).unwrap();
    let wanted = plan.wanted();
    let own = case::all()
        .filter(|case| matches!(case.presents, Presents::Issued(_) | Presents::Misused(_, _)));
    // The plain one is no case's own.
    assert_eq!(wanted.len(), 1 + own.count());
    for new in &wanted {
        let life = new.validity.not_after - new.validity.not_before;
        assert!(life <= PROBE_LIFETIME);
    }
    let departing = wanted.iter().filter(|new| new.departure != Departure::None);
    assert_eq!(departing.count(), 4);
    let valid = |new: &&crate::authority::NewProbe| new.validity.contains(NOW);
    assert_eq!(wanted.iter().filter(valid).count(), wanted.len() - 2);
}

#[test]
fn the_plain_one_is_asked_for_whatever_cases_are_run_and_what_is_forged_begins_with_it() {
    let stage = Stage::shared();
    let self_signed = case::all().filter(|case| case.name == "self-signed");
    let bearer = stage.bearer.clone();
    let plan = Plan::new(self_signed, bearer, &stage.authorities, NOW).unwrap();
    assert_eq!(plan.wanted().len(), 1);
    assert!(plan.make(&[], None).is_err());
}

#[test]
fn all_bear_the_name_and_the_names_of_whom_they_pretend_to_be() {
    let stage = Stage::shared();
    for made in stage.kit.made() {
        let certificate = end_entity(made);
        let name = made.case.name;
        if name == "utf8-subject" {
            let subject = certificate.subject();
            assert_eq!(subject.common_name(), stage.bearer.subject.common_name());
            assert!(subject.as_str().contains("株式会社"), "{subject}");
            assert!(!subject.as_str().contains("O=Example"), "{subject}");
        } else {
            assert_eq!(
                certificate.subject().der(),
                stage.bearer.subject.der(),
                "{name}"
            );
        }
        let names = &certificate.extensions().subject_alt_names;
        assert!(names.starts_with(&stage.bearer.subject_alt_names), "{name}");
    }
}

#[test]
fn many_names_are_64_and_a_large_certificate_has_8_kilobytes() {
    let stage = Stage::shared();
    let own = stage.bearer.subject_alt_names.len();
    assert_eq!(stage.names("many-names").len(), own + 64);
    let large = stage.end_entity("large-certificate").len();
    assert!((8_000..9_000).contains(&large), "{large}");
    // Four octets of Base64 for three, with the URL's escapes and the lines' ends: below the 16 kB of common applications.
    assert!(large * 4 / 3 < 12_000, "{large}");
}

#[test]
fn the_key_of_each_is_that_of_its_certificate() {
    let stage = Stage::shared();
    for made in stage.kit.made() {
        let presented = made.presented.as_ref().unwrap();
        let key = presented.key.public_key();
        assert_eq!(
            end_entity(made).facts().public_key,
            key,
            "{}",
            made.case.name
        );
    }
}

#[test]
fn what_is_revoked_for_a_case_is_of_no_other() {
    let stage = Stage::shared();
    let revoked = stage
        .kit
        .made()
        .iter()
        .filter(|made| reason_of(&made.case.act).is_some());
    for made in revoked {
        let ours = made.record.as_ref().unwrap().certificate.der();
        let others = stage.kit.made().iter();
        let with_it = others.filter(|other| {
            let chain = &other.presented.as_ref().unwrap().chain;
            chain.iter().any(|der| der == ours)
        });
        assert_eq!(with_it.count(), 1, "{}", made.case.name);
    }
}

#[test]
fn without_a_throw_away_ca_its_cases_say_what_is_missing_and_the_others_are_made() {
    let (_directory, _authority, kit) = kit_of(&new_authority(KeyAlgorithm::P256));
    for made in kit.made() {
        let name = made.case.name;
        match &made.presented {
            Ok(_) => assert!(!made.case.needs_anchor(), "{name}"),
            Err(cause) => {
                assert!(made.case.needs_anchor(), "{name}: {cause}");
                assert!(cause.hint().unwrap().contains("--probe-anchor"), "{name}");
            }
        }
    }
}

#[test]
fn a_ca_of_this_moment_has_issued_what_has_expired_already_and_within_its_own_life() {
    let (_directory, authority, kit) = kit_of(&new_authority(KeyAlgorithm::P256));
    let expired = end_entity(kit.find("expired").unwrap()).validity();
    assert_eq!(expired.timeliness(NOW), Timeliness::Expired);
    assert!(expired.not_after <= NOW - Duration::MINUTE);
    assert!(expired.not_before < expired.not_after);
    let life = authority.issuing().validity();
    assert!(life.contains(expired.not_before) && life.contains(expired.not_after));
    // A CA that is older has had the time for more.
    let stage = Stage::shared();
    let old = end_entity(stage.kit.find("expired").unwrap()).validity();
    assert_eq!(old.not_after, NOW - Duration::HOUR);
    assert_eq!(old.not_before, NOW - Duration::hours(2));
    let later = end_entity(stage.kit.find("not-yet-valid").unwrap()).validity();
    assert_eq!(later.not_before, NOW + Duration::days(2));
}

#[test]
fn a_foreign_ca_has_keys_of_the_kind_of_ours_whatever_that_is() {
    for algorithm in [
        KeyAlgorithm::P384,
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Ed25519,
    ] {
        let (_directory, authority, kit) = kit_of(&new_authority(algorithm));
        let read = |case: &str, place: usize| {
            let made = kit.find(case).unwrap();
            let chain = &made.presented.as_ref().unwrap().chain;
            let der = chain.get(place).unwrap();
            (
                Certificate::from_der(der.clone()).unwrap(),
                forge::Certificate::read(der).unwrap(),
            )
        };
        for case in ["foreign-ca-same-name", "foreign-ca-same-key-identifiers"] {
            let (leaf, (issuing, taken_apart)) = (read(case, 0), read(case, 1));
            let ours = authority.issuing();
            assert_eq!(issuing.key_algorithm(), ours.key_algorithm());
            assert_ne!(issuing.facts().public_key, ours.facts().public_key);
            assert_eq!(issuing.subject().der(), ours.subject().der());
            assert_eq!(
                taken_apart.signature_algorithm,
                read("plain", 1).1.signature_algorithm
            );
            assert_eq!(
                leaf.1.signature_algorithm,
                read("plain", 0).1.signature_algorithm
            );
            assert!(leaf.0.is_signed_by(&issuing), "{algorithm}: {case}");
            assert!(!leaf.0.is_signed_by(ours), "{algorithm}: {case}");
            assert!(
                !issuing.is_signed_by(authority.root()),
                "{algorithm}: {case}"
            );
        }
        let (altered, _) = read("altered-signature", 0);
        assert!(!altered.is_signed_by(authority.issuing()), "{algorithm}");
    }
}

#[test]
fn a_foreign_ca_presents_as_many_certificates_as_ours() {
    let stage = Stage::shared();
    let length = |authorities: &[Certificate]| {
        let foreign = Foreign::of(authorities, Identifiers::Own).unwrap();
        let plain = forge::Certificate::read(stage.end_entity("plain")).unwrap();
        foreign.sign(plain.tbs).unwrap().len()
    };
    assert_eq!(length(&stage.authorities), 2);
    // A root that issues by itself is not presented.
    assert_eq!(length(stage.authorities.get(1..).unwrap()), 1);
}

#[test]
fn a_ca_that_may_certify_certain_names_alone_is_asked_for_others() {
    let stage = Stage::shared();
    let kinds_of = |authorities: &[Certificate]| {
        let many = case::all().filter(|case| case.name == "many-names");
        let plan = Plan::new(many, stage.bearer.clone(), authorities, NOW).unwrap();
        let names = plan.wanted().pop().unwrap().subject_alt_names;
        let added = names.iter().skip(stage.bearer.subject_alt_names.len());
        let kinds: BTreeSet<_> = added.map(|name| name.kind()).collect();
        (kinds, names.len())
    };
    let all = stage.bearer.subject_alt_names.len() + 64;
    assert_eq!(kinds_of(&stage.authorities), (BTreeSet::from(["uri"]), all));
    // Where URIs and mailboxes of others are forbidden, there are user principal names.
    let constrained = stage.presented("constrained-plain").chain.get(1).unwrap();
    let constrained = Certificate::from_der(constrained.clone()).unwrap();
    assert_eq!(kinds_of(&[constrained]), (BTreeSet::from(["upn"]), all));
}

#[test]
fn whom_the_ca_could_not_certify_nobody_pretends_to_be() {
    let stage = Stage::shared();
    let mut new = new_authority(KeyAlgorithm::P256);
    new.name_constraints =
        NameConstraints::permitting(vec![Subtree::parse_email("example.com").unwrap()]);
    let directory = tempfile::tempdir().unwrap();
    let data = CaData::new(directory.path().join("ca-data"));
    init(&data, &new, NOW).unwrap();
    let authority = open(&data);
    let bearer = stage.bearer.clone();
    let refused = Plan::new(case::all(), bearer, authority.chain(), NOW).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotPermitted);
    assert!(refused.message().contains("alice@example.org"), "{refused}");
}

#[test]
fn a_throw_away_ca_that_was_made_for_another_leaves_out_names_that_it_cannot_permit() {
    let stage = Stage::shared();
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("anchor");
    let (anchor, _) = Anchor::open_or_make(&place, &[], NOW).unwrap();
    let data = CaData::new(stage.directory.path().join("ca-data"));
    let authority = open(&data);
    let constrained = case::all().filter(|case| case.name.contains("constrain"));
    let bearer = stage.bearer.clone();
    let plan = Plan::new(constrained, bearer, authority.chain(), NOW).unwrap();
    let issued = authority.issue_probes(&plan.wanted(), NOW).unwrap();
    let kit = plan.make(&issued, Some(&anchor)).unwrap();
    let names = end_entity(kit.find("constrained-plain").unwrap());
    let kinds = names.extensions().subject_alt_names.iter();
    let kinds: Vec<_> = kinds.map(|name| name.kind()).collect();
    // Of alice's three, the one of a kind that is not constrained.
    assert_eq!(kinds, ["upn", "dns", "email", "ip", "uri"]);
}
