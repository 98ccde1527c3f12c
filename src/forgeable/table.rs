//! The table. Whatever takes fields away is made from it, so that no two of them differ.

use super::Family;

/// By whom a field is used decides nothing: an application may believe any of them.
pub(super) const FAMILIES: [Family; 48] = [
    // RFC 9440, and what it was called before.
    family("Client-Cert*", &["Client-Cert", "Client-Cert-Chain"]),
    family("ClientCert*", &["ClientCert"]),
    family("X-ClientCert*", &["X-ClientCert"]),
    // What the manuals of nginx, Apache and HAProxy, and the applications behind them, call them.
    family(
        "X-SSL*",
        &[
            "X-SSL-Client-Verify",
            "X-SSL-Client-S-DN",
            "X-SSL-Client-Serial",
            "X-SSL-Client-Cert",
            "X-SSL-Client-Chain",
            "X-SSL-Client-CN",
            "X-SSL-Client-DN",
            "X-SSL-Client-Email",
            "X-SSL-Client-Fingerprint",
            "X-SSL-Client-I-DN",
            "X-SSL-Client-Issuer",
            "X-SSL-Client-M-Serial",
            "X-SSL-Client-Not-After",
            "X-SSL-Client-Not-Before",
            "X-SSL-Client-S-DN-CN",
            "X-SSL-Client-SAN",
            "X-SSL-Client-SHA1",
            "X-SSL-Client-SHA256",
            "X-SSL-Client-Subject",
            "X-SSL-Client-Verified",
            "X-SSL-Issuer",
            "X-SSL-Cert",
            "X-SSL-Subject",
        ],
    ),
    family(
        "SSL-*",
        &[
            "SSL-Client-Cert",
            "SSL-Client-Chain",
            "SSL-Client-CN",
            "SSL-Client-DN",
            "SSL-Client-Email",
            "SSL-Client-Fingerprint",
            "SSL-Client-I-DN",
            "SSL-Client-M-Serial",
            "SSL-Client-S-DN",
            "SSL-Client-S-DN-CN",
            "SSL-Client-SAN",
            "SSL-Client-Serial",
            "SSL-Client-SHA1",
            "SSL-Client-SHA256",
            "SSL-Client-Subject",
            "SSL-Client-Verify",
        ],
    ),
    family(
        "X-Client-*",
        &[
            "X-Client-Cert",
            "X-Client-Certificate",
            "X-Client-CN",
            "X-Client-DN",
            "X-Client-Fingerprint",
            "X-Client-IP",
            "X-Client-Issuer",
            "X-Client-S-DN",
            "X-Client-Serial",
            "X-Client-Subject",
            "X-Client-Verified",
            "X-Client-Verify",
        ],
    ),
    family(
        "X-TLS-*",
        &[
            "X-TLS-Client-Cert",
            "X-TLS-Client-CN",
            "X-TLS-Client-DN",
            "X-TLS-Client-Verify",
        ],
    ),
    family(
        "TLS-*",
        &[
            "TLS-Client-Cert",
            "TLS-Client-CN",
            "TLS-Client-DN",
            "TLS-Client-Verify",
        ],
    ),
    family("X-MTLS-*", &["X-MTLS-Client-Cert", "X-MTLS-Client-CN"]),
    family("MTLS-*", &["MTLS-Client-Cert", "MTLS-Client-CN"]),
    family(
        "X-Cert*",
        &["X-Cert", "X-Cert-CN", "X-Cert-DN", "X-Certificate"],
    ),
    family("X-Peer-Cert*", &["X-Peer-Cert", "X-Peer-Certificate"]),
    family("X-Subject-*", &["X-Subject-CN", "X-Subject-DN"]),
    family("X-Verified-*", &["X-Verified-Cert", "X-Verified-User"]),
    // Azure and AWS.
    family("X-ARR-*", &["X-ARR-ClientCert", "X-ARR-SSL"]),
    family(
        "X-Amzn-Mtls-*",
        &[
            "X-Amzn-Mtls-Clientcert",
            "X-Amzn-Mtls-Clientcert-Issuer",
            "X-Amzn-Mtls-Clientcert-Leaf",
            "X-Amzn-Mtls-Clientcert-Serial-Number",
            "X-Amzn-Mtls-Clientcert-Subject",
            "X-Amzn-Mtls-Clientcert-Validity",
        ],
    ),
    // Ours.
    family(
        "Pki-*",
        &[
            "Pki-Name",
            "Pki-Device",
            "Pki-Serial-Number",
            "Pki-Fingerprint-Sha256",
            "Pki-Subject",
            "Pki-Verify-Secret",
        ],
    ),
    // In which a proxy tells who asked it for what (RFC 7239, and before it); among them also Envoy's and Traefik's certificates, and
    // whom a proxy logged in by other means.
    family("Forwarded*", &["Forwarded"]),
    family(
        "X-Forwarded*",
        &[
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Server",
            "X-Forwarded-By",
            "X-Forwarded-Method",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X-Forwarded-Protocol",
            "X-Forwarded-Scheme",
            "X-Forwarded-Ssl",
            "X-Forwarded-Uri",
            "X-Forwarded-Client-Cert",
            "X-Forwarded-Tls-Client-Cert",
            "X-Forwarded-Tls-Client-Cert-Info",
            "X-Forwarded-Tls-Client-Cert-Infos",
            "X-Forwarded-User",
            "X-Forwarded-Email",
            "X-Forwarded-Groups",
            "X-Forwarded-Preferred-Username",
            "X-Forwarded-Access-Token",
        ],
    ),
    family(
        "X-Envoy-*",
        &["X-Envoy-External-Address", "X-Envoy-Original-Path"],
    ),
    family("X-Real-IP", &["X-Real-IP"]),
    family("True-Client-IP", &["True-Client-IP"]),
    family("CF-Connecting-IP", &["CF-Connecting-IP"]),
    family("X-Cluster-Client-IP", &["X-Cluster-Client-IP"]),
    family("X-Scheme", &["X-Scheme"]),
    family("X-URL-Scheme", &["X-URL-Scheme"]),
    family("X-Host", &["X-Host"]),
    family("Front-End-Https", &["Front-End-Https"]),
    // Another path or method than the one that was asked for.
    family(
        "X-Original-*",
        &[
            "X-Original-For",
            "X-Original-Host",
            "X-Original-Method",
            "X-Original-Proto",
            "X-Original-URI",
            "X-Original-URL",
        ],
    ),
    family("X-Rewrite-URL", &["X-Rewrite-URL"]),
    family(
        "X-HTTP-Method*",
        &["X-HTTP-Method", "X-HTTP-Method-Override"],
    ),
    family("X-Method-Override", &["X-Method-Override"]),
    // Becomes HTTP_PROXY in the environment of a CGI program.
    family("Proxy", &["Proxy"]),
    // In which proxies that log users in by other means name them.
    family(
        "Remote-*",
        &[
            "Remote-User",
            "Remote-Name",
            "Remote-Email",
            "Remote-Groups",
            "Remote-Addr",
        ],
    ),
    family(
        "X-Remote-*",
        &[
            "X-Remote-User",
            "X-Remote-Name",
            "X-Remote-Email",
            "X-Remote-Group",
            "X-Remote-Groups",
            "X-Remote-Addr",
            "X-Remote-IP",
        ],
    ),
    family(
        "X-Auth-Request-*",
        &[
            "X-Auth-Request-User",
            "X-Auth-Request-Email",
            "X-Auth-Request-Groups",
            "X-Auth-Request-Preferred-Username",
            "X-Auth-Request-Access-Token",
        ],
    ),
    family("X-Auth-User*", &["X-Auth-User", "X-Auth-Username"]),
    family("X-Auth-Email", &["X-Auth-Email"]),
    family("Auth-User*", &["Auth-User"]),
    family(
        "X-Authenticated-*",
        &[
            "X-Authenticated-User",
            "X-Authenticated-Email",
            "X-Authenticated-Groups",
        ],
    ),
    family(
        "X-Authentik-*",
        &[
            "X-Authentik-Username",
            "X-Authentik-Email",
            "X-Authentik-Groups",
            "X-Authentik-Name",
            "X-Authentik-Uid",
        ],
    ),
    family(
        "X-WebAuth-*",
        &[
            "X-WebAuth-User",
            "X-WebAuth-Name",
            "X-WebAuth-Email",
            "X-WebAuth-Groups",
        ],
    ),
    family("X-User", &["X-User"]),
    family("X-User-Id", &["X-User-Id"]),
    family("X-User-Name", &["X-User-Name"]),
    family("X-User-Email", &["X-User-Email"]),
    family("X-Username", &["X-Username"]),
    family("X-Email", &["X-Email"]),
];

const fn family(pattern: &'static str, names: &'static [&'static str]) -> Family {
    Family { pattern, names }
}
