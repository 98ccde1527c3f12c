//! Where to log in.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use hyper::Uri;
use rustls::pki_types::ServerName;

use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// RFC 9110 §4.2.2.
const DEFAULT_PORT: u16 = 443;

/// An `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    host: String,
    name: ServerName<'static>,
    port: u16,
    path: String,
}

impl Url {
    /// Where `pki serve` listens when it is not told otherwise.
    pub const DEFAULT: &str = "https://localhost:8443";

    /// Reads `https://HOST[:PORT][/PATH][?QUERY]`; the port is 443 when it is left out.
    ///
    /// # Errors
    /// Refuses other schemes, a user name, and a host that is neither a DNS name nor an IP address.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::Usage,
                format!("{} is not a URL of a server to log in to", Quoted(text)),
            )
            .with_hint(format!(
                "Give one that begins with https://, such as {}, without a user name.",
                Self::DEFAULT
            ))
        };
        let uri = Uri::from_str(text).map_err(|_| refuse())?;
        let authority = uri.authority().ok_or_else(refuse)?;
        if uri.scheme_str() != Some("https") || authority.as_str().contains('@') {
            return Err(refuse());
        }
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
            .to_ascii_lowercase();
        let port = match authority.port_u16() {
            Some(port) => port,
            // `host:` and `host:70000` also have no port that could be read.
            None if authority.as_str().len() > authority.host().len() => return Err(refuse()),
            None => DEFAULT_PORT,
        };
        Ok(Self {
            name: ServerName::try_from(host.clone()).map_err(|_| refuse())?,
            host,
            port,
            path: request_target(&uri),
        })
    }

    /// The host, without brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Says whether the host is a name, not an address.
    pub fn is_name(&self) -> bool {
        matches!(self.name, ServerName::DnsName(_))
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as they stand in a request line; the path is `/` when there is none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name that the server's certificate must hold.
    pub fn server_name(&self) -> ServerName<'static> {
        self.name.clone()
    }

    /// Host and port, as the Host field of a request has them.
    pub fn authority(&self) -> String {
        let host = match self.name {
            ServerName::IpAddress(address) if IpAddr::from(address).is_ipv6() => {
                format!("[{}]", self.host)
            }
            _ => self.host.clone(),
        };
        if self.port == DEFAULT_PORT {
            host
        } else {
            format!("{host}:{}", self.port)
        }
    }

    /// The addresses, where the resolver need not be asked.
    ///
    /// `localhost` and the names beneath it are this machine, whatever the resolver says (RFC 6761 §6.3).
    pub(super) fn addresses(&self) -> Option<Vec<SocketAddr>> {
        let addresses: Vec<IpAddr> = match self.name {
            ServerName::IpAddress(address) => vec![address.into()],
            _ => {
                let host = self.host.strip_suffix('.').unwrap_or(&self.host);
                if host != "localhost" && !host.ends_with(".localhost") {
                    return None;
                }
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
        };
        let with_port = |address| SocketAddr::new(address, self.port);
        Some(addresses.into_iter().map(with_port).collect())
    }
}

/// The origin form of RFC 9112 §3.2.1, which begins with a path also where there is a query alone.
///
/// `Uri` refuses what ends a word or a line. What is left and has no place in a URI is encoded as browsers do.
fn request_target(uri: &Uri) -> String {
    let mut target = String::new();
    if !uri.path().starts_with('/') {
        target.push('/');
    }
    encode(&mut target, uri.path(), b"\"<>`{}^");
    if let Some(query) = uri.query() {
        target.push('?');
        encode(&mut target, query, b"\"<>'");
    }
    target
}

/// Percent-encodes what is not printable ASCII, and these (URL Standard, §1.3).
fn encode(target: &mut String, text: &str, others: &[u8]) {
    for octet in text.bytes() {
        match octet.is_ascii_graphic() && !others.contains(&octet) {
            true => target.push(char::from(octet)),
            false => target.push_str(&format!("%{octet:02X}")),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}{}", self.authority(), self.path)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_a_port_and_a_path() {
        let url = Url::parse("https://Site.login.localhost:8443/login.json?x=1").unwrap();
        assert_eq!(
            (url.host(), url.port(), url.path()),
            ("site.login.localhost", 8443, "/login.json?x=1")
        );
        assert_eq!(url.authority(), "site.login.localhost:8443");
    }

    #[test]
    fn what_is_left_out_is_port_443_and_the_root_path() {
        let url = Url::parse("https://example.org").unwrap();
        assert_eq!((url.port(), url.path()), (443, "/"));
        assert_eq!(url.to_string(), "https://example.org/");
    }

    #[test]
    fn a_query_without_a_path_stands_behind_the_root_path() {
        let path = |text| Url::parse(text).unwrap().path().to_owned();
        assert_eq!(path("https://host?x=1"), "/?x=1");
        assert_eq!(path("https://host:8443?x=1"), "/?x=1");
        assert_eq!(path("https://host/?x=1"), "/?x=1");
        assert_eq!(path("https://host/a?"), "/a?");
        assert_eq!(path("https://host/a?x#y"), "/a?x");
    }

    #[test]
    fn what_has_no_place_in_a_request_line_is_encoded_as_browsers_do() {
        let path = |text| Url::parse(text).unwrap().path().to_owned();
        assert_eq!(path("https://host/gr\u{fc}n?\u{e4}"), "/gr%C3%BCn?%C3%A4");
        // What is encoded stays as it is, and so does what may stand there.
        assert_eq!(path("https://host/a%20b;c=d@e:f"), "/a%20b;c=d@e:f");
        assert_eq!(path("https://host/{a}?b={c}&d=%27"), "/%7Ba%7D?b={c}&d=%27");
        assert_eq!(path("https://host/a?b='c'"), "/a?b=%27c%27");
    }

    #[test]
    fn no_space_and_no_end_of_line_reaches_the_request_line() {
        for between in [
            " ", "\r", "\n", "\r\n", "\t", "\0", "\u{7f}", "\u{a0}", "\u{85}", "\u{2028}",
        ] {
            for text in [
                format!("https://host/a{between}b"),
                format!("https://host/a?b{between}c"),
            ] {
                let Ok(url) = Url::parse(&text) else { continue };
                let is_clean = url.path().bytes().all(|octet| octet.is_ascii_graphic());
                assert!(is_clean, "{text:?}: {}", url.path());
            }
        }
        for refused in [" ", "\r", "\n", "\r\n", "\t", "\0"] {
            assert!(
                Url::parse(&format!("https://host/a{refused}b")).is_err(),
                "{refused:?}"
            );
            assert!(
                Url::parse(&format!("https://host?a{refused}b")).is_err(),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn names_beneath_localhost_are_this_machine_and_others_are_looked_up() {
        let loopback = |text| {
            let addresses = Url::parse(text).unwrap().addresses();
            addresses.map(|all| all.iter().all(|address| address.ip().is_loopback()))
        };
        assert_eq!(loopback("https://localhost:1"), Some(true));
        assert_eq!(loopback("https://a.login.localhost:1"), Some(true));
        assert_eq!(loopback("https://localhost.example.org"), None);
        assert_eq!(loopback("https://notlocalhost"), None);
    }

    #[test]
    fn ip_addresses_stand_for_themselves() {
        let url = Url::parse("https://[::1]:8443/").unwrap();
        assert_eq!(url.authority(), "[::1]:8443");
        assert_eq!(url.addresses().unwrap(), ["[::1]:8443".parse().unwrap()]);
        let url = Url::parse("https://127.0.0.1/").unwrap();
        assert_eq!(url.addresses().unwrap(), ["127.0.0.1:443".parse().unwrap()]);
    }

    #[test]
    fn what_is_not_an_https_url_is_refused() {
        for text in [
            "",
            "localhost:8443",
            "http://localhost",
            "https://",
            "https://alice@localhost",
            "https://localhost:",
            "https://localhost:70000",
            "https://local host",
            "https://ex_ample..org",
            "/path",
        ] {
            let refusal = Url::parse(text).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Usage, "{text}");
            assert!(refusal.hint().is_some());
        }
    }
}
