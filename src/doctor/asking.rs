//! Whether, when and for what a server asks, and what is odd about it.

use super::facts::{Asked, Facts, Known, Later};
use super::finding::{About, Finding};
use super::request::CertificateRequest;
use crate::certificate::{Certificate, DistinguishedName};
use crate::login::Version;

/// From how many names on a list is worth a word.
const MANY_NAMES: usize = 100;
/// The longest list of issuers that Windows' own TLS takes from a server, in octets: behind it names are cut off.
const LONGEST_LIST: usize = 12_228;

/// What is to be said of how the server asks, in the version in which a browser speaks to it.
pub(super) fn findings(facts: &Facts, known: &Known) -> Vec<Finding> {
    let Some(version) = facts.of_browsers() else {
        return Vec::new();
    };
    let Some(asked) = facts.asked(version) else {
        return Vec::new();
    };
    let mut findings: Vec<_> = not_at_first(facts, version, asked).into_iter().collect();
    findings.extend(differing(facts, version, asked));
    if let Some(request) = facts.request(version) {
        findings.extend(odd_issuers(&request, known));
    }
    findings
}

fn not_at_first(facts: &Facts, version: Version, asked: Asked) -> Option<Finding> {
    Some(match asked {
        Asked::Required | Asked::Optional => return None,
        Asked::Never => problem(
            "never-asked",
            format!(
                "the server never asks for a certificate, neither in the handshake nor for {}",
                facts.url.path()
            ),
            "Let it ask: ssl_verify_client (nginx), SSLVerifyClient (Apache), verify (HAProxy); and see that the URL is the one that asks.",
        ),
        Asked::PostHandshake => problem(
            "post-handshake",
            format!(
                "the server asks after the handshake, once it knows the path {}: in TLS 1.3 no browser answers that",
                facts.url.path()
            ),
            "Let it ask in the first handshake: for the whole virtual host, optionally, and decide by the path then; or give the path a host of its own.",
        ),
        Asked::Renegotiation => note(
            "renegotiation",
            format!(
                "the server asks by a second handshake, once it knows the path {}: browsers do that over HTTP/1.1 only",
                facts.url.path()
            ),
            "Let it ask in the first handshake: with TLS 1.3 there is no renegotiation.",
        ),
        Asked::Unchecked => {
            let why = facts.later.iter().find(|(of, _)| *of == version);
            let why = match why {
                Some((_, Later::Unchecked(why))) => why.as_str(),
                _ => "it was not tried",
            };
            problem(
                "not-asked-at-first",
                format!(
                    "the server does not ask in the first handshake; whether it does later is unchecked: {why}"
                ),
                "Install openssl, with which that is found out; browsers answer the first handshake only, or over HTTP/1.1 in TLS 1.2 a second one.",
            )
        }
    })
}

/// Where the other version goes another way.
fn differing(facts: &Facts, version: Version, asked: Asked) -> Option<Finding> {
    let other = facts.spoken().find(|other| *other != version)?;
    let there = facts.asked(other)?;
    let is_later = |asked| matches!(asked, Asked::Renegotiation | Asked::PostHandshake);
    if there == asked || (is_later(there) && is_later(asked)) {
        return None;
    }
    Some(note(
        "versions-differ",
        format!(
            "in {} the server asks otherwise than in {}: {} and {}",
            other.as_str(),
            version.as_str(),
            there.as_str(),
            asked.as_str()
        ),
        "Browsers take the newer version that both speak, and others may take the older one.",
    ))
}

fn odd_issuers(request: &CertificateRequest, known: &Known) -> Vec<Finding> {
    let names = &request.acceptable_issuers;
    if names.is_empty() {
        return vec![note(
            "any-issuer",
            "the server names no issuer that it accepts: a browser shows every certificate that it has",
            "Nothing needs to change; naming the CA keeps the list in the browser short.",
        )];
    }
    let mut findings = Vec::new();
    if let Some(unreadable) = names
        .iter()
        .find(|der| DistinguishedName::from_der(der).is_err())
    {
        findings.push(note(
            "unreadable-issuer",
            format!(
                "among the issuers that the server names is one that is no distinguished name ({} octets)",
                unreadable.len()
            ),
            "Look at the file of CAs for client certificates.",
        ));
    }
    findings.extend(too_many(names));
    findings.extend(ours(names, known));
    findings
}

fn too_many(names: &[Vec<u8>]) -> Option<Finding> {
    let octets: usize = names.iter().map(|name| name.len() + 2).sum();
    if names.len() <= MANY_NAMES && octets <= LONGEST_LIST {
        return None;
    }
    Some(note(
        "many-issuers",
        format!(
            "the server names {} issuers in {octets} octets: it may have been given all CAs of the system",
            names.len()
        ),
        "Name only the CAs of client certificates; Windows cuts off what is longer than 12,228 octets.",
    ))
}

/// Which of our CAs are named.
fn ours(names: &[Vec<u8>], known: &Known) -> Option<Finding> {
    let is_named =
        |certificate: &Certificate| names.iter().any(|name| name == certificate.subject().der());
    if known.authorities.is_empty() {
        return None;
    }
    let mut issuing = (known.authorities.iter()).filter(|it| !it.is_self_issued());
    let root = known.root.as_ref();
    if issuing.any(is_named) {
        return None;
    }
    if root.is_some_and(is_named) {
        return Some(note(
            "only-the-root-named",
            "the server names the root of this CA and not the issuing CA: a browser offers a certificate only where it has the issuing CA's too",
            "Import bundles as they are issued, with their chain; or give the server issuing.pem beside root.pem as CAs of clients.",
        ));
    }
    Some(note(
        "this-ca-not-named",
        "the server names neither the root nor an issuing CA of this CA: a browser offers none of its certificates",
        "Give the server root.pem and issuing.pem as the CAs of clients.",
    ))
}

fn problem(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::problem(About::Request, word, message, hint)
}

fn note(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::note(About::Request, word, message, hint)
}
