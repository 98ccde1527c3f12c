//! The pages: one frame around all of them, and the one at `GET /` that tells a login.
//!
//! They run no script and load nothing. A value that stands in `/login.json` too has its place there in `data-field`:
//! `session.protocol`, `certificate.not_after`, and without a first word what lies below `handshake`, such as
//! `client_hello.random`. A list has an element a value, in order. So tests can compare both, and scripts can rely on neither
//! but the JSON.

mod elsewhere;
mod facts;
mod keys;
mod login;
mod secrets;
mod story;
mod text;

use std::sync::LazyLock;

use aws_lc_rs::digest;
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use login::{Told, login};

use crate::error::Error;

/// The one style sheet; it stands in the page, which loads nothing.
const STYLE: &str = include_str!("style.css");

/// The policy that lets exactly this style sheet apply, by its hash (CSP Level 3 §2.3.1).
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
    // The base64 of 32 octets is one line of PEM.
    let pem = pem::encode(&pem::Pem::new("HASH", hash.as_ref()));
    let hash = pem.lines().nth(1).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// A page and the policy under which it is shown.
pub(super) struct Page {
    pub(super) html: String,
    pub(super) content_security_policy: &'static str,
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

/// Tells somebody who is let in that there is nothing behind the door.
pub(super) fn no_answer(trouble: &Error) -> Page {
    page(
        "No answer",
        &html! {
            header class="refused" {
                h1 { "No answer" }
                p { "You are logged in, but " (trouble.message()) "." }
                @if let Some(hint) = trouble.hint() { p { (hint) } }
            }
        },
    )
}

/// Puts a body into a page that loads nothing.
pub(super) fn page(title: &str, body: &Markup) -> Page {
    ending(title, body, &html! {})
}

/// The same with something at the end that belongs to the whole page.
fn ending(title: &str, body: &Markup, end: &Markup) -> Page {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#content" { "To the content" }
                header class="site" {
                    strong { a href="/" { "pki" } }
                    nav aria-label="All pages" {
                        ul role="list" {
                            li { a href="/" { "Log in" } }
                            li { a href="/steps" { "Steps" } }
                            li { a href="/refusals" { "Refusals" } }
                        }
                    }
                }
                main id="content" tabindex="-1" { (body) }
                footer class="end" { (end) p { "No script runs here, and nothing is loaded from elsewhere." } }
            }
        }
    };
    Page {
        html: html.into_string(),
        content_security_policy: &CONTENT_SECURITY_POLICY,
    }
}
