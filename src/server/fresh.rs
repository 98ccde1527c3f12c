//! Where a visitor can choose another certificate: browsers keep a choice for a host and a port, so another name asks anew.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use aws_lc_rs::rand;
use axum::http::Uri;
use axum::http::header::HeaderMap;

use super::Shared;
use super::places::{authority, host, in_url};
use crate::certificate::Certificate;
use crate::hexadecimal;
use crate::name::SubjectAltName;

/// How many made-up names are offered.
const OFFERED: usize = 3;
/// The port of an https URL that names none (RFC 9110 §4.2.2).
const HTTPS_PORT: u16 = 443;

/// Where the browser would ask this visitor again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fresh {
    /// URLs under which this server answers with a certificate that is good there.
    pub(super) places: Vec<String>,
    /// Wildcards whose names lead here only where somebody made DNS say so, each with the port: `*.example.org:8443`.
    pub(super) wildcards: Vec<String>,
}

impl Fresh {
    /// Finds them by the names that the server's certificate carries.
    ///
    /// Names beneath localhost lead here for visitors on this machine alone; for them no name server is asked (RFC 6761 §6.3).
    pub(super) fn of(
        shared: &Arc<Shared>,
        certificate: Option<&Certificate>,
        peer: SocketAddr,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let Some(authority) = authority(uri, headers) else {
            return Self::default();
        };
        let names = certificate.map(|it| it.extensions().subject_alt_names.as_slice());
        let visitor = Visitor {
            is_here: peer.ip().to_canonical().is_loopback(),
            at: host(&authority),
            port: authority.port_u16().unwrap_or(HTTPS_PORT),
        };
        visitor.places(names.unwrap_or_default(), shared.https.ip(), made_up)
    }
}

/// What is known of where a visitor is and came to.
struct Visitor {
    is_here: bool,
    at: Option<SubjectAltName>,
    port: u16,
}

impl Visitor {
    fn places(
        &self,
        names: &[SubjectAltName],
        listening: IpAddr,
        mut made_up: impl FnMut() -> Option<String>,
    ) -> Fresh {
        let port = self.port;
        let beneath = |name: &SubjectAltName| match name {
            SubjectAltName::Dns(text) => text.strip_prefix("*.").map(str::to_owned),
            _ => None,
        };
        let (mut places, mut wildcards) = (Vec::new(), Vec::new());
        for parent in names.iter().filter_map(beneath) {
            match is_local(&parent) {
                true if self.is_here => places.extend(
                    (0..OFFERED)
                        .filter_map(|_| Some(format!("https://{}.{parent}:{port}", made_up()?))),
                ),
                true => {}
                false => wildcards.push(format!("*.{parent}:{port}")),
            }
        }
        if places.is_empty() {
            let others = names.iter().filter(|name| {
                let leads_here = match name {
                    SubjectAltName::Dns(text) => {
                        !text.contains('*') && (self.is_here || !is_local(text))
                    }
                    SubjectAltName::Ip(address) => {
                        let is_heard = listening == *address
                            || (listening.is_unspecified()
                                && listening.is_ipv4() == address.is_ipv4());
                        is_heard && (self.is_here || !address.is_loopback())
                    }
                    _ => false,
                };
                leads_here && self.at.as_ref() != Some(name)
            });
            places.extend(others.map(|name| format!("https://{}:{port}", in_url(name))));
        }
        Fresh { places, wildcards }
    }
}

fn is_local(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// A label that this browser has hardly seen before.
fn made_up() -> Option<String> {
    let mut octets = [0_u8; 4];
    rand::fill(&mut octets).ok()?;
    Some(hexadecimal::encode(&octets))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const USUAL: [&str; 5] = [
        "localhost",
        "login.localhost",
        "*.login.localhost",
        "127.0.0.1",
        "::1",
    ];

    fn offered(at: &str, is_here: bool, names: &[&str], listening: &str) -> Fresh {
        let parsed = names.iter().map(|name| SubjectAltName::parse_host(name));
        let visitor = Visitor {
            is_here,
            at: SubjectAltName::parse_host(at).ok(),
            port: 8443,
        };
        let mut number = 0;
        let made_up = || {
            number += 1;
            Some(number.to_string())
        };
        let names = parsed.collect::<Result<Vec<_>, _>>().unwrap();
        visitor.places(&names, listening.parse().unwrap(), made_up)
    }

    #[test]
    fn who_is_on_this_machine_is_offered_made_up_names() {
        let fresh = offered("localhost", true, &USUAL, "127.0.0.1");
        let places = [1, 2, 3].map(|it| format!("https://{it}.login.localhost:8443"));
        assert_eq!(fresh.places, places);
        assert!(fresh.wildcards.is_empty());
    }

    #[test]
    fn who_is_elsewhere_is_offered_no_name_of_this_machine() {
        let names = [&USUAL[..], &["login.example.org", "192.0.2.7"]].concat();
        for (at, listening, places) in [
            (
                "login.example.org",
                "0.0.0.0",
                &["https://192.0.2.7:8443"][..],
            ),
            (
                "192.0.2.7",
                "192.0.2.7",
                &["https://login.example.org:8443"],
            ),
            ("login.example.org", "::", &[]),
        ] {
            let fresh = offered(at, false, &names, listening);
            assert_eq!(fresh.places, places, "{at} {listening}");
        }
    }

    #[test]
    fn without_a_wildcard_the_other_names_are_offered_and_never_the_one_at_hand() {
        let names = ["localhost", "127.0.0.1", "::1"];
        let fresh = offered("localhost", true, &names, "127.0.0.1");
        assert_eq!(fresh.places, ["https://127.0.0.1:8443"]);
        let fresh = offered("::1", true, &names, "::1");
        assert_eq!(fresh.places, ["https://localhost:8443"]);
    }

    #[test]
    fn another_wildcard_is_told_and_not_linked() {
        let names = ["login.example.org", "*.login.example.org"];
        let fresh = offered("login.example.org", false, &names, "0.0.0.0");
        assert!(fresh.places.is_empty());
        assert_eq!(fresh.wildcards, ["*.login.example.org:8443"]);
    }
}
