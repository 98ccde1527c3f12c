//! To check an https server's certificate one would need the CRL that it serves.

use crate::certificate::object_identifier as oid;
use crate::lint::value::{distribution_points, is_fetched_openly};
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "crl-distribution-points-over-http",
    demand: "A CRL distribution point has an http or ldap URL, and the extension is not critical.",
    source: "RFC 5280 §4.2.1.13, §8",
    concerns: Concerns::Every,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let Some(extension) = view.extension(oid::CRL_DISTRIBUTION_POINTS) else {
        return Vec::new();
    };
    let points = distribution_points(extension.value).unwrap_or_default();
    let critical =
        (extension.is_critical()).then(|| "cRLDistributionPoints are critical".to_owned());
    let bad = points
        .iter()
        .filter(|point| !point.names.iter().any(is_fetched_openly));
    let bad = bad.map(|_| "a distribution point has no http or ldap URL".to_owned());
    critical.into_iter().chain(bad).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, URI, element, said, sequence};

    #[test]
    fn a_point_that_is_fetched_over_https_is_found() {
        let with = |critical, uri: &[u8]| {
            let full_name = element(0xa0, &[&element(URI, &[uri])]);
            let point = sequence(&[&element(0xa0, &[&full_name])]);
            let points = sequence(&[&point]);
            said(
                &RULE,
                &Draft::client().with(oid::CRL_DISTRIBUTION_POINTS, critical, &points),
            )
            .len()
        };
        assert!(said(&RULE, &Draft::client()).is_empty());
        assert_eq!(with(false, b"http://pki.example.org/crl"), 0);
        assert_eq!(with(false, b"ldap://pki.example.org/crl"), 0);
        assert_eq!(with(false, b"https://pki.example.org/crl"), 1);
        assert_eq!(with(true, b"http://pki.example.org/crl"), 1);
    }
}
