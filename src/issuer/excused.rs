//! Which rules a probe's certificate is meant to break: exactly those, and no other certificate any.
//!
//! A probe shows a server what it must refuse, so one departure of the profile breaks the rules that it is about; every
//! other rule holds for it as for a client. What a probe copies from the client that it pretends to be, its names, is as
//! another CA wrote it.

use crate::lint::Rule;
use crate::profile::{Departure, Profile, Request};

/// Those about names that a certificate copies from another.
const ABOUT_NAMES: [&str; 9] = [
    "subject-not-empty",
    "attribute-strings",
    "attribute-lengths",
    "country-of-two-letters",
    "alt-names-not-empty",
    "dns-name-syntax",
    "ip-address-length",
    "email-address-syntax",
    "uri-syntax",
];

pub(super) fn is_excused(request: &Request, rule: &Rule) -> bool {
    let is_copied = request.is_named() && ABOUT_NAMES.contains(&rule.name);
    request.profile() == Profile::Probe
        && (is_copied || about(request.departure()).contains(&rule.name))
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
