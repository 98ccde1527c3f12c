//! Files on their way out: written and synced before the commit, renamed after it.
//!
//! A command may be killed at any instant. Before it writes a file under a temporary name it notes, under the
//! certificate's serial number, what it is about to do; the next command that opens the CA finds the note and finishes
//! the renames where the certificate was recorded, or removes the files where it was not. A note is locked for as long
//! as its command lives, so that only a dead command's work is touched.

mod recover;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

pub(super) use recover::{recover, unfinished};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind, Result};
use crate::failpoint;
use crate::file::{self, Access, Existing, Wait};
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
    /// Whose directory it goes to.
    pub directory: Directory,
}

/// Whose directory a file goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directory {
    /// A place in `ca-data`, made where it is not there.
    Ours,
    /// A place that somebody named: it must be there, for a slip of the pen makes no directories.
    Theirs,
}

impl Directory {
    /// The directory of a path that was given, or of one that is chosen here.
    pub(super) fn of(given: Option<&PathBuf>) -> Self {
        match given {
            Some(_) => Self::Theirs,
            None => Self::Ours,
        }
    }
}

/// From how many files on they are synced together.
const MANY: usize = 8;

/// Files that were written under temporary names and do not outlast a power failure yet.
pub(super) struct Written {
    staged: Staged,
    /// Those that are synced one by one, open, with what they will be called.
    files: Vec<(File, PathBuf)>,
}

/// Files that lie ready under temporary names; dropped before [`Staged::recorded`], they are removed.
pub(super) struct Staged {
    note: PathBuf,
    moves: Vec<Move>,
    directories: Vec<PathBuf>,
    /// Their certificate is recorded, or may be.
    kept: bool,
    /// The note, locked.
    lock: File,
}

#[derive(Serialize, Deserialize)]
struct Move {
    temporary: PathBuf,
    target: PathBuf,
    replace: bool,
}

/// Writes and syncs the files, as [`write`] and [`Written::sync`] do.
pub(super) fn stage<'a>(
    pending: &Path,
    serial_number: &SerialNumber,
    outputs: impl IntoIterator<Item = &'a Output>,
) -> Result<Staged> {
    write(pending, serial_number, outputs)?.sync()
}

/// Writes the files under temporary names beside their final ones; those of several certificates that are recorded in one go stand
/// under the serial number of any of them.
pub(super) fn write<'a>(
    pending: &Path,
    serial_number: &SerialNumber,
    outputs: impl IntoIterator<Item = &'a Output>,
) -> Result<Written> {
    let outputs: Vec<_> = outputs.into_iter().collect();
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
        kept: false,
        lock,
    };
    let are_many = outputs.len() >= MANY;
    if are_many {
        // So many keys are not left behind by a power failure without a word of them.
        staged.sync_note()?;
    }
    let mut files = Vec::new();
    for (planned, output) in staged.moves.iter().zip(&outputs) {
        if output.directory == Directory::Ours {
            let made = file::create_unsynced(file::directory_of(&output.path))?;
            staged.directories.extend(made);
        }
        let file = file::write_new(
            &planned.temporary,
            &output.path,
            &output.contents,
            output.access,
        )?;
        // So many open files are not for everybody: they are found again by their names.
        if !are_many {
            files.push((file, output.path.clone()));
        }
    }
    Ok(Written { staged, files })
}

/// Waits for the commands whose files are on their way, and keeps others from setting out for as long as the returned
/// handle lives.
pub(super) fn hold(pending: &Path) -> Result<Option<File>> {
    file::create_private_directory(pending)?;
    let quiet = file::lock(pending, Wait::Yes)?;
    for note in fs::read_dir(pending).into_iter().flatten().flatten() {
        // One that is done has removed its note, and a dead one's is locked by nobody.
        drop(file::lock(&note.path(), Wait::Yes));
    }
    Ok(quiet)
}

impl Written {
    /// Lets the files, the note and the directories that were made outlast a power failure: all of it at once, for what is written
    /// together is synced together. Until the certificate is recorded, none of it needs to.
    pub(super) fn sync(self) -> Result<Staged> {
        let Self { staged, files } = self;
        for (file, path) in &files {
            let failed = |cause| file::failure("write", path, &cause);
            file.sync_all().map_err(failed)?;
            failpoint::reached("file.synced");
        }
        match files.is_empty() {
            true => staged.sync_many()?,
            false => staged.sync_note()?,
        }
        failpoint::reached("outbox.synced");
        let mut made = staged.directories.iter();
        made.try_for_each(|directory| file::sync_directory_of(directory))?;
        Ok(staged)
    }
}

impl Staged {
    /// What came of recording their certificate. Where it is recorded they hold its only key from now on, and whatever becomes of
    /// this command, nothing is removed.
    ///
    /// A commit that failed for the disk may come about all the same (see [`Inventory::settle`]). Where that cannot be ruled out the
    /// next command decides, by the note.
    pub(super) fn recorded(mut self, outcome: Result<()>, inventory: &Inventory) -> Result<Self> {
        self.kept = outcome.is_ok() || inventory.settle().is_err();
        outcome.map(|()| self)
    }

    /// Gives the files their names; called once their certificate is recorded. Tells for each where it lies instead.
    ///
    /// Nothing may be removed or lost any more: the certificate exists, and these files hold its only key. A file that
    /// cannot have its name (somebody took it meanwhile) keeps the temporary one, and that is told.
    pub(super) fn publish(mut self) -> Vec<Option<PathBuf>> {
        self.kept = true;
        let elsewhere: Vec<_> = self
            .moves
            .iter()
            .map(|planned| planned.carry_out().err().map(|_| planned.temporary.clone()))
            .collect();
        // Where a file has another name, or the names may not outlast a power failure, the note stays, and the next command looks again.
        let synced = self
            .directories_of_targets()
            .try_for_each(file::sync_directory_of);
        if synced.is_ok() && elsewhere.iter().all(Option::is_none) {
            file::remove_quietly(&self.note);
        }
        elsewhere
    }

    fn sync_note(&self) -> Result<()> {
        let failed = |cause| file::failure("write", &self.note, &cause);
        self.lock.sync_all().map_err(failed)?;
        file::sync_directory_of(&self.note)
    }

    /// Syncs all files at once, a directory at a time.
    fn sync_many(&self) -> Result<()> {
        for target in self.directories_of_targets() {
            let directory = file::directory_of(target);
            let beside = self
                .moves
                .iter()
                .filter(|planned| file::directory_of(&planned.target) == directory);
            let files: Vec<_> = beside.map(|planned| planned.temporary.as_path()).collect();
            file::sync_many(directory, &files)?;
        }
        Ok(())
    }

    /// One target of each directory that there is among them.
    fn directories_of_targets(&self) -> impl Iterator<Item = &Path> {
        let mut seen = HashSet::new();
        let targets = self.moves.iter().map(|planned| planned.target.as_path());
        targets.filter(move |target| seen.insert(file::directory_of(target)))
    }

    /// What a command that is killed here leaves behind: its files, but neither its lock nor its clean-up.
    #[cfg(test)]
    pub(super) fn abandon(mut self) {
        self.kept = true;
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.kept {
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
        file::rename_unsynced(&self.temporary, &self.target, existing)
    }

    /// Whether an earlier command carried it out.
    fn is_done(&self) -> bool {
        let absent = |path: &Path| matches!(path.try_exists(), Ok(false));
        absent(&self.temporary) && !absent(&self.target)
    }
}

fn plan(serial_number: &SerialNumber, output: &Output) -> Result<Move> {
    let absolute = std::path::absolute(&output.path)
        .map_err(|cause| file::failure("write", &output.path, &cause))?;
    // A note is text, and a path that ends with a slash names a directory.
    let names_a_file = absolute.file_name().is_some()
        && absolute.to_str().is_some_and(|path| !path.ends_with('/'));
    if !names_a_file {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            format!(
                "{} cannot be the name of a file here",
                output.path.display()
            ),
        )
        .with_hint("Give a file's name in UTF-8, without a slash at its end."));
    }
    if output.existing == Existing::Refuse && absolute.symlink_metadata().is_ok() {
        return Err(exists_already(&output.path));
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

/// Refuses to overwrite a file.
pub(super) fn exists_already(path: &Path) -> Error {
    Error::new(
        ErrorKind::AlreadyExists,
        format!("{} exists already", path.display()),
    )
    .with_hint("Move it away or give another name; nothing is overwritten.")
}

/// Writes a note that nobody else sees before it is locked and complete.
fn write_note(note: &Path, moves: &[Move]) -> Result<File> {
    let failed = |cause: std::io::Error| file::failure("write", note, &cause);
    let text = serde_json::to_vec(moves).map_err(|cause| failed(cause.into()))?;
    let pending = file::directory_of(note);
    let name = note.file_name().unwrap_or_default().to_string_lossy();
    let unnamed = pending.join(format!(".{name}"));
    let (mut opened, locked) = {
        // Under the directory's lock nobody takes the note for a dead command's before it is locked itself.
        let _quiet = file::lock(pending, Wait::Yes)?;
        let opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unnamed)
            .map_err(failed)?;
        failpoint::reached("outbox.note-created");
        // Who only looks for what is unfinished may have it for an instant.
        let locked = flock(&opened, FlockOperation::LockExclusive);
        (opened, locked)
    };
    let written = locked
        .map_err(std::io::Error::from)
        .and_then(|()| opened.write_all(&text));
    if let Err(cause) = written {
        file::remove_quietly(&unnamed);
        return Err(failed(cause));
    }
    failpoint::reached("outbox.note-written");
    file::rename_unsynced(&unnamed, note, Existing::Refuse)?;
    Ok(opened)
}
