//! Rows in groups, on several threads; what is there already, what is refused, and what a kill leaves behind.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::authority::{CaData, NewAuthority, init, outbox};
use crate::bundle::{self, Platform};
use crate::certificate::Certificate;
use crate::error::ErrorKind;
use crate::key::PrivateKey;
use crate::secret::Secret;
use crate::testing::NOW;

/// A CA, and places for what it hands out.
struct Disk {
    authority: Authority,
    directory: TempDir,
}

impl Disk {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path().join("ca-data"));
        init(&data, &NewAuthority::for_a_test(), NOW)?;
        fs::create_dir(directory.path().join("out")).unwrap();
        let authority = Authority::open(&data, || Ok(Secret::chosen("")))?;
        Ok(Self {
            authority,
            directory,
        })
    }

    fn out(&self) -> PathBuf {
        self.directory.path().join("out")
    }

    fn passwords(&self) -> PathBuf {
        self.directory.path().join("passwords.csv")
    }

    fn bundles(&self) -> Batch {
        Batch {
            directory: self.out(),
            handing: Handing::Bundles {
                form: Platform::Any.form(),
                passwords: self.passwords(),
            },
            key_algorithm: KeyAlgorithm::P256,
            jobs: NonZeroUsize::new(3).unwrap(),
        }
    }

    fn issue(&self, batch: &Batch, members: Vec<Member>) -> Result<Outcome> {
        let members = members.into_iter().map(Ok);
        self.authority
            .issue_clients(members, batch, || NOW, &mut |_| {})
    }

    /// The rows of the file of passwords: file and password.
    fn told(&self) -> Vec<(String, String)> {
        let mut reader = csv::Reader::from_path(self.passwords()).unwrap();
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            let field = |place| row.get(place).unwrap().to_owned();
            (field(2), field(3))
        });
        rows.collect()
    }
}

fn member(line: u64, name: &str, device: Option<&str>) -> Member {
    Member {
        line,
        name: Name::parse(name).unwrap(),
        device: device.map(|device| Device::parse(device).unwrap()),
        subject_alt_names: Vec::new(),
        lifetime: Lifetime::days(30),
    }
}

fn people(count: u64) -> Vec<Member> {
    let member = |line| member(line, &format!("person-{line}"), None);
    (1..=count).map(member).collect()
}

#[test]
fn everybody_of_several_groups_gets_a_bundle_and_a_password_that_opens_it() -> Result<()> {
    let disk = Disk::new()?;
    let many = GROUP as u64 * 2 + 7;
    let outcome = disk.issue(&disk.bundles(), people(many))?;
    assert_eq!(outcome.issued, many);
    assert!(outcome.refused.is_empty() && outcome.elsewhere.is_empty());
    let told = disk.told();
    assert_eq!(told.len() as u64, many);
    for (file, password) in told.iter().step_by(50) {
        let bundle = fs::read(disk.out().join(file)).unwrap();
        let opened = bundle::open(&bundle, &Secret::chosen(password))?;
        let identity = opened.identities.into_iter().next().unwrap();
        let certificate = Certificate::from_der(identity.certificate)?;
        let record = disk
            .authority
            .inventory()
            .find_by_fingerprint(&certificate.fingerprint())?;
        assert_eq!(format!("{}.p12", record.unwrap().name.unwrap()), *file);
    }
    assert_eq!(
        fs::read_dir(disk.authority.data().pending())
            .unwrap()
            .count(),
        0
    );
    assert_eq!(fs::read_dir(disk.out()).unwrap().count() as u64, many);
    let verified = disk.authority.inventory().verify_audit()?;
    assert!(verified.first().is_none());
    Ok(())
}

#[test]
fn the_same_rows_again_issue_nothing_and_more_rows_go_on_behind_them() -> Result<()> {
    let disk = Disk::new()?;
    disk.issue(&disk.bundles(), people(3))?;
    let before = disk.told();
    let outcome = disk.issue(&disk.bundles(), people(5))?;
    assert_eq!((outcome.issued, outcome.done_before), (2, 3));
    assert_eq!(disk.told().get(..3), Some(before.as_slice()));
    assert_eq!(disk.told().len(), 5);
    Ok(())
}

#[test]
fn who_has_a_certificate_from_elsewhere_is_refused_and_the_others_are_not() -> Result<()> {
    let disk = Disk::new()?;
    let elsewhere = Batch {
        handing: Handing::Pem,
        ..disk.bundles()
    };
    disk.issue(&elsewhere, vec![member(1, "person-2", None)])?;
    // A file that somebody else made stands in the way of the third.
    fs::write(disk.out().join("person-3.p12"), "not ours").unwrap();
    let mut rows = people(4);
    rows.push(member(5, "PERSON-4", None));
    rows.push(member(6, "person-4", Some("phone")));
    let outcome = disk.issue(&disk.bundles(), rows)?;
    let lines: Vec<_> = outcome.refused.iter().map(|(line, _)| *line).collect();
    assert_eq!(outcome.issued, 3, "{outcome:?}");
    assert_eq!(lines, [2, 3, 5], "{outcome:?}");
    assert_eq!(disk.told().len(), 3);
    assert!(disk.out().join("person-4-phone.p12").exists());
    assert_eq!(
        fs::read(disk.out().join("person-3.p12")).unwrap(),
        b"not ours"
    );
    Ok(())
}

#[test]
fn of_two_rows_with_one_file_name_the_second_is_refused_however_far_apart() -> Result<()> {
    let disk = Disk::new()?;
    let batch = Batch {
        handing: Handing::Pem,
        ..disk.bundles()
    };
    let mut rows = people(GROUP as u64 + 50);
    rows.insert(0, member(1000, "anna", Some("laptop")));
    rows.push(member(1001, "anna-laptop", None));
    // One's key is called as the other's certificate.
    rows.push(member(1002, "person-2.key", None));
    let outcome = disk.issue(&batch, rows)?;
    let lines: Vec<_> = outcome.refused.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1001, 1002], "{outcome:?}");
    assert_eq!(outcome.elsewhere, Vec::<PathBuf>::new());
    Ok(())
}

#[test]
fn who_waits_for_what_is_on_its_way_and_a_group_that_goes_one_by_one_do_not_wait_for_each_other()
-> Result<()> {
    let disk = Disk::new()?;
    let batch = Batch {
        handing: Handing::Pem,
        ..disk.bundles()
    };
    // Once it was found free, somebody else takes a place, so that the first group cannot be staged together.
    let rows = people(GROUP as u64 * 3).into_iter().map(|row| {
        if row.line == 5 {
            fs::write(disk.out().join("person-3.pem"), "somebody's").unwrap();
        }
        Ok(row)
    });
    let pending = disk.authority.data().pending();
    let is_over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        // As a backup does.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                drop(outbox::hold(&pending));
                thread::yield_now();
            }
        });
        let outcome = (disk.authority).issue_clients(rows, &batch, || NOW, &mut |_| {});
        is_over.store(true, Ordering::Relaxed);
        outcome
    })?;
    let lines: Vec<_> = outcome.refused.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3], "{outcome:?}");
    Ok(())
}

#[test]
fn every_key_of_a_batch_is_of_the_algorithm_that_was_asked_for() -> Result<()> {
    let disk = Disk::new()?;
    let batch = Batch {
        key_algorithm: KeyAlgorithm::P384,
        handing: Handing::Pem,
        ..disk.bundles()
    };
    disk.issue(&batch, people(4))?;
    for number in 1..=4 {
        let key = fs::read(disk.out().join(format!("person-{number}.key.pem"))).unwrap();
        let key = PrivateKey::from_pem(&key, None)?;
        // ecdsa-with-SHA384
        let identifier = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03";
        assert_eq!(key.signature_algorithm(), identifier);
    }
    Ok(())
}

#[test]
fn a_certificate_and_its_key_are_written_where_no_bundles_are_wanted() -> Result<()> {
    let disk = Disk::new()?;
    let batch = Batch {
        handing: Handing::Pem,
        ..disk.bundles()
    };
    disk.issue(&batch, people(10))?;
    let chain = fs::read(disk.out().join("person-10.pem")).unwrap();
    let chain = bundle::pem::read_certificates(&chain)?;
    assert_eq!(chain.len(), 2);
    let key = crate::file::read_private(&disk.out().join("person-10.key.pem"))?;
    let key = crate::key::PrivateKey::from_pem(&key, None)?;
    let certificate = Certificate::from_der(chain.into_iter().next().unwrap())?;
    assert_eq!(certificate.facts().public_key, key.public_key());
    assert!(!disk.passwords().exists());
    Ok(())
}

#[test]
fn a_password_whose_bundle_never_came_is_taken_out_and_those_of_others_stay() -> Result<()> {
    let disk = Disk::new()?;
    disk.issue(&disk.bundles(), people(2))?;
    let kept = disk.told();
    // As a kill leaves it between the passwords and the record: a row too many, and one that is torn.
    let mut text = fs::read_to_string(disk.passwords()).unwrap();
    text.push_str("person-3,,person-3.p12,lost,01\nperson-4,,person-4.p12,torn,7");
    fs::write(disk.passwords(), text).unwrap();
    let outcome = disk.issue(&disk.bundles(), people(3))?;
    assert_eq!((outcome.issued, outcome.done_before), (1, 2));
    let told = disk.told();
    assert_eq!(told.get(..2), Some(kept.as_slice()));
    assert_eq!(told.len(), 3);
    assert_ne!(told.last().unwrap().1, "lost");
    Ok(())
}

#[test]
fn passwords_of_another_directory_stay_and_nobody_else_writes_meanwhile() -> Result<()> {
    let disk = Disk::new()?;
    disk.issue(&disk.bundles(), people(2))?;
    let before = disk.told();
    let other = disk.directory.path().join("other");
    fs::create_dir(&other).unwrap();
    let elsewhere = Batch {
        directory: other,
        ..disk.bundles()
    };
    disk.issue(&elsewhere, vec![member(1, "carol", None)])?;
    assert_eq!(disk.told().get(..2), Some(before.as_slice()));
    assert_eq!(disk.told().len(), 3);

    let held = crate::file::lock_to_append(&disk.passwords())?.unwrap();
    let refusal = disk.issue(&disk.bundles(), people(3)).unwrap_err();
    assert!(refusal.message().contains("another run"), "{refusal}");
    drop(held);
    assert_eq!(disk.issue(&disk.bundles(), people(3))?.issued, 1);
    Ok(())
}

#[test]
fn passwords_lie_neither_beside_the_bundles_nor_open_to_others() -> Result<()> {
    let disk = Disk::new()?;
    let beside = Batch {
        handing: Handing::Bundles {
            form: Platform::Any.form(),
            passwords: disk.out().join("passwords.csv"),
        },
        ..disk.bundles()
    };
    let refusal = disk.issue(&beside, people(1)).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::NotPermitted);
    assert_eq!(fs::read_dir(disk.out()).unwrap().count(), 0);

    use std::os::unix::fs::PermissionsExt;
    fs::write(
        disk.passwords(),
        "name,device,file,password,serial_number\n",
    )
    .unwrap();
    fs::set_permissions(disk.passwords(), fs::Permissions::from_mode(0o644)).unwrap();
    let refusal = disk.issue(&disk.bundles(), people(1)).unwrap_err();
    assert!(refusal.hint().unwrap().contains("chmod 600"));

    // Nobody's other file is written into.
    fs::write(disk.passwords(), "hello\n").unwrap();
    fs::set_permissions(disk.passwords(), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(disk.issue(&disk.bundles(), people(1)).is_err());
    assert_eq!(fs::read_to_string(disk.passwords()).unwrap(), "hello\n");
    Ok(())
}

#[test]
fn a_row_that_cannot_be_read_ends_it_behind_what_was_recorded() -> Result<()> {
    let disk = Disk::new()?;
    let rows = people(GROUP as u64 * 2).into_iter().map(Ok);
    let broken = std::iter::once(Err(Error::new(ErrorKind::Malformed, "no row")));
    let refused =
        disk.authority
            .issue_clients(rows.chain(broken), &disk.bundles(), || NOW, &mut |_| {});
    assert!(refused.is_err());
    // Each that has a password has its bundle, and the other way round.
    let bundles = fs::read_dir(disk.out()).unwrap().count();
    assert_eq!(disk.told().len(), bundles);
    assert_eq!(
        fs::read_dir(disk.authority.data().pending())
            .unwrap()
            .count(),
        0
    );
    Ok(())
}

#[test]
fn a_name_that_is_too_long_for_a_file_keeps_nobody_from_a_bundle() -> Result<()> {
    let disk = Disk::new()?;
    let long = "\u{1f511}".repeat(64);
    let rows = vec![member(1, &long, Some(&long)), member(2, "bob", None)];
    assert_eq!(disk.issue(&disk.bundles(), rows.clone())?.issued, 2);
    assert_eq!(disk.issue(&disk.bundles(), rows)?.done_before, 2);
    for (file, _) in disk.told() {
        assert!(disk.out().join(&file).exists(), "{file}");
    }
    Ok(())
}

#[test]
fn one_that_would_outlive_the_issuing_ca_is_cut_and_counted() -> Result<()> {
    let disk = Disk::new()?;
    let mut rows = people(2);
    if let Some(first) = rows.first_mut() {
        first.lifetime = Lifetime::days(36_500);
    }
    let outcome = disk.issue(&disk.bundles(), rows)?;
    assert_eq!((outcome.issued, outcome.shortened), (2, 1));
    Ok(())
}
