//! The page at `GET /`: who you are here, or why not and what to do next; then the facts in tables.

use aws_lc_rs::rand;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::steps::Help;
use super::{Judgement, refusals};
use crate::error::Error;
use crate::hexadecimal;
use crate::inventory::Summary;
use crate::judge::{Reason, Verdict};
use crate::session::Session;

/// The one style sheet; it stands in the page, which loads nothing.
const STYLE: &str = include_str!("style.css");

/// A page and the policy that lets exactly this page's style sheet apply.
pub(super) struct Page {
    pub(super) html: String,
    pub(super) content_security_policy: String,
}

/// Tells the outcome of a login, and where another certificate would help how to get it into the visitor's browser.
pub(super) fn login(judgement: &Judgement, session: &Session, help: &Help) -> Page {
    let name = name_of(judgement);
    let title = match judgement.verdict {
        Verdict::Accepted => format!("Logged in as {name}"),
        Verdict::NoCertificate => "Not logged in".to_owned(),
        Verdict::Refused(_) => "Login refused".to_owned(),
    };
    let class = judgement.verdict.as_str();
    page(
        &title,
        &html! {
            header class=(class) {
                h1 {
                    @match judgement.verdict {
                        Verdict::Accepted => { "Logged in as " span id="name" { (name) } }
                        _ => { (title) }
                    }
                }
                p {
                    "Verdict: " strong id="verdict" { (judgement.verdict.as_str()) }
                    @if let Some(reason) = judgement.verdict.reason() {
                        ", because: " strong id="reason" { (reason.as_str()) }
                    }
                }
                p { (judgement.message()) }
                @if let Some(hint) = judgement.hint() { p { (hint) } }
            }
            (refusals::section(judgement.verdict))
            @if is_helped_by_a_bundle(judgement.verdict) { (help.section(judgement.verdict)) }
            @if let Some(certificate) = judgement.certificate() {
                section aria-labelledby="certificate" {
                    h2 id="certificate" { "Your certificate" }
                    (certificate_table(certificate))
                }
            }
            @if judgement.chain.len() > 1 {
                section aria-labelledby="chain" {
                    h2 id="chain" { "The chain that was presented" }
                    (chain_table(&judgement.chain))
                }
            }
            section aria-labelledby="session" {
                h2 id="session" { "This connection" }
                (session_table(session))
            }
            footer {
                p { "The same as data: " a href="/login.json" { "/login.json" } }
                p { (help.link()) }
            }
        },
    )
}

/// Tells that nothing could be decided.
pub(super) fn trouble(trouble: &Error) -> Page {
    page(
        "Nothing was decided",
        &html! {
            header class="refused" {
                h1 { "Nothing was decided" }
                p { "The server cannot judge a login now: " (trouble.message()) "." }
                @if let Some(hint) = trouble.hint() { p { (hint) } }
            }
        },
    )
}

/// Says whether whoever sees this page may get further with a bundle: not who is in, nor who only has to wait.
fn is_helped_by_a_bundle(verdict: Verdict) -> bool {
    !matches!(
        verdict,
        Verdict::Accepted | Verdict::Refused(Reason::NotYetValid)
    )
}

/// Puts a body into a page that loads nothing.
pub(super) fn page(title: &str, body: &Markup) -> Page {
    let mut octets = [0_u8; 16];
    // Without a random number the style sheet is shut out too, and the page is plain.
    let nonce = match rand::fill(&mut octets) {
        Ok(()) => hexadecimal::encode(&octets),
        Err(_) => String::new(),
    };
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    Page {
        html: html.into_string(),
        content_security_policy: format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
}

fn name_of(judgement: &Judgement) -> &str {
    judgement.certificate().map_or("nobody", |certificate| {
        certificate.name.as_ref().unwrap_or(&certificate.subject)
    })
}

fn certificate_table(certificate: &Summary) -> Markup {
    let names: Vec<_> = certificate
        .subject_alt_names
        .iter()
        .map(|name| format!("{}: {}", name.kind, name.value))
        .collect();
    let names = names.join(", ");
    let revoked = certificate.revoked_at.as_ref().map(|at| {
        format!(
            "{at} ({})",
            certificate.reason_code.unwrap_or("unspecified")
        )
    });
    table(&[
        ("Name", certificate.name.as_deref()),
        ("Device", certificate.device.as_deref()),
        ("Status", Some(certificate.status)),
        ("Revoked", revoked.as_deref()),
        ("Issued to", Some(&certificate.subject)),
        (
            "Other names",
            Some(names.as_str()).filter(|it| !it.is_empty()),
        ),
        ("Issued by", Some(&certificate.issuer)),
        (
            "Profile",
            Some(certificate.profile.unwrap_or("not issued here")),
        ),
        ("Valid from", Some(&certificate.not_before)),
        ("Valid until", Some(&certificate.not_after)),
        ("Key", Some(&certificate.key_algorithm)),
        ("Serial number", Some(&certificate.serial_number)),
        (
            "Fingerprint (SHA-256)",
            Some(&certificate.fingerprint_sha256),
        ),
    ])
}

fn chain_table(chain: &[Option<Summary>]) -> Markup {
    html! {
        ol {
            @for link in chain {
                li {
                    @match link {
                        Some(link) => {
                            (link.subject) ", issued by " (link.issuer) ", valid until " (link.not_after)
                        }
                        None => { "a certificate that cannot be read" }
                    }
                }
            }
        }
    }
}

fn session_table(session: &Session) -> Markup {
    let yes_or_no = |fact: bool| Some(if fact { "yes" } else { "no" });
    let issuers = session.acceptable_issuers.join("; ");
    table(&[
        ("Protocol", session.protocol.as_deref()),
        ("Cipher suite", session.cipher_suite.as_deref()),
        ("Key exchange", session.key_exchange_group.as_deref()),
        ("Forward secrecy", yes_or_no(session.forward_secrecy)),
        ("Resumed", yes_or_no(session.resumed)),
        (
            "Extended master secret",
            session.handshake.extended_master_secret.and_then(yes_or_no),
        ),
        (
            "Signed by the client with",
            session.signature_scheme.as_deref(),
        ),
        ("Server name", session.server_name.as_deref()),
        ("Application protocol", session.alpn.as_deref()),
        (
            "Acceptable issuers",
            Some(issuers.as_str()).filter(|it| !it.is_empty()),
        ),
        ("Client random", session.client_random.as_deref()),
        ("Server random", session.server_random.as_deref()),
        ("Exporter (SHA-256)", session.exporter_sha256.as_deref()),
    ])
}

/// A table of what is known; rows without a value are left out.
fn table(rows: &[(&str, Option<&str>)]) -> Markup {
    html! {
        table {
            tbody {
                @for (fact, value) in rows {
                    @if let Some(value) = value {
                        tr { th scope="row" { (fact) } td { (value) } }
                    }
                }
            }
        }
    }
}
