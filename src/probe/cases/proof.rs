//! The right certificate, and a CertificateVerify that does not prove it.

use crate::probe::case::{Act, Baseline, Case, Must, Presents, Proof};
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 3] = [&OTHER_KEY, &OTHER_TRANSCRIPT, &SCHEME_NOT_OFFERED];

/// ```text
/// root ── issuing ── NAME; CertificateVerify by another key                                           invalid
/// ```
static OTHER_KEY: Case = Case {
    name: "other-key",
    matter: Matter::Possession,
    says: "CertificateVerify is signed by another key than the certificate's.",
    section: "RFC 8446 §4.4.3, RFC 5246 §7.4.8",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Sign(Proof::OtherKey),
};

/// ```text
/// root ── issuing ── NAME; CertificateVerify over another handshake                                   invalid
/// ```
static OTHER_TRANSCRIPT: Case = Case {
    name: "other-transcript",
    matter: Matter::Possession,
    says: "CertificateVerify is signed by the right key, over another handshake.",
    section: "RFC 8446 §4.4.3, RFC 5246 §7.4.8",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Sign(Proof::OtherTranscript),
};

/// ```text
/// root ── issuing ── NAME; CertificateVerify with a scheme that the server did not offer              invalid
/// ```
static SCHEME_NOT_OFFERED: Case = Case {
    name: "scheme-not-offered",
    matter: Matter::Possession,
    says: "CertificateVerify uses a signature scheme that the server did not offer.",
    section: "RFC 8446 §4.4.3, RFC 5246 §7.4.8",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Sign(Proof::SchemeNotOffered),
};
