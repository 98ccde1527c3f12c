//! Certificates that are too weak to prove anything.

use crate::probe::anchor::Rank;
use crate::probe::case::{Act, Baseline, Case, Must, Presents};
use crate::probe::forge::{KeyKind, SignatureAlgorithm};
use crate::probe::kit::Anchored;
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 2] = [&SHA1_SIGNATURE, &RSA_1024];

/// ```text
/// throw-away root ── issuing ── NAME, signed with ecdsa-with-SHA1                                     invalid
/// ```
static SHA1_SIGNATURE: Case = Case {
    name: "sha1-signature",
    matter: Matter::Algorithms,
    says: "The certificate is signed with SHA-1.",
    section: "RFC 8446 §4.4.2.4, RFC 9325 §4.5",
    must: Must::Refuse,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| {
        workshop.anchored(Anchored {
            signature: SignatureAlgorithm::EcdsaSha1,
            ..Anchored::by(Rank::Issuing)
        })
    }),
    act: Act::Visit(None),
};

/// ```text
/// throw-away root ── issuing ── NAME, an RSA key of 1024 bits                                         invalid
/// ```
static RSA_1024: Case = Case {
    name: "rsa-1024",
    matter: Matter::Algorithms,
    says: "The key is an RSA key of 1024 bits.",
    section: "RFC 9325 §4.5",
    must: Must::Refuse,
    baseline: Baseline::Anchor,
    presents: Presents::Forged(|workshop| {
        workshop.anchored(Anchored {
            key: KeyKind::Rsa(1024),
            ..Anchored::by(Rank::Issuing)
        })
    }),
    act: Act::Visit(None),
};
