//! Programs compare and show names; a character outside the alphabet of a PrintableString (`@`, `*`, `&`) is read differently.

use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View, word};

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
/// What a PrintableString may hold besides letters and digits (X.680 §41.4).
const PRINTABLE: &[u8] = b" '()+,-./:=?";
/// Attributes that are PrintableString: serialNumber, countryName, dnQualifier.
const PRINTABLE_ATTRIBUTES: [&str; 3] = ["2.5.4.5", "2.5.4.6", "2.5.4.46"];
/// Attributes that are IA5String: emailAddress, domainComponent.
const IA5_ATTRIBUTES: [&str; 2] = ["1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"];
/// Attributes that are DirectoryString: those of Appendix A.1, and UID.
const DIRECTORY_ATTRIBUTES: [&str; 14] = [
    "2.5.4.3",
    "2.5.4.4",
    "2.5.4.7",
    "2.5.4.8",
    "2.5.4.9",
    "2.5.4.10",
    "2.5.4.11",
    "2.5.4.12",
    "2.5.4.41",
    "2.5.4.42",
    "2.5.4.43",
    "2.5.4.44",
    "2.5.4.65",
    "0.9.2342.19200300.100.1.1",
];

pub(super) static RULE: Rule = Rule {
    name: "attribute-strings",
    demand: "A directory string is a UTF8String or PrintableString, other attributes are of their own type, and each holds characters of its type.",
    source: "RFC 5280 §4.1.2.4, Appendix A.1",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = view.fields.subject.iter().filter_map(|attribute| {
        let oid = attribute.oid.as_str();
        let types: &[u8] = match () {
            () if DIRECTORY_ATTRIBUTES.contains(&oid) => &[UTF8_STRING, PRINTABLE_STRING],
            () if PRINTABLE_ATTRIBUTES.contains(&oid) => &[PRINTABLE_STRING],
            () if IA5_ATTRIBUTES.contains(&oid) => &[IA5_STRING],
            () => return None,
        };
        let (name, value) = (word::attribute(oid), shown(attribute.value));
        if !types.contains(&attribute.tag) {
            return Some(format!("{name} {value} is a string of another type"));
        }
        let is_good = match attribute.tag {
            UTF8_STRING => std::str::from_utf8(attribute.value).is_ok(),
            PRINTABLE_STRING => (attribute.value.iter())
                .all(|octet| octet.is_ascii_alphanumeric() || PRINTABLE.contains(octet)),
            _ => attribute.value.is_ascii(),
        };
        (!is_good).then(|| format!("{name} {value} holds what its type does not"))
    });
    bad.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    const TELETEX_STRING: u8 = 0x14;

    #[test]
    fn strings_of_another_type_and_characters_of_none_are_found() {
        let with =
            |oid, tag, value: &[u8]| said(&RULE, &Draft::client().of(&[(oid, tag, value)])).len();
        let (organization, country, email) = ("2.5.4.10", "2.5.4.6", "1.2.840.113549.1.9.1");
        assert_eq!(with(organization, UTF8_STRING, "Zoë".as_bytes()), 0);
        assert_eq!(with(organization, PRINTABLE_STRING, b"Example (Ltd.)"), 0);
        assert_eq!(with(email, IA5_STRING, b"a@example.org"), 0);
        assert_eq!(with(country, PRINTABLE_STRING, b"NL"), 0);
        assert_eq!(with("1.2.3.4", TELETEX_STRING, b"whatever"), 0);
        assert_eq!(with(organization, TELETEX_STRING, b"Example"), 1);
        assert_eq!(with(organization, UTF8_STRING, b"Zo\xeb"), 1);
        assert_eq!(with(organization, PRINTABLE_STRING, b"a@example.org"), 1);
        assert_eq!(with(country, UTF8_STRING, b"NL"), 1);
        assert_eq!(with(email, IA5_STRING, "ë@example.org".as_bytes()), 1);
    }
}
