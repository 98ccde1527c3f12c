//! What came of the handshake: one secret on both ends, whether it stays closed for ever, and what resuming it kept.

use std::net::IpAddr;

use maud::{Markup, html};

use super::keys::Keys;
use super::text::{label, value, when_of, yes_or_no};
use crate::inventory::Summary;
use crate::session::{Earlier, Session};

/// The derived keys, the value by which both ends can be compared, and forward secrecy.
pub(super) fn section(keys: &Keys<'_>, address: Option<&str>, is_required: bool) -> Markup {
    let session = keys.session;
    html! {
        section aria-labelledby="secrets" {
            h2 id="secrets" { "What came of it" }
            (keys.derived())
            h3 { "Both ends compute the same value" }
            (what_equal_values_say(session))
            @if let Some(exporter) = &session.exporter_sha256 {
                @let field = "session.exporter_sha256";
                dl { div { dt { "This server's" } dd data-field=(field) { (value(field, exporter)) } } }
            }
            (comparison(keys.client, address, is_required))
            h3 { "Forward secrecy: " span data-field="session.forward_secrecy" { (yes_or_no(session.forward_secrecy)) } }
            p { (session.forward_secrecy_reason()) }
            @if keys.is_logged {
                p {
                    strong { "But this server writes the secrets of this connection into a file (--keylog)." }
                    " Whoever has that file and a recording reads everything."
                }
            }
            @if let Some(extended) = session.handshake.extended_master_secret { (extended_master_secret(extended)) }
        }
    }
}

/// The value that the server tells comes over the connection that it is to judge: who stands in between with a certificate that the
/// client trusts could tell any. And without extended master secret even true values can be equal (RFC 7627 §1).
fn what_equal_values_say(session: &Session) -> Markup {
    html! {
        p {
            "From its keys each end can make a value that tells nothing about them: the exporter (RFC 5705, RFC 8446 §7.5). Each connection "
            "has another. "
            @if session.handshake.extended_master_secret == Some(false) {
                "Equal values do not prove here that both ends share one connection: without extended master secret somebody in between can "
                "bring about the same keys, and the same value, on two (RFC 7627 §1)."
            } @else {
                "Ends that have the same value have the same keys."
            }
        }
        p {
            "It shows what an exporter is, and proves nothing against somebody in between whose certificate the client trusts: the server's "
            "value comes over the very connection that it is to judge, and whoever answers there can write any value. What keeps others out is "
            "that the client verified the server's certificate, and its signature over this handshake."
        }
    }
}

/// How to see the other end's value; no browser shows its own.
fn comparison(client: Option<&Summary>, address: Option<&str>, is_required: bool) -> Markup {
    let url = address.unwrap_or("https://HOST:8443");
    html! {
        (by_pki(client, url))
        details {
            summary { "The same with OpenSSL" }
            pre { code id="compare-openssl" { (by_openssl(url, is_required)) } }
            p {
                "The last two lines hold the same digits: the client's value, and the server's. "
                @if is_required {
                    "This server lets nobody in without a certificate: put yours and its key, in PEM, into these files."
                } @else {
                    "With " code { "-cert" } " and " code { "-key" } " it logs in, too."
                }
            }
        }
    }
}

/// The serial number says which of several certificates of one name is meant, and no shell and no file is mistaken for it.
fn by_pki(client: Option<&Summary>, url: &str) -> Markup {
    let with_bundle =
        || html! { pre { code id="compare-bundle" { "pki login --bundle FILE " (url) } } };
    html! {
        p { "A browser does not show its own. " code { "pki login" } " does, for a connection of its own, and says whether both agree:" }
        @match client {
            None => pre { code id="compare" { "pki login " (url) } },
            Some(it) if it.profile == Some("client") => {
                pre { code id="compare" { "pki login " (it.serial_number) " " (url) } }
                p { "This finds the copy of your bundle that the authority may keep. Where it keeps none:" }
                (with_bundle())
            }
            Some(_) => (with_bundle()),
        }
    }
}

fn by_openssl(url: &str, is_required: bool) -> String {
    let authority = url.trim_start_matches("https://");
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    // An address is no server name (RFC 6066 §3).
    let server_name = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(_) => "-noservername".to_owned(),
        Err(_) => format!("-servername {host}"),
    };
    let identity = match is_required {
        true => "-cert certificate.pem -key key.pem ",
        false => "",
    };
    format!(
        "printf 'GET /login.json HTTP/1.1\\r\\nHost: {authority}\\r\\nConnection: close\\r\\n\\r\\n' |\n  \
         openssl s_client -ign_eof -connect {authority} {server_name} \\\n    \
         {identity}-keymatexport EXPORTER-pki-session -keymatexportlen 32 >seen.txt\n\
         perl -ne 'print pack \"H*\", $1 if /Keying material: (\\w+)/' seen.txt | openssl dgst -sha256\n\
         grep -o '\"exporter_sha256\":\"[0-9a-f]*\"' seen.txt"
    )
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
                    Some(text) => span data-field=(field) { (value(&field, text)) },
                    None => "none",
                }
            }
        }
    };
    html! {
        table class="kinds" role="table" {
            caption {
                "The earlier connection, of " (when_of("resumes.at", &earlier.at))
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
                        th role="rowheader" scope="row" { (label(what)) }
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
    fn an_address_is_no_server_name() {
        for (address, wanted) in [
            ("https://localhost:8443", "-servername localhost "),
            ("https://[::1]:8443", "-noservername "),
            ("https://HOST:8443", "-connect HOST:8443 -servername HOST "),
        ] {
            let command = by_openssl(address, false);
            assert!(command.contains(wanted), "{wanted}: {command}");
            assert!(!command.contains("-cert"), "{command}");
        }
        let command = by_openssl("https://localhost:8443", true);
        assert!(command.contains(" -cert certificate.pem -key key.pem "));
    }
}
