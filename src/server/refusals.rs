//! Why somebody was not let in, at length: a page for each reason on both sides, and the same text on the page that refuses.

use axum::body::Body;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{Response, StatusCode};
use maud::{Markup, html};

use super::routes::{not_found, shown};
use super::{Judgement, markdown, pages};
use crate::judge::{Reason, Verdict};
use crate::name::one_line;
use crate::refusals::{INDEX, Refusal};
use crate::session::Session;
use crate::steps::title;

/// All reasons.
pub(super) async fn list() -> Response<Body> {
    let body = html! {
        header { h1 { (title(INDEX)) } }
        (markdown::render(INDEX, 0))
    };
    shown(StatusCode::OK, pages::page(title(INDEX), &body))
}

/// The page of one reason.
pub(super) async fn of_reason(reason: Result<Path<String>, PathRejection>) -> Response<Body> {
    let refusal = reason.ok().and_then(|Path(word)| Refusal::parse(&word));
    let Some(refusal) = refusal else {
        return not_found().await;
    };
    let title = title(refusal.page());
    let body = html! {
        header { h1 { (title) } p { "Reason: " strong id="reason" { (refusal.as_str()) } } }
        (markdown::render(refusal.page(), 0))
        (others())
    };
    shown(StatusCode::OK, pages::page(title, &body))
}

/// What a verdict means and what to do next, for the page that tells it; nothing, where somebody was let in.
///
/// Its heading is of the second rank, and its `id` is `refusal`.
pub(super) fn section(judgement: &Judgement, session: &Session) -> Markup {
    html! {
        @if let Some(refusal) = Refusal::of(judgement.verdict) {
            @let page = refusal.page();
            section aria-labelledby="refusal" {
                h2 id="refusal" { (title(page)) }
                (now(judgement, session))
                (markdown::render(&refusal.for_the_person(), 1))
                p {
                    a href={ "/refusals/" (refusal.as_str()) } {
                        "What was checked, and what whoever keeps the certificate authority does about it"
                    }
                }
            }
        }
    }
}

/// What this connection adds to what holds for everybody.
fn now(judgement: &Judgement, session: &Session) -> Markup {
    let issuers = &session.acceptable_issuers;
    let reason_code = judgement.certificate().and_then(|it| it.reason_code);
    html! {
        @match judgement.verdict {
            Verdict::NoCertificate if session.resumed => p id="not-asked-now" {
                "You were not asked now: this connection resumes a session that began without a certificate."
            },
            Verdict::Refused(Reason::Revoked) if reason_code == Some("certificateHold") => p id="on-hold" {
                strong { "Yours is on hold" } ", which can be lifted; then it counts again."
            },
            Verdict::Refused(Reason::UnknownIssuer) if !issuers.is_empty() => {
                p { "Whoever issued it must be one of these:" }
                ul id="acceptable" { @for issuer in issuers { li { bdi { (one_line(issuer)) } } } }
            },
            _ => {}
        }
    }
}

fn others() -> Markup {
    html! { p { a href="/refusals" { "Every reason why a login is refused" } } }
}
