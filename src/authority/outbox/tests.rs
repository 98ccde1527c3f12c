//! Every instant at which a command can be killed, and what the next one makes of it.

use std::fs;

use super::*;
use crate::testing::TestAuthority;

/// A directory in which `bundle` is staged for a certificate.
struct Scene {
    directory: tempfile::TempDir,
    authority: TestAuthority,
}

impl Scene {
    fn new() -> Result<Self> {
        let directory =
            tempfile::tempdir().map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
        Ok(Self {
            directory,
            authority: TestAuthority::new()?,
        })
    }

    fn pending(&self) -> PathBuf {
        self.directory.path().join("pending")
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("clients/alice/alice.p12")
    }

    fn stage(&self, serial_number: &SerialNumber, existing: Existing) -> Result<Staged> {
        self.write(serial_number, existing)?.sync()
    }

    fn write(&self, serial_number: &SerialNumber, existing: Existing) -> Result<Written> {
        let output = Output {
            path: self.target(),
            contents: Zeroizing::new(b"bundle".to_vec()),
            access: Access::Private,
            existing,
            directory: Directory::Ours,
        };
        write(&self.pending(), serial_number, &[output])
    }

    fn files(&self) -> usize {
        let mut directories = vec![self.directory.path().to_path_buf()];
        let mut files = 0;
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap().flatten() {
                match entry.path().is_dir() {
                    true => directories.push(entry.path()),
                    false => files += 1,
                }
            }
        }
        files
    }
}

#[test]
fn what_is_published_has_its_name_and_leaves_no_note() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .stage(&SerialNumber::draw()?, Existing::Refuse)?
        .publish();
    assert_eq!(file::read(&scene.target())?, b"bundle");
    assert_eq!(scene.files(), 1);
    Ok(())
}

#[test]
fn what_is_not_published_leaves_neither_a_file_nor_a_directory() -> Result<()> {
    let scene = Scene::new()?;
    drop(scene.stage(&SerialNumber::draw()?, Existing::Refuse)?);
    assert_eq!(scene.files(), 0);
    // Nor does what was not synced.
    drop(scene.write(&SerialNumber::draw()?, Existing::Refuse)?);
    assert_eq!(scene.files(), 0);
    assert!(!scene.directory.path().join("clients").exists());
    Ok(())
}

#[test]
fn a_file_that_is_there_is_refused_before_anything_is_written() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .stage(&SerialNumber::draw()?, Existing::Refuse)?
        .publish();
    let again = scene
        .stage(&SerialNumber::draw()?, Existing::Refuse)
        .map(drop);
    assert_eq!(
        again.map_err(|error| error.kind()),
        Err(ErrorKind::AlreadyExists)
    );
    scene
        .stage(&SerialNumber::draw()?, Existing::Replace)?
        .publish();
    assert_eq!(scene.files(), 1);
    Ok(())
}

#[test]
fn a_command_killed_after_the_commit_has_its_work_finished() -> Result<()> {
    let scene = Scene::new()?;
    let recorded = scene.authority.issue("alice")?.certificate;
    scene
        .stage(recorded.serial_number(), Existing::Refuse)?
        .abandon();
    assert!(!scene.target().exists());
    recover(&scene.pending(), &scene.authority.inventory)?;
    assert_eq!(file::read(&scene.target())?, b"bundle");
    assert_eq!(scene.files(), 1);
    Ok(())
}

#[test]
fn a_command_killed_before_the_commit_has_its_work_discarded() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .stage(&SerialNumber::draw()?, Existing::Refuse)?
        .abandon();
    recover(&scene.pending(), &scene.authority.inventory)?;
    assert_eq!(scene.files(), 0);
    Ok(())
}

#[test]
fn a_file_whose_name_was_taken_meanwhile_is_kept_and_told() -> Result<()> {
    let scene = Scene::new()?;
    let staged = scene.stage(&SerialNumber::draw()?, Existing::Refuse)?;
    fs::write(scene.target(), b"other").unwrap();
    let elsewhere = staged.publish().remove(0).unwrap();
    assert_eq!(file::read(&elsewhere)?, b"bundle");
    assert_eq!(file::read(&scene.target())?, b"other");
    // Whoever did not hear it hears it of the next command.
    let noted = unfinished(&scene.pending());
    assert_eq!(noted, [(elsewhere, scene.target())]);
    Ok(())
}

#[test]
fn what_cannot_be_finished_now_is_finished_later_and_stops_nobody() -> Result<()> {
    let scene = Scene::new()?;
    let recorded = scene.authority.issue("alice")?.certificate;
    scene
        .stage(recorded.serial_number(), Existing::Refuse)?
        .abandon();
    let (clients, away) = (
        scene.directory.path().join("clients"),
        scene.directory.path().join("away"),
    );
    fs::rename(&clients, &away).unwrap();
    recover(&scene.pending(), &scene.authority.inventory)?;
    assert_eq!(unfinished(&scene.pending()).len(), 1);
    fs::rename(&away, &clients).unwrap();
    recover(&scene.pending(), &scene.authority.inventory)?;
    assert_eq!(file::read(&scene.target())?, b"bundle");
    assert!(unfinished(&scene.pending()).is_empty());
    Ok(())
}

#[test]
fn a_path_that_names_no_file_is_refused_before_anything_is_written() -> Result<()> {
    let scene = Scene::new()?;
    let output = Output {
        path: scene.directory.path().join("new/"),
        contents: Zeroizing::new(Vec::new()),
        access: Access::Private,
        existing: Existing::Refuse,
        directory: Directory::Ours,
    };
    assert!(stage(&scene.pending(), &SerialNumber::draw()?, &[output]).is_err());
    assert_eq!(scene.files(), 0);
    Ok(())
}

#[test]
fn a_command_that_is_at_work_is_left_alone() -> Result<()> {
    let scene = Scene::new()?;
    let staged = scene.stage(&SerialNumber::draw()?, Existing::Refuse)?;
    recover(&scene.pending(), &scene.authority.inventory)?;
    staged.publish();
    assert_eq!(file::read(&scene.target())?, b"bundle");
    Ok(())
}
