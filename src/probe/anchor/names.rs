//! The names that a constrained CA permits, and names that lie outside.

use std::net::{IpAddr, Ipv4Addr};

use crate::name::{Cidr, NameConstraints, SubjectAltName, Subtree};

/// Nobody registers names beneath `invalid` (RFC 6761 §6.4).
const PERMITTED: &str = "permitted.probe.invalid";
const OUTSIDE: &str = "outside.probe.invalid";
/// TEST-NET-1 and TEST-NET-2 (RFC 5737 §3).
const PERMITTED_ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 0);
const OUTSIDE_ADDRESS: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// A kind of name that is constrained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) enum NameKind {
    Dns,
    Email,
    Ip,
    Uri,
}

impl NameKind {
    const ALL: [Self; 4] = [Self::Dns, Self::Email, Self::Ip, Self::Uri];

    fn name_at(self, host: &str, address: Ipv4Addr) -> SubjectAltName {
        match self {
            Self::Dns => SubjectAltName::Dns(host.to_owned()),
            Self::Email => SubjectAltName::Email(format!("probe@{host}")),
            Self::Ip => SubjectAltName::Ip(IpAddr::V4(address)),
            Self::Uri => SubjectAltName::Uri(format!("https://{host}/probe")),
        }
    }
}

/// One name of each kind, all of them permitted, or all but that of one kind.
pub(in crate::probe) fn one_of_each(but: Option<NameKind>) -> Vec<SubjectAltName> {
    let name = |kind: NameKind| match but == Some(kind) {
        true => kind.name_at(OUTSIDE, OUTSIDE_ADDRESS),
        false => kind.name_at(PERMITTED, first_of(PERMITTED_ADDRESS)),
    };
    NameKind::ALL.map(name).to_vec()
}

/// Constraints on every kind of name, within which lie the names of [`one_of_each`] and, as far as they can, these.
pub(super) fn permitting(names: &[SubjectAltName]) -> NameConstraints {
    let range = Cidr {
        address: IpAddr::V4(PERMITTED_ADDRESS),
        prefix: 24,
    };
    let mut permitted = vec![
        Subtree::Dns(PERMITTED.to_owned()),
        Subtree::Email(PERMITTED.to_owned()),
        Subtree::Ip(range),
        Subtree::Uri(PERMITTED.to_owned()),
    ];
    for subtree in names.iter().filter_map(subtree_of) {
        if !permitted.contains(&subtree) {
            permitted.push(subtree);
        }
    }
    NameConstraints {
        permitted,
        excluded: Vec::new(),
    }
}

/// The host of a name, so that others there are permitted too; nothing where a name has none, which no constraint permits
/// (RFC 5280 §4.2.1.10).
fn subtree_of(name: &SubjectAltName) -> Option<Subtree> {
    match name {
        SubjectAltName::Dns(host) => {
            let host = host.strip_prefix("*.").unwrap_or(host);
            Some(Subtree::Dns(host.to_owned()))
        }
        SubjectAltName::Email(address) => {
            let (_, host) = address.rsplit_once('@')?;
            Some(Subtree::Email(host.to_owned()))
        }
        SubjectAltName::Ip(address) => Some(Subtree::Ip(Cidr {
            address: *address,
            prefix: if address.is_ipv4() { 32 } else { 128 },
        })),
        SubjectAltName::Uri(uri) => {
            let (_, rest) = uri.split_once("://")?;
            let authority = rest.split(['/', '?', '#']).next()?;
            let host = authority.rsplit('@').next()?;
            let host = host.split(':').next()?;
            let named = !host.is_empty() && host.parse::<IpAddr>().is_err();
            // A bracket begins an address of IPv6.
            (named && !host.starts_with('[')).then(|| Subtree::Uri(host.to_owned()))
        }
        SubjectAltName::Upn(_) => None,
    }
}

fn first_of(range: Ipv4Addr) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(range) + 1)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_is_permitted_and_what_is_outside_is_not() {
        let constraints = permitting(&[]);
        let broken = |names: Vec<SubjectAltName>| {
            names
                .iter()
                .filter(|name| !constraints.permits(name))
                .map(SubjectAltName::kind)
                .collect::<Vec<_>>()
        };
        assert!(broken(one_of_each(None)).is_empty());
        assert_eq!(broken(one_of_each(Some(NameKind::Dns))), ["dns"]);
        assert_eq!(broken(one_of_each(Some(NameKind::Email))), ["email"]);
        assert_eq!(broken(one_of_each(Some(NameKind::Ip))), ["ip"]);
        assert_eq!(broken(one_of_each(Some(NameKind::Uri))), ["uri"]);
    }

    #[test]
    fn the_bearers_names_are_permitted_where_they_have_a_host() {
        let given = [
            SubjectAltName::parse_email("alice@example.org").unwrap(),
            SubjectAltName::parse_uri("spiffe://example.net/alice").unwrap(),
            SubjectAltName::parse_uri("https://alice:1@example.com:8443?x").unwrap(),
            SubjectAltName::parse_upn("alice@corp.example").unwrap(),
            SubjectAltName::parse_host("laptop.example.org").unwrap(),
            SubjectAltName::parse_host("2001:db8::7").unwrap(),
        ];
        let constraints = permitting(&given);
        assert!(given.iter().all(|name| constraints.permits(name)));
        for uri in ["urn:uuid:1", "https://192.0.2.1/", "https://[2001:db8::1]/"] {
            let name = SubjectAltName::parse_uri(uri).unwrap();
            assert!(
                !permitting(std::slice::from_ref(&name)).permits(&name),
                "{uri}"
            );
        }
    }
}
