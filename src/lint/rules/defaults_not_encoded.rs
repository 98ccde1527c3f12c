//! DER knows one form for one value; a strict reader refuses another.

use crate::certificate::object_identifier as oid;
use crate::lint::value::sole;
use crate::lint::{Concerns, Rule, Severity, View, word};

pub(super) static RULE: Rule = Rule {
    name: "defaults-not-encoded",
    demand: "What is the default is not written, and TRUE is FF: version 1, critical and cA FALSE.",
    source: "X.690 §11.1, §11.5",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = |octets: &[u8]| octets != [0xff];
    let version = (view.fields.version == Some(&[0])).then(|| "version 1 is written".to_owned());
    let extensions = view.extensions().iter();
    let critical = extensions.filter(|it| it.criticality.is_some_and(bad));
    let critical = critical.map(|it| format!("critical of {} is not FF", word::extension(&it.oid)));
    let constraints = view.extension(oid::BASIC_CONSTRAINTS);
    let inner = constraints.and_then(|it| sole(it.value, 0x30));
    let ca = match inner {
        Some([0x01, 0x01, flag, ..]) if *flag != 0xff => Some("cA is written and is not FF"),
        _ => None,
    };
    let ca = ca.map(str::to_owned);
    version.into_iter().chain(critical).chain(ca).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn false_and_an_odd_true_are_found() {
        for good in [Draft::client(), Draft::authority()] {
            assert!(said(&RULE, &good).is_empty());
        }
        let first = Draft {
            version: b"\xa0\x03\x02\x01\x00".to_vec(),
            ..Draft::client()
        };
        assert_eq!(said(&RULE, &first).len(), 1);
        for flag in [b"\x01\x01\x00", b"\x01\x01\x01"] {
            let flagged = Draft::client().with_flag(oid::KEY_USAGE, flag, b"\x03\x02\x07\x80");
            assert_eq!(said(&RULE, &flagged).len(), 1);
        }
        let written = b"\x30\x03\x01\x01\x00";
        let no_ca = Draft::client().with(oid::BASIC_CONSTRAINTS, true, written);
        assert_eq!(said(&RULE, &no_ca).len(), 1);
    }
}
