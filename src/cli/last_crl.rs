//! `--crl`: the last CRL that an imported CA had signed.

use std::path::Path;

use time::OffsetDateTime;

use super::report::Report;
use crate::certificate::ForeignList;
use crate::error::Result;
use crate::file;
use crate::validity::format_instant;

/// Reads the file of `--crl`.
pub(super) fn read(path: Option<&Path>) -> Result<Option<ForeignList>> {
    match path {
        Some(path) => ForeignList::from_file(&file::read_crl(path)?).map(Some),
        None => Ok(None),
    }
}

/// What is worth saying of a CRL that was taken in.
pub(super) fn say(report: Report, list: &ForeignList, now: OffsetDateTime) {
    if let Some(end) = list.next_update().filter(|end| *end < now) {
        report.say(&format!(
            "The CRL had ended on {}; what it lists was taken in. Make sure that it is the last one.",
            format_instant(end)
        ));
    }
    if list.crl_number().is_none() {
        report.say("The CRL states no number: ours begin with the time in seconds.");
    }
}
