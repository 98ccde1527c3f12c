//! What the next command makes of the notes of a dead one.

use std::fs;
use std::path::{Path, PathBuf};

use super::Move;
use crate::error::{Error, Result};
use crate::file::{self, Wait};
use crate::inventory::Inventory;
use crate::serial::SerialNumber;

/// Finishes or discards what commands that were killed left behind.
///
/// What cannot be finished now (a disk that is away, a name that is taken) stays noted for the next command, and keeps
/// none from working: whatever lies here, a certificate can be revoked.
pub(in crate::authority) fn recover(pending: &Path, inventory: &Inventory) -> Result<()> {
    let Ok(notes) = fs::read_dir(pending) else {
        return Ok(());
    };
    for note in notes.flatten() {
        recover_one(pending, &note.path(), inventory)?;
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

fn recover_one(pending: &Path, note: &Path, inventory: &Inventory) -> Result<()> {
    let serial_number = note
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(SerialNumber::from_hexadecimal);
    let Some(serial_number) = serial_number else {
        // A note without its name announces nothing yet. Its command makes and locks it in one go under the directory's
        // lock, so that under that lock an unlocked one is a dead command's.
        let _quiet = file::lock(pending, Wait::Yes)?;
        if let Ok(Some(_dead)) = file::lock(note, Wait::No) {
            file::remove_quietly(note);
        }
        return Ok(());
    };
    let Ok(Some(opened)) = file::lock(note, Wait::No) else {
        return Ok(());
    };
    let is_recorded = || Ok::<_, Error>(inventory.find_by_serial_number(&serial_number)?.is_some());
    let mut recorded = is_recorded()?;
    if !recorded {
        // Its command may have committed and been killed before it told: what is discarded here must stay unrecorded. Where nothing
        // can be written, whoever only reads is not kept from it, and the note stays.
        if inventory.settle().is_err() {
            return Ok(());
        }
        recorded = is_recorded()?;
    }
    let moves: Option<Vec<Move>> = serde_json::from_reader(&opened).ok();
    let done = match (moves, recorded) {
        // The certificate exists, and these files hold its only key: the note stays until each has its name.
        (Some(moves), true) => {
            let open = moves
                .iter()
                .filter(|planned| planned.carry_out().is_err() && !planned.is_done());
            let all_named = open.count() == 0;
            let mut targets = moves.iter().map(|planned| planned.target.as_path());
            all_named && targets.try_for_each(file::sync_directory_of).is_ok()
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
