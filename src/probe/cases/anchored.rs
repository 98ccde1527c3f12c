//! What must be let in of the throw-away CA, before its other cases tell anything.

use super::names;
use crate::probe::anchor::Rank;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::kit::Anchored;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 2] = [&ANCHOR_PLAIN, &CONSTRAINED_PLAIN];

/// ```text
/// throw-away root ── issuing ── NAME                                                                  valid
/// ```
static ANCHOR_PLAIN: Case = Case {
    name: "anchor-plain",
    matter: Matter::Welcome,
    says: "A client certificate of the throw-away CA.",
    section: "RFC 5280 §6.1",
    must: Must::Accept,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| workshop.anchored(Anchored::by(Rank::Issuing))),
    act: Act::Visit(None),
};

/// ```text
/// throw-away root ── issuing, permitted: names of every kind ── NAME, with one of each                valid
/// ```
static CONSTRAINED_PLAIN: Case = Case {
    name: "constrained-plain",
    matter: Matter::Welcome,
    says: "A client certificate of a throw-away CA with name constraints, all of them kept.",
    section: "RFC 5280 §6.1.3 (b), §4.2.1.10",
    must: Must::Accept,
    baseline: Baseline::Constrained,
    presents: Presents::Forged(|workshop| names::with_names(workshop, None)),
    act: Act::Visit(None),
};
