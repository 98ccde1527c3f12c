//! Configurations of other people's servers that let in whom this CA lets in: text in, files out.
//!
//! A room a server, each with its templates as the files that they become. Nothing here looks at a disk or a clock: whoever calls
//! has parsed every host, path and URL into a type that holds nothing that could break out of a configuration's quoting.

mod apache;
mod caddy;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod documented;
mod envoy;
mod gnutls;
mod haproxy;
mod headers;
mod java;
mod material;
mod nginx;
mod node;
mod openssl;
mod place;
mod program;
mod python;
mod refresh;
mod sandbox;
mod software;
mod template;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod traefik;
mod upstream;

use std::net::SocketAddr;

pub use material::Material;
pub use place::Place;
pub use software::Software;
pub use upstream::Upstream;

use crate::name::SubjectAltName;

/// Everything that the configuration of a site needs.
#[derive(Debug, Clone)]
pub struct Site {
    /// The names to which it answers, those of its certificate, the first being the one to call it by.
    pub hosts: Vec<SubjectAltName>,
    /// How many CAs stand between an end entity and the root.
    pub depth: usize,
    /// Whether root starts it.
    pub is_privileged: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// The application behind it, where there is one.
    pub upstream: Upstream,
    /// The server's certificate and those of the CAs above it but the root.
    pub fullchain: Place,
    /// The server's private key.
    pub key: Place,
    /// Where all of it is written.
    pub directory: Place,
    /// The CA.
    pub ca_data: Place,
    /// The number of the user whose the CA's directory is.
    pub owner: u32,
    /// This program.
    pub program: Place,
    /// Another hierarchy that the server is to trust besides, so that it can be probed.
    pub probe_anchor: Option<Place>,
}

/// A file of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, beneath the site's directory.
    pub name: String,
    /// What stands in it.
    pub contents: String,
    /// What it is.
    pub kind: Kind,
}

/// What a file of a configuration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file to be read.
    Text,
    /// A file to be run.
    Program,
    /// A symbolic link to the path that stands in it.
    Link,
}

impl File {
    /// A file to be read.
    pub(crate) fn text(name: &str, contents: String) -> Self {
        Self {
            name: name.to_owned(),
            contents,
            kind: Kind::Text,
        }
    }

    /// A file to be run.
    pub(crate) fn program(name: &str, contents: String) -> Self {
        Self {
            kind: Kind::Program,
            ..Self::text(name, contents)
        }
    }

    /// A symbolic link, for a server that wants a file under another name.
    pub(crate) fn link(name: &str, target: &Place) -> Self {
        Self {
            kind: Kind::Link,
            ..Self::text(name, target.to_string())
        }
    }
}

impl Site {
    /// The certificates of the root and of its issuing CAs, in this order: whom clients' certificates must come from.
    pub fn client_ca(&self) -> Place {
        self.directory.join("client-ca.pem")
    }

    /// The root alone.
    pub fn root(&self) -> Place {
        self.directory.join("root.pem")
    }

    /// The issuing CAs alone.
    pub fn issuing(&self) -> Place {
        self.directory.join("issuing.pem")
    }

    /// The CRLs of the root and of its issuing CAs.
    pub fn crl(&self) -> Place {
        self.directory.join("crl.pem")
    }

    /// Where `pki serve` answers a server that asks whom a certificate lets in.
    pub fn verify_socket(&self) -> Place {
        self.directory.join("verify.sock")
    }

    /// Says whether all of it is written outside of the CA's directory, where a server that starts as a user of its own can read it.
    fn is_apart(&self) -> bool {
        !self.directory.path().starts_with(self.ca_data.path())
    }

    /// Puts the site's values, and these besides, into a template.
    ///
    /// Always there: `host`, `address`, `ip`, `port`, `upstream`, `upstream_authority`, `fullchain`, `key`, `directory`, `client_ca`,
    /// `root`, `issuing`, `crl`, `program`, `ca_data`, `depth`, `owner`.
    fn fill(&self, template: &str, more: &[(&str, String)]) -> String {
        let host = self.hosts.first().map(SubjectAltName::value);
        let own = [
            ("host", host.unwrap_or_default()),
            ("address", self.listen.to_string()),
            ("ip", self.listen.ip().to_string()),
            ("port", self.listen.port().to_string()),
            ("upstream", self.upstream.to_string()),
            ("upstream_authority", self.upstream.authority()),
            ("fullchain", self.fullchain.to_string()),
            ("key", self.key.to_string()),
            ("directory", self.directory.to_string()),
            ("client_ca", self.client_ca().to_string()),
            ("root", self.root().to_string()),
            ("issuing", self.issuing().to_string()),
            ("crl", self.crl().to_string()),
            ("program", self.program.to_string()),
            ("ca_data", self.ca_data.to_string()),
            ("depth", self.depth.to_string()),
            ("owner", self.owner.to_string()),
        ];
        let values = more.iter().chain(&own);
        let values: Vec<_> = values
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        template::fill(template, &values)
    }

    /// Its names as they stand in a URL and in the Host field: an IPv6 address in brackets.
    fn hosts_in_urls(&self) -> Vec<String> {
        let in_url = |host: &SubjectAltName| match host {
            SubjectAltName::Ip(address) if address.is_ipv6() => format!("[{address}]"),
            host => host.value(),
        };
        self.hosts.iter().map(in_url).collect()
    }

    /// A regular expression for its names in the Host field, in lower case and without a port.
    fn hosts_pattern(&self) -> String {
        let escaped = |sign: char| match sign {
            '.' | '[' | ']' => format!("\\{sign}"),
            // A wildcard stands for one label (RFC 6125 §6.4.3).
            '*' => "[^.]+".to_owned(),
            other => other.to_string(),
        };
        let hosts = self.hosts_in_urls();
        let patterns: Vec<String> = hosts
            .iter()
            .map(|host| host.chars().map(escaped).collect())
            .collect();
        patterns.join("|")
    }
}
