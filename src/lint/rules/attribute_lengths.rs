//! A database or a program may cut what is longer, and two names become one.

use crate::lint::{Concerns, Rule, Severity, View, word};

/// The upper bounds in characters, by attribute (RFC 5280 Appendix A.1, ub-…).
const UPPER_BOUNDS: [(&str, usize); 12] = [
    ("2.5.4.3", 64),
    ("2.5.4.5", 64),
    ("2.5.4.7", 128),
    ("2.5.4.8", 128),
    ("2.5.4.10", 64),
    ("2.5.4.11", 64),
    ("2.5.4.12", 64),
    ("2.5.4.4", 32_768),
    ("2.5.4.41", 32_768),
    ("2.5.4.42", 32_768),
    ("2.5.4.65", 128),
    ("1.2.840.113549.1.9.1", 255),
];

pub(super) static RULE: Rule = Rule {
    name: "attribute-lengths",
    demand: "No attribute of the subject is empty or longer than its upper bound, such as 64 characters for commonName.",
    source: "RFC 5280 Appendix A.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = view.fields.subject.iter().filter_map(|attribute| {
        let oid = attribute.oid.as_str();
        let name = word::attribute(oid);
        let characters = String::from_utf8_lossy(attribute.value).chars().count();
        let bound = UPPER_BOUNDS.iter().find(|(known, _)| *known == oid);
        match bound {
            _ if characters == 0 => Some(format!("{name} is empty")),
            Some((_, bound)) if characters > *bound => Some(format!(
                "{name} has {characters} characters, of {bound} at the most"
            )),
            _ => None,
        }
    });
    bad.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{COMMON_NAME, Draft, UTF8_STRING, said};

    #[test]
    fn a_common_name_of_65_characters_is_found_and_one_of_64_is_not() {
        let with = |name: &str| {
            let subject = [(COMMON_NAME, UTF8_STRING, name.as_bytes())];
            said(&RULE, &Draft::client().of(&subject)).len()
        };
        assert_eq!(with(&"ë".repeat(64)), 0);
        assert_eq!(with(&"ë".repeat(65)), 1);
        assert_eq!(with(""), 1);
    }
}
