//! Whom it is shown to looks for that. Of a certificate from elsewhere nobody knows what it was meant for.

use crate::certificate::object_identifier as oid;
use crate::lint::{Concerns, Rule, Severity, View};
use crate::profile::Profile;

pub(super) static RULE: Rule = Rule {
    name: "purpose-of-profile",
    demand: "extKeyUsage names the purpose that the certificate is issued for: clientAuth, serverAuth or OCSPSigning.",
    source: "RFC 5280 §4.2.1.12, RFC 6960 §4.2.2.2",
    concerns: Concerns::EndEntity,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let purpose = match view.profile {
        Some(Profile::Client | Profile::Probe) => oid::CLIENT_AUTH,
        Some(Profile::Server) => oid::SERVER_AUTH,
        Some(Profile::OcspResponder) => oid::OCSP_SIGNING,
        Some(Profile::Root | Profile::Issuing | Profile::Audit | Profile::Other) | None => {
            return Vec::new();
        }
    };
    let said = (!view.has_purpose(purpose)).then(|| {
        let name = oid::name_of_purpose(purpose);
        format!("extKeyUsage does not name {name}")
    });
    said.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said, said_as};

    #[test]
    fn a_client_with_a_servers_purpose_is_found() {
        for (draft, profile) in [
            (Draft::client(), Profile::Client),
            (Draft::server(), Profile::Server),
            (Draft::responder(), Profile::OcspResponder),
        ] {
            assert!(said(&RULE, &draft).is_empty());
            assert!(said_as(&RULE, &draft, profile).is_empty());
        }
        let found = said_as(&RULE, &Draft::server(), Profile::Client);
        assert_eq!(found, ["extKeyUsage does not name clientAuth"]);
    }
}
