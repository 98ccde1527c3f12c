//! How a value stands on a page, by the field that it is of: as a name that somebody chose, as code, or as words of ours.

use maud::{Markup, html};

use crate::name::one_line;

/// How the values of a field are set.
enum Kind {
    /// Somebody else may have chosen it.
    Chosen,
    /// Words of ours, or of the standards.
    Words,
    /// An instant (RFC 3339).
    Instant,
    /// What a program reads.
    Code,
    /// Words of ours, and what a program reads behind them.
    WordsAndCode,
}

fn kind(field: &str) -> Kind {
    match field {
        "certificate.name"
        | "certificate.device"
        | "certificate.subject"
        | "certificate.subject_alt_names"
        | "certificate.issuer"
        | "certificate_request.acceptable_issuers"
        | "client_certificate"
        | "server_certificate"
        | "client_hello.server_name"
        | "session.server_name" => Kind::Chosen,
        "certificate.not_before"
        | "certificate.not_after"
        | "certificate.revoked_at"
        | "resumes.at" => Kind::Instant,
        "certificate.status"
        | "certificate.reason_code"
        | "certificate.profile"
        | "certificate.key_algorithm"
        | "client_hello.offers_resumption"
        | "client_signature.over"
        | "client_signature.context"
        | "server_signature.over"
        | "server_signature.context"
        | "session.forward_secrecy"
        | "session.resumed"
        | "session.protocol"
        | "session.alpn" => Kind::Words,
        "client_hello.key_shares"
        | "hello_retry.key_shares"
        | "key_exchange.client"
        | "key_exchange.server"
        | "client_signature.hash_value"
        | "server_signature.hash_value" => Kind::WordsAndCode,
        _ => Kind::Code,
    }
}

/// A value of the field that has this place in the JSON.
pub(super) fn value(field: &str, text: &str) -> Markup {
    match kind(field) {
        Kind::Chosen => chosen(text),
        Kind::Words => html! { (one_line(text)) },
        Kind::Instant => when(text),
        Kind::Code => html! { code { (one_line(text)) } },
        Kind::WordsAndCode => {
            let (words, code) = text.rsplit_once(' ').unwrap_or(("", text));
            html! { (words) " " code { (code) } }
        }
    }
}

/// A name or a text that somebody else may have chosen: on one line, in its own direction, which turns nothing around it
/// (UAX #9).
pub(super) fn chosen(text: &str) -> Markup {
    html! { bdi { (one_line(text)) } }
}

/// An instant (RFC 3339).
pub(super) fn when(instant: &str) -> Markup {
    html! { time datetime=(instant) { (instant) } }
}

/// The same, which stands in the JSON under this field.
pub(super) fn when_of(field: &str, instant: &str) -> Markup {
    html! { time datetime=(instant) data-field=(field) { (instant) } }
}

/// A label of ours that does not break within a name of a standard, such as SHA-256.
pub(super) fn label(text: &str) -> Markup {
    let name = "SHA-256";
    html! {
        @match text.split_once(name) {
            Some((before, after)) => { (before) span class="whole" { (name) } (after) }
            None => (text),
        }
    }
}

pub(super) fn yes_or_no(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_chose_is_one_line_that_turns_nothing_around_it() {
        for field in ["certificate.subject", "client_certificate"] {
            let shown = value(
                field,
                "CN=\u{202e}ecila\n<script>alert(1)</script>\" data-field=\"x",
            );
            assert_eq!(
                shown.into_string(),
                "<bdi>CN=\u{fffd}ecila\u{fffd}&lt;script&gt;alert(1)&lt;/script&gt;&quot; data-field=&quot;x</bdi>"
            );
        }
        let hebrew = value("certificate.name", "מיכל").into_string();
        assert_eq!(hebrew, "<bdi>מיכל</bdi>");
    }

    #[test]
    fn the_field_decides_how_a_value_is_set_and_not_its_text() {
        for (field, text, shown) in [
            ("certificate.name", "TLS_NULL", "<bdi>TLS_NULL</bdi>"),
            ("session.cipher_suite", "TLS_NULL", "<code>TLS_NULL</code>"),
            ("client_hello.groups", "x25519", "<code>x25519</code>"),
            ("session.resumed", "no", "no"),
            (
                "key_exchange.server",
                "x25519, 32 octets: 00ff…",
                "x25519, 32 octets: <code>00ff…</code>",
            ),
            (
                "certificate.not_after",
                "2026-01-01T00:00:00Z",
                "<time datetime=\"2026-01-01T00:00:00Z\">2026-01-01T00:00:00Z</time>",
            ),
        ] {
            assert_eq!(value(field, text).into_string(), shown, "{field}");
        }
    }
}
