//! Its holder could issue.

use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "no-ca-among-end-entities",
    demand: "A certificate that is issued for an end entity is no CA.",
    source: "RFC 5280 §4.2.1.9",
    concerns: Concerns::EndEntity,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    // By its own word a certificate with cA set is a CA: only a profile says otherwise.
    let is_ca = view.basic_constraints.is_some_and(|it| it.ca);
    let said = is_ca.then(|| "cA is set".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said_as};
    use crate::profile::Profile;

    #[test]
    fn a_client_with_the_flag_of_a_ca_is_found() {
        assert!(said_as(&RULE, &Draft::client(), Profile::Client).is_empty());
        assert!(said_as(&RULE, &Draft::authority(), Profile::Issuing).is_empty());
        assert_eq!(
            said_as(&RULE, &Draft::authority(), Profile::Client),
            ["cA is set"]
        );
    }
}
