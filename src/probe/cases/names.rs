//! Certificates with a name that their CA may not certify.

use crate::error::Result;
use crate::probe::anchor::{NameKind, Rank, one_of_each};
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::kit::{Anchored, Workshop};
use crate::probe::presented::Presented;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 4] = [
    &NAME_CONSTRAINT_DNS,
    &NAME_CONSTRAINT_EMAIL,
    &NAME_CONSTRAINT_IP,
    &NAME_CONSTRAINT_URI,
];

const SECTION: &str = "RFC 5280 §6.1.3 (b), §4.2.1.10";

/// ```text
/// throw-away root ── issuing, permitted: permitted.probe.invalid ── NAME, DNS: outside.probe.invalid  invalid
/// ```
static NAME_CONSTRAINT_DNS: Case = Case {
    name: "name-constraint-dns",
    matter: Matter::Names,
    says: "A DNS name lies outside of what the issuing CA may certify.",
    section: SECTION,
    must: Must::Refuse,
    baseline: Baseline::Constrained,
    presents: Presents::Forged(|workshop| with_names(workshop, Some(NameKind::Dns))),
    act: Act::Visit(None),
};

/// ```text
/// … issuing, permitted: mailboxes of permitted.probe.invalid ── NAME, probe@outside.probe.invalid     invalid
/// ```
static NAME_CONSTRAINT_EMAIL: Case = Case {
    name: "name-constraint-email",
    matter: Matter::Names,
    says: "An e-mail address lies outside of what the issuing CA may certify.",
    section: SECTION,
    must: Must::Refuse,
    baseline: Baseline::Constrained,
    presents: Presents::Forged(|workshop| with_names(workshop, Some(NameKind::Email))),
    act: Act::Visit(None),
};

/// ```text
/// … issuing, permitted: 192.0.2.0/24 ── NAME, 198.51.100.1                                            invalid
/// ```
static NAME_CONSTRAINT_IP: Case = Case {
    name: "name-constraint-ip",
    matter: Matter::Names,
    says: "An IP address lies outside of what the issuing CA may certify.",
    section: SECTION,
    must: Must::Refuse,
    baseline: Baseline::Constrained,
    presents: Presents::Forged(|workshop| with_names(workshop, Some(NameKind::Ip))),
    act: Act::Visit(None),
};

/// ```text
/// … issuing, permitted: URIs of permitted.probe.invalid ── NAME, https://outside.probe.invalid/probe  invalid
/// ```
static NAME_CONSTRAINT_URI: Case = Case {
    name: "name-constraint-uri",
    matter: Matter::Names,
    says: "The host of a URI lies outside of what the issuing CA may certify.",
    section: SECTION,
    must: Must::Refuse,
    baseline: Baseline::Constrained,
    presents: Presents::Forged(|workshop| with_names(workshop, Some(NameKind::Uri))),
    act: Act::Visit(None),
};

/// One beneath the constrained CA with a name of each kind, all of them permitted or all but one.
pub(super) fn with_names(workshop: &Workshop<'_>, but: Option<NameKind>) -> Result<Presented> {
    workshop.anchored(Anchored {
        names: one_of_each(but),
        ..Anchored::by(Rank::Constrained)
    })
}
