//! A certificate of the inventory whose signature is verified, so that it can be judged again and again.

use std::borrow::Cow;
use std::sync::Arc;

use time::OffsetDateTime;

use super::{Case, Reason, Verdict, chain};
use crate::inventory::Record;

/// A certificate of the inventory with the CA of ours that signed it.
///
/// Who signed what stays true. All else is judged each time, and only as good as the records are new.
#[derive(Debug)]
pub struct Verified {
    record: Record,
    authorities: Arc<Vec<Record>>,
    /// Which of them signed it.
    signer: usize,
}

impl Verified {
    /// Verifies who of `authorities` signed the certificate of a record; nothing where none of them did.
    pub fn new(record: Record, authorities: &Arc<Vec<Record>>) -> Option<Self> {
        let signer = chain::signer(&record.certificate, authorities).ok()?;
        let signer = (authorities.iter()).position(|authority| std::ptr::eq(authority, signer))?;
        Some(Self {
            record,
            authorities: authorities.clone(),
            signer,
        })
    }

    /// The inventory's row, as it stood when it was looked up.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Judges a login with exactly this certificate, whatever chain came with it, as [`judge`](super::judge) does.
    pub fn judge(&self, now: OffsetDateTime) -> Verdict {
        self.judge_by(&self.record, now)
    }

    /// The same by a newer look at the certificate's row.
    pub fn judge_by(&self, record: &Record, now: OffsetDateTime) -> Verdict {
        let signer = self.authorities.get(self.signer);
        let case = Case {
            certificate: Cow::Borrowed(&self.record.certificate),
            record: Some(record),
            signer: signer.ok_or(Reason::UnknownIssuer),
            login: true,
            at: now,
        };
        case.verdict()
    }
}
