//! The page at `GET /`: who you are here, or why not and what to do next; then the connection, its keys and its handshake.

use maud::{Markup, html};

use super::super::fresh::Fresh;
use super::super::steps::Help;
use super::super::{Judgement, refusals};
use super::keys::Keys;
use super::{Page, elsewhere, ending, facts, secrets, story};
use crate::inventory::Summary;
use crate::judge::{Reason, Verdict};
use crate::name::one_line;
use crate::session::Session;

/// What a page is told from, beside the judgement.
pub(in crate::server) struct Told<'a> {
    pub(in crate::server) session: &'a Session,
    pub(in crate::server) help: &'a Help,
    pub(in crate::server) fresh: &'a Fresh,
    /// The certificate that the server presents now.
    pub(in crate::server) server: Option<&'a Summary>,
    /// Whether the server writes the session's secrets into a file.
    pub(in crate::server) is_logged: bool,
    /// Whether nobody gets here without a good certificate.
    pub(in crate::server) is_required: bool,
}

/// Tells the outcome of a login and the connection that it came by, and where another certificate would help how to get it
/// into the visitor's browser.
pub(in crate::server) fn login(judgement: &Judgement, told: &Told<'_>) -> Page {
    let verdict = judgement.verdict;
    let keys = Keys::of(judgement, told.session, told.server, told.is_logged);
    let title = match verdict {
        Verdict::Accepted => format!("Logged in as {}", one_line(name_of(judgement))),
        Verdict::NoCertificate => "Not logged in".to_owned(),
        Verdict::Refused(_) => "Login refused".to_owned(),
    };
    let is_in = verdict == Verdict::Accepted;
    let connection = html! {
        (keys.two_kinds())
        section aria-labelledby="session" {
            h2 id="session" { "This connection" }
            (facts::of_session(told.session))
        }
        (secrets::resumption(told.session))
        (story::section(told.session))
        (secrets::section(&keys, told.help.https(), told.is_required))
    };
    ending(
        &title,
        &html! {
            (decided(judgement, &title, told.is_logged))
            (contents(judgement, told.session))
            @if is_in {
                (connection)
                @if let Some(certificate) = judgement.certificate() { (presented(judgement, certificate)) }
                (elsewhere::section(told.fresh))
            } @else {
                (refusals::section(judgement, told.session))
                (elsewhere::section(told.fresh))
                @if is_helped_by_a_bundle(verdict) { (told.help.section(verdict)) }
                @if let Some(certificate) = judgement.certificate() { (presented(judgement, certificate)) }
                (connection)
            }
        },
        &html! {
            p { "The same as data: " a href="/login.json" { "/login.json" } }
            p { (told.help.link()) }
        },
    )
}

/// What to do about a refusal stands in the section that follows.
fn decided(judgement: &Judgement, title: &str, is_logged: bool) -> Markup {
    html! {
        header class=(judgement.verdict.as_str()) {
            h1 {
                @match judgement.verdict {
                    Verdict::Accepted => { "Logged in as " bdi id="name" { (one_line(name_of(judgement))) } }
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
            @if is_logged {
                p { strong { "This server writes the secrets of its connections into a file (--keylog): whoever has that can read them." } }
            }
        }
    }
}

/// What stands further down.
fn contents(judgement: &Judgement, session: &Session) -> Markup {
    let verdict = judgement.verdict;
    let certificate = (
        "certificate",
        "Your certificate",
        judgement.certificate().is_some(),
    );
    let why = ("refusal", "Why, and what to do", true);
    let someone_else = ("someone-else", "Log in as someone else", true);
    let connection = [
        ("keys", "Two kinds of keys", true),
        ("session", "This connection", true),
        ("resumption", "What was resumed", session.resumed),
        ("story", "The handshake, in order", true),
        ("secrets", "What came of it", true),
    ];
    let steps = ("steps", "Get a certificate", is_helped_by_a_bundle(verdict));
    let parts = match verdict {
        Verdict::Accepted => [&connection[..], &[certificate, someone_else]].concat(),
        _ => [&[why, someone_else, steps, certificate][..], &connection].concat(),
    };
    html! {
        nav class="contents" aria-label="On this page" {
            ul role="list" {
                @for (id, title, is_there) in parts {
                    @if is_there { li { a href={ "#" (id) } { (title) } } }
                }
            }
        }
    }
}

fn presented(judgement: &Judgement, certificate: &Summary) -> Markup {
    html! {
        section aria-labelledby="certificate" {
            h2 id="certificate" { "Your certificate" }
            (facts::of_certificate(certificate))
            @if judgement.chain.len() > 1 {
                h3 id="chain" { "The chain that was presented" }
                (facts::of_chain(&judgement.chain))
            }
        }
    }
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
