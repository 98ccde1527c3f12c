//! The steps for a visitor: which page is theirs, where the root is, and what whoever keeps the CA must type for them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRef, Path, State};
use axum::http::header::{HeaderMap, USER_AGENT};
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};

use super::connection::blocking;
use super::places::{Places, Side, own_certificate};
use super::routes::{not_found, shown};
use super::{Shared, markdown, pages};
use crate::bundle::Platform;
use crate::certificate::Certificate;
use crate::inventory::Summary;
use crate::judge::Verdict;
use crate::name::SubjectAltName;
use crate::steps::{self, Visitor};

/// What a router of help works with: everything, and which side it is on.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) shared: Arc<Shared>,
    pub(super) side: Side,
}

/// What is known of a visitor and of the way to this server.
pub(super) struct Help {
    visitor: Visitor,
    places: Places,
    side: Side,
    /// What the server presents now; without it the pages say less.
    own: Option<(Certificate, Summary)>,
}

impl FromRef<Desk> for Arc<Shared> {
    fn from_ref(desk: &Desk) -> Self {
        desk.shared.clone()
    }
}

/// All pages, and whose is whose.
pub(super) async fn list(State(desk): State<Desk>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let help = Help::of(&desk.shared, desk.side, &uri, &headers).await;
    let title = steps::title(steps::INDEX);
    let body = html! {
        header { h1 { (title) } (help.elsewhere()) p { (help.own_page()) } }
        (help.text(steps::INDEX, 0))
    };
    shown(StatusCode::OK, pages::page(title, &body))
}

/// The page of one platform.
pub(super) async fn of_platform(
    State(desk): State<Desk>,
    platform: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(platform) = platform
        .ok()
        .and_then(|Path(word)| Platform::parse(&word).ok())
    else {
        return not_found().await;
    };
    let help = Help::of(&desk.shared, desk.side, &uri, &headers).await;
    let page = steps::page(platform);
    let title = steps::title(page);
    let body = html! {
        header { h1 { (title) } (help.elsewhere()) (help.root(platform)) }
        (help.text(page, 0))
        p { a href="/steps" { "Other browsers and systems" } }
    };
    shown(StatusCode::OK, pages::page(title, &body))
}

/// Where somebody starts who does not trust the root yet.
pub(super) async fn start(
    State(desk): State<Desk>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let help = Help::of(&desk.shared, desk.side, &uri, &headers).await;
    let body = html! {
        header {
            h1 { "Log in with a certificate" }
            p { "This server tells who you are by the certificate in your browser, and why not where it does not let you in." }
            (help.elsewhere())
        }
        ol {
            li { "Let your device trust the server's root certificate." (help.root(help.visitor.platform())) }
            li { "Import the bundle that you were given." p { (help.link()) } }
            li {
                "Open "
                @match &help.places.https {
                    Some(https) => a id="https" href=(https) { (https) },
                    None => "the server's https address",
                }
                " and choose your certificate."
            }
        }
    };
    shown(
        StatusCode::OK,
        pages::page("Log in with a certificate", &body),
    )
}

impl Help {
    /// Takes the visitor's program and the server's name from the request.
    pub(super) async fn of(
        shared: &Arc<Shared>,
        side: Side,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Self {
        let user_agent = headers.get(USER_AGENT);
        let user_agent = user_agent.and_then(|text| text.to_str().ok());
        let own = {
            let shared = shared.clone();
            blocking(move || own_certificate(&shared)).await
        };
        let own = own.ok().flatten();
        let names = own.as_ref().map(|(certificate, _)| names_of(certificate));
        Self {
            visitor: Visitor::of(user_agent.unwrap_or_default()),
            places: Places::of(shared, side, names.unwrap_or_default(), uri, headers),
            side,
            own,
        }
    }

    /// The names that the server's certificate carries.
    pub(super) fn names(&self) -> &[SubjectAltName] {
        let own = self.own.as_ref();
        own.map(|(certificate, _)| names_of(certificate))
            .unwrap_or_default()
    }

    /// The server's certificate, as the inventory knows it.
    pub(super) fn server(&self) -> Option<&Summary> {
        self.own.as_ref().map(|(_, summary)| summary)
    }

    /// Who visits.
    pub(super) fn visitor(&self) -> Visitor {
        self.visitor
    }

    /// The steps for this visitor, for whom another bundle may help.
    pub(super) fn section(&self, verdict: Verdict) -> Markup {
        let platform = self.visitor.platform();
        let (before, first_step, after) = steps::around_first_step(steps::page(platform));
        html! {
            section aria-labelledby="steps" {
                @match self.visitor.not_in_safari() {
                    Some((program, system)) => {
                        h2 id="steps" { "You are in " (program) "; only Safari can use a certificate on " (system) }
                        p { strong { "Open this page in Safari." } }
                    }
                    None => h2 id="steps" { "How to get your certificate into " (self.visitor) },
                }
                (self.text(before, 1))
                h3 { (first_step) }
                p { "Send this to whoever keeps the certificate authority, with your name in the place of NAME:" }
                (commands(platform, verdict))
                p {
                    "What you are given comes on two ways: the file on one (a USB stick, a mail), its password on another (by telephone, on paper). "
                    "Whoever has both can log in as you."
                }
                (self.root(platform))
                (self.text(after, 1))
            }
        }
    }

    /// Where the visitor finds the mutual-TLS side: `https://HOST:PORT`.
    pub(super) fn https(&self) -> Option<&str> {
        self.places.https.as_deref()
    }

    /// Says where only another browser can use a certificate.
    fn elsewhere(&self) -> Markup {
        html! {
            @if let Some((program, system)) = self.visitor.not_in_safari() {
                p id="elsewhere" {
                    strong { "You are in " (program) "; only Safari can use a certificate on " (system) ": open this page in Safari." }
                }
            }
        }
    }

    /// One line that leads to the steps for this visitor, and to all others.
    pub(super) fn link(&self) -> Markup {
        html! { (self.own_page()) " · " a href="/steps" { "other browsers and systems" } }
    }

    fn own_page(&self) -> Markup {
        html! {
            a id="visitor" href={ "/steps/" (self.visitor.platform()) } {
                "How to get a certificate into " (self.visitor.in_safari())
            }
        }
    }

    /// The root, one click away.
    fn root(&self, platform: Platform) -> Markup {
        let profile = matches!(platform, Platform::Ios | Platform::MacOs);
        html! {
            p {
                "Root certificate: " a href="/ca/root.crt" { "root.crt" }
                @if profile {
                    ", as a profile: " a href="/ca/root.mobileconfig" { "root.mobileconfig" }
                }
                @if let Some(http) = self.places.http.as_ref().filter(|_| self.side == Side::Https) {
                    " (without https: " a id="http" href=(http) { (http) } ")"
                }
            }
        }
    }

    /// A page with the server's own addresses in the place of their examples.
    fn text(&self, page: &str, lower: usize) -> Markup {
        let mut page = page.to_owned();
        if self.places.https.is_some() && self.places.http.is_some() {
            page = page.replace(steps::ON_HOST, "");
        }
        for (example, place) in [
            ("HOST:8443", &self.places.https),
            ("HOST:8080", &self.places.http),
        ] {
            if let Some((_, authority)) = place.as_ref().and_then(|place| place.split_once("//")) {
                page = page.replace(example, authority);
            }
        }
        markdown::render(&page, lower)
    }
}

fn names_of(certificate: &Certificate) -> &[SubjectAltName] {
    &certificate.extensions().subject_alt_names
}

/// What the CA's keeper types for a visitor.
fn commands(platform: Platform, verdict: Verdict) -> Markup {
    let issue = format!("pki issue-client NAME --for {platform}");
    let form = match platform {
        // A bundle alone brings no root that could be switched on there.
        Platform::Ios => "mobileconfig",
        _ => "p12",
    };
    let again = format!("pki export NAME --form {form} --for {platform} --out NAME.{form}");
    html! {
        @if platform == Platform::Ios {
            pre { code id="command" { (issue) } "\n" code id="again" { (again) } }
            p { "The file to give away is the one that the second writes, a configuration profile. Where there is a bundle already, the second is enough." }
        } @else {
            pre { code id="command" { (issue) } }
            @if verdict == Verdict::NoCertificate {
                p { "If you have a bundle already that does not import, this writes it again in the right form:" }
                pre { code id="again" { (again) } }
            }
        }
    }
}
