//! Nobody's certificate, and certificates that count no longer.

use crate::inventory::ReasonCode;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 3] = [&NO_CERTIFICATE, &REVOKED, &HELD];

/// ```text
/// nothing                                                                                             invalid
/// ```
static NO_CERTIFICATE: Case = Case {
    name: "no-certificate",
    matter: Matter::Demand,
    says: "No certificate is shown.",
    section: "RFC 8446 §4.4.2.4, RFC 5246 §7.4.6",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::WithoutCertificate,
};

/// ```text
/// root ── issuing ── NAME, in the CRL with the reason keyCompromise                                   invalid
/// ```
static REVOKED: Case = Case {
    name: "revoked",
    matter: Matter::Revocation,
    says: "The certificate is revoked.",
    section: "RFC 5280 §6.1.3 (a) (3)",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|_| Ok(())),
    act: Act::AfterRevocation(ReasonCode::KeyCompromise),
};

/// ```text
/// root ── issuing ── NAME, in the CRL with the reason certificateHold                                 invalid
/// ```
static HELD: Case = Case {
    name: "held",
    matter: Matter::Revocation,
    says: "The certificate is on hold: revoked, and the revocation may be lifted.",
    section: "RFC 5280 §6.1.3 (a) (3), §5.3.1",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Issued(|_| Ok(())),
    act: Act::AfterRevocation(ReasonCode::CertificateHold),
};
