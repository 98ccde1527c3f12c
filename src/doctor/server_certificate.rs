//! The server's own certificate, and whether a browser would trust it.

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use time::OffsetDateTime;

use super::candidacy::Candidacy;
use super::chain::{Anchor, Path};
use super::finding::{About, Finding};
use super::known::{Known, StandingIn};
use super::offer::Browser;
use crate::certificate::{Certificate, object_identifier};
use crate::validity::format_instant;

/// The shortest RSA key that public CAs certify, and the shortest that browsers take from other CAs, in bits.
const RSA_BITS: u32 = 2048;
const SHORTEST_RSA_BITS: u32 = 1024;
/// The kind of key that Firefox takes from a server, and Chromium does not.
const P521: &str = "p521";

/// What was found about a server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judged {
    /// The root to which it leads, whatever else is wrong with it.
    pub anchor: Option<Anchor>,
    /// Which of this machine's stores trust it.
    pub stores: Vec<StandingIn>,
    /// Whether a browser of this user trusts it; nothing where that cannot be told.
    pub trusted: Option<bool>,
    /// What a browser would complain about.
    pub findings: Vec<Finding>,
}

/// Judges a chain, the server's own certificate first, as a browser would at `now`.
pub(super) fn judge(
    chain: &[Vec<u8>],
    name: &ServerName<'_>,
    known: &Known,
    now: OffsetDateTime,
) -> Judged {
    let Some((own, above)) = chain.split_first() else {
        return Judged::nothing(Vec::new());
    };
    let der = CertificateDer::from(own.as_slice());
    let (Ok(certificate), Ok(parsed)) = (
        Certificate::from_der(own.as_slice()),
        ParsedCertificate::try_from(&der),
    ) else {
        return Judged::nothing(vec![problem(
            "unreadable",
            "the server's certificate cannot be read",
            "Issue the server's certificate again.",
        )]);
    };
    let mut findings = Vec::new();
    findings.extend(out_of_time(&certificate, now));
    findings.extend(wrong_name(&certificate, &parsed, name));
    findings.extend(wrong_purpose(&certificate));
    findings.extend(weak_key(&certificate));
    // Each thing is looked at by itself: whether the chain leads to a root is asked as of a moment within the validity.
    let validity = certificate.validity();
    // A certificate may say that it ends before it begins: then there is none, and its end is as good as any other.
    let moment = now.max(validity.not_before).min(validity.not_after);
    let path = Path {
        certificate: &certificate,
        parsed: &parsed,
        above,
        known,
        moment,
    };
    let (anchor, found) = path.judge();
    findings.extend(found);
    let stores = path.stores();
    let is_sound = !findings.iter().any(|it| it.prevents_login);
    Judged {
        trusted: match is_sound {
            true => trusted(&certificate, anchor, &stores),
            false => Some(false),
        },
        anchor,
        stores,
        findings,
    }
}

impl Judged {
    fn nothing(findings: Vec<Finding>) -> Self {
        Self {
            anchor: None,
            stores: Vec::new(),
            trusted: Some(false),
            findings,
        }
    }
}

/// Whether a browser of this user trusts a chain in which nothing is wrong, by what its stores say.
///
/// A root that was added to the system's store alone is seen by some browsers (where NSS is given the system's store) and not by
/// others: that is not told.
fn trusted(
    certificate: &Certificate,
    anchor: Option<Anchor>,
    stores: &[StandingIn],
) -> Option<bool> {
    let of_firefox_alone = certificate.key_algorithm() == P521;
    let takes_key =
        |it: &&StandingIn| !of_firefox_alone || it.browser != Some(Browser::Chromium.as_str());
    let of_browsers = || {
        stores
            .iter()
            .filter(|it| it.store == "nss")
            .filter(takes_key)
    };
    let is_in_the_system = stores
        .iter()
        .any(|it| it.store == "system" && it.trusted == Some(true));
    if anchor == Some(Anchor::System) || of_browsers().any(|it| it.trusted == Some(true)) {
        return Some(true);
    }
    let is_told = of_browsers().all(|it| it.trusted.is_some()) && !is_in_the_system;
    is_told.then_some(false)
}

fn out_of_time(certificate: &Certificate, now: OffsetDateTime) -> Option<Finding> {
    let validity = certificate.validity();
    if now > validity.not_after {
        return Some(problem(
            "expired",
            format!(
                "the server's certificate ended on {}",
                format_instant(validity.not_after)
            ),
            "Renew the server's certificate.",
        ));
    }
    (now < validity.not_before).then(|| {
        problem(
            "not-yet-valid",
            format!(
                "the server's certificate is not valid before {}",
                format_instant(validity.not_before)
            ),
            "Check the clocks of both machines.",
        )
    })
}

fn wrong_name(
    certificate: &Certificate,
    parsed: &ParsedCertificate<'_>,
    name: &ServerName<'_>,
) -> Option<Finding> {
    verify_server_name(parsed, name).err()?;
    let names = &certificate.extensions().subject_alt_names;
    let names: Vec<_> = names.iter().map(|name| name.value()).collect();
    let host = name.to_str();
    let message = match names.is_empty() {
        true => format!(
            "the server's certificate is not for {host}: it has no subjectAltName, and browsers look nowhere else"
        ),
        false => format!(
            "the server's certificate is not for {host}, but for {}",
            names.join(", ")
        ),
    };
    let hint = "Use a name that stands in it, or issue one that holds this name: pki issue-server.";
    Some(problem("wrong-name", message, hint))
}

fn wrong_purpose(certificate: &Certificate) -> Option<Finding> {
    (!certificate.allows_purpose(object_identifier::SERVER_AUTH)).then(|| {
        problem(
            "wrong-purpose",
            "the server's certificate is not for servers: its extKeyUsage lacks serverAuth",
            "Issue one for servers: pki issue-server.",
        )
    })
}

/// What Chromium 156 and Firefox 153 were seen to do with keys of other kinds than p256, p384 and RSA of 2048 bits.
fn weak_key(certificate: &Certificate) -> Option<Finding> {
    let algorithm = certificate.key_algorithm();
    let rsa_bits = algorithm
        .strip_prefix("rsa-")
        .and_then(|bits| bits.parse::<u32>().ok());
    match (rsa_bits, algorithm.as_str()) {
        (Some(RSA_BITS..), _) | (None, "p256" | "p384") => None,
        (Some(SHORTEST_RSA_BITS..), _) => Some(note(
            "weak-key",
            format!(
                "the key of the server's certificate is short: {algorithm}; browsers take it from a CA of one's own, and public CAs certify none"
            ),
            "Issue one with a key of p256, or of 2048 bits or more.",
        )),
        (Some(_), _) => Some(problem(
            "weak-key",
            format!("the key of the server's certificate is short: no browser takes {algorithm}"),
            "Issue one with a key of p256, or of 2048 bits or more.",
        )),
        (None, P521) => Some(note(
            "key-type",
            "Firefox accepts a server's certificate with a key of the type p521, and Chromium does not",
            "Issue one with --key-algorithm p256, which both accept.",
        )),
        (None, _) => Some(problem(
            "key-type",
            format!("no browser accepts a server's certificate with a key of the type {algorithm}"),
            "Issue one with --key-algorithm p256.",
        )),
    }
}

/// Whether this user's browsers trust the server's root, where that is none that browsers know: those that offer a certificate,
/// if there are such.
pub(super) fn not_installed(
    anchor: Option<&str>,
    stores: &[StandingIn],
    in_browsers: &[&Candidacy],
) -> Option<Finding> {
    let counts = |it: &&StandingIn| {
        let mut places = in_browsers.iter().filter_map(|it| it.path.as_ref());
        in_browsers.is_empty() || places.any(|place| *place == it.place)
    };
    let mut system = stores.iter().filter(|it| it.store == "system");
    let mut of_browsers = stores.iter().filter(|it| it.store == "nss").filter(counts);
    if anchor.is_none() || of_browsers.any(|it| it.trusted != Some(false)) {
        return None;
    }
    let whose = match in_browsers.is_empty() {
        true => "by no browser's database here",
        false => "by no database of a browser that offers the certificate",
    };
    let hint = "Trust the root on each machine that logs in: pki trust install.";
    if system.all(|it| it.trusted != Some(true)) {
        let message = format!("the server's root is trusted {whose}: that browser warns");
        return Some(note("root-not-installed", message, hint));
    }
    let is_added = anchor != Some(Anchor::System.as_str());
    is_added.then(|| {
        let message = format!(
            "the server's root was added to this system's store, and is trusted {whose}: Chromium does not ask the system's store, and whether another browser does is unknown"
        );
        note("root-only-in-system", message, hint)
    })
}

fn problem(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::problem(About::ServerCertificate, word, message, hint)
}

fn note(word: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding::note(About::ServerCertificate, word, message, hint)
}
