//! Clients look nowhere else.

use crate::lint::value::{DNS, IP_ADDRESS};
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "alt-name-of-server",
    demand: "A server has a dNSName or iPAddress in subjectAltName.",
    source: "RFC 9525 §2, §4.1",
    concerns: Concerns::Server,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let mut names = view.alt_names(DNS).chain(view.alt_names(IP_ADDRESS));
    let said = names.next().is_none();
    let said = said.then(|| "there is neither a dNSName nor an iPAddress".to_owned());
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::object_identifier as oid;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_server_without_a_host_is_found_and_a_client_is_not() {
        for good in [Draft::server(), Draft::client()] {
            assert!(said(&RULE, &good).is_empty());
        }
        let without = Draft::server().without(oid::SUBJECT_ALT_NAME);
        let other = Draft::server().named(&[(0x81, b"a@example.org")]);
        for draft in [without, other] {
            assert_eq!(said(&RULE, &draft).len(), 1);
        }
    }
}
