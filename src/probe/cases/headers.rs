//! No certificate, and headers by which a proxy would have told of one.

use crate::probe::case::{Act, Baseline, Case, Must, Presents, Spelling};
use crate::probe::remedy::Matter;

pub(super) const CASES: [&Case; 4] = [
    &HEADERS_X_SSL_CLIENT,
    &HEADERS_CLIENT_CERT,
    &HEADERS_X_FORWARDED_CLIENT_CERT,
    &HEADERS_WITH_UNDERSCORES,
];

/// ```text
/// nothing; X-SSL-Client-Verify: SUCCESS, X-SSL-Client-S-DN: NAME and the like                         invalid
/// ```
static HEADERS_X_SSL_CLIENT: Case = Case {
    name: "headers-x-ssl-client",
    matter: Matter::Headers,
    says: "X-SSL-Client-* headers tell of a certificate that nobody showed.",
    section: "RFC 9440 §2.4",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Headers(Spelling::XSslClient),
};

/// ```text
/// nothing; Client-Cert: the certificate of NAME                                                       invalid
/// ```
static HEADERS_CLIENT_CERT: Case = Case {
    name: "headers-client-cert",
    matter: Matter::Headers,
    says: "Client-Cert and Client-Cert-Chain hold a certificate that nobody showed.",
    section: "RFC 9440 §2.4",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Headers(Spelling::ClientCert),
};

/// ```text
/// nothing; X-Forwarded-Client-Cert: the certificate of NAME                                           invalid
/// ```
static HEADERS_X_FORWARDED_CLIENT_CERT: Case = Case {
    name: "headers-x-forwarded-client-cert",
    matter: Matter::Headers,
    says: "X-Forwarded-Client-Cert tells of a certificate that nobody showed.",
    section: "RFC 9440 §2.4",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Headers(Spelling::XForwardedClientCert),
};

/// ```text
/// nothing; X_SSL_Client_Verify: SUCCESS and the like, which CGI cannot tell from those with hyphens   invalid
/// ```
static HEADERS_WITH_UNDERSCORES: Case = Case {
    name: "headers-with-underscores",
    matter: Matter::Headers,
    says: "Headers with underscores for hyphens tell of a certificate that nobody showed.",
    section: "RFC 9440 §2.4, RFC 3875 §4.1.18",
    must: Must::Refuse,
    baseline: Baseline::Plain,
    presents: Presents::Plain,
    act: Act::Headers(Spelling::Underscores),
};
