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
                ErrorKind::InvalidInput,
                format!("{} is not a URL of a server to log in to", Quoted(text)),
            )
            .with_hint(format!("Give one such as {}.", Self::DEFAULT))
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
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }

    /// The host, without brackets around an IPv6 address.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query; `/` when there is none.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name that the server's certificate must hold.
    pub(super) fn server_name(&self) -> ServerName<'static> {
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
            assert_eq!(refusal.kind(), ErrorKind::InvalidInput, "{text}");
            assert!(refusal.hint().is_some());
        }
    }
}
