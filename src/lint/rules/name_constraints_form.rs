//! What one program cannot read, it refuses with everything beneath.

use crate::certificate::object_identifier as oid;
use crate::lint::value::{IP_ADDRESS, subtrees};
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "name-constraints-form",
    demand: "nameConstraints hold a subtree, none with minimum or maximum, and a range of addresses is an address and a mask of one length.",
    source: "RFC 5280 §4.2.1.10",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let constraints = view.extension(oid::NAME_CONSTRAINTS);
    let Some(subtrees) = constraints.and_then(|it| subtrees(it.value)) else {
        return Vec::new();
    };
    let none = (subtrees.is_empty()).then(|| "nameConstraints hold no subtree".to_owned());
    let bad = subtrees.iter().filter_map(|subtree| match subtree.base {
        _ if subtree.has_distance => Some("a subtree has a minimum or maximum"),
        base if base.tag == IP_ADDRESS && !is_range(base.contents) => {
            Some("a range of addresses has no mask of ones in front of zeros")
        }
        _ => None,
    });
    none.into_iter().chain(bad.map(str::to_owned)).collect()
}

fn is_range(octets: &[u8]) -> bool {
    let (_, mask) = octets.split_at(octets.len() / 2);
    let bits = (mask.iter()).flat_map(|octet| (0..8).map(move |bit| octet >> (7 - bit) & 1));
    matches!(octets.len(), 8 | 32) && bits.is_sorted_by(|one, next| one >= next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, element, said, sequence};

    #[test]
    fn no_subtree_a_distance_and_a_crooked_mask_are_found() {
        let with = |subtrees: &[&[u8]]| {
            let subtrees = subtrees
                .iter()
                .map(|it| sequence(&[it]))
                .collect::<Vec<_>>();
            let list = match subtrees.is_empty() {
                true => Vec::new(),
                false => element(0xa0, &[&subtrees.concat()]),
            };
            let constraints = sequence(&[&list]);
            said(
                &RULE,
                &Draft::authority().with(oid::NAME_CONSTRAINTS, true, &constraints),
            )
            .len()
        };
        let range = |octets: &[u8]| element(IP_ADDRESS, &[octets]);
        assert!(said(&RULE, &Draft::authority()).is_empty());
        assert_eq!(
            with(&[b"\x82\x03org", &range(&[10, 0, 0, 0, 255, 0, 0, 0])]),
            0
        );
        assert_eq!(with(&[]), 1);
        assert_eq!(with(&[b"\x82\x03org\x80\x01\x00"]), 1);
        assert_eq!(with(&[&range(&[10, 0, 0, 0, 0, 255, 0, 0])]), 1);
        assert_eq!(with(&[&range(&[10, 0, 0, 0])]), 1);
    }
}
