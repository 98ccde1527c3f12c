//! There is no display name, no comment and no bracket in it; other characters are a SmtpUTF8Mailbox's.

use crate::lint::value::EMAIL;
use crate::lint::view::shown;
use crate::lint::{Concerns, Rule, Severity, View};

pub(super) static RULE: Rule = Rule {
    name: "email-address-syntax",
    demand: "An rfc822Name is a mailbox in ASCII: something, an @, a domain.",
    source: "RFC 5280 §4.2.1.6",
    concerns: Concerns::Every,
    severity: Severity::Error,
    check,
};

fn check(view: &View<'_>) -> Vec<String> {
    let bad = (view.alt_names(EMAIL)).filter(|name| !name.is_empty() && !is_mailbox(name));
    bad.map(|name| format!("the rfc822Name is {}", shown(name)))
        .collect()
}

fn is_mailbox(name: &[u8]) -> bool {
    let mut parts = name.rsplitn(2, |octet| *octet == b'@');
    let (domain, local) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    // A local part in quotes may hold nearly anything (RFC 5321 §4.1.2).
    let is_quoted = local.len() > 2 && local.starts_with(b"\"") && local.ends_with(b"\"");
    let is_atom = !local.is_empty()
        && (local.iter())
            .all(|octet| octet.is_ascii_graphic() && !b"\"(),:;<>@[\\]".contains(octet));
    let is_domain = !domain.is_empty()
        && (domain.iter()).all(|octet| octet.is_ascii_alphanumeric() || b"-.:[]".contains(octet));
    name.is_ascii() && (is_quoted || is_atom) && is_domain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{Draft, said};

    #[test]
    fn a_mailbox_passes_and_what_is_none_is_found() {
        let of = |name: &[u8]| said(&RULE, &Draft::client().named(&[(EMAIL, name)])).len();
        for good in [
            &b"a@example.org"[..],
            b"a.b+c@EXAMPLE.org",
            b"\"a b\"@example.org",
        ] {
            assert_eq!(of(good), 0, "{good:?}");
        }
        for bad in [
            &b"alice"[..],
            b"@example.org",
            b"a@",
            b"Alice <a@example.org>",
            b"a@example.org ",
            "ë@example.org".as_bytes(),
        ] {
            assert_eq!(of(bad), 1, "{bad:?}");
        }
    }
}
