//! The kinds of subjectAltName that certificates of this CA carry.

use std::fmt;
use std::net::IpAddr;

use super::Quoted;
use crate::error::{Error, ErrorKind, Result};

/// The longest DNS name in octets (RFC 1035 §2.3.4, without the root's dot).
const MAX_DNS_NAME: usize = 253;
const MAX_LABEL: usize = 63;
/// The longest e-mail address and its longest part before the `@` (RFC 5321 §4.5.3.1).
const MAX_EMAIL: usize = 254;
const MAX_LOCAL_PART: usize = 64;
const MAX_URI: usize = 2048;
const MAX_UPN: usize = 1024;

/// One general name of a subjectAltName extension (RFC 5280 §4.2.1.6), in the form in which it is encoded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectAltName {
    /// A dNSName in A-labels and lower case; its leftmost label may be `*` (RFC 6125 §6.4.3).
    Dns(String),
    /// An iPAddress.
    Ip(IpAddr),
    /// An rfc822Name: ASCII before the `@`, A-labels behind it.
    Email(String),
    /// A uniformResourceIdentifier with a scheme.
    Uri(String),
    /// A Microsoft user principal name: otherName 1.3.6.1.4.1.311.20.2.3 with a UTF8String.
    Upn(String),
}

impl SubjectAltName {
    /// Reads a server's name: an IP address, or a DNS name that is turned into A-labels.
    ///
    /// # Errors
    /// Refuses what is neither.
    pub fn parse_host(text: &str) -> Result<Self> {
        let bare = text
            .strip_prefix('[')
            .and_then(|inner| inner.strip_suffix(']'))
            .unwrap_or(text);
        match bare.parse::<IpAddr>() {
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) => dns_name(text, Wildcard::Allowed).map(Self::Dns),
        }
    }

    /// Reads an e-mail address.
    ///
    /// # Errors
    /// Refuses a part before the `@` that is not ASCII: an rfc822Name cannot hold it (RFC 5280 §4.2.1.6).
    pub fn parse_email(text: &str) -> Result<Self> {
        let refuse = |fact: &str, hint: &str| {
            Err(Error::new(
                ErrorKind::InvalidInput,
                format!("the e-mail address {} {fact}", Quoted(text)),
            )
            .with_hint(hint))
        };
        let Some((local, domain)) = text.rsplit_once('@') else {
            return refuse("has no @", "Give an address such as alice@example.org.");
        };
        if !local.is_ascii() {
            return refuse(
                "has characters outside ASCII before the @",
                "An rfc822Name cannot hold them; use the person's ASCII address.",
            );
        }
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&byte);
        let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
        if local.is_empty() || local.len() > MAX_LOCAL_PART || dots || !local.bytes().all(plain) {
            return refuse(
                "is not of the form that RFC 5321 allows",
                "Give an address such as alice@example.org.",
            );
        }
        let domain = dns_name(domain, Wildcard::Refused)?;
        let address = format!("{local}@{domain}");
        if address.len() > MAX_EMAIL {
            return refuse("is too long", "An address has at most 254 characters.");
        }
        Ok(Self::Email(address))
    }

    /// Reads a URI, such as `spiffe://example.org/web` or `urn:uuid:…`.
    ///
    /// # Errors
    /// Refuses what has no scheme or is not ASCII (RFC 5280 §4.2.1.6, RFC 3986 §3).
    pub fn parse_uri(text: &str) -> Result<Self> {
        let (scheme, rest) = text.split_once(':').unwrap_or_default();
        let scheme_is_good = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let rest_is_good = !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        if !scheme_is_good || !rest_is_good || text.len() > MAX_URI {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a URI with a scheme, in ASCII", Quoted(text)),
            )
            .with_hint(
                "Give one such as spiffe://example.org/alice, other characters percent-encoded.",
            ));
        }
        Ok(Self::Uri(text.to_owned()))
    }

    /// Reads a user principal name, `alice@corp.example`.
    ///
    /// # Errors
    /// Refuses what has no `@` or holds control characters.
    pub fn parse_upn(text: &str) -> Result<Self> {
        let parts = text.rsplit_once('@');
        let whole = parts.is_some_and(|(user, suffix)| !user.is_empty() && !suffix.is_empty());
        if !whole
            || text.chars().any(|c| c.is_control() || c.is_whitespace())
            || text.len() > MAX_UPN
        {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a user principal name", Quoted(text)),
            )
            .with_hint("Give one such as alice@corp.example."));
        }
        Ok(Self::Upn(text.to_owned()))
    }

    /// The kind's word in `--json` output and in the inventory.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
            Self::Email(_) => "email",
            Self::Uri(_) => "uri",
            Self::Upn(_) => "upn",
        }
    }

    /// The name's value without its kind.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) | Self::Upn(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }
}

impl fmt::Display for SubjectAltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind(), self.value())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wildcard {
    Allowed,
    Refused,
}

/// A DNS name in A-labels (RFC 5890) and lower case, or the reason why it is none.
pub(super) fn parse_dns_name(text: &str) -> Result<String> {
    dns_name(text, Wildcard::Refused)
}

fn dns_name(text: &str, wildcard: Wildcard) -> Result<String> {
    let refuse = || {
        Error::new(
            ErrorKind::InvalidInput,
            format!("{} is not a DNS name", Quoted(text)),
        )
        .with_hint("Give one such as www.example.org, *.example.org or an IP address.")
    };
    let (prefix, base) = match text.strip_prefix("*.") {
        Some(base) if wildcard == Wildcard::Allowed => ("*.", base),
        _ => ("", text),
    };
    let ascii = idna::domain_to_ascii_strict(base).map_err(|_| refuse())?;
    let labels_are_good = ascii.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= MAX_LABEL
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    // A last label of digits alone is an IPv4 address written in an odd way, never a name (RFC 1123 §2.1).
    let looks_like_an_address = ascii
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    let name = format!("{prefix}{ascii}");
    if !labels_are_good || looks_like_an_address || name.len() > MAX_DNS_NAME {
        return Err(refuse());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_a_labels_in_lower_case_or_addresses() -> Result<()> {
        let dns = |text: &str| SubjectAltName::Dns(text.to_owned());
        assert_eq!(
            SubjectAltName::parse_host("Bücher.example")?,
            dns("xn--bcher-kva.example")
        );
        assert_eq!(
            SubjectAltName::parse_host("*.Example.ORG")?,
            dns("*.example.org")
        );
        assert_eq!(SubjectAltName::parse_host("localhost")?, dns("localhost"));
        assert_eq!(SubjectAltName::parse_host("::1")?.kind(), "ip");
        assert_eq!(SubjectAltName::parse_host("[::1]")?.value(), "::1");
        assert_eq!(
            SubjectAltName::parse_host("127.0.0.1")?.value(),
            "127.0.0.1"
        );
        Ok(())
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "a b",
            "a_b.example",
            "*",
            "*.*.example",
            "a..b",
            "-a.example",
            "1.2.3",
            "x.256.1",
            "a*b.example",
        ] {
            assert!(SubjectAltName::parse_host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn e_mail_addresses_keep_their_local_part_and_get_an_ascii_domain() -> Result<()> {
        assert_eq!(
            SubjectAltName::parse_email("Alice@Bücher.example")?.value(),
            "Alice@xn--bcher-kva.example"
        );
        for text in [
            "alice",
            "@example.org",
            "zoë@example.org",
            "a b@example.org",
            "a..b@example.org",
            "a@*.example",
        ] {
            assert!(SubjectAltName::parse_email(text).is_err(), "{text}");
        }
        Ok(())
    }

    #[test]
    fn a_uri_needs_a_scheme_and_a_upn_an_at_sign() {
        assert!(SubjectAltName::parse_uri("spiffe://example.org/web").is_ok());
        assert!(SubjectAltName::parse_uri("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6").is_ok());
        assert!(SubjectAltName::parse_uri("example.org/web").is_err());
        assert!(SubjectAltName::parse_uri("http://exa mple").is_err());
        assert!(SubjectAltName::parse_upn("alice@corp.example").is_ok());
        assert!(SubjectAltName::parse_upn("alice").is_err());
    }
}
