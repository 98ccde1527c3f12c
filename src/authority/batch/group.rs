//! A group on its way from the threads that make it to the one that records it.

use std::path::Path;
use std::sync::mpsc;

use time::OffsetDateTime;

use super::Member;
use super::making::Made;
use crate::authority::outbox::{self, Staged};
use crate::error::{Error, Result};

/// A group that is being made: its answers come in any order.
pub(super) struct Group {
    pub(super) answers: mpsc::Receiver<Vec<(Member, Result<Made>)>>,
    pub(super) now: OffsetDateTime,
}

/// A group that is made, its files synced under temporary names.
pub(super) struct Ready {
    pub(super) made: Vec<(Member, Made)>,
    pub(super) refused: Vec<(Member, Error)>,
    pub(super) staged: Result<Option<Staged>>,
    pub(super) now: OffsetDateTime,
}

impl Group {
    /// Waits until all of it is made, and stages it together.
    pub(super) fn stage(self, pending: &Path) -> Ready {
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
            staged: stage(pending, &made),
            made,
            refused,
            now: self.now,
        }
    }
}

/// Writes the files of those that are recorded in one go; none where nobody is left.
pub(super) fn stage(pending: &Path, made: &[(Member, Made)]) -> Result<Option<Staged>> {
    let Some((_, first)) = made.first() else {
        return Ok(None);
    };
    let outputs = made.iter().flat_map(|(_, made)| &made.outputs);
    outbox::stage(pending, first.certificate.serial_number(), outputs).map(Some)
}
