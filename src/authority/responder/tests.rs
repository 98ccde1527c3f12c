//! When the responder is renewed, and what every instant of it leaves behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use time::Duration;

use super::*;
use crate::authority::{NewAuthority, init};
use crate::inventory::ReasonCode;
use crate::testing::NOW;

struct Scene {
    data: CaData,
    _directory: tempfile::TempDir,
}

impl Scene {
    fn new(issuing_lifetime: Lifetime) -> Result<Self> {
        let directory =
            tempfile::tempdir().map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
        let data = CaData::new(directory.path().join("ca-data"));
        let new = NewAuthority {
            organization: Some("Example".to_owned()),
            issuing_lifetime,
            ..NewAuthority::for_a_test()
        };
        init(&data, &new, NOW)?;
        Ok(Self {
            data,
            _directory: directory,
        })
    }

    fn authority(&self) -> Result<Authority> {
        Authority::open(&self.data, || {
            Err(Error::new(ErrorKind::PassphraseRequired, "none is needed"))
        })
    }

    fn key(&self) -> Vec<u8> {
        fs::read(self.data.ocsp_key()).unwrap()
    }

    fn at_hand(&self, now: OffsetDateTime) -> Result<Option<Responder>> {
        responder_at_hand(&self.data, &self.data.open()?, now)
    }
}

fn only(responder: &Responder) -> &Certificate {
    let mut delegations = responder.delegations();
    let (issuer, certificate) = delegations.next().unwrap();
    assert!(certificate.is_signed_by(issuer));
    assert!(delegations.next().is_none());
    certificate
}

#[test]
fn init_makes_a_responder_that_is_at_hand_without_a_passphrase() -> Result<()> {
    let scene = Scene::new(Lifetime::years(10))?;
    let responder = scene.at_hand(NOW)?.unwrap();
    let certificate = only(&responder);
    assert_eq!(
        certificate.subject().to_string(),
        "CN=OCSP responder,O=Example"
    );
    let end = NOW + Duration::days(7) - Duration::SECOND;
    assert_eq!(certificate.validity().not_after, end);
    let mode = fs::metadata(scene.data.ocsp_key())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(scene.at_hand(end)?.is_some());
    assert!(scene.at_hand(end + Duration::SECOND)?.is_none());
    assert!(!scene.authority()?.renew_responder(NOW)?);
    Ok(())
}

#[test]
fn at_half_of_its_life_the_responder_gets_a_new_key_and_certificate() -> Result<()> {
    let scene = Scene::new(Lifetime::years(10))?;
    let authority = scene.authority()?;
    let (first, half) = (scene.key(), NOW + Duration::hours(84));
    assert!(!authority.renew_responder(half - Duration::minutes(5))?);
    assert_eq!(scene.key(), first);
    assert!(authority.renew_responder(half)?);
    assert_ne!(scene.key(), first);
    let responder = scene.at_hand(half)?.unwrap();
    assert!(only(&responder).validity().not_after > half + Duration::days(6));
    assert!(!authority.renew_responder(half)?);
    Ok(())
}

#[test]
fn a_responder_that_is_gone_damaged_or_revoked_is_made_anew() -> Result<()> {
    let scene = Scene::new(Lifetime::years(10))?;
    let authority = scene.authority()?;
    fs::remove_file(scene.data.ocsp_key()).unwrap();
    assert!(scene.at_hand(NOW)?.is_none());
    assert!(authority.renew_responder(NOW)?);
    fs::write(scene.data.ocsp_key(), "damaged").unwrap();
    assert!(scene.at_hand(NOW).is_err());
    assert!(authority.renew_responder(NOW)?);
    let responder = scene.at_hand(NOW)?.unwrap();
    let record = authority
        .inventory()
        .find_by_fingerprint(&only(&responder).fingerprint())?
        .unwrap();
    authority.revoke(&[record], ReasonCode::KeyCompromise, NOW)?;
    assert!(scene.at_hand(NOW)?.is_none());
    assert!(authority.renew_responder(NOW)?);
    assert!(scene.at_hand(NOW)?.is_some());
    Ok(())
}

#[test]
fn a_responder_that_ends_with_its_ca_is_not_renewed_over_and_over() -> Result<()> {
    let scene = Scene::new(Lifetime::days(5))?;
    let last = NOW + Duration::days(5) - Duration::HOUR;
    let authority = scene.authority()?;
    assert!(!authority.renew_responder(last)?);
    // After the CA's end nobody can renew it.
    assert!(!authority.renew_responder(NOW + Duration::days(6))?);
    Ok(())
}

#[test]
fn every_issuing_ca_that_opens_certifies_the_one_key() -> Result<()> {
    let scene = Scene::new(Lifetime::years(10))?;
    let authority = scene.authority()?;
    // The next issuing CA, as pki rotate-issuing makes it.
    let root = authority.issuer_of(authority.root(), None)?;
    let key = PrivateKey::generate(KeyAlgorithm::P384)?;
    let subject = Subject {
        common_name: "next".to_owned(),
        organization: None,
    };
    let validity = Validity::starting(NOW, Lifetime::years(10))?;
    let request = Profile::Issuing.request(subject, Vec::new(), validity, key.public_key())?;
    let next = root.sign(&request, SerialNumber::draw()?, None)?;
    authority
        .inventory()
        .record(&next, Profile::Issuing, None, NOW)?;

    // Its key is not here yet, and the CA that has a responder keeps it.
    let before = scene.key();
    assert!(!authority.renew_responder(NOW)?);
    assert_eq!(scene.key(), before);

    let path = scene.data.issuer_key(&next);
    file::create_private_directory(file::directory_of(&path))?;
    let pem = key.to_pem(None)?;
    file::write(&path, pem.as_bytes(), Access::Private, Existing::Refuse)?;
    assert!(authority.renew_responder(NOW)?);
    let responder = scene.at_hand(NOW)?.unwrap();
    let issuers: Vec<_> = responder.delegations().map(|(issuer, _)| issuer).collect();
    assert_eq!(issuers.len(), 2);
    assert!(issuers.contains(&&next) && issuers.contains(&authority.issuing()));
    assert!(!scene.authority()?.renew_responder(NOW)?);
    Ok(())
}

#[test]
fn a_kill_after_the_commit_loses_no_key_and_one_before_it_changes_nothing() -> Result<()> {
    for committed in [false, true] {
        let scene = Scene::new(Lifetime::years(10))?;
        let authority = scene.authority()?;
        let before = scene.key();
        let new = NewResponder::certified_by(&[&authority.issuing], None, NOW)?;
        let output = Output {
            path: scene.data.ocsp_key(),
            contents: new.key.as_bytes().to_vec().into(),
            access: Access::Private,
            existing: Existing::Replace,
            directory: Directory::Ours,
        };
        let number = new.certificates.first().unwrap().serial_number();
        let staged = outbox::stage(&scene.data.pending(), number, &[output])?;
        if committed {
            authority
                .inventory()
                .record_all(&new.certificates, Profile::OcspResponder, NOW)?;
        }
        staged.abandon();
        let responder = scene.at_hand(NOW)?.unwrap();
        let own = new.certificates.contains(only(&responder));
        assert_eq!(own, committed);
        assert_eq!(scene.key() == new.key.as_bytes(), committed);
        assert_eq!(scene.key() == before, !committed);
    }
    Ok(())
}

#[test]
fn what_was_read_is_kept_until_the_key_file_is_another() -> Result<()> {
    let scene = Scene::new(Lifetime::years(10))?;
    let authority = scene.authority()?;
    let inventory = scene.data.open()?;
    let kept = ResponderAtHand::new(scene.data.clone());
    let first = kept.get(&inventory, NOW)?.unwrap();
    assert!(Arc::ptr_eq(&first, &kept.get(&inventory, NOW)?.unwrap()));
    let half = NOW + Duration::hours(84);
    assert!(authority.renew_responder(half)?);
    let second = kept.get(&inventory, half)?.unwrap();
    assert_ne!(only(&first), only(&second));
    fs::remove_file(scene.data.ocsp_key()).unwrap();
    assert!(kept.get(&inventory, half)?.is_none());
    assert!(authority.renew_responder(half)?);
    assert!(kept.get(&inventory, half)?.is_some());
    Ok(())
}
