//! The steps for a visitor, on both sides of the server.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::http::response::Parts;
use hyper::{Method, Request};
use pki::server::ClientAuth;
use tokio::net::TcpStream;

use super::fixture::{Authority, Holder};
use super::http::{one_connection, tls};
use super::serving::Running;

const CHROME_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const CHROME_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1";
const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";

/// A visitor on one of the two sides.
pub(super) struct Visit {
    sender: SendRequest<Empty<Bytes>>,
    host: String,
}

impl Visit {
    pub(super) async fn over_tls(
        authority: &Authority,
        server: &Running,
        holder: Option<&Holder>,
    ) -> Self {
        let stream = tls(authority, server, holder, "http/1.1").await;
        Self {
            sender: one_connection(stream).await,
            host: format!("localhost:{}", server.https.port()),
        }
    }

    pub(super) async fn over_tcp(server: &Running) -> Self {
        let stream = TcpStream::connect(server.http).await.unwrap();
        Self {
            sender: one_connection(stream).await,
            host: format!("localhost:{}", server.http.port()),
        }
    }

    async fn ask(&mut self, method: Method, path: &str, user_agent: &str) -> (Parts, String) {
        self.sender.ready().await.unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", &self.host);
        let request = request.header("user-agent", user_agent);
        let request = request.body(Empty::new()).unwrap();
        let (parts, body) = self
            .sender
            .send_request(request)
            .await
            .unwrap()
            .into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts, String::from_utf8_lossy(&body).into_owned())
    }

    pub(super) async fn get(&mut self, path: &str, user_agent: &str) -> (Parts, String) {
        self.ask(Method::GET, path, user_agent).await
    }
}

/// Every header that a page has, and nothing in it that would be loaded or run.
#[track_caller]
pub(super) fn assert_strict(parts: &Parts, page: &str) {
    let header = |name: &str| parts.headers[name].to_str().unwrap();
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    for forbidden in ["<script", "src=", "url(", "style=", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn who_has_no_certificate_sees_the_steps_for_the_browser_at_hand() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let mut visit = Visit::over_tls(&authority, &server, None).await;
    let (parts, page) = visit.get("/", CHROME_ON_WINDOWS).await;
    assert_eq!(parts.status, 401);
    assert_strict(&parts, &page);
    for text in [
        r#"<h2 id="steps">How to get your certificate into Chrome on Windows</h2>"#,
        r#"<code id="command">pki issue-client NAME --for windows</code>"#,
        r#"<code id="again">pki export NAME --form p12 --for windows --out NAME.p12</code>"#,
        r#"<a href="/ca/root.crt">"#,
        "Certificate Import Wizard",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("root.mobileconfig"), "{page}");
    // Each command stands there once, with the visitor's name and not with an example.
    for (command, times) in [
        ("pki issue-client", 1),
        (" --form p12", 1),
        ("1. Get the", 1),
    ] {
        assert_eq!(page.matches(command).count(), times, "{command}: {page}");
    }
    assert!(page.contains("<h3>1. Get the bundle</h3>"), "{page}");
    assert!(page.contains("<h3>2. Import it</h3>"), "{page}");
    let http = format!("http://localhost:{}", server.http.port());
    assert!(page.contains(&format!(r#"<a id="http" href="{http}">"#)));
    let (_, page) = visit.get("/", SAFARI_ON_IPHONE).await;
    assert!(page.contains("How to get your certificate into Safari on an iPhone<"));
    assert!(
        page.contains(r#"<a href="/ca/root.mobileconfig">"#),
        "{page}"
    );
    let commands = concat!(
        r#"<code id="command">pki issue-client NAME --for ios</code>"#,
        "\n",
        r#"<code id="again">pki export NAME --form mobileconfig --for ios --out NAME.mobileconfig</code>"#,
    );
    assert!(page.contains(commands), "{page}");
    assert!(!page.contains("--form p12"), "{page}");
    let (_, page) = visit.get("/", "").await;
    assert!(page.contains("How to get your certificate into your browser<"));
    assert!(page.contains("pki issue-client NAME --for any<"), "{page}");
}

#[tokio::test]
async fn who_is_not_in_safari_on_an_iphone_is_sent_there() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let told = "You are in Chrome; only Safari can use a certificate on an iPhone";
    let mut secure = Visit::over_tls(&authority, &server, None).await;
    let (_, page) = secure.get("/", CHROME_ON_IPHONE).await;
    let heading = format!(r#"<h2 id="steps">{told}</h2>"#);
    assert!(page.contains(&heading), "{page}");
    assert!(!page.contains("into Chrome on an iPhone"), "{page}");
    assert!(page.contains(">How to get a certificate into Safari on an iPhone<"));
    let mut plain = Visit::over_tcp(&server).await;
    for path in ["/", "/steps", "/steps/ios"] {
        let (parts, page) = plain.get(path, CHROME_ON_IPHONE).await;
        assert_strict(&parts, &page);
        assert!(
            page.contains(&format!("{told}: open this page in Safari.")),
            "{path}"
        );
        for user_agent in [SAFARI_ON_IPHONE, CHROME_ON_WINDOWS] {
            let (_, page) = plain.get(path, user_agent).await;
            assert!(!page.contains("You are in"), "{path}: {page}");
        }
    }
}

#[tokio::test]
async fn who_is_refused_sees_the_steps_only_where_another_certificate_helps() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for (holder, status, helps) in [
        (authority.expired_client("expired"), 403, true),
        (authority.unrecorded_client("unrecorded"), 403, true),
        (authority.future_client("future"), 403, false),
        (authority.client("alice"), 200, false),
    ] {
        let mut visit = Visit::over_tls(&authority, &server, Some(&holder)).await;
        let (parts, page) = visit.get("/", CHROME_ON_WINDOWS).await;
        assert_eq!(parts.status, status);
        assert_strict(&parts, &page);
        assert_eq!(page.contains(r#"id="steps""#), helps, "{page}");
        assert_eq!(page.contains(r#"id="command""#), helps);
        assert!(!page.contains(r#"id="again""#), "{page}");
        // Whoever is in finds the way at the end of the page.
        assert!(page.contains(r#"<a id="visitor" href="/steps/windows">"#));
    }
}

#[tokio::test]
async fn both_sides_show_every_page_with_their_own_addresses_and_judge_nobody() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let addresses = [("https", server.https), ("http", server.http)];
    let addresses = addresses.map(|(scheme, to)| format!("{scheme}://localhost:{}", to.port()));
    for mut visit in [
        Visit::over_tls(&authority, &server, None).await,
        Visit::over_tcp(&server).await,
    ] {
        for platform in pki::bundle::Platform::ALL {
            let path = format!("/steps/{platform}");
            let (parts, page) = visit.get(&path, SAFARI_ON_IPHONE).await;
            assert_eq!(parts.status, 200, "{path}");
            assert_strict(&parts, &page);
            assert!(!page.contains("HOST"), "{path}: {page}");
            for address in &addresses {
                assert!(page.contains(address), "{path}: {address}");
            }
            assert!(page.contains(r#"<a href="/ca/root.crt">"#), "{path}");
            let (head, body) = visit.ask(Method::HEAD, &path, "").await;
            assert_eq!((head.status.as_u16(), body.len()), (200, 0));
        }
        let (parts, list) = visit.get("/steps", SAFARI_ON_IPHONE).await;
        assert_eq!(parts.status, 200);
        assert_strict(&parts, &list);
        for platform in pki::bundle::Platform::ALL {
            assert!(list.contains(&format!(r#"<a href="/steps/{platform}">"#)));
        }
        assert!(list.contains(r#"<a id="visitor" href="/steps/ios">"#));
        for unknown in ["/steps/bsd", "/steps/IOS", "/steps/ios.md", "/steps/ios/x"] {
            assert_eq!(visit.get(unknown, "").await.0.status, 404, "{unknown}");
        }
    }
    assert_eq!(server.log(), [""; 0]);
}

/// Also what the router refuses by itself.
#[tokio::test]
async fn every_answer_has_the_strict_headers() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    for (side, mut visit) in [
        Visit::over_tls(&authority, &server, None).await,
        Visit::over_tcp(&server).await,
    ]
    .into_iter()
    .enumerate()
    {
        for (method, path, status) in [
            (Method::GET, "/steps/%ff", 404),
            (Method::GET, "/ca/%ff", 404),
            (Method::GET, "/crl/%ff", 404),
            (Method::GET, "/ca/root.crt", 200),
            (Method::GET, "/%ff", 404),
            (Method::POST, "/steps", 405),
            (Method::DELETE, "/ca/root.crt", 405),
            (Method::PUT, "/", 405),
        ] {
            let (parts, body) = visit.ask(method, path, "").await;
            assert_eq!(parts.status, status, "{side} {path}: {body}");
            let header = |name: &str| parts.headers[name].to_str().unwrap();
            assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(header("x-frame-options"), "DENY", "{path}");
            assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
            assert!(header("content-security-policy").starts_with("default-src 'none'; "));
            let cached = header("cache-control");
            assert_eq!(cached == "no-store", status != 200, "{path}: {cached}");
            assert_eq!(parts.headers.contains_key("allow"), status == 405, "{path}");
        }
    }
}

#[tokio::test]
async fn the_plain_side_starts_with_the_root_and_leads_to_the_login() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let mut visit = Visit::over_tcp(&server).await;
    let (parts, page) = visit.get("/", SAFARI_ON_IPHONE).await;
    assert_eq!(parts.status, 200);
    assert_strict(&parts, &page);
    let https = format!("https://localhost:{}", server.https.port());
    for link in [
        format!(r#"<a id="https" href="{https}">"#),
        r#"<a href="/ca/root.crt">"#.to_owned(),
        r#"<a href="/ca/root.mobileconfig">"#.to_owned(),
        r#"<a id="visitor" href="/steps/ios">"#.to_owned(),
        r#"<a href="/steps">"#.to_owned(),
    ] {
        assert!(page.contains(&link), "{link}: {page}");
    }
    assert!(!page.contains(r#"id="http""#), "{page}");
    // Behind port 80 of another machine the Host names no port at all.
    "localhost".clone_into(&mut visit.host);
    let (_, page) = visit.get("/", SAFARI_ON_IPHONE).await;
    assert!(!page.contains(r#"id="http""#), "{page}");
    // Browsers find the certificate good for the name rather than for the address.
    visit.host = server.http.to_string();
    let (_, page) = visit.get("/", SAFARI_ON_IPHONE).await;
    assert!(page.contains(&format!(r#"href="{https}""#)), "{page}");
}

#[tokio::test]
async fn nothing_that_a_visitor_says_of_himself_is_shown() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let mut visit = Visit::over_tcp(&server).await;
    let strange = "zebra <script>alert(1)</script> Windows NT 10.0 Chrome/1 (zebra)";
    for path in ["/", "/steps", "/steps/windows"] {
        let (_, page) = visit.get(path, strange).await;
        assert!(!page.contains("zebra") && !page.contains("alert"), "{page}");
    }
    for host in ["zebra\"><b>", "*.zebra.example", "zebra@"] {
        host.clone_into(&mut visit.host);
        let (parts, page) = visit.get("/steps/windows", strange).await;
        assert_eq!(parts.status, 200);
        assert!(!page.contains("zebra"), "{page}");
        assert!(page.contains("https://HOST:8443"), "{page}");
    }
}

#[tokio::test]
async fn the_root_is_there_as_a_profile_on_both_sides() {
    let authority = Authority::new();
    let server = authority.serve(ClientAuth::Optional).await;
    let wanted = pki::bundle::root_mobileconfig(&authority.root);
    for mut visit in [
        Visit::over_tls(&authority, &server, None).await,
        Visit::over_tcp(&server).await,
    ] {
        let (parts, profile) = visit.get("/ca/root.mobileconfig", "").await;
        assert_eq!(parts.status, 200);
        assert_eq!(
            parts.headers["content-type"],
            "application/x-apple-aspen-config"
        );
        assert_eq!(
            parts.headers["cache-control"],
            "public, max-age=3600, must-revalidate"
        );
        assert_eq!(profile.as_bytes(), wanted);
        let (certificate, _) = visit.get("/ca/root.crt", "").await;
        assert_ne!(certificate.headers["etag"], parts.headers["etag"]);
    }
}
