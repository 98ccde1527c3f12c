//! What lies in the directory, who may read it, and until when it is any good.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use time::Duration;

use super::*;
use crate::certificate::{CertificateList, object_identifier};
use crate::testing::NOW;

fn made() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("anchor");
    let (_, made) = Anchor::open_or_make(&place, &[], NOW).unwrap();
    assert!(made);
    (directory, place)
}

fn certificates(file: &Path) -> Vec<Certificate> {
    let found = pem::read_certificates(&fs::read(file).unwrap()).unwrap();
    let found = found.into_iter().map(Certificate::from_der);
    found.collect::<Result<_>>().unwrap()
}

/// Every file below a directory by its path in it, and its mode; directories likewise.
fn modes(directory: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(path) = open.pop() {
        let metadata = fs::metadata(&path).unwrap();
        let name = path.strip_prefix(directory).unwrap();
        found.insert(
            name.display().to_string(),
            metadata.permissions().mode() & 0o777,
        );
        if metadata.is_dir() {
            open.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    found
}

#[test]
fn everybody_may_read_what_the_server_is_given_and_nobody_the_keys() {
    let (_directory, place) = made();
    let expected = [
        ("", 0o755),
        ("README.txt", 0o644),
        ("crl.pem", 0o644),
        ("issuing.pem", 0o644),
        ("keys", 0o700),
        ("keys/beneath.key.pem", 0o600),
        ("keys/beneath.pem", 0o600),
        ("keys/constrained.key.pem", 0o600),
        ("keys/constrained.pem", 0o600),
        ("keys/deeper.key.pem", 0o600),
        ("keys/deeper.pem", 0o600),
        ("keys/issuing.key.pem", 0o600),
        ("keys/issuing.pem", 0o600),
        ("keys/system-issuing.key.pem", 0o600),
        ("keys/system-issuing.pem", 0o600),
        ("root.pem", 0o644),
        ("system.pem", 0o644),
    ];
    let expected = expected.map(|(name, mode)| (name.to_owned(), mode));
    assert_eq!(modes(&place), BTreeMap::from(expected));
    // Nothing is left beside it.
    let beside = fs::read_dir(place.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1);
}

#[test]
fn no_key_of_a_root_is_written_down() {
    let (_directory, place) = made();
    let roots = ["root.pem", "system.pem"].map(|name| certificates(&place.join(name)));
    for root in roots.iter().flatten() {
        assert!(root.is_self_issued() && root.is_signed_by(root));
    }
    for rank in Rank::ALL {
        let issuer = read(&place, rank).unwrap();
        let public_key = issuer.key.public_key();
        assert_eq!(issuer.certificate().unwrap().facts().public_key, public_key);
        assert!(
            roots
                .iter()
                .flatten()
                .all(|root| root.facts().public_key != public_key)
        );
    }
}

#[test]
fn what_a_whole_system_is_told_to_trust_is_good_for_clients_alone() {
    let (_directory, place) = made();
    let mut authorities = certificates(&place.join("system.pem"));
    authorities.extend(read(&place, Rank::System).unwrap().chain);
    assert_eq!(authorities.len(), 2);
    for authority in authorities {
        assert!(authority.allows_purpose(object_identifier::CLIENT_AUTH));
        assert!(!authority.allows_purpose(object_identifier::SERVER_AUTH));
    }
}

#[test]
fn every_ca_says_by_its_name_what_it_is_and_all_end_together_with_their_crls() {
    let (_directory, place) = made();
    let mut authorities = certificates(&place.join("root.pem"));
    authorities.extend(certificates(&place.join("system.pem")));
    for rank in Rank::ALL {
        authorities.extend(read(&place, rank).unwrap().chain);
    }
    let lists = ::pem::parse_many(fs::read(place.join("crl.pem")).unwrap()).unwrap();
    let lists: Vec<_> = lists
        .into_iter()
        .map(|block| CertificateList::from_der(block.into_contents()).unwrap())
        .collect();
    for authority in &authorities {
        let name = authority.subject().as_str();
        assert!(name.starts_with("CN=pki probe "), "{name}");
        assert!(name.ends_with("(throw-away)"), "{name}");
        let until = authority.validity().not_after;
        assert_eq!(until, NOW + Duration::WEEK - Duration::SECOND);
        let own = lists.iter().filter(|list| list.is_signed_by(authority));
        let own: Vec<_> = own.collect();
        assert_eq!(own.len(), 1, "{name}");
        let facts = own.first().unwrap().facts();
        assert_eq!(facts.issuer.der(), authority.subject().der());
        assert_eq!(facts.next_update, until);
        assert!(facts.this_update <= NOW);
    }
    assert_eq!(lists.len(), 8);
    let issuing = certificates(&place.join("issuing.pem"));
    assert_eq!(issuing.len(), 2);
}

#[test]
fn two_of_them_have_no_name_in_common() {
    let ((_one, first), (_other, second)) = (made(), made());
    let name = |place: &Path| {
        let root = certificates(&place.join("root.pem"));
        root.first().unwrap().subject().as_str().to_owned()
    };
    assert_ne!(name(&first), name(&second));
}

#[test]
fn one_that_is_there_is_opened_and_stays_as_it_is() {
    let (_directory, place) = made();
    let before = fs::read(place.join("root.pem")).unwrap();
    let (anchor, made) = Anchor::open_or_make(&place, &[], NOW + Duration::DAY).unwrap();
    assert!(!made);
    assert_eq!(anchor.directory(), place);
    assert_eq!(fs::read(place.join("root.pem")).unwrap(), before);
}

#[test]
fn one_that_ends_within_the_hour_is_refused_and_said_how_to_take_it_out() {
    let (_directory, place) = made();
    let end = NOW + Duration::WEEK - Duration::SECOND;
    assert!(Anchor::open(&place, end - Duration::HOUR).is_ok());
    let refused = Anchor::open(&place, end - Duration::HOUR + Duration::SECOND).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotPermitted);
    assert!(refused.hint().unwrap().contains("README.txt"));
    // It is not made anew behind the administrator's back: the server trusts the old one.
    assert!(Anchor::open_or_make(&place, &[], end).is_err());
}

#[test]
fn a_directory_that_holds_something_else_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let refused = Anchor::open_or_make(directory.path(), &[], NOW).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_slip_of_the_pen_makes_no_directories() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("mistyped/anchor");
    let refused = Anchor::open_or_make(&place, &[], NOW).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert!(refused.message().contains("mistyped"), "{refused}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn keys_that_others_may_read_are_refused() {
    let (_directory, place) = made();
    let file = key_file(&place, Rank::Deeper);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = Anchor::open(&place, NOW).unwrap_err();
    assert!(refused.hint().unwrap().contains("chmod 600"), "{refused}");
}

#[test]
fn the_readme_names_the_end_the_directory_and_every_file() {
    let (_directory, place) = made();
    let text = fs::read_to_string(place.join("README.txt")).unwrap();
    let place = place.display().to_string();
    for word in [
        "2026-03-08T11:59:59Z",
        &place,
        "root.pem",
        "issuing.pem",
        "crl.pem",
        "system.pem",
        "keys/",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains('{'), "{text}");
}
