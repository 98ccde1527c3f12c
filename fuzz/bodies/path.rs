//! What a request asks for: targets, hosts and fields, as the server answers them and as the gateway passes them on.

use std::sync::{Arc, LazyLock};

use axum::http::header::{CONNECTION, HOST, HeaderMap};
use axum::http::uri::Authority;
use axum::http::{Method, Request, Response, Uri};
use pki::forgeable::is_forgeable;
use pki::login::Url;
use pki::profile::BaseUrl;
use pki::server::hostile::{self, Published};
use tokio::runtime::{Builder, Runtime};

use super::known::Known;
use super::proxy_header::fields;

/// What the server publishes, and the runtime that it answers in.
static SERVER: LazyLock<(Published, Runtime)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    (Published::new(Arc::new(Known)), runtime)
});

/// The fields that the gateway says itself, though nobody else may.
const OURS: [&str; 5] = [
    "client-cert",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// The first line is a method and a target; lines `name: value` behind it are the fields.
pub fn read(input: &[u8]) {
    let length = input.iter().position(|octet| *octet == b'\n');
    let (line, lines) = input.split_at(length.unwrap_or(input.len()));
    let (method, target) = match line.iter().position(|octet| *octet == b' ') {
        Some(length) => line.split_at(length),
        None => (&b"GET"[..], line),
    };
    let target = target.trim_ascii();
    if let Ok(text) = std::str::from_utf8(target) {
        typed(text);
    }
    let (Ok(method), Ok(uri)) = (Method::from_bytes(method), Uri::try_from(target)) else {
        return;
    };
    let headers = fields(lines);
    hosted(&uri, &headers);
    forwarded(&method, &uri, &headers);
    answered(headers.clone());
    published(method, uri, headers);
}

/// A URL on the command line.
fn typed(text: &str) {
    if let Ok(url) = Url::parse(text) {
        assert!(url.path().starts_with('/'));
        assert!(url.path().bytes().all(|octet| octet.is_ascii_graphic()));
        let again = Url::parse(&url.to_string());
        assert_eq!(again.as_ref().ok(), Some(&url), "{text:?}");
    }
    if let Ok(url) = BaseUrl::parse(text) {
        assert_eq!(BaseUrl::parse(url.as_str()).ok(), Some(url));
    }
}

/// What is answered is plainly asked of the host that was greeted.
fn hosted(uri: &Uri, headers: &HeaderMap) {
    for greeted in [Some("localhost"), None] {
        let Ok(Some(authority)) = hostile::authority(uri, headers, greeted) else {
            continue;
        };
        let host = authority.host();
        assert!(!authority.as_str().contains('@') && headers.get_all(HOST).iter().count() < 2);
        let host = host.strip_suffix('.').unwrap_or(host);
        match greeted {
            Some(name) => assert!(host.eq_ignore_ascii_case(name)),
            None => assert!(host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()),
        }
    }
}

/// A client's request as an application gets it: nothing in it that only the gateway may say.
fn forwarded(method: &Method, uri: &Uri, headers: &HeaderMap) {
    let mut request = Request::new(axum::body::Body::empty());
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    let authority = Authority::from_static("localhost:8443");
    let identity =
        HeaderMap::from_iter([("client-cert".parse().unwrap(), "ours".parse().unwrap())]);
    let passed = hostile::forwarded(request, &authority, &identity);
    let path = |uri: &Uri| uri.path_and_query().map(ToString::to_string);
    assert_eq!(
        path(passed.uri()),
        path(uri).or_else(|| Some("/".to_owned()))
    );
    let headers = passed.headers();
    for (name, value) in headers {
        let name = name.as_str();
        assert!(!is_forgeable(name) || OURS.contains(&name), "{name}");
        if name == CONNECTION {
            assert!(value == "te" || value == "upgrade");
        }
    }
    assert!(headers.get_all("client-cert").iter().eq(["ours"]));
    assert!(headers.get_all(HOST).iter().eq(["localhost:8443"]));
    let frames = ["content-length", "transfer-encoding"];
    let framed = frames
        .iter()
        .filter(|name| headers.contains_key(**name))
        .count();
    assert!(framed < 2 && headers.get_all("content-length").iter().count() < 2);
}

/// An application's answer as the client gets it.
fn answered(headers: HeaderMap) {
    let mut response = Response::new(());
    *response.headers_mut() = headers;
    let passed = hostile::answered(response);
    for name in [
        "pki-reason",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
    ] {
        assert!(!passed.headers().contains_key(name), "{name}");
    }
}

/// What is published: whatever is asked for, there is an answer that says what it is and that it may not be guessed at.
fn published(method: Method, uri: Uri, headers: HeaderMap) {
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    let (server, runtime) = &*SERVER;
    let response = runtime.block_on(server.answer(request));
    let status = response.status().as_u16();
    assert!([200, 304, 307, 400, 404, 405].contains(&status), "{status}");
    assert!(
        response
            .headers()
            .get_all("x-content-type-options")
            .iter()
            .eq(["nosniff"])
    );
    assert!(response.body().len() < 1 << 20);
}
