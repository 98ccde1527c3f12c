//! What cannot be read, one program passes over and another refuses.

use crate::certificate::object_identifier as oid;
use crate::lint::value;
use crate::lint::{Concerns, Rule, Severity, View, word};

const NULL: &[u8] = b"\x05\x00";

pub(super) static RULE: Rule = Rule {
    name: "extensions-readable",
    demand: "Every extension that RFC 5280 and RFC 6960 describe has a value of its form, and no list in it is empty.",
    source: "RFC 5280 §4.2, RFC 6960 §4.2.2.2.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = view.extensions().iter().filter(|extension| {
        let value = extension.value;
        let is_read = match extension.oid.as_str() {
            oid::BASIC_CONSTRAINTS => value::basic_constraints(value).is_some(),
            // §4.2.1.3: at least one bit is set.
            oid::KEY_USAGE => value::key_usage(value).is_some_and(|usage| usage.0 != 0),
            oid::EXTENDED_KEY_USAGE => value::object_identifiers(value).is_some(),
            oid::SUBJECT_ALT_NAME | oid::ISSUER_ALT_NAME => value::general_names(value).is_some(),
            oid::SUBJECT_KEY_IDENTIFIER => value::key_identifier(value).is_some(),
            oid::AUTHORITY_KEY_IDENTIFIER => value::authority_key_identifier(value).is_some(),
            oid::CRL_DISTRIBUTION_POINTS => value::distribution_points(value).is_some(),
            oid::AUTHORITY_INFO_ACCESS => value::access_locations(value).is_some(),
            oid::NAME_CONSTRAINTS => value::subtrees(value).is_some(),
            oid::OCSP_NO_CHECK => value == NULL,
            _ => true,
        };
        !is_read
    });
    bad.map(|extension| {
        format!(
            "{} has a value of another form",
            word::extension(&extension.oid)
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn values_of_another_form_and_empty_lists_are_found() {
        for good in [
            Draft::client(),
            Draft::server(),
            Draft::authority(),
            Draft::responder(),
        ] {
            assert!(said(&RULE, &good).is_empty());
        }
        for (oid, bad) in [
            (oid::BASIC_CONSTRAINTS, &b"\x30\x03\x02\x01\xff"[..]),
            (oid::KEY_USAGE, b"\x03\x02\x00\x00"),
            (oid::KEY_USAGE, b"\x03\x01"),
            (oid::EXTENDED_KEY_USAGE, b"\x30\x00"),
            (oid::SUBJECT_ALT_NAME, b"\x30\x00"),
            (oid::SUBJECT_ALT_NAME, b"\x30\x02\x99\x00"),
            (oid::SUBJECT_KEY_IDENTIFIER, b"abc"),
            (oid::AUTHORITY_KEY_IDENTIFIER, b"\x30\x02\x87\x00"),
            (oid::CRL_DISTRIBUTION_POINTS, b"\x30\x00"),
            (oid::AUTHORITY_INFO_ACCESS, b"\x30\x00"),
            (oid::NAME_CONSTRAINTS, b"\x30\x02\xa2\x00"),
            (oid::OCSP_NO_CHECK, b""),
        ] {
            let found = said(&RULE, &Draft::client().with(oid, false, bad));
            assert_eq!(found.len(), 1, "{oid} {bad:?}");
        }
    }
}
