//! Which rules a certificate may break: a probe's those that it is meant to, a renewed one those on names that it copies.
//!
//! A probe shows a server what it must refuse, so one departure of the profile breaks the rules that it is about; every
//! other rule holds for it as for a client. What a probe copies from the client that it pretends to be, its names, is as
//! another CA wrote it.
//!
//! A renewal has the names of the certificate before it. Those of an imported one are as another CA wrote them, such as a
//! dNSName with an underscore, and whoever relies on them has accepted them so far.

use crate::lint::Rule;
use crate::profile::{Departure, Profile, Request};

/// Those about a subject that a certificate copies from another.
const ABOUT_SUBJECT: [&str; 4] = [
    "subject-not-empty",
    "attribute-strings",
    "attribute-lengths",
    "country-of-two-letters",
];

/// Those about SubjectAltNames that a certificate copies from another.
const ABOUT_ALT_NAMES: [&str; 5] = [
    "alt-names-not-empty",
    "dns-name-syntax",
    "ip-address-length",
    "email-address-syntax",
    "uri-syntax",
];

pub(super) fn is_excused(request: &Request, rule: &Rule) -> bool {
    let is_probe = request.profile() == Profile::Probe;
    let pretends = is_probe && request.is_named();
    (pretends && ABOUT_SUBJECT.contains(&rule.name))
        || ((pretends || request.has_copied_alt_names()) && ABOUT_ALT_NAMES.contains(&rule.name))
        || (is_probe && about(request.departure()).contains(&rule.name))
}

/// Those that a departure is about.
fn about(departure: Departure) -> &'static [&'static str] {
    match departure {
        Departure::None => &[],
        Departure::ServerPurpose | Departure::OtherPurpose => &["purpose-of-profile"],
        Departure::EnciphermentOnly => &["digital-signature-in-tls", "key-usage-fits-key"],
        Departure::UnknownCriticalExtension => &["critical-extensions-known"],
    }
}
