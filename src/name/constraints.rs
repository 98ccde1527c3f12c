//! Which names a CA may certify: name constraints as RFC 5280 §4.2.1.10 defines them.

use std::fmt;
use std::net::IpAddr;

use super::subject_alt_name::parse_dns_name;
use super::{Quoted, SubjectAltName};
use crate::error::{Error, ErrorKind, Result};

/// The subtrees in which, and outside of which, the names beneath a CA must lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Where subtrees of a kind stand here, every name of that kind must lie in one of them.
    pub permitted: Vec<Subtree>,
    /// No name may lie in one of these.
    pub excluded: Vec<Subtree>,
}

/// One subtree of names of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// A DNS name and everything beneath it; the empty name holds all.
    Dns(String),
    /// One mailbox, all mailboxes of one host, or (with a leading dot) of the hosts beneath a domain.
    Email(String),
    /// A range of addresses.
    Ip(Cidr),
    /// The host of a URI: itself, or (with a leading dot) what lies beneath it.
    Uri(String),
}

/// A range of IP addresses, `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// An address in the range.
    pub address: IpAddr,
    /// How many leading bits all its addresses share.
    pub prefix: u8,
}

impl NameConstraints {
    /// Builds constraints from what the operator permits.
    ///
    /// Names of hosts come in two kinds. Where one of the two is permitted and the other is not mentioned, the other
    /// is excluded as a whole: RFC 5280 leaves a kind that no subtree names without any constraint, and a CA for
    /// `example.org` would go on to speak for every address.
    pub fn permitting(permitted: Vec<Subtree>) -> Self {
        let dns = permitted.iter().any(|tree| matches!(tree, Subtree::Dns(_)));
        let ip = permitted.iter().any(|tree| matches!(tree, Subtree::Ip(_)));
        let v4 = permitted
            .iter()
            .any(|tree| matches!(tree, Subtree::Ip(cidr) if cidr.address.is_ipv4()));
        let v6 = permitted
            .iter()
            .any(|tree| matches!(tree, Subtree::Ip(cidr) if cidr.address.is_ipv6()));
        let mut excluded = Vec::new();
        if ip && !dns {
            excluded.push(Subtree::Dns(String::new()));
        }
        // OpenSSL, GnuTLS and NSS compare addresses of one length only, so each family is closed by itself.
        if (dns || ip) && !v4 {
            excluded.push(Subtree::Ip(Cidr {
                address: IpAddr::from([0; 4]),
                prefix: 0,
            }));
        }
        if (dns || ip) && !v6 {
            excluded.push(Subtree::Ip(Cidr {
                address: IpAddr::from([0; 16]),
                prefix: 0,
            }));
        }
        Self {
            permitted,
            excluded,
        }
    }

    /// Says whether nothing is constrained.
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// Says whether a name of a host could only be one that the operator permitted.
    pub fn constrain_hosts(&self) -> bool {
        let constrained = |probe: &SubjectAltName| !self.permits(probe);
        constrained(&SubjectAltName::Dns("constraint-probe.invalid".to_owned()))
            && constrained(&SubjectAltName::Ip(IpAddr::from([192, 0, 2, 1])))
            && constrained(&SubjectAltName::Ip(IpAddr::from([
                0x2001, 0xdb8, 0, 0, 0, 0, 0, 1,
            ])))
    }

    /// Says whether a certificate beneath the CA may carry `name`.
    pub fn permits(&self, name: &SubjectAltName) -> bool {
        let excluded = self
            .excluded
            .iter()
            .any(|tree| tree.holds(name) == Some(true));
        let mut of_its_kind = self
            .permitted
            .iter()
            .filter_map(|tree| tree.holds(name))
            .peekable();
        !excluded && (of_its_kind.peek().is_none() || of_its_kind.any(|holds| holds))
    }
}

impl Subtree {
    /// Reads the argument of `--permit-dns`.
    ///
    /// # Errors
    /// Refuses what is not a DNS name.
    pub fn parse_dns(text: &str) -> Result<Self> {
        // A leading dot is how some write "everything beneath"; RFC 5280 means that anyway.
        parse_dns_name(text.strip_prefix('.').unwrap_or(text))
            .map(Self::Dns)
            .map_err(|_| {
                Error::new(
                    ErrorKind::InvalidInput,
                    format!("{} is not a domain", Quoted(text)),
                )
                .with_hint("Give one such as example.org; everything beneath it is permitted too.")
            })
    }

    /// Reads the argument of `--permit-email`: an address, a host, or `.domain` for the hosts beneath it.
    ///
    /// # Errors
    /// Refuses what is none of these.
    pub fn parse_email(text: &str) -> Result<Self> {
        if text.contains('@') {
            return SubjectAltName::parse_email(text).map(|name| Self::Email(name.value()));
        }
        match text.strip_prefix('.') {
            Some(domain) => Ok(Self::Email(format!(".{}", parse_dns_name(domain)?))),
            None => parse_dns_name(text).map(Self::Email),
        }
    }

    /// Whether the subtree holds `name`; nothing where the two are of different kinds.
    fn holds(&self, name: &SubjectAltName) -> Option<bool> {
        match (self, name) {
            (Self::Dns(base), SubjectAltName::Dns(name)) => {
                let name = name.strip_prefix("*.").unwrap_or(name);
                Some(is_at_or_beneath(name, base))
            }
            (Self::Email(base), SubjectAltName::Email(name)) => Some(holds_mailbox(base, name)),
            (Self::Ip(cidr), SubjectAltName::Ip(address)) => Some(cidr.contains(*address)),
            (Self::Uri(base), SubjectAltName::Uri(uri)) => {
                Some(host_of_uri(uri).is_some_and(|host| holds_host(base, host)))
            }
            _ => None,
        }
    }
}

/// RFC 5280 §4.2.1.10: a DNS name is in the subtree when zero or more labels are added on its left.
fn is_at_or_beneath(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_ascii_lowercase(), base.to_ascii_lowercase());
    let base = base.strip_prefix('.').unwrap_or(&base);
    base.is_empty()
        || name == base
        || name
            .strip_suffix(base)
            .is_some_and(|labels| labels.ends_with('.'))
}

fn holds_mailbox(base: &str, address: &str) -> bool {
    let Some((local, host)) = address.rsplit_once('@') else {
        return false;
    };
    match base.rsplit_once('@') {
        Some((base_local, base_host)) => {
            local == base_local && host.eq_ignore_ascii_case(base_host)
        }
        None => holds_host(base, host),
    }
}

/// A host by itself, or with a leading dot what lies beneath it but not itself.
fn holds_host(base: &str, host: &str) -> bool {
    match base.strip_prefix('.') {
        Some(domain) => is_at_or_beneath(host, domain) && !host.eq_ignore_ascii_case(domain),
        None => host.eq_ignore_ascii_case(base),
    }
}

fn host_of_uri(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    host.split(':').next().filter(|host| !host.is_empty())
}

impl Cidr {
    /// Reads `10.0.0.0/8`, `::1/128`, or an address alone.
    ///
    /// # Errors
    /// Refuses what is not a range, or has bits set past its prefix.
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |hint: &str| {
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not a range of IP addresses", Quoted(text)),
            )
            .with_hint(hint)
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let form = "Give one such as 10.0.0.0/8 or fd00::/8.";
        let address: IpAddr = address.parse().map_err(|_| refuse(form))?;
        let widest = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            Some(digits) => digits.parse().map_err(|_| refuse(form))?,
            None => widest,
        };
        if prefix > widest {
            return Err(refuse(form));
        }
        let cidr = Self { address, prefix };
        if cidr.network() != address {
            return Err(refuse(&format!(
                "Bits are set past the prefix; {}/{prefix} may be meant.",
                cidr.network()
            )));
        }
        Ok(cidr)
    }

    /// Says whether `address` lies in the range; never for an address of the other family.
    pub fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && Self { address, ..self }.network() == self.network()
    }

    fn network(self) -> IpAddr {
        match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX
                    .checked_shl(32 - u32::from(self.prefix.min(32)))
                    .unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX
                    .checked_shl(128 - u32::from(self.prefix.min(128)))
                    .unwrap_or(0);
                IpAddr::from((address.to_bits() & mask).to_be_bytes())
            }
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl fmt::Display for Subtree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(base) => write!(f, "dns:{base}"),
            Self::Email(base) => write!(f, "email:{base}"),
            Self::Ip(cidr) => write!(f, "ip:{cidr}"),
            Self::Uri(base) => write!(f, "uri:{base}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Result<SubjectAltName> {
        SubjectAltName::parse_host(text)
    }

    #[test]
    fn a_permitted_domain_holds_itself_and_what_lies_beneath() -> Result<()> {
        let constraints = NameConstraints::permitting(vec![Subtree::parse_dns("example.org")?]);
        for good in [
            "example.org",
            "www.example.org",
            "*.example.org",
            "a.b.Example.ORG",
        ] {
            assert!(constraints.permits(&host(good)?), "{good}");
        }
        for bad in ["example.com", "badexample.org", "org", "localhost"] {
            assert!(!constraints.permits(&host(bad)?), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn permitting_one_kind_of_host_closes_the_other_but_not_e_mail() -> Result<()> {
        let dns_only = NameConstraints::permitting(vec![Subtree::parse_dns("example.org")?]);
        assert!(!dns_only.permits(&host("192.0.2.1")?));
        assert!(!dns_only.permits(&host("2001:db8::1")?));
        assert!(dns_only.permits(&SubjectAltName::parse_email("a@b.example")?));
        let ip_only = NameConstraints::permitting(vec![Subtree::Ip(Cidr::parse("10.0.0.0/8")?)]);
        assert!(ip_only.permits(&host("10.1.2.3")?));
        assert!(!ip_only.permits(&host("11.1.2.3")?));
        assert!(!ip_only.permits(&host("::1")?));
        assert!(!ip_only.permits(&host("example.org")?));
        assert!(dns_only.constrain_hosts() && ip_only.constrain_hosts());
        assert!(!NameConstraints::default().constrain_hosts());
        Ok(())
    }

    #[test]
    fn e_mail_subtrees_are_a_mailbox_a_host_or_what_lies_beneath_a_domain() -> Result<()> {
        let permits = |tree: &str, address: &str| -> Result<bool> {
            Ok(
                NameConstraints::permitting(vec![Subtree::parse_email(tree)?])
                    .permits(&SubjectAltName::parse_email(address)?),
            )
        };
        assert!(permits("example.org", "a@example.org")?);
        assert!(!permits("example.org", "a@mail.example.org")?);
        assert!(permits(".example.org", "a@mail.example.org")?);
        assert!(!permits(".example.org", "a@example.org")?);
        assert!(permits("a@example.org", "a@example.org")?);
        assert!(!permits("a@example.org", "b@example.org")?);
        Ok(())
    }

    #[test]
    fn a_uri_is_judged_by_its_host() -> Result<()> {
        let constraints = NameConstraints {
            permitted: vec![Subtree::Uri("example.org".to_owned())],
            excluded: Vec::new(),
        };
        assert!(constraints.permits(&SubjectAltName::parse_uri(
            "https://user@example.org:8443/x"
        )?));
        assert!(!constraints.permits(&SubjectAltName::parse_uri("https://example.com/")?));
        // RFC 5280 §4.2.1.10: a URI without a host cannot lie in a subtree.
        assert!(!constraints.permits(&SubjectAltName::parse_uri("urn:x:y")?));
        Ok(())
    }

    #[test]
    fn ranges_are_read_with_their_bits_checked() -> Result<()> {
        assert!(Cidr::parse("10.0.0.0/8")?.contains([10, 9, 9, 9].into()));
        assert!(Cidr::parse("0.0.0.0/0")?.contains([1, 2, 3, 4].into()));
        assert!(!Cidr::parse("127.0.0.0/8")?.contains(IpAddr::from([0; 16])));
        for text in ["10.0.0.1/8", "10.0.0.0/33", "::/129", "x", "10.0.0.0/x"] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
        Ok(())
    }
}
