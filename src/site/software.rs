//! The servers for which there is a configuration.

use std::fmt;

use super::{
    File, Material, Site, apache, caddy, envoy, gnutls, haproxy, java, nginx, node, openssl,
    python, traefik,
};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Quoted;

/// A server, or a program that is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Software {
    /// nginx.
    Nginx,
    /// Apache's httpd.
    Apache,
    /// HAProxy.
    Haproxy,
    /// Caddy.
    Caddy,
    /// A program for Node.
    Node,
    /// A program for Python (uvicorn).
    Python,
    /// A program for Java.
    Java,
    /// `openssl s_server`.
    OpenSsl,
    /// `gnutls-serv`.
    GnuTls,
    /// Traefik.
    Traefik,
    /// Envoy.
    Envoy,
}

impl Software {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Nginx,
        Self::Apache,
        Self::Haproxy,
        Self::Caddy,
        Self::Node,
        Self::Python,
        Self::Java,
        Self::OpenSsl,
        Self::GnuTls,
        Self::Traefik,
        Self::Envoy,
    ];

    /// Reads its word.
    ///
    /// # Errors
    /// Refuses other words.
    pub fn parse(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|software| software.name() == text)
            .ok_or_else(|| {
                let known = Self::ALL.map(Self::name).join(", ");
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is no server that is known here", Quoted(text)),
                )
                .with_hint(format!("Choose one of {known}."))
            })
    }

    /// Its word on the command line and in `--json` output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache",
            Self::Haproxy => "haproxy",
            Self::Caddy => "caddy",
            Self::Node => "node",
            Self::Python => "python",
            Self::Java => "java",
            Self::OpenSsl => "openssl",
            Self::GnuTls => "gnutls",
            Self::Traefik => "traefik",
            Self::Envoy => "envoy",
        }
    }

    /// Says whether the tests start this server from its configuration and probe it; else it was written from its documentation.
    pub fn is_proven(self) -> bool {
        !matches!(self, Self::Traefik | Self::Envoy)
    }

    /// Says whether an application stands behind it; else it is one itself.
    pub fn is_proxy(self) -> bool {
        matches!(
            self,
            Self::Nginx | Self::Apache | Self::Haproxy | Self::Caddy | Self::Traefik | Self::Envoy
        )
    }

    /// Says whether it asks `pki serve` whom a certificate lets in.
    pub fn asks_pki_serve(self) -> bool {
        matches!(self, Self::Caddy | Self::Traefik | Self::Envoy)
    }

    /// Says whether it looks at CRLs; else `pki serve` alone tells it what was revoked.
    pub fn reads_crls(self) -> bool {
        !matches!(self, Self::Caddy | Self::Traefik)
    }

    /// The files of what is public of the CA.
    ///
    /// # Errors
    /// Refuses a CA whose name the server's files cannot hold.
    pub fn material(self, material: &Material) -> Result<Vec<File>> {
        let mut files = material.files();
        match self {
            Self::Haproxy => files.push(haproxy::issuers(material)?),
            Self::Caddy => files.push(caddy::trusted(material)),
            _ => {}
        }
        Ok(files)
    }

    /// Everything that the configuration of a site consists of, the main file first.
    pub fn files(self, site: &Site) -> Vec<File> {
        match self {
            Self::Nginx => nginx::files(site),
            Self::Apache => apache::files(site),
            Self::Haproxy => haproxy::files(site),
            Self::Caddy => caddy::files(site),
            Self::Traefik => traefik::files(site),
            Self::Envoy => envoy::files(site),
            Self::Node => node::files(site),
            Self::Python => python::files(site),
            Self::Java => java::files(site),
            Self::OpenSsl => openssl::files(site),
            Self::GnuTls => gnutls::files(site),
        }
    }
}

impl fmt::Display for Software {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
