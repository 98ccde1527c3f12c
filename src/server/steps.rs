//! The steps for a visitor: which page is theirs, where the root is, and what whoever keeps the CA must type for them.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{HOST, HeaderMap, USER_AGENT};
use axum::http::uri::Authority;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};

use super::routes::{not_found, shown};
use super::{Shared, markdown, pages};
use crate::bundle::Platform;
use crate::judge::Verdict;
use crate::name::SubjectAltName;
use crate::steps::{self, Visitor};

/// What is known of a visitor and of the way to this server.
pub(super) struct Help {
    visitor: Visitor,
    /// `https://HOST:PORT`, where the host's name is known.
    https: Option<String>,
    http: Option<String>,
    /// Whether the plain side was asked, as far as the request tells.
    is_plain: bool,
}

/// All pages, and whose is whose.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let help = Help::of(&shared, &uri, &headers);
    let title = steps::title(steps::INDEX);
    let body = html! {
        header { h1 { (title) } p { (help.own_page()) } }
        (help.text(steps::INDEX, 0))
    };
    shown(StatusCode::OK, pages::page(title, &body))
}

/// The page of one platform.
pub(super) async fn of_platform(
    State(shared): State<Arc<Shared>>,
    Path(platform): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let Ok(platform) = Platform::parse(&platform) else {
        return not_found().await;
    };
    let help = Help::of(&shared, &uri, &headers);
    let page = steps::page(platform);
    let title = steps::title(page);
    let body = html! {
        header { h1 { (title) } (help.root(platform)) }
        (help.text(page, 0))
        footer { p { a href="/steps" { "Other browsers and systems" } } }
    };
    shown(StatusCode::OK, pages::page(title, &body))
}

/// Where somebody starts who does not trust the root yet.
pub(super) async fn start(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    let help = Help::of(&shared, &uri, &headers);
    let body = html! {
        header {
            h1 { "Log in with a certificate" }
            p { "This server tells who you are by the certificate in your browser, and why not where it does not let you in." }
        }
        ol {
            li { "Let your device trust the server's root certificate." (help.root(help.visitor.platform())) }
            li { "Import the bundle that you were given." p { (help.link()) } }
            li {
                "Open "
                @match &help.https {
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
    pub(super) fn of(shared: &Shared, uri: &Uri, headers: &HeaderMap) -> Self {
        let user_agent = headers.get(USER_AGENT);
        let user_agent = user_agent.and_then(|text| text.to_str().ok());
        let asked = authority(uri, headers);
        let host = asked.as_ref().and_then(host);
        let place = |scheme: &str, address: SocketAddr| {
            let host = match (host.as_deref()?, scheme) {
                // The name that the server's certificate carries wherever its CA permits any of this machine's.
                ("127.0.0.1" | "[::1]", "https") => "localhost",
                (host, _) => host,
            };
            Some(format!("{scheme}://{host}:{}", address.port()))
        };
        // Who came through a side that is open to others may not reach one that is not.
        let alike = |http: &SocketAddr| http.ip().is_loopback() == shared.https.ip().is_loopback();
        let http = shared.http.filter(alike);
        let port = asked.and_then(|authority| authority.port_u16());
        Self {
            visitor: Visitor::of(user_agent.unwrap_or_default()),
            https: place("https", shared.https),
            http: http.and_then(|address| place("http", address)),
            is_plain: port.is_some() && port == http.map(|address| address.port()),
        }
    }

    /// The steps for this visitor, for whom another bundle may help.
    pub(super) fn section(&self, verdict: Verdict) -> Markup {
        let platform = self.visitor.platform();
        html! {
            section aria-labelledby="steps" {
                h2 id="steps" { "How to get your certificate into " (self.visitor) }
                p { "Send this to whoever keeps the certificate authority, with your name in the place of NAME:" }
                pre { code id="command" { (issue(platform)) } }
                @if verdict == Verdict::NoCertificate {
                    p { "If you have a bundle already that does not import, this writes it again in the right form:" }
                    pre { code id="again" { (write_again(platform)) } }
                }
                (self.root(platform))
                (self.text(steps::page(platform), 1))
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
                "How to get a certificate into " (self.visitor)
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
                @if let Some(http) = self.http.as_ref().filter(|_| !self.is_plain) {
                    " (without https: " a id="http" href=(http) { (http) } ")"
                }
            }
        }
    }

    /// A page with the server's own addresses in the place of their examples.
    fn text(&self, page: &str, lower: usize) -> Markup {
        let mut page = page.to_owned();
        for (example, place) in [("HOST:8443", &self.https), ("HOST:8080", &self.http)] {
            if let Some((_, authority)) = place.as_ref().and_then(|place| place.split_once("//")) {
                page = page.replace(example, authority);
            }
        }
        markdown::render(&page, lower)
    }
}

/// The command that issues a certificate in the form that the platform takes.
fn issue(platform: Platform) -> String {
    format!("pki issue-client NAME --for {platform}")
}

/// The command that writes an existing bundle in that form.
fn write_again(platform: Platform) -> String {
    format!("pki export NAME --form p12 --for {platform} --out NAME.p12")
}

/// Under which name and port the visitor found the server (RFC 9110 §7.2, RFC 9113 §8.3.1).
fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let named = || headers.get(HOST)?.to_str().ok()?.parse().ok();
    uri.authority().cloned().or_else(named)
}

/// The host in it, where it is a name or an address: it is the visitor's to say, and stands in links.
fn host(authority: &Authority) -> Option<String> {
    let name = authority.host();
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    match SubjectAltName::parse_host(bare).ok()? {
        SubjectAltName::Dns(name) if !name.contains('*') => Some(name),
        SubjectAltName::Ip(IpAddr::V6(address)) => Some(format!("[{address}]")),
        SubjectAltName::Ip(IpAddr::V4(address)) => Some(address.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn host_of(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, value.parse().unwrap());
        host(&authority(&Uri::from_static("/"), &headers)?)
    }

    #[test]
    fn the_name_of_the_server_is_taken_where_it_is_a_name() {
        for (said, name) in [
            ("localhost:8443", "localhost"),
            ("Login.Example.org", "login.example.org"),
            ("127.0.0.1:8080", "127.0.0.1"),
            ("[::1]:8443", "[::1]"),
        ] {
            assert_eq!(host_of(said).as_deref(), Some(name), "{said}");
        }
        let uri = Uri::from_static("https://site.login.localhost:1/");
        let name = host(&authority(&uri, &HeaderMap::new()).unwrap());
        assert_eq!(name.as_deref(), Some("site.login.localhost"));
    }

    #[test]
    fn what_is_no_name_stands_in_no_link() {
        for said in [
            "",
            "*.example.org",
            "\"><script>alert(1)</script>",
            "a b",
            "evil.example/@x",
            "user@",
            "[::1",
            "-",
        ] {
            assert_eq!(host_of(said), None, "{said}");
        }
        assert!(authority(&Uri::from_static("/"), &HeaderMap::new()).is_none());
    }
}
