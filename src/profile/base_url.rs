//! Where a CA publishes what others ask about its certificates.

use crate::error::{Error, ErrorKind, Result};
use crate::name::{Quoted, SubjectAltName};

/// The URL beneath which CRLs, OCSP and CA certificates of this CA are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads the argument of `--base-url`.
    ///
    /// # Errors
    /// Refuses what is not an `http` or `https` URL with a host and nothing behind its path.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a base URL", Quoted(text)),
            )
            .with_hint("Give one such as http://pki.example.org or http://pki.example.org/ca.")
        };
        let uri = SubjectAltName::parse_uri(text)
            .map_err(|_| refuse())?
            .value();
        let rest = uri
            .strip_prefix("http://")
            .or_else(|| uri.strip_prefix("https://"))
            .ok_or_else(refuse)?;
        let host = rest.split('/').next().unwrap_or_default();
        if host.is_empty() || rest.contains(['?', '#', '@']) {
            return Err(refuse());
        }
        Ok(Self(uri.trim_end_matches('/').to_owned()))
    }

    /// The URL without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether fetching from it needs a certificate check itself, which RFC 5280 §8 warns of for CRLs.
    pub fn is_circular(&self) -> bool {
        self.0.starts_with("https://")
    }

    pub(super) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_http_with_a_host() {
        assert!(
            BaseUrl::parse("http://pki.example.org/ca/")
                .is_ok_and(|url| url.as_str() == "http://pki.example.org/ca")
        );
        for text in [
            "pki.example.org",
            "ftp://x",
            "http://",
            "http://x?y",
            "http://u@x",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
