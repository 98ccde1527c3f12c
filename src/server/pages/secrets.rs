//! What came of the handshake: one secret on both ends, whether it stays closed for ever, and what resuming it kept.

use std::net::IpAddr;

use maud::{Markup, html};

use super::keys::Keys;
use super::story::{value, when};
use crate::session::{Earlier, Session};

/// The derived keys, the value by which both ends can be compared, and forward secrecy.
pub(super) fn section(keys: &Keys<'_>, name: Option<&str>, address: Option<&str>) -> Markup {
    let session = keys.session;
    html! {
        section aria-labelledby="secrets" {
            h2 id="secrets" { "What came of it" }
            (keys.derived())
            h3 { "Both ends compute the same value" }
            p {
                "From its keys each end can make a value that tells nothing about them: the exporter (RFC 5705, RFC 8446 §7.5). Where both have the same, "
                "both have the same keys, and nobody stands in between. Each connection has another."
            }
            @if let Some(exporter) = &session.exporter_sha256 {
                dl { div { dt { "This server's" } dd data-field="session.exporter_sha256" { (value(exporter)) } } }
            }
            (comparison(name, address))
            h3 { "Forward secrecy: " span data-field="session.forward_secrecy" { (yes_or_no(session.forward_secrecy)) } }
            p { (session.forward_secrecy_reason()) }
            @if let Some(extended) = session.handshake.extended_master_secret { (extended_master_secret(extended)) }
        }
    }
}

fn yes_or_no(fact: bool) -> &'static str {
    if fact { "yes" } else { "no" }
}

/// How to see the other end's value; no browser shows its own.
fn comparison(name: Option<&str>, address: Option<&str>) -> Markup {
    let url = address.unwrap_or("https://HOST:8443");
    let authority = url.trim_start_matches("https://");
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    // An address is no server name (RFC 6066 §3).
    let server_name = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => "-noservername".to_owned(),
        Err(_) => format!("-servername {host}"),
    };
    let is_plain = |name: &&str| {
        let mut octets = name.bytes();
        octets.all(|octet| octet.is_ascii_alphanumeric() || b"-_.@".contains(&octet))
    };
    let name = name.filter(is_plain).unwrap_or("NAME");
    let by_openssl = format!(
        "printf 'GET /login.json HTTP/1.1\\r\\nHost: {authority}\\r\\nConnection: close\\r\\n\\r\\n' |\n  \
         openssl s_client -ign_eof -connect {authority} {server_name} \\\n    \
         -keymatexport EXPORTER-pki-session -keymatexportlen 32 >seen.txt\n\
         perl -ne 'print pack \"H*\", $1 if /Keying material: (\\w+)/' seen.txt | openssl dgst -sha256\n\
         grep -o '\"exporter_sha256\":\"[0-9a-f]*\"' seen.txt"
    );
    html! {
        p { "A browser does not show its own. These do, each for a connection of its own; the first says whether both agree:" }
        pre { code id="compare" { "pki login " (name) " " (url) } }
        details {
            summary { "The same with OpenSSL" }
            pre { code id="compare-openssl" { (by_openssl) } }
            p {
                "The last two lines hold the same digits: the client's value, and the server's. With " code { "-cert" } " and " code { "-key" }
                " it logs in, too."
            }
        }
    }
}

fn extended_master_secret(used: bool) -> Markup {
    html! {
        h3 { "Extended master secret: " span data-field="extended_master_secret" { (yes_or_no(used)) } }
        p {
            @if used {
                "TLS 1.2 alone lets the keys hang on the exchange and the randoms. This connection binds them to the whole handshake (RFC 7627), as TLS 1.3 always does."
            } @else {
                "The client did not offer to bind the keys to the whole handshake (RFC 7627), so that somebody in between could have brought about the same keys on both sides. TLS 1.3 always binds them."
            }
        }
    }
}

/// What a resumed connection took over and made anew, beside the one that it resumes; nothing for a full handshake.
pub(super) fn resumption(session: &Session) -> Markup {
    let Some(inheritance) = session.inheritance() else {
        return html! {};
    };
    html! {
        section aria-labelledby="resumption" {
            h2 id="resumption" { "What was resumed" }
            h3 { "Kept" }
            ul { @for kept in inheritance.kept { li { (kept) } } }
            h3 { "Made anew" }
            ul { @for renewed in inheritance.renewed { li { (renewed) } } }
            @match &session.handshake.resumes {
                Some(earlier) => (both(earlier, session)),
                None => p { "This server does not remember the connection whose session this one resumes." },
            }
        }
    }
}

fn both(earlier: &Earlier, session: &Session) -> Markup {
    let rows = [
        (
            "Client random",
            "client_random",
            &earlier.client_random,
            &session.client_random,
        ),
        (
            "Server random",
            "server_random",
            &earlier.server_random,
            &session.server_random,
        ),
        (
            "Exporter (SHA-256)",
            "exporter_sha256",
            &earlier.exporter_sha256,
            &session.exporter_sha256,
        ),
        (
            "Key exchange",
            "key_exchange_group",
            &earlier.key_exchange_group,
            &session.key_exchange_group,
        ),
        (
            "Signed by the client with",
            "signature_scheme",
            &earlier.signature_scheme,
            &session.signature_scheme,
        ),
    ];
    let cell = |column: &str, field: String, text: &Option<String>| {
        html! {
            td role="cell" data-column=(column) {
                @match text {
                    Some(text) => span data-field=(field) { (value(text)) },
                    None => "none",
                }
            }
        }
    };
    html! {
        table class="kinds" role="table" {
            caption {
                "The earlier connection, of " span data-field="resumes.at" { (when(&earlier.at)) }
                @if earlier.resumed { " (which resumed one itself)" }
                ", and this one"
            }
            thead role="rowgroup" {
                tr role="row" {
                    td role="cell" {}
                    th role="columnheader" scope="col" { "Earlier" }
                    th role="columnheader" scope="col" { "Now" }
                }
            }
            tbody role="rowgroup" {
                @for (what, field, then, now) in rows {
                    tr role="row" {
                        th role="rowheader" scope="row" { (what) }
                        (cell("Earlier", format!("resumes.{field}"), then))
                        (cell("Now", format!("session.{field}"), now))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_no_server_name_and_a_name_with_a_blank_no_word_for_a_shell() {
        for (name, address, wanted) in [
            (
                Some("alice"),
                Some("https://localhost:8443"),
                [
                    "pki login alice https://localhost:8443<",
                    "-servername localhost ",
                ],
            ),
            (
                Some("al ice"),
                Some("https://[::1]:8443"),
                ["pki login NAME https://[::1]:8443<", "-noservername "],
            ),
            (
                None,
                None,
                [
                    "pki login NAME https://HOST:8443<",
                    "-connect HOST:8443 -servername HOST ",
                ],
            ),
        ] {
            let html = comparison(name, address).into_string();
            for wanted in wanted {
                assert!(html.contains(wanted), "{wanted}: {html}");
            }
        }
    }
}
