//! The handshake of this connection, told in order.

use maud::{Markup, html};

use crate::session::{End, Fact, Session, Step};

/// More values than this are folded, with the first one shown.
const FOLDED_FROM: usize = 5;
/// What is as long as half a random and made of hexadecimal digits is set like one.
const DIGITS: usize = 32;

/// Message by message, with the values that stood in each.
pub(super) fn section(session: &Session) -> Markup {
    html! {
        section aria-labelledby="story" {
            h2 id="story" { "The handshake, in order" }
            @match session.story().as_slice() {
                [] => p { "This server could not read what was sent." },
                steps => {
                    p { (introduction(session)) }
                    ol class="story" { @for step in steps { (told(step)) } }
                }
            }
        }
    }
}

fn introduction(session: &Session) -> &'static str {
    match (session.resumed, &session.signature_scheme) {
        (true, _) => {
            "This connection takes up an earlier session. Neither certificate was sent again, and neither private key was used."
        }
        (false, Some(_)) => {
            "Everything that both ends told each other before the first request, as this server saw it. Look for the one message for which your private key was needed."
        }
        (false, None) => {
            "Everything that both ends told each other before the first request, as this server saw it. No private key of yours was used."
        }
    }
}

fn told(step: &Step) -> Markup {
    let (from, way) = match step.from {
        End::Client => ("client", "Client to server"),
        End::Server => ("server", "Server to client"),
    };
    let signs = step.private_key.map(|end| match end {
        End::Client => "your private key signs",
        End::Server => "the server's private key signs",
    });
    let yours = step.private_key == Some(End::Client);
    html! {
        li class=(from) data-message=(step.message) id=[yours.then_some("client-key")] {
            h3 { (step.message) }
            p class="way" {
                (way) ", " (step.protection.as_str())
                @if let Some(signs) = signs { ": " strong { (signs) } }
            }
            p { (step.purpose) }
            @if !step.facts.is_empty() {
                dl { @for fact in &step.facts { (shown(fact)) } }
            }
        }
    }
}

fn shown(fact: &Fact) -> Markup {
    let list = || {
        html! {
            ul { @for text in &fact.values { li data-field=(fact.field) { (value(text)) } } }
        }
    };
    html! {
        div {
            dt { (fact.label) }
            @match fact.values.as_slice() {
                [one] => dd data-field=(fact.field) { (value(one)) },
                all if all.len() >= FOLDED_FROM => dd {
                    details {
                        summary {
                            (all.len())
                            @if let Some(first) = first_name(all) { ", " code { (first) } " first" }
                        }
                        (list())
                    }
                },
                _ => dd { (list()) },
            }
        }
    }
}

/// A value, with what a program reads and no person does in the letters for that.
pub(super) fn value(text: &str) -> Markup {
    html! { @if text.contains(' ') { (prose(text)) } @else { code { (text) } } }
}

/// The same where a single word is an ordinary one.
pub(super) fn prose(text: &str) -> Markup {
    let (before, last) = text
        .rsplit_once(' ')
        .map_or(("", text), |(before, last)| (before, last));
    let digits = last.trim_end_matches('…');
    let is_long = digits.len() >= DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    // As IANA names things of TLS.
    let is_name = before.is_empty() && last.contains('_');
    html! {
        @if is_long || is_name {
            (before) @if !before.is_empty() { " " } code { (last) }
        } @else {
            (text)
        }
    }
}

/// An instant (RFC 3339).
pub(super) fn when(instant: &str) -> Markup {
    html! { time datetime=(instant) { (instant) } }
}

/// A browser's first value is often one that means nothing (GREASE, RFC 8701).
fn first_name(values: &[String]) -> Option<&String> {
    let is_name = |value: &&String| !value.starts_with("0x") && *value != "GREASE";
    values.iter().find(is_name)
}
