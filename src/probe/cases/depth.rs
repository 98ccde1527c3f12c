//! Certificates with a CA too many above them, and from a CA that the site does not know.

use crate::probe::anchor::Rank;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::kit::Anchored;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 3] = [&PATH_LENGTH, &DEEPER_CHAIN, &SYSTEM_TRUSTED_CA];

/// ```text
/// throw-away root ── issuing, pathLenConstraint 0 ── CA ── NAME                                       invalid
/// ```
static PATH_LENGTH: Case = Case {
    name: "path-length",
    matter: Matter::Path,
    says: "There is a CA beneath one whose pathLenConstraint allows none.",
    section: "RFC 5280 §6.1.4 (l)",
    must: Must::Refuse,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| workshop.anchored(Anchored::by(Rank::Beneath))),
    act: Act::Visit(None),
};

/// A valid path, but no certificate of this CA stands two CAs beneath its root. Who takes it also takes the certificates of
/// whatever CA the root signs for another purpose.
///
/// ```text
/// throw-away root ── CA ── CA, pathLenConstraint 0 ── NAME                                valid, and not ours
/// ```
static DEEPER_CHAIN: Case = Case {
    name: "deeper-chain",
    matter: Matter::Path,
    says: "There are two CAs between root and end entity; in this CA there is one.",
    section: "RFC 5280 §6.2",
    must: Must::Refuse,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| workshop.anchored(Anchored::by(Rank::Deeper))),
    act: Act::Visit(None),
};

/// ```text
/// a root that the system trusts ── issuing, pathLenConstraint 0 ── NAME                               invalid
/// ```
static SYSTEM_TRUSTED_CA: Case = Case {
    name: "system-trusted-ca",
    matter: Matter::Store,
    says: "The root is one that the server's system trusts and the site does not.",
    section: "RFC 5280 §6.1.1 (d)",
    must: Must::Refuse,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| workshop.anchored(Anchored::by(Rank::System))),
    act: Act::Visit(None),
};
