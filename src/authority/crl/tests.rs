//! What is published, when, and what a killed command leaves behind.

use std::fs;
use std::thread;

use tempfile::TempDir;
use time::Duration;

use super::*;
use crate::authority::{NewAuthority, Upkeep, init};
use crate::certificate::ListEntry;
use crate::inventory::{Holder, ReasonCode, Record};
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::name::Name;
use crate::testing::NOW;
use crate::validity::Validity;

/// A CA on disk, with a root that has a passphrase of its own where one is given.
struct Disk {
    data: CaData,
    _directory: TempDir,
}

impl Disk {
    fn new(root_passphrase: Option<&str>) -> Result<Self> {
        Self::with(root_passphrase, None)
    }

    fn with(root_passphrase: Option<&str>, passphrase: Option<&str>) -> Result<Self> {
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path().join("ca-data"));
        let new = NewAuthority {
            root_passphrase: root_passphrase.map(Secret::chosen),
            passphrase: passphrase.map(Secret::chosen),
            ..NewAuthority::for_a_test()
        };
        init(&data, &new, NOW)?;
        Ok(Self {
            data,
            _directory: directory,
        })
    }

    fn open(&self) -> Result<Authority> {
        Authority::open(&self.data, || Ok(Secret::chosen("")))
    }
}

fn published(
    authority: &Authority,
    issuer: &Certificate,
) -> Result<(CertificateList, Vec<ListEntry>)> {
    let der = fs::read(authority.data().crl(issuer)).unwrap();
    let list = CertificateList::from_der(der)?;
    let mut entries = Vec::new();
    list.visit(|entry| entries.push(entry.clone()))?;
    assert!(list.is_signed_by(issuer));
    Ok((list, entries))
}

fn issue(authority: &Authority, name: &str) -> Result<Record> {
    let key = PrivateKey::generate(KeyAlgorithm::P256)?;
    let validity = Validity::starting(NOW, Lifetime::days(30))?;
    let names = Vec::new();
    let request = authority.desk().request(
        Profile::Client,
        name.to_owned(),
        names,
        validity,
        key.public_key(),
    )?;
    let holder = Holder::client(&Name::parse(name)?, None);
    let (issued, _) = authority.issue(&request, &holder, NOW, |_| Ok(Vec::new()))?;
    Ok(issued.record)
}

#[test]
fn a_new_ca_has_the_crls_of_both_of_its_issuers() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    let (root, _) = published(&authority, authority.root())?;
    let (issuing, entries) = published(&authority, authority.issuing())?;
    assert_eq!(entries, []);
    let life = |list: &CertificateList| list.facts().next_update - list.facts().this_update;
    assert_eq!(life(&issuing), Duration::days(7));
    assert_eq!(life(&root), Duration::days(365));
    assert!(authority.keep_up(NOW).crls.is_empty());
    Ok(())
}

#[test]
fn what_is_due_is_renewed_at_half_life_and_after_a_revocation() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    let alice = issue(&authority, "alice")?;
    authority.revoke(std::slice::from_ref(&alice), ReasonCode::KeyCompromise, NOW)?;
    let upkeep = authority.keep_up(NOW);
    assert_eq!(upkeep.warnings, Vec::<String>::new());
    let issuers: Vec<_> = upkeep.crls.iter().map(|crl| &crl.issuer).collect();
    assert_eq!(issuers, [authority.issuing()]);
    let (list, entries) = published(&authority, authority.issuing())?;
    let serial_numbers: Vec<_> = entries.iter().map(|entry| &entry.serial_number).collect();
    assert_eq!(serial_numbers, [alice.certificate.serial_number()]);
    assert_eq!(list, upkeep.crls.first().unwrap().list);

    let half = NOW + Duration::hours(7 * 12);
    assert_eq!(authority.keep_up(half).crls.len(), 1);
    assert_eq!(authority.keep_up(NOW + Duration::days(200)).crls.len(), 2);
    Ok(())
}

#[test]
fn a_root_with_a_passphrase_of_its_own_is_renewed_with_it() -> Result<()> {
    let disk = Disk::new(Some("the root's"))?;
    let authority = disk.open()?;
    let later = NOW + Duration::days(200);
    let root = |upkeep: &super::super::Upkeep| {
        upkeep
            .crls
            .iter()
            .any(|crl| crl.issuer == *authority.root())
    };
    let upkeep = authority.keep_up(later);
    assert!(!root(&upkeep));
    // It is good for months, and the end is warned of in time.
    assert_eq!(upkeep.warnings, Vec::<String>::new());
    let ending = |now| ending_crls(&disk.data, authority.inventory(), now);
    assert_eq!(ending(later)?, Vec::<String>::new());
    let last = NOW + Duration::days(300);
    authority.keep_up(last);
    let sentences = ending(last)?;
    assert_eq!(sentences.len(), 1);
    assert!(
        sentences
            .iter()
            .all(|text| text.contains("--root-passphrase-file"))
    );
    let passphrase = Secret::chosen("the root's");
    assert!(root(&authority.keep_up_with(Some(&passphrase), last)));
    assert_eq!(ending(last)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_revocation_that_the_root_cannot_publish_is_warned_of() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    disk.data.discard_root_key(authority.root())?;
    let fingerprint = authority.issuing().fingerprint();
    let issuing = authority.inventory().find_by_fingerprint(&fingerprint)?;
    let one = [issuing.unwrap()];
    authority.revoke(&one, ReasonCode::CaCompromise, NOW)?;
    let warnings = authority.keep_up(NOW).warnings;
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings.iter().all(|text| text.contains("root attach")),
        "{warnings:?}"
    );
    Ok(())
}

#[test]
fn an_older_crl_than_the_newest_recorded_is_followed_by_another() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    let (issuing, number) = (authority.issuing().clone(), |list: &CertificateList| {
        list.facts().crl_number
    });
    // Killed after the commit: the row is there, the file has no name yet.
    let first = published(&authority, &issuing)?.0;
    let second = authority.publish_crl(NOW)?;
    fs::rename(&second.path, disk.data.unnamed_crl(&issuing)).unwrap();
    fs::write(&second.path, first.der()).unwrap();
    assert_eq!(authority.keep_up(NOW).crls.len(), 1);
    let third = published(&authority, &issuing)?.0;
    assert!(number(&first) < second.record.crl_number);
    assert!(second.record.crl_number < number(&third));
    // Killed before the commit: there is a file without a name, and no row.
    fs::write(disk.data.unnamed_crl(&issuing), b"half of it").unwrap();
    assert_eq!(authority.keep_up(NOW).crls.len(), 1);
    assert!(!disk.data.unnamed_crl(&issuing).exists());
    assert!(authority.keep_up(NOW).crls.is_empty());
    Ok(())
}

#[test]
fn a_crl_by_a_clock_that_stood_ahead_is_followed_by_one_of_now_and_then_by_none() -> Result<()> {
    for minutes in [2, 5, 60] {
        let disk = Disk::new(None)?;
        let authority = disk.open()?;
        let ahead = authority.publish_crl(NOW + Duration::minutes(minutes))?;
        let due = |upkeep: &Upkeep| upkeep.crls.len();
        let upkeep = authority.keep_up(NOW);
        assert_eq!(due(&upkeep), 1, "{minutes}");
        let (next, _) = published(&authority, authority.issuing())?;
        assert_eq!(next.facts().this_update, NOW);
        assert!(next.facts().crl_number > ahead.record.crl_number);
        assert_eq!(due(&authority.keep_up(NOW)), 0, "{minutes}");
    }
    Ok(())
}

#[test]
fn a_crl_speaks_for_no_earlier_moment_than_that_of_a_command_that_was_faster() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    let moment = NOW + Duration::seconds(3);
    authority.publish_crl(moment)?;
    assert_eq!(authority.publish_crl(NOW)?.record.this_update, moment);
    assert!(authority.keep_up(NOW).crls.is_empty());
    Ok(())
}

#[test]
fn of_many_at_once_each_has_its_own_number_and_the_last_one_stays() -> Result<()> {
    let disk = Disk::new(None)?;
    let numbers = thread::scope(|scope| {
        let publish = || -> Result<u64> { Ok(disk.open()?.publish_crl(NOW)?.record.crl_number) };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(publish)).collect();
        let numbers = threads.into_iter().map(|thread| thread.join().unwrap());
        numbers.collect::<Result<Vec<_>>>()
    })?;
    let mut distinct = numbers.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), numbers.len());
    let authority = disk.open()?;
    let (list, _) = published(&authority, authority.issuing())?;
    assert_eq!(distinct.last(), Some(&list.facts().crl_number));
    let newest = authority.inventory().newest_crl(authority.issuing())?;
    assert_eq!(newest.unwrap().crl_number, list.facts().crl_number);
    Ok(())
}

#[test]
fn a_bundle_holds_the_crl_of_every_ca_and_is_refused_where_one_is_missing() -> Result<()> {
    let disk = Disk::new(None)?;
    let authority = disk.open()?;
    let bundle = authority.crl_bundle(NOW)?;
    let issuers: Vec<_> = bundle.iter().map(|list| &list.facts().issuer).collect();
    let wanted = [authority.issuing().subject(), authority.root().subject()];
    assert_eq!(issuers, wanted);
    fs::remove_file(disk.data.crl(authority.root())).unwrap();
    assert!(authority.crl_bundle(NOW).is_err());
    Ok(())
}

#[test]
fn a_key_that_stays_locked_opens_with_its_own_passphrase_and_once_its_file_is_another() -> Result<()>
{
    let disk = Disk::with(Some("the root's"), Some("ours"))?;
    let authority = Authority::open(&disk.data, || Ok(Secret::chosen("ours")))?;
    let root = authority.root().clone();
    for _ in 0..2 {
        let refused = authority.issuer_of(&root, None).map(drop);
        let kind = refused.map_err(|cause| cause.kind());
        assert_eq!(kind, Err(ErrorKind::WrongPassphrase));
    }
    let own = Secret::chosen("the root's");
    let opened = authority.issuer_of(&root, Some(&own))?;
    let pem = opened.into_key().to_pem(Some(&Secret::chosen("ours")))?;
    let path = disk.data.issuer_key(&root);
    file::write(&path, pem.as_bytes(), Access::Private, Existing::Replace)?;
    authority.issuer_of(&root, None).map(drop)
}
