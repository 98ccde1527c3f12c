//! Certificates whose time has passed or has not come.

use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 2] = [&EXPIRED, &NOT_YET_VALID];

/// ```text
/// root ── issuing ── NAME, until an hour ago                                                          invalid
/// ```
static EXPIRED: Case = Case {
    name: "expired",
    matter: Matter::Validity,
    says: "The certificate has expired.",
    section: "RFC 5280 §6.1.3 (a) (2)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| asked.expire()),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, from the day after tomorrow on                                             invalid
/// ```
static NOT_YET_VALID: Case = Case {
    name: "not-yet-valid",
    matter: Matter::Validity,
    says: "The certificate begins two days from now.",
    section: "RFC 5280 §6.1.3 (a) (2)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| asked.begin_later()),
    act: Act::Visit(None),
};
