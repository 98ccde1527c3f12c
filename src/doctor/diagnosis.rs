//! The judgement: what was found, and whether a login would work.

use rustls::pki_types::ServerName;
use serde::Serialize;
use time::OffsetDateTime;

use super::candidacy::Candidacy;
use super::chosen::{self, Chosen};
use super::facts::{Asked, Facts};
use super::finding::{About, Finding};
use super::hint::{self, Hint};
use super::known::{Known, StandingIn};
use super::logins::{self, LoggedIn};
use super::offer::Candidate;
use super::request::CertificateRequest;
use super::verdict::{Grounds, Verdict};
use super::{asking, candidacy, chain, connection, server_certificate};
use crate::certificate::{Certificate, DistinguishedName};
use crate::hexadecimal;
use crate::inventory::Summary;
use crate::login::Version;
use crate::login::visit::{Answer, End};
use crate::name::one_line;
use crate::session;

/// What was found, and whether a login would work.
///
/// Serialized it is the document of `pki doctor --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// Where it was looked.
    pub url: String,
    /// Whether a login would work.
    pub verdict: Verdict,
    /// The version of TLS that a browser speaks with this server.
    pub tls: Option<&'static str>,
    /// Whether and when the server asks in that version: [`Asked::as_str`].
    pub asked: Option<&'static str>,
    /// The server and its certificate.
    pub server: Server,
    /// What each version of TLS shows.
    pub versions: Vec<InVersion>,
    /// The certificates that a browser has or could have, and whether it offers them.
    pub candidates: Vec<Candidacy>,
    /// What goes out from each browser's database where nobody is asked.
    pub choices: Vec<Chosen>,
    /// What came of logging in, where a certificate was given.
    pub logins: Vec<LoggedIn>,
    /// Everything worth a word, what prevents a login first.
    pub findings: Vec<Finding>,
    /// The usual causes that apply here.
    pub hints: Vec<Hint>,
    /// What to look at where a login would work and the browser still does not ask.
    pub if_not_asked: Vec<&'static str>,
}

/// The server and its certificate.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// The address and port that answered.
    pub address: Option<String>,
    /// Its own certificate.
    pub certificate: Option<Summary>,
    /// All that it presents, its own first.
    pub chain: Vec<Summary>,
    /// To which root it leads: `this-authority`, `system`, `browser` or `added-to-system`.
    pub anchor: Option<&'static str>,
    /// Whether a browser of this user trusts it; nothing where that cannot be told.
    pub trusted: Option<bool>,
    /// Which of this machine's stores trust it.
    pub stores: Vec<StandingIn>,
    /// The application protocol that it chooses of those that browsers offer.
    pub application_protocol: Option<String>,
    /// The Server field of its answer.
    pub software: Option<String>,
    /// The Via field of its answer.
    pub via: Option<String>,
}

/// What one version of TLS shows.
#[derive(Debug, Clone, Serialize)]
pub struct InVersion {
    /// `TLSv1.2` or `TLSv1.3`.
    pub tls: &'static str,
    /// Whether the server speaks it.
    pub spoken: bool,
    /// Whether and when it asks.
    pub asked: Option<&'static str>,
    /// What it asks for.
    pub request: Option<Requested>,
    /// What came of a visit without a certificate.
    pub without_certificate: LoggedIn,
}

/// What a server asks for.
#[derive(Debug, Clone, Serialize)]
pub struct Requested {
    /// The issuers that it names (RFC 4514); none where any will do.
    pub acceptable_issuers: Vec<String>,
    /// The signature schemes that it accepts, as IANA names them.
    pub signature_schemes: Vec<String>,
    /// The kinds of keys that it accepts, in TLS 1.2.
    pub certificate_types: Vec<String>,
}

impl Diagnosis {
    /// Judges what was found, as of `now`; a candidate comes with how it is shown.
    pub fn of(
        facts: &Facts,
        known: &Known,
        candidates: &[(Candidate, Summary)],
        now: OffsetDateTime,
    ) -> Self {
        let browsers = facts.of_browsers();
        let asked = browsers.and_then(|version| facts.asked(version));
        let name = facts.url.server_name();
        let server = Server::of(facts, known, &name, now);
        let choices = chosen::chosen(facts, candidates, now);
        let shown: Vec<_> = candidates.iter().map(|(_, shown)| shown.clone()).collect();
        let flaw = logins::flaw(facts, &shown, now);
        let logins = logins::told(facts, flaw);
        let candidates = candidacy::candidacies(facts, candidates, now);
        let in_browsers = candidacy::in_browsers(facts, &candidates);
        let mut findings = connection::findings(facts);
        findings.extend(server.1);
        findings.extend(asking::findings(facts, known));
        findings.extend(open_to_all(facts, asked));
        findings.extend(redirect(facts));
        findings.extend(candidacy::findings(facts, known, asked, &candidates));
        findings.extend(chosen::findings(&choices));
        findings.extend(logins::findings(facts, &logins, flaw));
        findings.extend(server_certificate::not_installed(
            server.0.anchor,
            &server.0.stores,
            &in_browsers,
        ));
        findings.extend(known.not_read());
        // What shows why a login was refused stands right behind what prevents it.
        findings.sort_by_key(|it| match (it.prevents_login, it.about) {
            (true, _) => 0,
            (false, About::Login) => 1,
            (false, _) => 2,
        });
        let verdict = Verdict::of(&findings, asked, Grounds::of(&in_browsers, &logins));
        Self {
            url: facts.url.to_string(),
            tls: browsers.map(Version::as_str),
            asked: asked.map(Asked::as_str),
            server: server.0,
            versions: versions(facts),
            candidates,
            choices,
            logins,
            hints: hint::hints(facts),
            if_not_asked: match verdict.login_works {
                true => hint::IF_NOT_ASKED.to_vec(),
                false => Vec::new(),
            },
            findings,
            verdict,
        }
    }
}

impl Server {
    fn of(
        facts: &Facts,
        known: &Known,
        name: &ServerName<'_>,
        now: OffsetDateTime,
    ) -> (Self, Vec<Finding>) {
        let chain = facts.server_chain();
        let judged = server_certificate::judge(chain, name, known, now);
        let certificates = chain
            .iter()
            .filter_map(|der| Certificate::from_der(der.as_slice()).ok());
        let shown: Vec<_> = certificates
            .map(|certificate| Summary::of_unknown(&certificate, now))
            .collect();
        let answer = facts
            .without
            .iter()
            .rev()
            .find_map(|(_, visit)| match &visit.end {
                End::Answered(answer) => Some(answer),
                _ => None,
            });
        let field = |read: fn(&Answer) -> Option<String>| answer.and_then(read);
        let server = Self {
            address: facts
                .without
                .first()
                .map(|(_, visit)| visit.address.to_string()),
            certificate: shown.first().cloned(),
            anchor: judged.anchor.map(chain::Anchor::as_str),
            trusted: judged.trusted,
            stores: judged.stores,
            application_protocol: facts.application_protocol.clone(),
            software: field(|answer| answer.server.clone()),
            via: field(|answer| answer.via.clone()),
            chain: shown,
        };
        (server, judged.findings)
    }
}

impl Requested {
    fn of(request: &CertificateRequest) -> Self {
        let issuer = |der: &Vec<u8>| {
            // RFC 4514 §2.4 writes a value without a text form as its BER, in hex.
            DistinguishedName::from_der(der).map_or_else(
                |_| format!("#{}", hexadecimal::encode(der)),
                |name| name.to_string(),
            )
        };
        let schemes = request.signature_schemes.iter();
        Self {
            acceptable_issuers: request.acceptable_issuers.iter().map(issuer).collect(),
            signature_schemes: schemes.map(|it| session::signature_scheme(*it)).collect(),
            certificate_types: request.type_names(),
        }
    }
}

fn versions(facts: &Facts) -> Vec<InVersion> {
    let shown = facts.without.iter().map(|(version, visit)| InVersion {
        tls: version.as_str(),
        spoken: visit.is_spoken(),
        asked: facts.asked(*version).map(Asked::as_str),
        request: facts.request(*version).as_ref().map(Requested::of),
        without_certificate: LoggedIn::without(*version, visit),
    });
    shown.collect()
}

/// Where a certificate is asked for and makes no difference.
fn open_to_all(facts: &Facts, asked: Option<Asked>) -> Option<Finding> {
    let version = facts
        .of_browsers()
        .filter(|_| asked == Some(Asked::Optional))?;
    let told = LoggedIn::without(version, facts.visit_without(version)?);
    let is_let_in = told.outcome == logins::Outcome::Accepted;
    is_let_in.then(|| {
        Finding::note(
            About::Request,
            "open-to-all",
            format!(
                "{} answers without a certificate, too: {}",
                facts.url.path(),
                told.end()
            ),
            "Give the URL of a path that needs one, to see what becomes of it.",
        )
    })
}

/// Where the path leads elsewhere.
fn redirect(facts: &Facts) -> Option<Finding> {
    let version = facts.of_browsers()?;
    let visit = facts
        .visit_with(version)
        .or_else(|| facts.visit_without(version))?;
    let End::Answered(answer) = &visit.end else {
        return None;
    };
    let location = answer.location.as_deref()?;
    (300..400).contains(&answer.status).then(|| {
        Finding::note(
            About::Request,
            "redirect",
            format!("{} leads on to {}", facts.url.path(), one_line(location)),
            "What counts is what is asked there: give that URL.",
        )
    })
}
