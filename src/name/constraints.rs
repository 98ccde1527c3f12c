//! Which names a CA may certify: name constraints as RFC 5280 §4.2.1.10 defines them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::subject_alt_name::parse_dns_name;
use super::{Cidr, Quoted, SubjectAltName};
use crate::error::{Error, ErrorKind, Result};

/// Top-level domains that nobody registers names in: RFC 6761 §6, RFC 6762 §3 and those of its appendix G.
const LOCAL_DOMAINS: [&str; 11] = [
    "test",
    "localhost",
    "invalid",
    "example",
    "local",
    "intranet",
    "internal",
    "private",
    "corp",
    "home",
    "lan",
];

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
        let [all_dns, all_v4, all_v6] = Subtree::WHOLE_KINDS_OF_HOSTS;
        let mut excluded = Vec::new();
        if ip && !dns {
            excluded.push(all_dns);
        }
        // OpenSSL, GnuTLS and NSS compare addresses of one length only, so each family is closed by itself.
        if (dns || ip) && !v4 {
            excluded.push(all_v4);
        }
        if (dns || ip) && !v6 {
            excluded.push(all_v6);
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

    /// Says whether every name of a host, a DNS name or an address of either family, is confined to what one owner may
    /// have: no kind is left open, and none is permitted as wide as the whole of it.
    ///
    /// What is excluded narrows nothing here unless it is a whole kind: all but one domain is still the world.
    pub fn constrain_hosts(&self) -> bool {
        let confined = |whole: &Subtree| {
            let mut permitted = self
                .permitted
                .iter()
                .filter(|tree| tree.is_of_the_kind_of(whole))
                .peekable();
            self.excluded.contains(whole)
                || permitted.peek().is_some() && permitted.all(|tree| !tree.is_wide())
        };
        Subtree::WHOLE_KINDS_OF_HOSTS.iter().all(confined)
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
    /// Every DNS name, every IPv4 address, every IPv6 address.
    const WHOLE_KINDS_OF_HOSTS: [Self; 3] = [
        Self::Dns(String::new()),
        Self::Ip(Cidr {
            address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            prefix: 0,
        }),
        Self::Ip(Cidr {
            address: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            prefix: 0,
        }),
    ];

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

    /// Whether both hold DNS names, or addresses of one family.
    fn is_of_the_kind_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(_), Self::Dns(_)) => true,
            (Self::Ip(one), Self::Ip(other)) => one.address.is_ipv4() == other.address.is_ipv4(),
            _ => false,
        }
    }

    /// Whether hosts of many owners lie in it: a whole top-level domain, or a range of public addresses that is wider than
    /// what one owner is given.
    fn is_wide(&self) -> bool {
        match self {
            Self::Dns(base) => {
                let base = base.trim_matches('.').to_ascii_lowercase();
                !base.contains('.') && !LOCAL_DOMAINS.contains(&base.as_str())
            }
            Self::Ip(cidr) => cidr.is_wide(),
            Self::Email(_) | Self::Uri(_) => false,
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
    fn hosts_are_constrained_only_where_no_kind_is_left_open_or_as_wide_as_the_world() -> Result<()>
    {
        let dns = |base: &str| Subtree::Dns(base.to_owned());
        let ip = |range: &str| Cidr::parse(range).map(Subtree::Ip);
        let constrained = |permitted: &[Subtree], excluded: &[Subtree]| {
            NameConstraints {
                permitted: permitted.to_vec(),
                excluded: excluded.to_vec(),
            }
            .constrain_hosts()
        };
        let no_address = [ip("0.0.0.0/0")?, ip("::/0")?];
        let loopback = [dns("localhost"), ip("127.0.0.0/8")?, ip("::1/128")?];
        assert!(constrained(&loopback, &[]));
        for base in ["example.org", ".example.org", "corp", "LAN", "home.arpa"] {
            assert!(constrained(&[dns(base)], &no_address), "{base}");
        }
        for base in ["", ".", "com", ".com", "COM"] {
            assert!(!constrained(&[dns(base)], &no_address), "{base}");
            assert!(
                !constrained(&[dns("a.example"), dns(base)], &no_address),
                "{base}"
            );
        }
        // A kind that nobody mentions is open, each family of addresses by itself.
        assert!(!constrained(&loopback[..2], &[]));
        assert!(!constrained(&loopback[1..], &[]));
        assert!(!constrained(&[dns("example.org")], &no_address[..1]));
        assert!(!constrained(
            &[Subtree::Email("example.org".to_owned())],
            &[]
        ));
        // Two halves are a whole, and all but one domain is the world.
        let halves = [dns("localhost"), ip("0.0.0.0/1")?, ip("128.0.0.0/1")?];
        assert!(!constrained(&halves, &no_address[1..]));
        assert!(!constrained(
            &[],
            &[dns("invalid"), ip("192.0.2.0/24")?, ip("::/0")?]
        ));
        assert!(constrained(&[], &[dns(""), ip("0.0.0.0/0")?, ip("::/0")?]));
        // Not one owner's, though no wider than the private range.
        let public = [dns("localhost"), ip("8.0.0.0/8")?, ip("2600::/7")?];
        assert!(!constrained(&public[..2], &no_address[1..]));
        assert!(!constrained(&public, &[]));
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
}
