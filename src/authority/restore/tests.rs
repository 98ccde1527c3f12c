//! Every instant at which a restore can be killed, and what the next command makes of it.

use std::fs;

use super::*;
use crate::authority::{Bundles, NewAuthority, back_up, init};
use crate::error::ErrorKind;
use crate::file::Existing;
use crate::testing::NOW;

/// A CA without a passphrase, and a backup of it beside.
struct Scene {
    directory: tempfile::TempDir,
    data: CaData,
}

impl Scene {
    fn new() -> Result<Self> {
        let directory = tempfile::tempdir().unwrap();
        let data = CaData::new(directory.path().join("ca-data"));
        let new = NewAuthority::for_a_test();
        init(&data, &new, NOW)?;
        let scene = Self { directory, data };
        let inventory = scene.data.open()?;
        let (refuse, leave) = (Existing::Refuse, Bundles::Leave);
        back_up(&scene.data, &inventory, &scene.file(), refuse, leave, NOW)?;
        fs::write(scene.data.directory().join("old"), "").unwrap();
        Ok(scene)
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("backup.tar")
    }

    fn prepare(&self) -> Result<Restoring> {
        Restoring::prepare(&self.data, &self.file(), None, BrokenLog::Refuse, NOW)
    }

    /// What lies beside `ca-data`, in order, and whether `ca-data` is the one from before.
    fn beside(&self) -> (Vec<String>, bool) {
        let entries = fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "ca-data" && name != "backup.tar")
            .collect();
        names.sort();
        (names, self.data.directory().join("old").exists())
    }
}

const BEFORE: &str = "ca-data.before-restore-20260301T120000Z";

#[test]
fn a_restore_keeps_what_was_there_before() -> Result<()> {
    let scene = Scene::new()?;
    let restored = scene.prepare()?.carry_out(NOW)?;
    assert!(restored.loss.is_nothing());
    let proven = restored
        .keys
        .iter()
        .all(|(_, state)| *state == KeyState::Proven);
    assert!(proven);
    assert_eq!(scene.beside(), (vec![BEFORE.to_owned()], false));
    scene.data.open()?;
    let mark = scene.data.directory().join(".restoring");
    assert!(!mark.exists());
    scene.prepare()?.carry_out(NOW)?;
    let twice = vec![BEFORE.to_owned(), format!("{BEFORE}-2")];
    assert_eq!(scene.beside(), (twice, false));
    Ok(())
}

#[test]
fn a_restore_that_is_given_up_leaves_everything_as_it_was() -> Result<()> {
    let scene = Scene::new()?;
    drop(scene.prepare()?);
    assert_eq!(scene.beside(), (Vec::new(), true));
    Ok(())
}

#[test]
fn a_restore_killed_before_the_swap_is_discarded() -> Result<()> {
    let scene = Scene::new()?;
    let staging = scene.directory.path().join(".ca-data.restoring");
    // Right after the directory was made, and after it was filled.
    fs::create_dir(&staging).unwrap();
    scene.data.open()?;
    assert_eq!(scene.beside(), (Vec::new(), true));
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join(".restoring"), BEFORE).unwrap();
    fs::write(staging.join("pki.db"), "half").unwrap();
    scene.data.open()?;
    assert_eq!(scene.beside(), (Vec::new(), true));
    // What is not ours is left alone.
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("photo"), "").unwrap();
    scene.data.open()?;
    assert!(staging.join("photo").exists());
    assert!(scene.prepare().is_err());
    Ok(())
}

#[test]
fn a_restore_killed_after_the_swap_is_finished() -> Result<()> {
    for named in [false, true] {
        let scene = Scene::new()?;
        scene.prepare()?.carry_out(NOW)?;
        let home = scene.directory.path();
        // Back to the instant right after the directories changed places, or after the old one got its name.
        fs::write(scene.data.directory().join(".restoring"), BEFORE).unwrap();
        if !named {
            fs::rename(home.join(BEFORE), home.join(".ca-data.restoring")).unwrap();
        }
        scene.data.open()?;
        assert_eq!(scene.beside(), (vec![BEFORE.to_owned()], false));
        assert!(!scene.data.directory().join(".restoring").exists());
    }
    Ok(())
}

#[test]
fn a_restore_at_work_is_left_alone_and_a_second_one_is_refused() -> Result<()> {
    let scene = Scene::new()?;
    let first = scene.prepare()?;
    finish_interrupted(&scene.data);
    let second = scene.prepare().map(drop).map_err(|error| error.kind());
    assert_eq!(second, Err(ErrorKind::NotPermitted));
    first.carry_out(NOW)?;
    assert_eq!(scene.beside(), (vec![BEFORE.to_owned()], false));
    Ok(())
}

#[test]
fn a_directory_that_is_in_use_is_not_replaced() -> Result<()> {
    let scene = Scene::new()?;
    let open = scene.data.open()?;
    let refused = scene.prepare().map(drop).map_err(|error| error.kind());
    assert_eq!(refused, Err(ErrorKind::NotPermitted));
    drop(open);
    scene.prepare()?.carry_out(NOW)?;
    Ok(())
}

#[test]
fn a_backup_is_restored_where_nothing_is_and_into_an_empty_directory() -> Result<()> {
    let scene = Scene::new()?;
    for (name, made) in [("fresh", false), ("empty", true)] {
        let data = CaData::new(scene.directory.path().join(name));
        if made {
            fs::create_dir(data.directory()).unwrap();
        }
        let restoring = Restoring::prepare(&data, &scene.file(), None, BrokenLog::Refuse, NOW)?;
        let restored = restoring.carry_out(NOW)?;
        assert_eq!(restored.before, None);
        data.open()?;
    }
    Ok(())
}

#[test]
fn files_that_do_not_fit_the_inventory_are_refused() -> Result<()> {
    let scene = Scene::new()?;
    let other = Scene::new()?;
    let issuing = fs::read(other.data.issuing_certificate()).unwrap();
    let inventory = scene.data.open()?;
    let root = inventory.current_authority(crate::profile::Profile::Root)?;
    let root = root.unwrap().certificate;
    let (key_of_another, crl_of_another) = {
        let inventory = other.data.open()?;
        let root = inventory.current_authority(crate::profile::Profile::Root)?;
        let root = root.unwrap().certificate;
        let read = |path| fs::read(path).unwrap();
        (
            read(other.data.issuer_key(&root)),
            read(other.data.crl(&root)),
        )
    };
    let head = inventory.head()?;
    let facts = |root: String, id: i64, hash: &[u8]| Facts {
        format: FORMAT,
        created_at: String::new(),
        root,
        audit_head: backup::AuditHead {
            id,
            hash: crate::hexadecimal::encode(hash),
        },
        with_bundles: false,
    };
    let ours = root.fingerprint().to_string();
    let other_root = facts("00".to_owned(), head.id, &head.hash);
    let other_log = facts(ours.clone(), head.id - 1, &head.hash);
    let cut_log = facts(ours.clone(), head.id + 1, &head.hash);
    let ours = facts(ours, head.id, &head.hash);
    let verified = |facts: &Facts| {
        let verified = verify::verify(&scene.data, &inventory, facts, None);
        verified
            .map(|keys| keys.len())
            .map_err(|error| error.kind())
    };
    assert_eq!(verified(&ours), Ok(2));
    let refused = Err(ErrorKind::Malformed);
    for facts in [other_root, other_log, cut_log] {
        assert_eq!(verified(&facts), refused, "{facts:?}");
    }
    for (path, contents) in [
        (scene.data.issuing_certificate(), issuing.clone()),
        (
            scene.data.issuer_directory(&root).join("certificate.pem"),
            issuing,
        ),
        (scene.data.issuer_key(&root), key_of_another),
        (scene.data.issuer_key(&root), b"no key".to_vec()),
    ] {
        let right = fs::read(&path).unwrap();
        fs::write(&path, contents).unwrap();
        assert_eq!(verified(&ours), refused, "{}", path.display());
        fs::write(&path, right).unwrap();
    }
    // A CRL is made anew: a wrong one is left out.
    for contents in [crl_of_another, b"no CRL".to_vec()] {
        fs::write(scene.data.crl(&root), contents).unwrap();
        assert_eq!(verified(&ours), Ok(2));
        assert!(!scene.data.crl(&root).exists());
    }
    fs::remove_file(scene.data.issuer_key(&root)).unwrap();
    assert_eq!(verified(&ours), Ok(2));
    Ok(())
}
