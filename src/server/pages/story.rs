//! The handshake of this connection, told in order.

use maud::{Markup, html};

use super::text::value;
use crate::session::{End, Fact, Session, Step};

/// More values than this are folded, with the first one shown.
const FOLDED_FROM: usize = 5;

/// Message by message, with the values that stood in each.
pub(super) fn section(session: &Session) -> Markup {
    html! {
        section aria-labelledby="story" {
            h2 id="story" { "The handshake, in order" }
            @match session.story().as_slice() {
                [] => p { "This server could not read what was sent." },
                steps => {
                    p { (introduction(session)) }
                    ol class="story" role="list" { @for step in steps { (told(step, steps)) } }
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

fn told(step: &Step, all: &[Step]) -> Markup {
    let (from, way) = match step.from {
        End::Client => ("client", "Client to server"),
        End::Server => ("server", "Server to client"),
    };
    // Who goes from heading to heading hears nothing else.
    let is_of_both = all
        .iter()
        .any(|it| it.message == step.message && it.from != step.from);
    let signs = step.private_key.map(|end| match end {
        End::Client => "your private key signs",
        End::Server => "the server's private key signs",
    });
    let yours = step.private_key == Some(End::Client);
    html! {
        li class=(from) data-message=(step.message) id=[yours.then_some("client-key")] {
            h3 { (step.message) @if is_of_both { ", of the " (from) } }
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
            ul role="list" { @for text in &fact.values { li data-field=(fact.field) { (value(fact.field, text)) } } }
        }
    };
    html! {
        div {
            dt { (fact.label) }
            @match fact.values.as_slice() {
                [one] => dd data-field=(fact.field) { (value(fact.field, one)) },
                all if all.len() >= FOLDED_FROM => dd {
                    details {
                        summary {
                            (all.len())
                            @if let Some(first) = first_name(all) { ", " (value(fact.field, first)) " first" }
                        }
                        (list())
                    }
                },
                _ => dd { (list()) },
            }
        }
    }
}

/// A browser's first value is often one that means nothing (GREASE, RFC 8701).
fn first_name(values: &[String]) -> Option<&String> {
    let is_name = |value: &&String| !value.starts_with("0x") && *value != "GREASE";
    values.iter().find(is_name)
}
