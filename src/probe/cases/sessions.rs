//! Sessions that were opened before the certificate was revoked.

use crate::login::Version;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 3] = [
    &RESUMED_AFTER_REVOCATION_TLS12,
    &RESUMED_AFTER_REVOCATION_TLS13,
    &RENEGOTIATED_AFTER_REVOCATION,
];

/// ```text
/// root ── issuing ── NAME; revoked; the session resumed in TLS 1.2                                    invalid
/// ```
static RESUMED_AFTER_REVOCATION_TLS12: Case = Case {
    name: "resumed-after-revocation-tls12",
    matter: Matter::Sessions,
    says: "A session of TLS 1.2 is resumed after the certificate was revoked.",
    section: "RFC 5246 §F.1.4, RFC 5280 §6.1.3 (a) (3)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|_| Ok(())),
    act: Act::Resume {
        version: Version::Tls12,
        after_revocation: true,
    },
};

/// ```text
/// root ── issuing ── NAME; revoked; the session resumed in TLS 1.3                                    invalid
/// ```
static RESUMED_AFTER_REVOCATION_TLS13: Case = Case {
    name: "resumed-after-revocation-tls13",
    matter: Matter::Sessions,
    says: "A session of TLS 1.3 is resumed after the certificate was revoked.",
    section: "RFC 8446 §4.6.1, RFC 5280 §6.1.3 (a) (3)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|_| Ok(())),
    act: Act::Resume {
        version: Version::Tls13,
        after_revocation: true,
    },
};

/// ```text
/// root ── issuing ── NAME; revoked; the connection negotiated anew in TLS 1.2                         invalid
/// ```
static RENEGOTIATED_AFTER_REVOCATION: Case = Case {
    name: "renegotiated-after-revocation",
    matter: Matter::Sessions,
    says: "A connection of TLS 1.2 is negotiated anew after the certificate was revoked.",
    section: "RFC 5246 §7.4.1.1, RFC 5280 §6.1.3 (a) (3)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|_| Ok(())),
    act: Act::Renegotiate,
};
