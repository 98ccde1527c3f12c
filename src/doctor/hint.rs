//! The usual causes of a login that does not come about, each only where it applies to what was found.

use serde::Serialize;

use super::facts::{Asked, Facts};
use crate::certificate::Certificate;
use crate::login::status::{self, Sense};
use crate::login::visit::{Answer, End};

/// A usual cause that applies here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// Its word, which does not change.
    pub hint: &'static str,
    /// What happens, and what to do about it.
    pub message: &'static str,
}

const REUSE: Hint = Hint {
    hint: "http2-reuse",
    message: "With HTTP/2 a browser uses one connection for all paths, and for every other name of the same certificate and address. What \
              was decided in its handshake holds for them all: a path or a name with another rule is not asked for anew, or answers 421.",
};
const RENEGOTIATION: Hint = Hint {
    hint: "http2-no-renegotiation",
    message: "HTTP/2 forbids a second handshake (RFC 9113 §9.2.1): the browser must come again over HTTP/1.1, and only some servers tell \
              it to. Ask in the first handshake, or switch HTTP/2 off for this host.",
};
const PROXY: Hint = Hint {
    hint: "proxy",
    message: "A proxy or a CDN answers, and TLS ends there: it must ask for the certificate itself, and pass it on in a field such as \
              Client-Cert (RFC 9440). What the server behind it is set to does not count.",
};
const PREFLIGHT: Hint = Hint {
    hint: "cors-preflight",
    message: "A script from another origin asks with OPTIONS first, and a browser sends no certificate with that: where one is required, \
              it is refused. Ask optionally and let OPTIONS through, or serve both from one origin.",
};
const REMEMBERED: Hint = Hint {
    hint: "remembered-decision",
    message: "A browser asks once for a host and port, and remembers the answer, also a Cancel, until it is closed: close every window of \
              it, or use a private window or another host name.",
};

/// What to look at where everything seems right and the browser still does not ask.
pub const IF_NOT_ASKED: [&str; 5] = [
    "Close every window of the browser, or open a private one: it remembers an earlier answer.",
    "Look whether the certificate is in this browser's own list, with its private key: Firefox and Chromium keep lists of their own.",
    "Open exactly this URL: another host name, port or path may lead to another server.",
    "Switch off proxies, VPNs and virus scanners that look into TLS: they end it, and the certificate with it.",
    "Look whether a policy chooses or forbids: AutoSelectCertificateForUrls (Chromium), security.default_personal_cert (Firefox).",
];

/// Words in the Server field of services that end TLS in front of others.
const IN_FRONT: [&str; 9] = [
    "cloudflare",
    "cloudfront",
    "akamai",
    "varnish",
    "fastly",
    "google frontend",
    "awselb",
    "envoy",
    "traefik",
];

/// The usual causes that apply.
pub(super) fn hints(facts: &Facts) -> Vec<Hint> {
    let Some(asked) = facts.of_browsers().and_then(|version| facts.asked(version)) else {
        return Vec::new();
    };
    let speaks_http2 = facts.application_protocol.as_deref() == Some("h2");
    let is_later = matches!(asked, Asked::Renegotiation | Asked::PostHandshake);
    let refuses_without = matches!(sense_without(facts), Some(Sense::Wanted | Sense::Refused));
    let is_by_path = asked == Asked::Optional && refuses_without;
    let is_misdirected = answers(facts).any(|answer| answer.status == 421);
    let applies = [
        (
            (speaks_http2 && (is_by_path || (asked.is_at_first() && has_other_names(facts))))
                || is_misdirected,
            REUSE,
        ),
        (speaks_http2 && is_later, RENEGOTIATION),
        (is_behind_proxy(facts), PROXY),
        (
            asked == Asked::Required || is_by_path || is_later,
            PREFLIGHT,
        ),
        (asked.is_at_first(), REMEMBERED),
    ];
    let applying = applies.into_iter().filter(|(applies, _)| *applies);
    applying.map(|(_, hint)| hint).collect()
}

fn answers(facts: &Facts) -> impl Iterator<Item = &Answer> {
    let visits = facts.without.iter().chain(&facts.with);
    visits.filter_map(|(_, visit)| match &visit.end {
        End::Answered(answer) => Some(answer),
        _ => None,
    })
}

fn sense_without(facts: &Facts) -> Option<Sense> {
    let visit = facts.visit_without(facts.of_browsers()?)?;
    match &visit.end {
        End::Answered(answer) => Some(status::sense(answer)),
        _ => None,
    }
}

fn is_behind_proxy(facts: &Facts) -> bool {
    answers(facts).any(|answer| {
        let server = answer.server.as_deref().unwrap_or_default().to_lowercase();
        answer.via.is_some()
            || IN_FRONT.iter().any(|word| server.contains(word))
            || matches!(answer.status, 502 | 504)
    })
}

/// Whether the server's certificate holds names for which a browser would use the same connection.
fn has_other_names(facts: &Facts) -> bool {
    let own = facts.server_chain().first();
    let own = own.and_then(|der| Certificate::from_der(der.as_slice()).ok());
    own.is_some_and(|certificate| {
        let names = &certificate.extensions().subject_alt_names;
        let dns: Vec<_> = names.iter().filter(|name| name.kind() == "dns").collect();
        dns.len() > 1 || dns.iter().any(|name| name.value().starts_with("*."))
    })
}
