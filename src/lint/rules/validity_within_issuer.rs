//! Every certificate of a path must be valid: outside its issuer's validity it promises what does not hold.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "validity-within-issuer",
    demand: "It begins no earlier and ends no later than its issuer's certificate, where that is known.",
    source: "RFC 5280 §6.1.3 (a)(2)",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let Some(issuer) = view.issuer else {
        return Vec::new();
    };
    let (begin, end) = (
        view.fields.not_before.instant(),
        view.fields.not_after.instant(),
    );
    let validity = issuer.validity();
    let early = begin.filter(|begin| *begin < validity.not_before);
    let late = end.filter(|end| *end > validity.not_after);
    let early = early.map(|_| "it begins before its issuer does".to_owned());
    let late = late.map(|_| "it ends after its issuer does".to_owned());
    early.into_iter().chain(late).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Certificate;
    use crate::error::Result;
    use crate::lint::testing::{Draft, UTC_TIME, said, said_beneath};

    #[test]
    fn what_is_valid_beyond_its_issuer_is_found_and_what_is_not_known_is_not() -> Result<()> {
        let issuer = Certificate::from_der(Draft::root().der())?;
        assert!(said_beneath(&RULE, &Draft::client(), &issuer).is_empty());
        let longer = Draft {
            not_before: (UTC_TIME, "260301115459Z"),
            not_after: (UTC_TIME, "270301120000Z"),
            ..Draft::client()
        };
        assert_eq!(said_beneath(&RULE, &longer, &issuer).len(), 2);
        assert!(said(&RULE, &longer).is_empty());
        Ok(())
    }
}
