//! Which header fields do not go through: those of one connection, and those of a client that an application could take for ours.

use axum::http::HeaderMap;
use axum::http::header::{CONNECTION, HeaderName, HeaderValue, TRAILER};

use crate::forgeable::{FRAMING, is_forgeable};

/// Fields of one connection (RFC 9110 §7.6.1) and of its next proxy (§11.7); those that the Connection field names are others.
const OF_ONE_CONNECTION: [&str; 10] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Removes the fields of one connection, also those that its Connection field names.
pub(super) fn remove_those_of_one_connection(headers: &mut HeaderMap) {
    let named = listed(headers, &CONNECTION);
    for name in named {
        headers.remove(name);
    }
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
}

/// Removes what an application could take for ours.
pub(super) fn remove_ours(headers: &mut HeaderMap) {
    let forged: Vec<_> = headers
        .keys()
        .filter(|it| is_forgeable(it.as_str()))
        .cloned()
        .collect();
    for name in forged {
        headers.remove(name);
    }
}

/// Removes from trailers what may not go through in a header either, and what a trailer may not hold (RFC 9110 §6.5.1).
///
/// An application may merge them into the headers.
pub(super) fn clean_trailers(trailers: &mut HeaderMap) {
    remove_those_of_one_connection(trailers);
    remove_ours(trailers);
    for name in FRAMING {
        trailers.remove(name);
    }
}

/// Leaves of a Trailer field only what may go through; none where nothing is left.
pub(super) fn clean_announcement(headers: &mut HeaderMap) {
    let mut announced = listed(headers, &TRAILER);
    headers.remove(TRAILER);
    announced.retain(|name| {
        let name = name.as_str();
        let stays = [&OF_ONE_CONNECTION[..], &FRAMING].concat();
        !is_forgeable(name) && !stays.contains(&name)
    });
    for name in announced {
        headers.append(TRAILER, HeaderValue::from(name));
    }
}

/// Says whether a list field holds this word.
pub(super) fn lists(headers: &HeaderMap, field: &HeaderName, word: &HeaderName) -> bool {
    listed(headers, field).contains(word)
}

/// The names that a list field holds (RFC 9110 §5.6.1).
fn listed(headers: &HeaderMap, field: &HeaderName) -> Vec<HeaderName> {
    let lines = headers.get_all(field).iter();
    let words = lines.flat_map(|line| line.as_bytes().split(|octet| *octet == b','));
    words
        .filter_map(|word| HeaderName::from_bytes(word.trim_ascii()).ok())
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn fields(lines: &[(&str, &str)]) -> HeaderMap {
        let parsed = lines.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        parsed.collect()
    }

    #[test]
    fn what_an_application_could_take_for_ours_is_removed_in_every_spelling() {
        for name in [
            "Client-Cert",
            "CLIENT_CERT",
            "client-Cert_Chain",
            "Client.Cert",
            "client~cert",
            "Client-Certificate",
            "X-SSL-Client-Verify",
            "X_SSL_CLIENT_S_DN",
            "X-Ssl_Client-Serial",
            "SSL_CLIENT_VERIFY",
            "Ssl-Client-Cert",
            "X-Client-Cert",
            "X-Client_Verify",
            "X-Forwarded-For",
            "X_Forwarded_Proto",
            "X-Forwarded-Client-Cert",
            "X-Forwarded-Tls-Client-Cert-Info",
            "Forwarded",
            "FORWARDED",
            "Pki-Name",
            "pki_reason",
            "X-Real-IP",
            "X-ARR-ClientCert",
            "X-Amzn-Mtls-Clientcert-Leaf",
            "X_Tls_Client_Dn",
            "Remote_User",
            "X-Remote-User",
            "X-WebAuth-User",
            "X-Auth-Request-User",
            "X_Auth_User",
            "Auth-User",
            "X-ClientCert",
            "ClientCert",
            "X-Subject-DN",
            "X-Verified-Cert",
            "X-User",
            "X_USER_ID",
            "X-Host",
            "X-HTTP-Method-Override",
            "X-Original-URL",
            "Proxy",
            "Content_Length",
            "Transfer_Encoding",
            "Transfer.Encoding",
        ] {
            let mut headers = fields(&[(name, "x"), ("accept", "y")]);
            remove_ours(&mut headers);
            assert_eq!(headers, fields(&[("accept", "y")]), "{name}");
        }
    }

    #[test]
    fn what_is_the_clients_own_goes_through() {
        for name in [
            "Accept",
            "Authorization",
            "Content-Length",
            "Content-Type",
            "Cookie",
            "Host",
            "Origin",
            "Client",
            "X-Client",
            "Cert",
            "X-Auth-Token",
            "X-CSRF-Token",
            "X-Requested-With",
            "X-User-Agent",
            "Sec-WebSocket-Key",
            "Via",
            "My_Field",
            "Proxy-Status",
            "X-Forward",
        ] {
            let mut headers = fields(&[(name, "x")]);
            remove_ours(&mut headers);
            assert_eq!(headers.len(), 1, "{name}");
        }
    }

    #[test]
    fn the_fields_of_one_connection_end_there() {
        let mut headers = fields(&[
            ("connection", "close, X-Own , ,"),
            ("connection", "cookie"),
            ("x-own", "1"),
            ("cookie", "a=b"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic x"),
            ("trailer", "x-checksum"),
            ("accept", "*/*"),
        ]);
        remove_those_of_one_connection(&mut headers);
        let left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(left, ["trailer", "accept"]);
    }

    #[test]
    fn trailers_hold_no_more_than_headers_may() {
        let mut trailers = fields(&[
            ("x-checksum", "1"),
            ("client_cert", "forged"),
            ("x-ssl-client-verify", "SUCCESS"),
            ("content-length", "5"),
            ("host", "other.example"),
            ("te", "trailers"),
            ("connection", "x-checksum-2"),
            ("x-checksum-2", "2"),
        ]);
        clean_trailers(&mut trailers);
        assert_eq!(trailers, fields(&[("x-checksum", "1")]));
        let mut headers = fields(&[
            ("trailer", "X-Checksum, Client-Cert"),
            ("trailer", "pki_name, Host, X-Other"),
        ]);
        clean_announcement(&mut headers);
        let wanted = fields(&[("trailer", "x-checksum"), ("trailer", "x-other")]);
        assert_eq!(headers, wanted);
        let mut headers = fields(&[("trailer", "Client-Cert")]);
        clean_announcement(&mut headers);
        assert!(headers.is_empty());
    }
}
