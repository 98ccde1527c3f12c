//! Where a visitor finds either side of the server, as far as the request and the certificate tell.

use std::net::{IpAddr, SocketAddr};

use axum::http::Uri;
use axum::http::header::{HOST, HeaderMap};
use axum::http::uri::Authority;

use super::Shared;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::inventory::Summary;
use crate::name::SubjectAltName;

/// The side of the server that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Https,
    Http,
}

/// Both sides, each where the visitor can reach it and its host is known.
pub(super) struct Places {
    /// `https://HOST:PORT`.
    pub(super) https: Option<String>,
    /// `http://HOST:PORT`.
    pub(super) http: Option<String>,
}

impl Places {
    /// Takes the server's name from the request, and from its certificate, which carries these, where that does not.
    pub(super) fn of(
        shared: &Shared,
        side: Side,
        names: &[SubjectAltName],
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let named = authority(uri, headers).as_ref().and_then(host);
        let Some(named) = named else {
            return Self {
                https: None,
                http: None,
            };
        };
        let asked = match side {
            Side::Https => Some(shared.https),
            Side::Http => shared.http,
        };
        let reachable = |to: &SocketAddr| asked.is_some_and(|asked| may_reach(asked, *to));
        let secure = secure_host(&named, names);
        let place = |scheme: &str, host: &SubjectAltName, to: SocketAddr| {
            format!("{scheme}://{}:{}", in_url(host), to.port())
        };
        let https = Some(shared.https).filter(reachable);
        let http = shared.http.filter(reachable);
        Self {
            https: https.map(|to| place("https", &secure, to)),
            http: http.map(|to| place("http", &named, to)),
        }
    }
}

/// Who came through a side that is open to others may not reach one that is not.
fn may_reach(asked: SocketAddr, to: SocketAddr) -> bool {
    asked.ip().is_loopback() || !to.ip().is_loopback()
}

/// The name by which other machines find a server whose certificate carries these: the first DNS name that is not this
/// machine's own, else the first such address.
pub fn public_name(names: &[SubjectAltName]) -> Option<&SubjectAltName> {
    let dns = |name: &&SubjectAltName| matches!(name, SubjectAltName::Dns(text) if !text.contains('*') && !text.ends_with("localhost"));
    let ip = |name: &&SubjectAltName| matches!(name, SubjectAltName::Ip(address) if !address.is_loopback());
    let mut all = names.iter();
    all.clone().find(dns).or_else(|| all.find(ip))
}

/// A host as it stands in a URL (RFC 3986 §3.2.2).
pub fn in_url(host: &SubjectAltName) -> String {
    match host {
        SubjectAltName::Ip(IpAddr::V6(address)) => format!("[{address}]"),
        other => other.value(),
    }
}

/// The certificate that the server presents now, and what the inventory says of it.
pub(super) fn own_certificate(shared: &Shared) -> Result<Option<(Certificate, Summary)>> {
    let certified = shared.knowledge.identity().certified_key();
    let Some(der) = certified.cert.first() else {
        return Ok(None);
    };
    let certificate = Certificate::from_der(der.as_ref())?;
    let now = (shared.clock)();
    let summary = match shared.knowledge.record(&certificate.fingerprint())? {
        Some(record) => Summary::of_record(&record, now),
        None => Summary::of_unknown(&certificate, now),
    };
    Ok(Some((certificate, summary)))
}

/// Under which of its names the certificate is found good: the visitor's, where it carries that.
fn secure_host(named: &SubjectAltName, names: &[SubjectAltName]) -> SubjectAltName {
    let localhost = SubjectAltName::Dns("localhost".to_owned());
    let is_loopback = matches!(named, SubjectAltName::Ip(address) if address.is_loopback());
    if is_loopback && names.contains(&localhost) {
        return localhost;
    }
    let best = match is_carried(named, names) {
        true => named,
        false => public_name(names).unwrap_or(named),
    };
    best.clone()
}

/// A wildcard stands for one label (RFC 6125 §6.4.3).
fn is_carried(named: &SubjectAltName, names: &[SubjectAltName]) -> bool {
    let wildcard = match named {
        SubjectAltName::Dns(text) => text.split_once('.').map(|(_, rest)| format!("*.{rest}")),
        _ => None,
    };
    let wildcard = wildcard.map(SubjectAltName::Dns);
    names.contains(named) || wildcard.is_some_and(|wildcard| names.contains(&wildcard))
}

/// Under which name and port the visitor found the server (RFC 9110 §7.2, RFC 9113 §8.3.1).
pub(super) fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = || headers.get(HOST)?.to_str().ok()?.parse().ok();
    uri.authority().cloned().or_else(named)
}

/// The host in it, where it is a name or an address: it is the visitor's to say, and stands in links.
pub(super) fn host(authority: &Authority) -> Option<SubjectAltName> {
    let name = authority.host();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    match SubjectAltName::parse_host(bare).ok()? {
        SubjectAltName::Dns(name) if name.contains('*') => None,
        host => Some(host),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn host_of(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, value.parse().unwrap());
        let host = host(&authority(&Uri::from_static("/"), &headers)?)?;
        Some(in_url(&host))
    }

    fn names(texts: &[&str]) -> Vec<SubjectAltName> {
        let names = texts
            .iter()
            .map(|text| SubjectAltName::parse_host(text).unwrap());
        names.collect()
    }

    #[test]
    fn the_name_of_the_server_is_taken_where_it_is_a_name() {
        for (said, name) in [
            ("localhost:8443", "localhost"),
            ("Login.Example.org", "login.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8443", "[::1]"),
        ] {
            assert_eq!(host_of(said).as_deref(), Some(name), "{said}");
        }
        let uri = Uri::from_static("https://site.login.localhost:1/");
        let name = host(&authority(&uri, &HeaderMap::new()).unwrap()).unwrap();
        assert_eq!(name.value(), "site.login.localhost");
    }

    #[test]
    fn what_is_no_name_stands_in_no_link() {
        for said in [
            "",
            "*.example.org",
            "\"><script>alert(1)</script>",
            "a b",
            "evil.example/@x",
            "user@",
            "[::1",
            "-",
        ] {
            assert_eq!(host_of(said), None, "{said}");
        }
        assert!(authority(&Uri::from_static("/"), &HeaderMap::new()).is_none());
    }

    #[test]
    fn nobody_is_sent_from_an_open_side_to_one_that_is_not() {
        let (here, open) = (
            "127.0.0.1:8443".parse().unwrap(),
            "0.0.0.0:8080".parse().unwrap(),
        );
        for (asked, to, may) in [
            (open, here, false),
            (here, open, true),
            (here, here, true),
            (open, open, true),
        ] {
            assert_eq!(may_reach(asked, to), may, "{asked} {to}");
        }
    }

    #[test]
    fn a_login_is_tried_under_a_name_that_the_certificate_carries() {
        const USUAL: [&str; 4] = ["localhost", "*.login.localhost", "127.0.0.1", "::1"];
        let usual = |further: &[&str]| names(&[&USUAL, further].concat());
        for (named, further, wanted) in [
            ("localhost", &[][..], "localhost"),
            ("127.0.0.1", &["login.example.org"], "localhost"),
            ("::1", &[], "localhost"),
            ("bob.login.localhost", &[], "bob.login.localhost"),
            (
                "login.example.org",
                &["login.example.org"],
                "login.example.org",
            ),
            ("192.168.1.5", &["login.example.org"], "login.example.org"),
            (
                "192.168.1.5",
                &["192.168.1.5", "login.example.org"],
                "192.168.1.5",
            ),
            ("host.example", &["192.168.1.5"], "192.168.1.5"),
            (
                "a.b.login.localhost",
                &["login.example.org"],
                "login.example.org",
            ),
            // Nothing better is known.
            ("192.168.1.5", &[], "192.168.1.5"),
        ] {
            let named = SubjectAltName::parse_host(named).unwrap();
            let host = secure_host(&named, &usual(further));
            assert_eq!(host.value(), wanted, "{named} {further:?}");
        }
        let elsewhere = names(&["login.example.org"]);
        let loopback = SubjectAltName::parse_host("127.0.0.1").unwrap();
        assert_eq!([secure_host(&loopback, &elsewhere)], *elsewhere);
    }
}
