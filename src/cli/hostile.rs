//! What comes from elsewhere, as the readers that nobody else calls read it: for the fuzz targets, as in `server/hostile.rs`.

use std::path::Path;

use super::issue_clients::rows::Rows;
use crate::authority::Member;
use crate::error::Result;
use crate::validity::Lifetime;

/// The rows of a table of clients.
///
/// # Errors
/// Names the first line that cannot be issued to.
pub fn table(contents: &[u8]) -> Result<Vec<Member>> {
    let rows = Rows::new(Path::new("table.csv"), Lifetime::years(1));
    rows.members(contents)?.collect()
}
