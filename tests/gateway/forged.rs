//! What a client says of itself in our name does not go through.

use super::passing::PROTOCOLS;
use super::{Kind, Site, names, person, values};

/// What an application could read as ours, as nginx, Apache, HAProxy, Envoy, Traefik, Caddy, AWS, Azure and their users call it.
const FORGED: [&str; 24] = [
    "Client-Cert",
    "CLIENT_CERT",
    "client_Cert-chain",
    "Client.Cert",
    "Client~Cert",
    "X-SSL-Client-Verify",
    "x_ssl_client_verify",
    "X-Ssl_Client-S_DN",
    "X-SSL-Client-Cert",
    "SSL_CLIENT_VERIFY",
    "Ssl-Client-S-Dn",
    "X-Client-Cert",
    "X-Client_Verify",
    "X-Forwarded-Client-Cert",
    "X-Forwarded-Tls-Client-Cert",
    "x_forwarded_for",
    "X-Forwarded-Port",
    "Forwarded",
    "X-Amzn-Mtls-Clientcert",
    "X-ARR-ClientCert",
    "X-Real-IP",
    "Pki-Name",
    "PKI_VERIFY_SECRET",
    "Proxy",
];

#[test]
fn forged_fields_do_not_reach_the_application_in_any_spelling() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let lines = FORGED.map(|name| format!("{name}: forged"));
    let words: Vec<_> = lines
        .iter()
        .flat_map(|it| ["--header", it.as_str()])
        .collect();
    for protocol in PROTOCOLS {
        let told = site.echo(&[&[protocol, "--header", "X-Own: kept"], &words[..]].concat());
        assert!(!told.to_string().contains("forged"), "{protocol}: {told}");
        assert_eq!(values(&told, "x-own"), ["kept"]);
        let mut ours = names(&told);
        ours.sort();
        let unchanged = names(&site.echo(&[protocol, "--header", "X-Own: kept"]));
        let mut wanted = unchanged;
        wanted.sort();
        assert_eq!(ours, wanted);
    }
}

#[test]
fn a_client_cannot_have_ours_removed() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let ours = "Client-Cert, X-SSL-Client-Verify, X-SSL-Client-S-DN, X-Forwarded-For, Forwarded, Host, Via, x-own, \
                Content-Length, Transfer-Encoding, close";
    let request = format!(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: {ours}\r\nX-Own: of this connection\r\nContent-Length: 3\r\n\r\nabc"
    );
    let said = site.answer(&request);
    for kept in [
        "client-cert\", \":M",
        "x-ssl-client-verify\", \"SUCCESS",
        "x-ssl-client-s-dn\", \"CN=alice",
        "x-forwarded-for\", \"127.0.0.1",
        "host\", \"localhost",
        "via\", \"1.1 pki",
        "\"length\": 3",
    ] {
        assert!(said.contains(kept), "{kept}: {said}");
    }
    assert!(!said.contains("of this connection"), "{said}");
}

#[test]
fn forged_trailers_do_not_reach_the_application() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    let request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
                   Trailer: X-Sum, Client-Cert\r\nTrailer: x_ssl_client_verify, Content-Length, Host\r\n\r\n\
                   3\r\nabc\r\n0\r\nX-Sum: 3\r\nClient-Cert: forged\r\nX_SSL_Client_Verify: forged\r\nX-Unannounced: forged\r\n\
                   Content-Length: 7\r\nHost: forged\r\n\r\n";
    let said = site.answer(request);
    assert!(
        said.contains("\"trailers\": [[\"x-sum\", \"3\"]]"),
        "{said}"
    );
    assert!(said.contains("\"trailer\", \"x-sum\"]"), "{said}");
    assert!(!said.contains("forged"), "{said}");
}

#[test]
fn no_name_in_a_certificate_leaves_its_field() {
    let Some(site) = Site::of(Kind::Python, &[]) else {
        return;
    };
    for (name, shown) in [
        (
            "Zo\u{eb} \u{17d}i\u{17e}ek",
            "CN=Zo\\C3\\AB \\C5\\BDi\\C5\\BEek",
        ),
        (
            "a,O=root;x: \"y\"+<z>",
            "CN=a\\,O\\=root\\;x: \\\"y\\\"\\+\\<z\\>",
        ),
        ("Client-Cert: :forged:", "CN=Client-Cert: :forged:"),
    ] {
        let Some(credentials) = person(&site.authority, name) else {
            return;
        };
        let url = site.url("/echo");
        let told = site.curl_as(Some(&credentials), &[&url]).ok().json();
        // RFC 4514 lets the equals sign stand for itself, or be escaped.
        let told_name = values(&told, "x-ssl-client-s-dn")[0].replace("\\=", "=");
        assert_eq!(told_name, shown.replace("\\=", "="));
        assert_eq!(values(&told, "client-cert").len(), 1);
    }
}
