//! A commonName that is taken for the name of a host.

use super::{NameConstraints, SubjectAltName};

impl NameConstraints {
    /// Says whether a certificate with this commonName, and without a DNS name in subjectAltName, is let through by those who take a
    /// commonName that looks like a host's name for one: OpenSSL does, and applies the constraints to it, which RFC 5280 §4.2.1.10 does not
    /// ask for.
    pub fn permit_common_name(&self, common_name: &str) -> bool {
        !is_like_a_host(common_name)
            || self.permits(&SubjectAltName::Dns(common_name.to_ascii_lowercase()))
    }
}

/// Labels of letters, digits, underscores and inner hyphens, and a dot between two: what OpenSSL takes for a DNS name.
fn is_like_a_host(common_name: &str) -> bool {
    let is_label = |label: &str| {
        let is_inside = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(is_inside)
    };
    common_name.contains('.') && common_name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Subtree;

    #[test]
    fn a_common_name_like_a_hosts_must_lie_within_where_openssl_looks_at_it() {
        let none = NameConstraints::default();
        let constrained = NameConstraints {
            permitted: vec![Subtree::Dns("corp.example".to_owned())],
            excluded: Vec::new(),
        };
        for outside in ["alice.smith", "a_b.c-d", "www.example.org", "1.2.3"] {
            assert!(none.permit_common_name(outside), "{outside}");
            assert!(!constrained.permit_common_name(outside), "{outside}");
        }
        for inside in ["alice.corp.example", "Alice.Corp.Example", "corp.example"] {
            assert!(constrained.permit_common_name(inside), "{inside}");
        }
        for another in [
            "alice",
            "alice smith.x",
            ".alice",
            "alice.",
            "a..b",
            "a-.b",
            "alice@b.c",
            "ällice.b",
        ] {
            assert!(constrained.permit_common_name(another), "{another}");
        }
    }
}
