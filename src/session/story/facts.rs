//! Values as they are told.

use super::Fact;
use crate::session::handshake::Share;

pub(super) fn shares(all: &[Share]) -> Vec<String> {
    all.iter().map(share).collect()
}

/// The group, the length and how the public value begins: no more is needed to know it again.
pub(super) fn share(share: &Share) -> String {
    const SHOWN: usize = 32;
    let Share {
        group,
        octets,
        public,
    } = share;
    match public.get(..SHOWN) {
        Some(start) if public.len() > SHOWN => format!("{group}, {octets} octets: {start}…"),
        _ => format!("{group}, {octets} octets: {public}"),
    }
}

pub(super) fn one(value: Option<&String>) -> Vec<String> {
    value.cloned().into_iter().collect()
}

/// Those of them that have a value.
pub(super) fn facts<const N: usize>(
    all: [(&'static str, &'static str, Vec<String>); N],
) -> Vec<Fact> {
    let all = all.into_iter().filter(|(_, _, values)| !values.is_empty());
    all.map(|(field, label, values)| Fact {
        field,
        label,
        values,
    })
    .collect()
}
