//! What the next command makes of the notes of a dead one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Move;
use crate::error::Result;
use crate::file::{self, Wait};
use crate::inventory::Inventory;
use crate::serial::SerialNumber;

/// How old a note without a name must be to be nobody's.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Finishes or discards what commands that were killed left behind.
///
/// What cannot be finished now (a disk that is away, a name that is taken) stays noted for the next command, and keeps
/// none from working: whatever lies here, a certificate can be revoked.
pub(in crate::authority) fn recover(pending: &Path, inventory: &Inventory) -> Result<()> {
    let Ok(notes) = fs::read_dir(pending) else {
        return Ok(());
    };
    for note in notes.flatten() {
        recover_one(&note.path(), inventory)?;
    }
    Ok(())
}

/// The files that [`recover`] could not finish: where each lies and what it should be called.
pub(in crate::authority) fn unfinished(pending: &Path) -> Vec<(PathBuf, PathBuf)> {
    let notes = fs::read_dir(pending).into_iter().flatten().flatten();
    let at_rest = notes.filter_map(|note| file::lock(&note.path(), Wait::No).ok().flatten());
    let moves = at_rest.filter_map(|note| serde_json::from_reader::<_, Vec<Move>>(note).ok());
    moves
        .flatten()
        .map(|planned| (planned.temporary, planned.target))
        .collect()
}

fn recover_one(note: &Path, inventory: &Inventory) -> Result<()> {
    let Ok(Some(opened)) = file::lock(note, Wait::No) else {
        return Ok(());
    };
    let serial_number = note
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(SerialNumber::from_hexadecimal);
    let Some(serial_number) = serial_number else {
        // A note gets its name when it is complete and locked. One without a name announces nothing; it is removed when
        // it is so old that nobody can be about to lock it.
        let age = opened
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map(|modified| modified.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age > ABANDONED)) {
            file::remove_quietly(note);
        }
        return Ok(());
    };
    let recorded = inventory.find_by_serial_number(&serial_number)?.is_some();
    let moves: Option<Vec<Move>> = serde_json::from_reader(&opened).ok();
    let done = match (moves, recorded) {
        // The certificate exists, and these files hold its only key: the note stays until each has its name.
        (Some(moves), true) => {
            let open = moves
                .iter()
                .filter(|planned| planned.carry_out().is_err() && !planned.is_done());
            open.count() == 0
        }
        (None, true) => false,
        (moves, false) => {
            moves
                .iter()
                .flatten()
                .for_each(|planned| file::remove_quietly(&planned.temporary));
            true
        }
    };
    if done {
        file::remove_quietly(note);
    }
    Ok(())
}
