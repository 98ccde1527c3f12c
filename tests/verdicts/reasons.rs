//! The reasons in the order in which they go before each other, and which two of them cannot hold at once.

use std::collections::BTreeSet;

/// Why a login is refused. The order is that of the answers that scripts rely on, and is not asked of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    Malformed,
    UnknownIssuer,
    BadSignature,
    PathLength,
    NameConstraint,
    WrongKeyUsage,
    WrongExtendedKeyUsage,
    NotIssuedHere,
    Revoked,
    NotYetValid,
    Expired,
}

/// Every reason; the first that holds is the one that is told.
pub(super) const PRECEDENCE: [(Reason, &str); 11] = [
    (Reason::Malformed, "malformed"),
    (Reason::UnknownIssuer, "unknown-issuer"),
    (Reason::BadSignature, "bad-signature"),
    (Reason::PathLength, "path-length"),
    (Reason::NameConstraint, "name-constraint"),
    (Reason::WrongKeyUsage, "wrong-key-usage"),
    (Reason::WrongExtendedKeyUsage, "wrong-extended-key-usage"),
    (Reason::NotIssuedHere, "not-issued-here"),
    (Reason::Revoked, "revoked"),
    (Reason::NotYetValid, "not-yet-valid"),
    (Reason::Expired, "expired"),
];

/// What is wrong with a chain, as far as it goes.
pub(super) type Wrong = BTreeSet<Reason>;

/// Pairs that no chain can show, and why.
pub(super) const IMPOSSIBLE: [(Reason, Reason, &str); 1] = [(
    Reason::UnknownIssuer,
    Reason::BadSignature,
    "both speak of the certificate at the presented chain's end: the issuer that it names is ours, or it is not",
)];

impl Reason {
    pub(super) fn as_str(self) -> &'static str {
        let (_, word) = PRECEDENCE[self as usize];
        word
    }
}

/// The word that must be told where all this is wrong; nothing where nothing is.
pub(super) fn expected(wrong: &Wrong) -> Option<&'static str> {
    let mut told = PRECEDENCE.iter();
    let first = told.find(|(reason, _)| wrong.contains(reason));
    first.map(|(_, word)| *word)
}

/// Every pair of two different reasons.
pub(super) fn pairs() -> impl Iterator<Item = (Reason, Reason)> {
    let reasons = || PRECEDENCE.iter().map(|(reason, _)| *reason);
    reasons().flat_map(move |one| {
        let later = reasons().filter(move |other| one < *other);
        later.map(move |other| (one, other))
    })
}

/// The pairs that a chain can show.
pub(super) fn possible_pairs() -> Vec<(Reason, Reason)> {
    let is_impossible = |one, other| (IMPOSSIBLE.iter()).any(|(a, b, _)| (*a, *b) == (one, other));
    pairs()
        .filter(|(one, other)| !is_impossible(*one, *other))
        .collect()
}

#[test]
fn the_first_reason_that_holds_is_the_one_that_is_told() {
    assert_eq!(expected(&Wrong::new()), None);
    for (one, other) in pairs() {
        assert_eq!(expected(&Wrong::from([other, one])), Some(one.as_str()));
        assert_ne!(one.as_str(), other.as_str());
    }
    // Each pair is possible or known to be impossible, and 11 reasons make 55 of them.
    assert_eq!(pairs().count(), 55);
    assert_eq!(possible_pairs().len() + IMPOSSIBLE.len(), 55);
}
