//! Whether the server can be spoken to at all.

use super::facts::Facts;
use super::finding::{About, Finding};
use super::logins::LoggedIn;
use crate::login::Version;

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
        let told = LoggedIn::of(*version, visit, false);
        format!("{} ended with {}", told.tls, told.end())
    });
    let ends: Vec<_> = ends.collect();
    let is_tls = facts
        .without
        .iter()
        .any(|(_, visit)| visit.alert().is_some());
    match is_tls {
        true => problem(
            "no-handshake",
            format!("no handshake came about: {}", ends.join(", ")),
            "See whether the server speaks TLS 1.2 or 1.3 with an ephemeral key exchange, and knows this host name.",
        ),
        false => problem(
            "not-tls",
            format!(
                "port {} does not speak TLS: {}",
                facts.url.port(),
                ends.join(", ")
            ),
            "Check the port, and the server's log.",
        ),
    }
}
