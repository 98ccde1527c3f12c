//! Certificates that are for something else.

use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::remedy::Matter;
use crate::profile::Departure;

pub(super) const CASES: [&Case; 4] = [
    &SERVER_CERTIFICATE,
    &OTHER_PURPOSE,
    &ENCIPHERMENT_ONLY,
    &UNKNOWN_CRITICAL_EXTENSION,
];

/// ```text
/// root ── issuing ── NAME, extKeyUsage: serverAuth                                                    invalid
/// ```
static SERVER_CERTIFICATE: Case = Case {
    name: "server-certificate",
    matter: Matter::Purpose,
    says: "The certificate is a server's: its extKeyUsage is serverAuth only.",
    section: "RFC 5280 §4.2.1.12",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.departure = Departure::ServerPurpose;
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, extKeyUsage: emailProtection                                               invalid
/// ```
static OTHER_PURPOSE: Case = Case {
    name: "other-purpose",
    matter: Matter::Purpose,
    says: "The certificate is for e-mail: its extKeyUsage is emailProtection only.",
    section: "RFC 5280 §4.2.1.12",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.departure = Departure::OtherPurpose;
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, keyUsage: keyEncipherment                                                  invalid
/// ```
static ENCIPHERMENT_ONLY: Case = Case {
    name: "encipherment-only",
    matter: Matter::Purpose,
    says: "The key may not sign: keyUsage is keyEncipherment only.",
    section: "RFC 5280 §4.2.1.3, RFC 5246 §7.4.6",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.departure = Departure::EnciphermentOnly;
        Ok(())
    }),
    act: Act::Visit(None),
};

/// ```text
/// root ── issuing ── NAME, with a critical extension that nobody knows                                invalid
/// ```
static UNKNOWN_CRITICAL_EXTENSION: Case = Case {
    name: "unknown-critical-extension",
    matter: Matter::Whole,
    says: "The certificate carries a critical extension that nobody knows.",
    section: "RFC 5280 §6.1.5 (f), §4.2",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|asked| {
        asked.departure = Departure::UnknownCriticalExtension;
        Ok(())
    }),
    act: Act::Visit(None),
};
