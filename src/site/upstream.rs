//! The application behind a server.

use std::fmt;
use std::net::IpAddr;

use crate::error::{Error, ErrorKind, Result};
use crate::name::{Quoted, SubjectAltName};

/// RFC 9110 §4.2.1.
const DEFAULT_PORT: u16 = 80;

/// Where the application behind a server is: `http://HOST[:PORT]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    host: SubjectAltName,
    port: u16,
}

impl Upstream {
    /// Reads `http://HOST[:PORT]`; a slash at its end is left out.
    ///
    /// # Errors
    /// Refuses other schemes, and whatever else may stand in a URL: each server takes a path in its own way.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not the URL of an application", Quoted(text)),
            )
            .with_hint("Give one such as http://127.0.0.1:3000, without a path; the application speaks HTTP over TCP (neither https: nor unix:) and listens on loopback.")
        };
        let rest = text.strip_prefix("http://").ok_or_else(refuse)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets (RFC 3986 §3.2.2).
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if host.contains(':') != (host.starts_with('[') && host.ends_with(']')) {
            return Err(refuse());
        }
        let port = match port {
            Some(port) if port.bytes().all(|octet| octet.is_ascii_digit()) => {
                port.parse().map_err(|_| refuse())?
            }
            Some(_) => return Err(refuse()),
            None => DEFAULT_PORT,
        };
        let host = SubjectAltName::parse_host(host).map_err(|_| refuse())?;
        if port == 0 || host.value().starts_with('*') {
            return Err(refuse());
        }
        Ok(Self { host, port })
    }

    /// Host and port, with brackets around an IPv6 address.
    pub fn authority(&self) -> String {
        match &self.host {
            SubjectAltName::Ip(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            host => format!("{}:{}", host.value(), self.port),
        }
    }

    /// The host, without brackets.
    pub fn host(&self) -> String {
        self.host.value()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Says whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            SubjectAltName::Ip(address) => address.is_loopback(),
            host => host.value() == "localhost" || host.value().ends_with(".localhost"),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn an_application_has_a_host_and_a_port() {
        let parse = |text| Upstream::parse(text).unwrap().to_string();
        assert_eq!(parse("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
        assert_eq!(parse("http://App.Example/"), "http://app.example:80");
        assert_eq!(parse("http://[::1]:3000"), "http://[::1]:3000");
        assert_eq!(parse("http://[::1]"), "http://[::1]:80");
    }

    #[test]
    fn loopback_is_told_from_what_others_can_reach() {
        let loopback = |text| Upstream::parse(text).unwrap().is_loopback();
        for text in ["http://127.0.0.1:3000", "http://[::1]", "http://localhost"] {
            assert!(loopback(text), "{text}");
        }
        for text in ["http://10.0.0.1", "http://localhost.example.org"] {
            assert!(!loopback(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_application_is_refused() {
        for text in [
            "",
            "127.0.0.1:3000",
            "https://127.0.0.1:3000",
            "http://",
            "http://a/b",
            "http://a?b",
            "http://a#b",
            "http://u@a",
            "http://a:",
            "http://a:0",
            "http://a:+1",
            "http://a:70000",
            "http://::1:3000",
            "http://[::1",
            "http://*.example.org",
            "http://a b",
            "http://a;b",
            "http://a\nb",
            "http://a{b}",
            "http://$a",
        ] {
            assert!(Upstream::parse(text).is_err(), "{text:?}");
        }
    }
}
