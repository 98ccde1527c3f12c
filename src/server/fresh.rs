//! Where a visitor can choose another certificate: browsers keep a choice for a host and a port, so another name asks anew.

use std::net::IpAddr;

use aws_lc_rs::rand;
use axum::http::Uri;
use axum::http::header::HeaderMap;

use super::Shared;
use super::places::{authority, host, in_url};
use super::steps::Help;
use crate::hexadecimal;
use crate::name::SubjectAltName;

/// How many made-up names are offered.
const OFFERED: usize = 3;
/// The port of an https URL that names none (RFC 9110 §4.2.2).
const HTTPS_PORT: u16 = 443;
/// The one name of this machine that every browser finds.
const LOCALHOST: &str = "localhost";

/// Where the browser would ask this visitor again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fresh {
    /// URLs under which this server answers with a certificate that is good there.
    pub(super) places: Vec<String>,
    /// Wildcards whose names lead here only where somebody made DNS say so, each with the port: `*.example.org:8443`.
    pub(super) wildcards: Vec<String>,
    /// Whether there are more, beneath localhost, that this visitor's browser does not find.
    pub(super) are_hidden: bool,
}

impl Fresh {
    /// Finds them by the names that the server's certificate carries.
    ///
    /// Names beneath localhost lead here for visitors on this machine alone; for them no name server is asked (RFC 6761 §6.3). Who
    /// came by such a name or address is one, or comes through a tunnel that leads them here likewise. Safari asks the system for
    /// these names, and macOS knows localhost only.
    pub(super) fn of(shared: &Shared, help: &Help, uri: &Uri, headers: &HeaderMap) -> Self {
        let Some(authority) = authority(uri, headers) else {
            return Self::default();
        };
        let visitor = Visitor {
            at: host(&authority),
            port: authority.port_u16().unwrap_or(HTTPS_PORT),
            finds_beneath_localhost: !help.visitor().is_in_safari(),
        };
        visitor.places(help.names(), shared.https.ip(), made_up)
    }
}

/// What is known of where a visitor came to, and by what.
struct Visitor {
    at: Option<SubjectAltName>,
    port: u16,
    finds_beneath_localhost: bool,
}

impl Visitor {
    fn places(
        &self,
        names: &[SubjectAltName],
        listening: IpAddr,
        mut made_up: impl FnMut() -> Option<String>,
    ) -> Fresh {
        let port = self.port;
        let is_here = self.at.as_ref().is_some_and(is_this_machine);
        let mut fresh = Fresh::default();
        for parent in names.iter().filter_map(beneath) {
            match is_local(parent) {
                true if !is_here => {}
                true if !self.finds_beneath_localhost => fresh.are_hidden = true,
                true => fresh.places.extend(
                    (0..OFFERED)
                        .filter_map(|_| Some(format!("https://{}.{parent}:{port}", made_up()?))),
                ),
                false => fresh.wildcards.push(format!("*.{parent}:{port}")),
            }
        }
        if fresh.places.is_empty() {
            let others = names.iter().filter(|name| {
                let leads_here = match name {
                    SubjectAltName::Dns(text) if text.contains('*') => false,
                    SubjectAltName::Dns(text) if text == LOCALHOST => is_here,
                    SubjectAltName::Dns(text) if is_local(text) => {
                        is_here && self.finds_beneath_localhost
                    }
                    SubjectAltName::Dns(_) => true,
                    SubjectAltName::Ip(address) => {
                        let is_heard = listening == *address
                            || (listening.is_unspecified()
                                && listening.is_ipv4() == address.is_ipv4());
                        is_heard && (is_here || !address.is_loopback())
                    }
                    _ => false,
                };
                leads_here && self.at.as_ref() != Some(name)
            });
            let others = others.map(|name| format!("https://{}:{port}", in_url(name)));
            fresh.places.extend(others);
        }
        fresh
    }
}

/// What a wildcard stands beneath.
fn beneath(name: &SubjectAltName) -> Option<&str> {
    match name {
        SubjectAltName::Dns(text) => text.strip_prefix("*."),
        _ => None,
    }
}

fn is_this_machine(host: &SubjectAltName) -> bool {
    match host {
        SubjectAltName::Dns(name) => is_local(name),
        SubjectAltName::Ip(address) => address.to_canonical().is_loopback(),
        _ => false,
    }
}

fn is_local(name: &str) -> bool {
    name == LOCALHOST || name.ends_with(".localhost")
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

    fn offered(at: &str, names: &[&str], listening: &str) -> Fresh {
        offered_to(at, names, listening, true)
    }

    fn offered_to(at: &str, names: &[&str], listening: &str, finds: bool) -> Fresh {
        let parsed = names.iter().map(|name| SubjectAltName::parse_host(name));
        let visitor = Visitor {
            at: SubjectAltName::parse_host(at).ok(),
            port: 8443,
            finds_beneath_localhost: finds,
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
        let fresh = offered("localhost", &USUAL, "127.0.0.1");
        let places = [1, 2, 3].map(|it| format!("https://{it}.login.localhost:8443"));
        assert_eq!(fresh.places, places);
        assert!(fresh.wildcards.is_empty());
    }

    #[test]
    fn the_host_that_was_asked_for_says_who_is_on_this_machine() {
        for at in ["x.login.localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            assert_eq!(offered(at, &USUAL, "127.0.0.1").places.len(), 3, "{at}");
        }
        // Through a forwarder on this machine, such as a proxy: the names are those that the visitor's own machine would look up.
        for at in ["login.example.org", "192.0.2.7", "localhost.example.org"] {
            let fresh = offered(at, &USUAL, "127.0.0.1");
            assert_eq!(fresh, Fresh::default(), "{at}");
        }
    }

    #[test]
    fn safari_is_offered_addresses_in_the_place_of_names_that_it_does_not_find() {
        for (at, listening, places) in [
            ("localhost", "127.0.0.1", &["https://127.0.0.1:8443"][..]),
            ("localhost", "::", &["https://[::1]:8443"]),
            ("127.0.0.1", "127.0.0.1", &["https://localhost:8443"]),
        ] {
            let fresh = offered_to(at, &USUAL, listening, false);
            assert_eq!(fresh.places, places, "{at}");
            assert!(fresh.are_hidden, "{at}");
        }
        let names = ["localhost", "*.login.localhost"];
        let fresh = offered_to("localhost", &names, "127.0.0.1", false);
        assert!(fresh.places.is_empty() && fresh.are_hidden);
        let elsewhere = offered_to("login.example.org", &USUAL, "0.0.0.0", false);
        assert!(!elsewhere.are_hidden);
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
            let fresh = offered(at, &names, listening);
            assert_eq!(fresh.places, places, "{at} {listening}");
        }
    }

    #[test]
    fn without_a_wildcard_the_other_names_are_offered_and_never_the_one_at_hand() {
        let names = ["localhost", "127.0.0.1", "::1"];
        let fresh = offered("localhost", &names, "127.0.0.1");
        assert_eq!(fresh.places, ["https://127.0.0.1:8443"]);
        let fresh = offered("::1", &names, "::1");
        assert_eq!(fresh.places, ["https://localhost:8443"]);
    }

    #[test]
    fn another_wildcard_is_told_and_not_linked() {
        let names = ["login.example.org", "*.login.example.org"];
        let fresh = offered("login.example.org", &names, "0.0.0.0");
        assert!(fresh.places.is_empty());
        assert_eq!(fresh.wildcards, ["*.login.example.org:8443"]);
    }
}
