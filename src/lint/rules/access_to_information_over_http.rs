//! As with CRLs: the certificate would be needed to check its own status.

use crate::certificate::object_identifier as oid;
use crate::lint::value::{access_locations, is_fetched_openly};
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "access-to-information-over-http",
    demand: "authorityInfoAccess names http or ldap URLs.",
    source: "RFC 5280 §4.2.2.1, §8, RFC 6960 §A.1",
    concerns: Concerns::Every,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let extension = view.extension(oid::AUTHORITY_INFO_ACCESS);
    let locations = extension.and_then(|it| access_locations(it.value));
    let locations = locations.unwrap_or_default();
    let bad = locations
        .iter()
        .filter(|location| !is_fetched_openly(location));
    bad.map(|_| "a location is no http or ldap URL".to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, URI, element, identifier, said, sequence};

    #[test]
    fn a_location_that_is_fetched_over_https_is_found() {
        let with = |uri: &[u8]| {
            let location = element(URI, &[uri]);
            let access = sequence(&[&identifier("1.3.6.1.5.5.7.48.1"), &location]);
            let access = sequence(&[&access]);
            said(
                &RULE,
                &Draft::client().with(oid::AUTHORITY_INFO_ACCESS, false, &access),
            )
            .len()
        };
        assert!(said(&RULE, &Draft::client()).is_empty());
        assert_eq!(with(b"http://pki.example.org/ocsp"), 0);
        assert_eq!(with(b"https://pki.example.org/ocsp"), 1);
    }
}
