//! Files on their way out: written and synced before the commit, renamed after it.
//!
//! A command may be killed at any instant. Before it writes a file under a temporary name it notes, under the
//! certificate's serial number, what it is about to do; the next command that opens the CA finds the note and finishes
//! the renames where the certificate was recorded, or removes the files where it was not. A note is locked for as long
//! as its command lives, so that only a dead command's work is touched.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::Inventory;
use crate::serial::SerialNumber;

/// A file that is to be handed out with a certificate.
pub struct Output {
    /// Its final place.
    pub path: PathBuf,
    /// Its contents.
    pub contents: Zeroizing<Vec<u8>>,
    /// Who may read it.
    pub access: Access,
    /// What happens to a file that is there already.
    pub existing: Existing,
}

/// Files that lie ready under temporary names; dropped without [`Staged::publish`], they are removed.
pub(super) struct Staged {
    note: PathBuf,
    moves: Vec<Move>,
    directories: Vec<PathBuf>,
    published: bool,
    _lock: File,
}

#[derive(Serialize, Deserialize)]
struct Move {
    temporary: PathBuf,
    target: PathBuf,
    replace: bool,
}

/// Writes and syncs the files under temporary names beside their final ones.
pub(super) fn stage(
    pending: &Path,
    serial_number: &SerialNumber,
    outputs: &[Output],
) -> Result<Staged> {
    let moves: Vec<Move> = outputs
        .iter()
        .map(|output| plan(serial_number, output))
        .collect::<Result<_>>()?;
    file::create_private_directory(pending)?;
    let note = pending.join(serial_number.to_string());
    let lock = write_note(&note, &moves)?;
    let mut staged = Staged {
        note,
        moves,
        directories: Vec::new(),
        published: false,
        _lock: lock,
    };
    for (planned, output) in staged.moves.iter().zip(outputs) {
        let made = file::create_private_directory(file::directory_of(&output.path))?;
        staged.directories.extend(made);
        file::write_synced(
            &planned.temporary,
            &output.path,
            &output.contents,
            output.access,
        )?;
    }
    Ok(staged)
}

impl Staged {
    /// Gives the files their names; called once their certificate is recorded.
    pub(super) fn publish(mut self) -> Result<()> {
        // From here on nothing may be removed: the certificate exists, and these files hold its only key.
        self.published = true;
        for planned in &self.moves {
            planned.carry_out()?;
        }
        file::remove_quietly(&self.note);
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            for planned in &self.moves {
                file::remove_quietly(&planned.temporary);
            }
            file::remove_quietly(&self.note);
            file::remove_empty_directories(&self.directories);
        }
    }
}

impl Move {
    fn carry_out(&self) -> Result<()> {
        let existing = if self.replace {
            Existing::Replace
        } else {
            Existing::Refuse
        };
        file::rename(&self.temporary, &self.target, existing)
    }
}

/// Finishes or discards what commands that were killed left behind.
pub(super) fn recover(pending: &Path, inventory: &Inventory) -> Result<()> {
    let Ok(notes) = fs::read_dir(pending) else {
        return Ok(());
    };
    for note in notes.flatten() {
        recover_one(&note.path(), inventory)?;
    }
    Ok(())
}

fn recover_one(note: &Path, inventory: &Inventory) -> Result<()> {
    let Ok(mut opened) = OpenOptions::new().read(true).write(true).open(note) else {
        return Ok(());
    };
    if flock(&opened, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(());
    }
    let Some(digits) = note.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    // A note that did not get its name yet announces nothing.
    if !digits.starts_with('.') {
        let mut text = String::new();
        opened
            .read_to_string(&mut text)
            .map_err(|cause| file::failure("read", note, &cause))?;
        let moves: Vec<Move> = serde_json::from_str(&text).unwrap_or_default();
        let recorded = inventory
            .find_by_serial_number(&SerialNumber::from_hexadecimal(digits))?
            .is_some();
        for planned in moves.iter().filter(|planned| planned.temporary.exists()) {
            if recorded {
                planned.carry_out()?;
            } else {
                file::remove_quietly(&planned.temporary);
            }
        }
    }
    file::remove_quietly(note);
    Ok(())
}

fn plan(serial_number: &SerialNumber, output: &Output) -> Result<Move> {
    let absolute = std::path::absolute(&output.path)
        .map_err(|cause| file::failure("write", &output.path, &cause))?;
    if output.existing == Existing::Refuse && absolute.symlink_metadata().is_ok() {
        return Err(Error::new(
            ErrorKind::AlreadyExists,
            format!("{} exists already", output.path.display()),
        )
        .with_hint("Move it away or give another name; nothing is overwritten."));
    }
    let name = absolute
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let temporary = file::directory_of(&absolute).join(format!(".{name}.{serial_number}.pending"));
    Ok(Move {
        temporary,
        target: absolute,
        replace: output.existing == Existing::Replace,
    })
}

/// Writes a note that nobody else sees before it is locked and complete.
fn write_note(note: &Path, moves: &[Move]) -> Result<File> {
    let name = note.file_name().unwrap_or_default().to_string_lossy();
    let unnamed = file::directory_of(note).join(format!(".{name}"));
    let failed = |cause: std::io::Error| file::failure("write", note, &cause);
    let mut opened = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unnamed)
        .map_err(failed)?;
    let text = serde_json::to_vec(moves).map_err(|cause| failed(cause.into()))?;
    let written = flock(&opened, FlockOperation::NonBlockingLockExclusive)
        .map_err(std::io::Error::from)
        .and_then(|()| opened.write_all(&text))
        .and_then(|()| opened.sync_all());
    if let Err(cause) = written {
        file::remove_quietly(&unnamed);
        return Err(failed(cause));
    }
    file::rename(&unnamed, note, Existing::Refuse)?;
    Ok(opened)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::testing::TestAuthority;

    /// A directory in which `bundle` is staged for a certificate.
    struct Scene {
        directory: tempfile::TempDir,
        authority: TestAuthority,
    }

    impl Scene {
        fn new() -> Result<Self> {
            let directory = tempfile::tempdir()
                .map_err(|cause| Error::new(ErrorKind::File, cause.to_string()))?;
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
            let output = Output {
                path: self.target(),
                contents: Zeroizing::new(b"bundle".to_vec()),
                access: Access::Private,
                existing,
            };
            stage(&self.pending(), serial_number, &[output])
        }

        /// What a command that is killed here leaves behind: its files, but neither its lock nor its clean-up.
        fn kill(mut staged: Staged) {
            staged.published = true;
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
            .publish()?;
        assert_eq!(file::read(&scene.target())?, b"bundle");
        assert_eq!(scene.files(), 1);
        Ok(())
    }

    #[test]
    fn what_is_not_published_leaves_neither_a_file_nor_a_directory() -> Result<()> {
        let scene = Scene::new()?;
        drop(scene.stage(&SerialNumber::draw()?, Existing::Refuse)?);
        assert_eq!(scene.files(), 0);
        assert!(!scene.directory.path().join("clients").exists());
        Ok(())
    }

    #[test]
    fn a_file_that_is_there_is_refused_before_anything_is_written() -> Result<()> {
        let scene = Scene::new()?;
        scene
            .stage(&SerialNumber::draw()?, Existing::Refuse)?
            .publish()?;
        let again = scene
            .stage(&SerialNumber::draw()?, Existing::Refuse)
            .map(drop);
        assert_eq!(
            again.map_err(|error| error.kind()),
            Err(ErrorKind::AlreadyExists)
        );
        scene
            .stage(&SerialNumber::draw()?, Existing::Replace)?
            .publish()?;
        assert_eq!(scene.files(), 1);
        Ok(())
    }

    #[test]
    fn a_command_killed_after_the_commit_has_its_work_finished() -> Result<()> {
        let scene = Scene::new()?;
        let recorded = scene.authority.issue("alice")?.certificate;
        Scene::kill(scene.stage(recorded.serial_number(), Existing::Refuse)?);
        assert!(!scene.target().exists());
        recover(&scene.pending(), &scene.authority.inventory)?;
        assert_eq!(file::read(&scene.target())?, b"bundle");
        assert_eq!(scene.files(), 1);
        Ok(())
    }

    #[test]
    fn a_command_killed_before_the_commit_has_its_work_discarded() -> Result<()> {
        let scene = Scene::new()?;
        Scene::kill(scene.stage(&SerialNumber::draw()?, Existing::Refuse)?);
        recover(&scene.pending(), &scene.authority.inventory)?;
        assert_eq!(scene.files(), 0);
        Ok(())
    }

    #[test]
    fn a_command_that_is_at_work_is_left_alone() -> Result<()> {
        let scene = Scene::new()?;
        let staged = scene.stage(&SerialNumber::draw()?, Existing::Refuse)?;
        recover(&scene.pending(), &scene.authority.inventory)?;
        staged.publish()?;
        assert_eq!(file::read(&scene.target())?, b"bundle");
        Ok(())
    }
}
