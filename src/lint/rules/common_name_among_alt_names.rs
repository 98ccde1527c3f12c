//! Nobody looks for a host in the commonName any more: what stands only there is not what its owner means.

use crate::lint::value::{DNS, IP_ADDRESS};
use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};
use std::net::IpAddr;

const COMMON_NAME: &str = "2.5.4.3";

pub(super) static RULE: Rule = Rule {
    name: "common-name-among-alt-names",
    demand: "A server's commonName that is a host stands among its SubjectAltNames too.",
    source: "CA/Browser Forum BR §7.1.4.3, RFC 9525 §2",
    concerns: Concerns::Server,
    severity: Severity::Warning,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = view.attributes(COMMON_NAME).filter(|name| {
        let text = String::from_utf8_lossy(name.value);
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => !view.alt_names(IP_ADDRESS).any(|it| it == address.octets()),
            Ok(IpAddr::V6(address)) => !view.alt_names(IP_ADDRESS).any(|it| it == address.octets()),
            Err(_) => {
                let is_host = text.contains('.') && !text.contains([' ', '@', '/']);
                let same = |it: &[u8]| it.eq_ignore_ascii_case(name.value);
                is_host && !view.alt_names(DNS).any(same)
            }
        }
    });
    bad.map(|name| format!("the commonName {} is no SubjectAltName", shown(name.value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, UTF8_STRING, said};

    #[test]
    fn a_host_in_the_common_name_alone_is_found_and_a_title_is_not() {
        let of = |name: &[u8]| {
            said(
                &RULE,
                &Draft::server().of(&[(COMMON_NAME, UTF8_STRING, name)]),
            )
            .len()
        };
        for good in [&b"WWW.example.org"[..], b"mail", b"Example Ltd. of Delft"] {
            assert_eq!(of(good), 0, "{good:?}");
        }
        for bad in [&b"mail.example.org"[..], b"192.0.2.1", b"2001:db8::1"] {
            assert_eq!(of(bad), 1, "{bad:?}");
        }
        let address = Draft::server().named(&[(IP_ADDRESS, &[192, 0, 2, 1])]);
        let address = address.of(&[(COMMON_NAME, UTF8_STRING, b"192.0.2.1")]);
        assert!(said(&RULE, &address).is_empty());
    }
}
