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

use aws_lc_rs::rand;
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub(super) use login::{Told, login};

use crate::error::Error;
use crate::hexadecimal;

/// The one style sheet; it stands in the page, which loads nothing.
const STYLE: &str = include_str!("style.css");

/// A page and the policy that lets exactly this page's style sheet apply.
pub(super) struct Page {
    pub(super) html: String,
    pub(super) content_security_policy: String,
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

/// Puts a body into a page that loads nothing.
pub(super) fn page(title: &str, body: &Markup) -> Page {
    ending(title, body, &html! {})
}

/// The same with something at the end that belongs to the whole page.
fn ending(title: &str, body: &Markup, end: &Markup) -> Page {
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
            body {
                a class="skip" href="#content" { "To the content" }
                header class="site" {
                    strong { a href="/" { "pki" } }
                    nav aria-label="All pages" {
                        ul {
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
        content_security_policy: format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    }
}
