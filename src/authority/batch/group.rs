//! A group on its way from the threads that make it to its names: made, written, synced, recorded, published.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use time::OffsetDateTime;

use super::Member;
use super::making::Made;
use crate::authority::outbox::{self, Staged, Written};
use crate::error::{Error, Result};

/// A group that is being made: its answers come in any order.
pub(super) struct Group {
    pub(super) answers: mpsc::Receiver<Vec<(Member, Result<Made>)>>,
    pub(super) now: OffsetDateTime,
}

/// A group that is made, its files under temporary names: written, or synced too.
pub(super) struct Ready<Files> {
    pub(super) made: Vec<(Member, Made)>,
    pub(super) refused: Vec<(Member, Error)>,
    pub(super) files: Result<Option<Files>>,
    pub(super) now: OffsetDateTime,
}

/// A group that is recorded, whose files wait for their names.
pub(super) struct Recorded {
    pub(super) made: Vec<(Member, Made)>,
    pub(super) staged: Staged,
}

/// A group that is behind.
pub(super) struct Published {
    pub(super) made: Vec<(Member, Made)>,
    /// Files that could not have their names, and where they lie.
    pub(super) elsewhere: Vec<PathBuf>,
}

impl Group {
    /// Waits until all of it is made, and writes it together.
    pub(super) fn write(self, pending: &Path) -> Ready<Written> {
        let (mut made, mut refused) = (Vec::new(), Vec::new());
        for (member, answer) in self.answers.into_iter().flatten() {
            match answer {
                Ok(one) => made.push((member, one)),
                Err(refusal) => refused.push((member, refusal)),
            }
        }
        // As they stand in the file, whichever thread was first.
        made.sort_by_key(|(member, _)| member.line);
        Ready {
            files: write(pending, &made),
            made,
            refused,
            now: self.now,
        }
    }
}

impl Ready<Written> {
    pub(super) fn sync(self) -> Ready<Staged> {
        Ready {
            files: self
                .files
                .and_then(|files| files.map(Written::sync).transpose()),
            made: self.made,
            refused: self.refused,
            now: self.now,
        }
    }
}

impl Recorded {
    pub(super) fn publish(self) -> Published {
        Published {
            made: self.made,
            elsewhere: self.staged.publish().into_iter().flatten().collect(),
        }
    }
}

/// Writes the files of those that are recorded in one go; none where nobody is left.
pub(super) fn write(pending: &Path, made: &[(Member, Made)]) -> Result<Option<Written>> {
    let Some((_, first)) = made.first() else {
        return Ok(None);
    };
    let outputs = made.iter().flat_map(|(_, made)| &made.outputs);
    outbox::write(pending, first.certificate.serial_number(), outputs).map(Some)
}
