//! Facts beneath each other: what each is, and its value.

use maud::{Markup, html};

use super::text::{chosen, label, value, when, yes_or_no};
use crate::inventory::Summary;
use crate::session::Session;

/// What a fact is, where it stands in the JSON, and its value.
type Row<'a> = (&'a str, &'a str, Option<&'a str>);

/// Every field of a certificate that matters.
pub(super) fn of_certificate(certificate: &Summary) -> Markup {
    let names: Vec<_> = certificate
        .subject_alt_names
        .iter()
        .map(|name| format!("{}: {}", name.kind, name.value))
        .collect();
    let names = names.join(", ");
    list(&[
        ("Name", "certificate.name", certificate.name.as_deref()),
        (
            "Device",
            "certificate.device",
            certificate.device.as_deref(),
        ),
        // Of a stranger's only its dates are known, which stand below: "valid" would be heard as more.
        (
            "Status",
            "certificate.status",
            certificate.profile.map(|_| certificate.status),
        ),
        (
            "Revoked",
            "certificate.revoked_at",
            certificate.revoked_at.as_deref(),
        ),
        ("Reason", "certificate.reason_code", certificate.reason_code),
        (
            "Issued to",
            "certificate.subject",
            Some(&certificate.subject),
        ),
        (
            "Other names",
            "certificate.subject_alt_names",
            Some(names.as_str()).filter(|it| !it.is_empty()),
        ),
        ("Issued by", "certificate.issuer", Some(&certificate.issuer)),
        (
            "Profile",
            "certificate.profile",
            Some(certificate.profile.unwrap_or("not issued here")),
        ),
        (
            "Valid from",
            "certificate.not_before",
            Some(&certificate.not_before),
        ),
        (
            "Valid until",
            "certificate.not_after",
            Some(&certificate.not_after),
        ),
        (
            "Key",
            "certificate.key_algorithm",
            Some(&certificate.key_algorithm),
        ),
        (
            "Serial number",
            "certificate.serial_number",
            Some(&certificate.serial_number),
        ),
        (
            "Fingerprint (SHA-256)",
            "certificate.fingerprint_sha256",
            Some(&certificate.fingerprint_sha256),
        ),
    ])
}

/// Every field of a session.
pub(super) fn of_session(session: &Session) -> Markup {
    list(&[
        ("Protocol", "session.protocol", session.protocol.as_deref()),
        (
            "Cipher suite",
            "session.cipher_suite",
            session.cipher_suite.as_deref(),
        ),
        (
            "Key exchange",
            "session.key_exchange_group",
            session.key_exchange_group.as_deref(),
        ),
        (
            "Forward secrecy",
            "session.forward_secrecy",
            Some(yes_or_no(session.forward_secrecy)),
        ),
        (
            "Resumed",
            "session.resumed",
            Some(yes_or_no(session.resumed)),
        ),
        (
            "Signed by the client with",
            "session.signature_scheme",
            session.signature_scheme.as_deref(),
        ),
        (
            "Server name",
            "session.server_name",
            session.server_name.as_deref(),
        ),
        (
            "Application protocol",
            "session.alpn",
            session.alpn.as_deref(),
        ),
        (
            "Exporter (SHA-256)",
            "session.exporter_sha256",
            session.exporter_sha256.as_deref(),
        ),
    ])
}

/// The certificates that the client presented, in its order.
pub(super) fn of_chain(chain: &[Option<Summary>]) -> Markup {
    html! {
        ol {
            @for link in chain {
                li {
                    @match link {
                        Some(link) => {
                            (chosen(&link.subject)) ", issued by " (chosen(&link.issuer)) ", valid until " (when(&link.not_after))
                        }
                        None => { "a certificate that cannot be read" }
                    }
                }
            }
        }
    }
}

/// What is known; rows without a value are left out.
fn list(rows: &[Row<'_>]) -> Markup {
    html! {
        dl {
            @for (fact, field, text) in rows {
                @if let Some(text) = text {
                    div { dt { (label(fact)) } dd data-field=(field) { (value(field, text)) } }
                }
            }
        }
    }
}
