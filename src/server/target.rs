//! For which host a request asks, and whether its connection was opened for that one.

use std::net::IpAddr;

use axum::body::Body;
use axum::http::header::{CONNECTION, HOST, HeaderMap, HeaderValue};
use axum::http::uri::{Authority, Scheme};
use axum::http::{Response, StatusCode, Uri};

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

use super::connection::Connection;
use super::routes::{TEXT, answer};
use crate::name::one_line;

/// Why a request is not answered on the connection that it came by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// It does not say plainly for which host it asks.
    Unclear(&'static str),
    /// It asks for another host than the one that was greeted in the handshake.
    Misdirected {
        /// What it asks for.
        asked: String,
        /// The name of the handshake; none where the client greeted an address.
        greeted: Option<String>,
    },
    /// It asks for a host that the server does not claim to be.
    Foreign(String),
}

/// Finds the authority of a request (RFC 9110 §7.2), if it names one, and refuses one that is not that of the connection.
///
/// A request for one host over a connection to another was seen by nobody who asked for a certificate for it: HTTP/2 lets a browser
/// ask so where the server's certificate is good for both (RFC 9113 §9.1.1); whoever does it by hand may want to get past a rule that
/// goes by the name. Names are compared with that of the handshake (RFC 6066 §3), which never holds an address: without one only an
/// address is good. Ports are not compared, because a forwarder may change them.
pub(super) fn authority(
    uri: &Uri,
    headers: &HeaderMap,
    server_name: Option<&str>,
) -> Result<Option<Authority>, Astray> {
    let authority = match (uri.authority(), named(headers)?) {
        // RFC 9112 §3.2.2 ignores Host there, RFC 9113 §8.3.1 wants it refused where it names another host.
        (Some(target), Some(host)) if !target.as_str().eq_ignore_ascii_case(host.as_str()) => {
            return Err(Astray::Unclear(
                "The Host field names another host than the target of the request.\n",
            ));
        }
        (Some(target), _) => target.clone(),
        (None, Some(host)) => host,
        (None, None) => return Ok(None),
    };
    if !is_host_and_port(&authority) {
        return Err(Astray::Unclear(
            "A host is a name or an address, and perhaps a port.\n",
        ));
    }
    let is_plain = uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTPS);
    if is_plain || !is_greeted(authority.host(), server_name) {
        return Err(Astray::Misdirected {
            asked: match is_plain {
                true => uri.to_string(),
                false => authority.host().to_owned(),
            },
            greeted: server_name.map(str::to_owned),
        });
    }
    Ok(Some(authority))
}

/// Refuses a host that the server's certificate does not carry, though the client greeted it and no other: an application may trust the
/// name, or make links of it.
pub(super) fn of_ours(
    authority: Authority,
    own: Option<&CertificateDer<'_>>,
) -> Result<Authority, Astray> {
    let host = authority.host();
    let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let bare = bracketed.unwrap_or_else(|| host.strip_suffix('.').unwrap_or(host));
    let carries = |own| {
        let own = ParsedCertificate::try_from(own).ok()?;
        verify_server_name(&own, &ServerName::try_from(bare).ok()?).ok()
    };
    match own.and_then(carries) {
        Some(()) => Ok(authority),
        None => Err(Astray::Foreign(host.to_owned())),
    }
}

/// Sends a client away that asks for one host over the connection that it has to another one; a browser then opens one of its own by
/// itself (RFC 9110 §15.5.20).
pub(super) fn misdirected(
    connection: &Connection,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    match authority(uri, headers, connection.server_name.as_deref()) {
        // Not every client greets a name: Java leaves one out that has no dot. Our pages are the same for every host; the gateway, whose
        // application may go by the name, is stricter.
        Ok(_) | Err(Astray::Misdirected { greeted: None, .. }) => None,
        Err(astray) => Some(astray.into_response(connection)),
    }
}

impl Astray {
    /// The answer to such a request; the connection ends where it could not be made out what was asked.
    pub(super) fn into_response(self, connection: &Connection) -> Response<Body> {
        match self {
            Self::Unclear(text) => {
                let mut response = answer(StatusCode::BAD_REQUEST, TEXT, text).into_response();
                if !connection.speaks_http_2 {
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                response
            }
            Self::Foreign(asked) => {
                let body = format!("{} is no name of this server's.\n", one_line(&asked));
                answer(StatusCode::MISDIRECTED_REQUEST, TEXT, body).into_response()
            }
            Self::Misdirected { asked, greeted } => {
                let asked = one_line(&asked);
                let greeted = greeted.map_or_else(
                    || "no name, as for an address".to_owned(),
                    |it| one_line(&it),
                );
                let body = format!(
                    "This connection was opened for {greeted}; {asked} is answered on a connection of its own.\n"
                );
                answer(StatusCode::MISDIRECTED_REQUEST, TEXT, body).into_response()
            }
        }
    }

    /// A request that names no host at all (RFC 9112 §3.2).
    pub(super) fn nowhere() -> Self {
        Self::Unclear("The request names no host.\n")
    }
}

/// What the Host field says (RFC 9112 §3.2).
fn named(headers: &HeaderMap) -> Result<Option<Authority>, Astray> {
    let mut fields = headers.get_all(HOST).iter();
    let Some(field) = fields.next() else {
        return Ok(None);
    };
    if fields.next().is_some() {
        return Err(Astray::Unclear("The request names its host twice.\n"));
    }
    let parsed = field.to_str().ok().and_then(|text| text.parse().ok());
    parsed
        .map(Some)
        .ok_or(Astray::Unclear("The Host field names no host.\n"))
}

/// No userinfo (RFC 9110 §4.2.4), and digits behind the colon.
fn is_host_and_port(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host());
    let digits = match port {
        Some("") => return !authority.host().is_empty(),
        Some(port) => port.strip_prefix(':'),
        None => None,
    };
    let is_number = |digits: &str| digits.bytes().all(|octet| octet.is_ascii_digit());
    digits.is_some_and(is_number) && !authority.host().is_empty()
}

fn is_greeted(host: &str, server_name: Option<&str>) -> bool {
    let without_dot = |name| str::strip_suffix(name, ".").unwrap_or(name).to_owned();
    match server_name {
        Some(greeted) => without_dot(host).eq_ignore_ascii_case(&without_dot(greeted)),
        None => {
            let bracketed = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
            match bracketed {
                Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
                None => host.parse::<IpAddr>().is_ok_and(|it| it.is_ipv4()),
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn of(target: &str, hosts: &[&str], greeted: Option<&str>) -> Result<Option<String>, Astray> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        let found = authority(&target.parse().unwrap(), &headers, greeted)?;
        Ok(found.map(|it| it.as_str().to_owned()))
    }

    #[test]
    fn a_request_for_the_greeted_host_is_answered_whatever_the_port() {
        for (target, hosts, greeted) in [
            ("/", &["localhost"][..], Some("localhost")),
            ("/", &["LocalHost:8443"], Some("localhost")),
            ("/", &["localhost."], Some("localhost")),
            ("/", &["localhost:"], Some("localhost")),
            ("https://localhost:1/", &[], Some("localhost")),
            ("https://localhost:1/x", &["LOCALHOST:1"], Some("localhost")),
            ("/", &["127.0.0.1:8443"], None),
            ("/", &["[::1]:8443"], None),
            ("https://[2001:db8::1]/", &[], None),
        ] {
            let found = of(target, hosts, greeted).unwrap();
            assert!(found.is_some(), "{target} {hosts:?}");
        }
        assert_eq!(of("/", &[], Some("localhost")), Ok(None));
    }

    #[test]
    fn a_request_for_another_host_is_sent_away() {
        for (target, host, greeted) in [
            ("/", "other.example", Some("localhost")),
            ("/", "localhost.example", Some("localhost")),
            ("/", "localhost..", Some("localhost")),
            ("/", "127.0.0.1", Some("localhost")),
            ("/", "localhost", None),
            ("/", "127.1", None),
            ("/", "[127.0.0.1]", None),
            ("/", "[::1%25lo]", None),
            ("http://localhost/", "localhost", Some("localhost")),
        ] {
            let refused = of(target, &[host], greeted);
            assert!(
                matches!(refused, Err(Astray::Misdirected { .. })),
                "{target} {host} {greeted:?}: {refused:?}"
            );
        }
    }

    #[test]
    fn what_does_not_plainly_name_one_host_is_refused() {
        for (target, hosts) in [
            ("/", &["localhost", "localhost"][..]),
            ("/", &["localhost", "other.example"]),
            ("/", &[""]),
            ("/", &["a b"]),
            ("/", &["localhost/x"]),
            ("/", &["user@localhost"]),
            ("/", &["localhost:x"]),
            ("/", &[":8443"]),
            ("/", &["localhost,other.example"]),
            ("https://user@localhost/", &[]),
            ("https://localhost/", &["other.example"]),
            ("https://localhost:1/", &["localhost:2"]),
        ] {
            let refused = of(target, hosts, Some("localhost"));
            assert!(refused.is_err(), "{target} {hosts:?}: {refused:?}");
        }
    }
}
