//! Whether the server can be spoken to at all.

use super::facts::Facts;
use super::finding::{About, Finding};
use super::logins::LoggedIn;
use crate::login::Version;
use crate::login::visit::{End, Visit};

/// Whether the server can be spoken to.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let problem = |word, message: String, hint: &str| {
        vec![Finding::problem(About::Connection, word, message, hint)]
    };
    let spoken: Vec<_> = facts.spoken().collect();
    if let [only] = *spoken {
        let (word, message) = match only {
            Version::Tls12 => ("tls-1.2-only", "the server speaks TLS 1.2 and not TLS 1.3"),
            Version::Tls13 => ("tls-1.3-only", "the server speaks TLS 1.3 and not TLS 1.2"),
        };
        let hint = "Browsers speak both; other programs may not.";
        return vec![Finding::note(About::Connection, word, message, hint)];
    }
    if !spoken.is_empty() {
        return Vec::new();
    }
    if facts.plain_http {
        return problem(
            "plain-http",
            format!("port {} speaks HTTP without TLS", facts.url.port()),
            "Give the port on which the server speaks TLS, or switch TLS on: listen 443 ssl (nginx), SSLEngine on (Apache), bind … ssl (HAProxy).",
        );
    }
    let ends = facts.without.iter().map(|(version, visit)| {
        let told = LoggedIn::without(*version, visit);
        format!("{} ended with {}", told.tls, told.end())
    });
    let ends: Vec<_> = ends.collect();
    let any = |is: fn(&Visit) -> bool| facts.without.iter().any(|(_, visit)| is(visit));
    if any(|visit| visit.end == End::NotTls) {
        return problem(
            "not-tls",
            format!(
                "port {} does not speak TLS: {}",
                facts.url.port(),
                ends.join(", ")
            ),
            "Check the port, and the server's log.",
        );
    }
    if any(|visit| visit.alert() == Some("no_application_protocol")) {
        return problem(
            "http2-only",
            format!(
                "the server does not speak HTTP/1.1, in which alone this program asks: {}",
                ends.join(", ")
            ),
            "A browser may come further, over HTTP/2; let the server offer http/1.1 (ALPN) for the time of the search.",
        );
    }
    let hint = match any(|visit| visit.alert() == Some("unrecognized_name")) {
        true => {
            "The server does not know this host name: look at the URL, and at the names it answers to (server_name, ServerName)."
        }
        false => {
            "See whether the server speaks TLS 1.2 or 1.3 with an ephemeral key exchange, and knows this host name; and look at its log."
        }
    };
    problem(
        "no-handshake",
        format!("no handshake came about: {}", ends.join(", ")),
        hint,
    )
}
