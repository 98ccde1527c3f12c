//! Only the one inside is signed; programs differ in which one they go by.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "signature-algorithms-agree",
    demand: "signatureAlgorithm is what signature says, parameters included.",
    source: "RFC 5280 §4.1.1.2",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let (inside, outside) = (&view.fields.inner_algorithm, &view.fields.outer_algorithm);
    let said = (inside.der != outside.der).then(|| match inside.oid == outside.oid {
        true => "the parameters inside differ from those outside".to_owned(),
        false => format!("inside stands {}, outside {}", inside.oid, outside.oid),
    });
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, identifier, said, sequence};

    #[test]
    fn two_algorithms_are_found_and_one_written_twice_is_not() {
        assert!(said(&RULE, &Draft::client()).is_empty());
        let other = Draft {
            outer_algorithm: sequence(&[&identifier("1.2.840.10045.4.3.3")]),
            ..Draft::client()
        };
        let found = said(&RULE, &other);
        assert_eq!(
            found,
            ["inside stands 1.2.840.10045.4.3.2, outside 1.2.840.10045.4.3.3"]
        );
        let parameters = Draft {
            outer_algorithm: sequence(&[&identifier("1.2.840.10045.4.3.2"), b"\x05\x00"]),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &parameters).len(), 1);
    }
}
