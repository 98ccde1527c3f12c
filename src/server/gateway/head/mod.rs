//! The heads of messages on their way through: a client's request as the application gets it, its answer as the client does.

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests;

use std::net::IpAddr;

use axum::http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderName, HeaderValue, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VARY, VIA,
};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, Method, Uri, Version, request, response};
use hyper::body::Body;

use super::super::routes::REASON;
use super::fields::{clean_announcement, lists, remove_ours, remove_those_of_one_connection};
use super::identity::{CLIENT_CERT, CLIENT_CERT_CHAIN};

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const TRAILERS: HeaderName = HeaderName::from_static("trailers");
/// The one protocol to which a connection may be upgraded (RFC 6455); h2c would let requests past every check.
const WEBSOCKET: &str = "websocket";
const WEBSOCKET_VALUE: HeaderValue = HeaderValue::from_static(WEBSOCKET);
/// How many fields we add.
const OUR_FIELDS: usize = 12;
/// By what name this gateway is known in Via (RFC 9110 §7.6.3).
const PSEUDONYM: &str = "pki";

/// What is known of a request beside its head.
pub(in crate::server) struct Asked<'a> {
    /// The host that it asks for.
    pub(in crate::server) authority: &'a Authority,
    pub(in crate::server) peer: IpAddr,
    /// The fields that say who the client is.
    pub(in crate::server) identity: &'a HeaderMap,
    pub(in crate::server) is_upgrade: bool,
}

/// Says whether a request wants to become a WebSocket (RFC 6455 §4.1).
pub(in crate::server) fn wants_websocket(head: &request::Parts, body: &impl Body) -> bool {
    head.method == Method::GET
        && head.version == Version::HTTP_11
        && body.is_end_stream()
        && lists(&head.headers, &CONNECTION, &UPGRADE)
        && is_websocket(&head.headers)
}

/// Says whether a client waits until its body is asked for (RFC 9110 §10.1.1). In HTTP/2 nobody asks.
pub(super) fn is_held_back(head: &request::Parts, body: &impl Body) -> bool {
    let expects = head.headers.get(EXPECT);
    head.version == Version::HTTP_11
        && expects.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"100-continue"))
        && !body.is_end_stream()
}

/// Says whether a body arrives in another coding than chunks alone, which nobody here takes off (RFC 9112 §6.1).
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(TRANSFER_ENCODING).iter();
    let is_plain = |line: &HeaderValue| line.as_bytes().eq_ignore_ascii_case(b"chunked");
    lines.next().is_some_and(|line| !is_plain(line)) || lines.next().is_some()
}

/// Says whether the one protocol that an Upgrade field names is WebSocket.
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(UPGRADE).iter();
    let is_it = |line: &HeaderValue| line.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes());
    lines.next().is_some_and(is_it) && lines.next().is_none()
}

/// A client's request as the application gets it: method, path and query octet for octet.
///
/// First everything goes that the client must not say, also by its Connection field; then we say it.
pub(in crate::server) fn request(
    head: request::Parts,
    body: &impl Body,
    asked: &Asked<'_>,
) -> request::Parts {
    let request::Parts {
        method,
        uri,
        version,
        headers: said,
        ..
    } = head;
    // Host stands first, as it should (RFC 9110 §7.2); its value comes last.
    let mut headers = HeaderMap::with_capacity(said.keys_len() + OUR_FIELDS);
    headers.insert(HOST, HeaderValue::from_static(""));
    headers.extend(said);
    let takes_trailers = lists(&headers, &TE, &TRAILERS);
    let had_length = headers.contains_key(CONTENT_LENGTH);
    remove_those_of_one_connection(&mut headers);
    remove_ours(&mut headers);
    join_cookies(&mut headers);
    set_framing(&mut headers, &method, body, had_length);
    if takes_trailers {
        headers.insert(TE, HeaderValue::from(TRAILERS));
        headers.insert(CONNECTION, HeaderValue::from_static("te"));
    }
    if asked.is_upgrade {
        headers.insert(UPGRADE, WEBSOCKET_VALUE);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    // An expectation is about a body; without one there is nothing to wait for.
    if body.is_end_stream() {
        headers.remove(EXPECT);
    }
    say_who_asked(&mut headers, version, asked);
    let mut asked = request::Request::new(()).into_parts().0;
    asked.method = method;
    asked.uri = origin_form(&uri);
    asked.version = Version::HTTP_11;
    asked.headers = headers;
    asked
}

/// The application's answer as the client gets it.
pub(in crate::server) fn response(head: &mut response::Parts) {
    let headers = &mut head.headers;
    // RFC 9112 §6.3: the length was overridden, and says nothing about what we send.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    remove_those_of_one_connection(headers);
    // In it we say why somebody is refused, and who looks for that must not find the application's.
    headers.remove(REASON);
    clean_announcement(headers);
    // RFC 9440 §2.4: the client never sent these fields, so that no cache of its own could compare them.
    if lists(headers, &VARY, &CLIENT_CERT) || lists(headers, &VARY, &CLIENT_CERT_CHAIN) {
        headers.insert(VARY, HeaderValue::from_static("*"));
    }
    head.version = Version::HTTP_11;
}

/// Puts back what makes a WebSocket of a connection.
pub(super) fn upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET_VALUE);
}

/// Only the path and the query, as they stand (RFC 9112 §3.2.1); the asterisk of OPTIONS too.
fn origin_form(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
}

/// Says how long the body is as far as it was received, whatever the client had said about it.
///
/// hyper takes a request of unknown length by GET for one without a body, unless its framing is spelt out.
fn set_framing(headers: &mut HeaderMap, method: &Method, body: &impl Body, had_length: bool) {
    headers.remove(CONTENT_LENGTH);
    let announces_none = [Method::POST, Method::PUT, Method::PATCH].contains(method) || had_length;
    match (body.is_end_stream(), body.size_hint().exact()) {
        // RFC 9110 §8.6: where a body is usual, its absence is said.
        (true, _) if announces_none => drop(headers.insert(CONTENT_LENGTH, 0.into())),
        (true, _) => {}
        (false, Some(length)) => drop(headers.insert(CONTENT_LENGTH, length.into())),
        (false, None) => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            return clean_announcement(headers);
        }
    }
    // Only a chunked body has trailers.
    headers.remove(TRAILER);
}

/// HTTP/2 lets a client send its cookies in several fields, HTTP/1.1 does not (RFC 9113 §8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let mut lines = headers.get_all(COOKIE).iter();
    let Some(first) = lines.next() else { return };
    let mut joined = first.as_bytes().to_vec();
    for line in lines {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(line.as_bytes());
    }
    if let Ok(value) = HeaderValue::from_bytes(&joined) {
        headers.insert(COOKIE, value);
    }
}

/// Adds what is ours to say. The client's own words on it are gone by now.
fn say_who_asked(headers: &mut HeaderMap, version: Version, asked: &Asked<'_>) {
    let peer = asked.peer.to_canonical();
    let authority = asked.authority.as_str();
    let node = match peer {
        IpAddr::V4(address) => address.to_string(),
        // RFC 7239 §6: the colons would end the value.
        IpAddr::V6(address) => format!("\"[{address}]\""),
    };
    let forwarded = format!("for={node};host=\"{authority}\";proto=https");
    for (name, text) in [
        (HOST, authority),
        (FORWARDED, &forwarded),
        (FORWARDED_FOR, &peer.to_string()),
        (FORWARDED_HOST, authority),
        (FORWARDED_PROTO, "https"),
    ] {
        match HeaderValue::from_str(text) {
            Ok(value) => drop(headers.insert(name, value)),
            Err(_) => drop(headers.remove(name)),
        }
    }
    let version = match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2.0",
        _ => "1.1",
    };
    if let Ok(value) = HeaderValue::from_str(&format!("{version} {PSEUDONYM}")) {
        headers.append(VIA, value);
    }
    for (name, value) in asked.identity {
        headers.insert(name.clone(), value.clone());
    }
}
