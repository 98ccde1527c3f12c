//! The page at `GET /`: who you are here, or why not and what to do next; then the facts.

use maud::html;

use super::super::Judgement;
use super::super::steps::Help;
use super::{Page, ending, facts};
use crate::judge::{Reason, Verdict};
use crate::session::Session;

/// Tells the outcome of a login, and where another certificate would help how to get it into the visitor's browser.
pub(in crate::server) fn login(judgement: &Judgement, session: &Session, help: &Help) -> Page {
    let name = name_of(judgement);
    let title = match judgement.verdict {
        Verdict::Accepted => format!("Logged in as {name}"),
        Verdict::NoCertificate => "Not logged in".to_owned(),
        Verdict::Refused(_) => "Login refused".to_owned(),
    };
    let class = judgement.verdict.as_str();
    ending(
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
            @if is_helped_by_a_bundle(judgement.verdict) { (help.section(judgement.verdict)) }
            @if let Some(certificate) = judgement.certificate() {
                section aria-labelledby="certificate" {
                    h2 id="certificate" { "Your certificate" }
                    (facts::of_certificate(certificate))
                }
            }
            @if judgement.chain.len() > 1 {
                section aria-labelledby="chain" {
                    h2 id="chain" { "The chain that was presented" }
                    (facts::of_chain(&judgement.chain))
                }
            }
            section aria-labelledby="session" {
                h2 id="session" { "This connection" }
                (facts::of_session(session))
            }
        },
        &html! {
            p { "The same as data: " a href="/login.json" { "/login.json" } }
            p { (help.link()) }
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

fn name_of(judgement: &Judgement) -> &str {
    judgement.certificate().map_or("nobody", |certificate| {
        certificate.name.as_ref().unwrap_or(&certificate.subject)
    })
}
