//! The judgement of facts that are made up here; `tests/doctor` finds them at real servers.

use time::macros::datetime;

use super::facts::{Asked, Facts, Known, Later};
use super::logins::{LoggedIn, Outcome};
use super::{CertificateRequest, Diagnosis, IF_NOT_ASKED};
use crate::error::Result;
use crate::login::visit::{Answer, End, Request, Visit};
use crate::login::{Url, Version};
use crate::testing::{NOW, TestAuthority};

fn visit(request: Option<Request>, end: End) -> Visit {
    Visit {
        address: "127.0.0.1:443".parse().unwrap(),
        server_chain: vec![vec![0x30, 0x00]],
        request,
        presented: false,
        version: None,
        resumed: false,
        is_http2: false,
        end,
    }
}

fn answered(status: u16) -> End {
    End::Answered(Answer {
        status,
        ..Answer::default()
    })
}

fn facts(without: Visit) -> Facts {
    Facts {
        url: Url::parse("https://localhost/private").unwrap(),
        without: vec![(Version::Tls13, without)],
        with: Vec::new(),
        presented: None,
        presented_issuers: Vec::new(),
        later: Vec::new(),
        application_protocol: None,
        plain_http: false,
    }
}

fn asked(without: Visit) -> Asked {
    facts(without).asked(Version::Tls13).unwrap()
}

#[test]
fn required_is_what_the_server_itself_refuses_without_and_optional_what_an_application_does() {
    let asks = || Some(Request::default());
    assert_eq!(
        asked(visit(asks(), End::Alert("certificate_required".to_owned()))),
        Asked::Required
    );
    assert_eq!(
        asked(visit(asks(), End::Closed("closed".to_owned()))),
        Asked::Required
    );
    assert_eq!(asked(visit(asks(), answered(496))), Asked::Required);
    for status in [200, 302, 401, 403, 404, 500] {
        assert_eq!(
            asked(visit(asks(), answered(status))),
            Asked::Optional,
            "{status}"
        );
    }
    assert_eq!(asked(visit(asks(), End::Silent)), Asked::Optional);
}

#[test]
fn a_server_that_does_not_ask_at_first_asks_later_or_never_or_nobody_looked() {
    let of = |later: Option<Later>| {
        let mut facts = facts(visit(None, answered(200)));
        facts.later = later
            .map(|later| (Version::Tls13, later))
            .into_iter()
            .collect();
        facts.asked(Version::Tls13).unwrap()
    };
    assert_eq!(of(None), Asked::Unchecked);
    assert_eq!(
        of(Some(Later::Unchecked("no openssl".to_owned()))),
        Asked::Unchecked
    );
    assert_eq!(of(Some(Later::NotAsked)), Asked::Never);
    let request = CertificateRequest::default();
    assert_eq!(of(Some(Later::Asked(request))), Asked::PostHandshake);
}

#[test]
fn a_version_that_is_not_spoken_is_asked_for_nothing() {
    let mut silent = visit(None, End::Alert("protocol_version".to_owned()));
    silent.server_chain.clear();
    let facts = facts(silent);
    assert_eq!(facts.asked(Version::Tls13), None);
    assert_eq!(facts.of_browsers(), None);
    let told = Diagnosis::of(&facts, &Known::default(), &[], NOW);
    assert_eq!(told.verdict.because, ["no-handshake"]);
    assert!(told.verdict.message.contains("protocol_version"));
}

#[test]
fn what_came_of_a_login_is_told_by_alert_or_status() {
    let outcome = |end, presented| {
        let mut visit = visit(Some(Request::default()), end);
        visit.presented = presented;
        LoggedIn::with(Version::Tls13, &visit, None).outcome
    };
    assert_eq!(outcome(answered(204), true), Outcome::Accepted);
    assert_eq!(outcome(answered(403), true), Outcome::Refused);
    assert_eq!(outcome(answered(302), true), Outcome::Redirected);
    assert_eq!(outcome(answered(421), true), Outcome::Failed);
    assert_eq!(outcome(answered(429), true), Outcome::Failed);
    assert_eq!(
        outcome(End::Broken("unreadable".to_owned()), true),
        Outcome::Failed
    );
    assert_eq!(
        outcome(End::Closed("closed".to_owned()), true),
        Outcome::Refused
    );
    assert_eq!(
        outcome(End::Alert("internal_error".to_owned()), true),
        Outcome::Failed
    );
    assert_eq!(outcome(answered(502), true), Outcome::Failed);
    assert_eq!(
        outcome(End::Alert("unknown_ca".to_owned()), true),
        Outcome::Refused
    );
    assert_eq!(outcome(End::Silent, true), Outcome::Failed);
    assert_eq!(outcome(answered(403), false), Outcome::NotPresented);
    let told = LoggedIn::with(Version::Tls12, &visit(None, answered(200)), None);
    assert_eq!((told.outcome, told.tls), (Outcome::NotAsked, "TLSv1.2"));
}

#[test]
fn what_is_the_same_with_and_without_a_certificate_is_no_word_about_it() {
    let outcome = |without: End, with: End| {
        let without = visit(Some(Request::default()), without);
        let mut with = visit(Some(Request::default()), with);
        with.presented = true;
        LoggedIn::with(Version::Tls13, &with, Some(&without)).outcome
    };
    let closed = || End::Closed("closed".to_owned());
    for status in [200, 302, 401, 403, 404] {
        assert_eq!(
            outcome(answered(status), answered(status)),
            Outcome::NoDifference,
            "{status}"
        );
    }
    assert_eq!(outcome(answered(403), answered(204)), Outcome::Accepted);
    assert_eq!(outcome(answered(401), answered(403)), Outcome::Refused);
    assert_eq!(outcome(answered(500), answered(500)), Outcome::Failed);
    assert_eq!(outcome(closed(), closed()), Outcome::Failed);
    assert_eq!(outcome(closed(), answered(204)), Outcome::Accepted);
    assert_eq!(outcome(answered(204), closed()), Outcome::Refused);
}

#[test]
fn a_server_that_closes_on_everybody_or_cannot_be_read_does_not_require_a_certificate() {
    let closed = || visit(Some(Request::default()), End::Closed("closed".to_owned()));
    let mut both = facts(closed());
    assert_eq!(both.asked(Version::Tls13), Some(Asked::Required));
    let mut with = closed();
    with.presented = true;
    both.with = vec![(Version::Tls13, with)];
    assert_eq!(both.asked(Version::Tls13), Some(Asked::Optional));
    let asks = || Some(Request::default());
    for end in [
        End::Broken("unreadable".to_owned()),
        End::Alert("internal_error".to_owned()),
    ] {
        assert_eq!(asked(visit(asks(), end)), Asked::Optional);
    }
}

#[test]
fn what_a_port_does_that_completes_no_handshake_is_told_apart() {
    let because = |end| {
        let mut visit = visit(None, end);
        visit.server_chain.clear();
        let told = Diagnosis::of(&facts(visit), &Known::default(), &[], NOW);
        told.verdict.because
    };
    assert_eq!(because(End::NotTls), ["not-tls"]);
    assert_eq!(because(End::Silent), ["no-handshake"]);
    assert_eq!(because(End::Closed("closed".to_owned())), ["no-handshake"]);
    let alert = |name: &str| End::Alert(name.to_owned());
    assert_eq!(because(alert("no_application_protocol")), ["http2-only"]);
    assert_eq!(because(alert("unrecognized_name")), ["no-handshake"]);
}

#[test]
fn what_is_odd_about_the_issuers_is_told() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (root, issuing) = (
        authority.root.certificate(),
        authority.issuing.certificate(),
    );
    let known = Known {
        root: Some(root.clone()),
        authorities: vec![root.clone(), issuing.clone()],
        ..Known::default()
    };
    let name = |certificate: &crate::certificate::Certificate| certificate.subject().der().to_vec();
    let told = |acceptable_issuers: Vec<Vec<u8>>| {
        let request = Request {
            acceptable_issuers,
            ..Request::default()
        };
        let facts = facts(visit(Some(request), answered(401)));
        let told = Diagnosis::of(&facts, &known, &[], NOW);
        let found = told.findings.iter().map(|it| it.finding);
        found
            .filter(|it| !["unreadable", "tls-1.3-only", "no-candidate"].contains(it))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(vec![]), ["any-issuer"]);
    assert_eq!(told(vec![name(root)]), ["only-the-root-named"]);
    assert_eq!(told(vec![name(root), name(issuing)]), [""; 0]);
    assert_eq!(told(vec![name(issuing)]), [""; 0]);
    assert_eq!(told(vec![vec![1, 2], name(issuing)]), ["unreadable-issuer"]);
    let other = TestAuthority::named("other", Default::default())?;
    assert_eq!(
        told(vec![name(other.root.certificate())]),
        ["this-ca-not-named"]
    );
    assert_eq!(told(vec![name(issuing); 101]), ["many-issuers"]);
    Ok(())
}

#[test]
fn a_usual_cause_is_told_only_where_it_applies() {
    let told = |asks: bool, end: End, http2: bool| {
        let mut facts = facts(visit(asks.then(Request::default), end));
        facts.later = vec![(Version::Tls13, Later::NotAsked)];
        facts.application_protocol = http2.then(|| "h2".to_owned());
        let told = Diagnosis::of(&facts, &Known::default(), &[], NOW).hints;
        told.iter().map(|it| it.hint).collect::<Vec<_>>()
    };
    assert_eq!(told(false, answered(200), true), [""; 0]);
    assert_eq!(told(false, answered(502), false), ["proxy"]);
    assert_eq!(told(true, answered(200), true), ["remembered-decision"]);
    assert_eq!(
        told(true, answered(403), true),
        ["http2-reuse", "cors-preflight", "remembered-decision"]
    );
    assert_eq!(
        told(true, answered(403), false),
        ["cors-preflight", "remembered-decision"]
    );
    assert_eq!(told(false, answered(421), false), ["http2-reuse"]);
}

#[test]
fn what_to_look_at_next_is_told_only_where_a_login_would_work() {
    let facts = facts(visit(None, answered(200)));
    let told = Diagnosis::of(
        &facts,
        &Known::default(),
        &[],
        datetime!(2026-01-01 00:00 UTC),
    );
    assert!(!told.verdict.login_works && told.if_not_asked.is_empty());
    assert_eq!(IF_NOT_ASKED.len(), 5);
}

#[test]
fn where_the_versions_differ_the_newer_one_counts_and_the_other_is_told() {
    let asks = || Some(Request::default());
    let mut facts = facts(visit(asks(), answered(401)));
    facts
        .without
        .insert(0, (Version::Tls12, visit(None, answered(200))));
    facts.later = vec![(Version::Tls12, Later::NotAsked)];
    let told = Diagnosis::of(&facts, &Known::default(), &[], NOW);
    assert_eq!((told.tls, told.asked), (Some("TLSv1.3"), Some("optional")));
    assert!(
        told.findings
            .iter()
            .any(|it| it.finding == "versions-differ")
    );
    // Asking later is one habit in two versions.
    let later = || Later::Asked(CertificateRequest::default());
    for (_, visit) in &mut facts.without {
        visit.request = None;
    }
    facts.later = vec![(Version::Tls12, later()), (Version::Tls13, later())];
    let told = Diagnosis::of(&facts, &Known::default(), &[], NOW);
    assert_eq!(told.asked, Some("post-handshake"));
    assert!(
        !told
            .findings
            .iter()
            .any(|it| it.finding == "versions-differ")
    );
}

#[test]
fn a_certificate_that_ends_before_it_begins_is_told_and_ends_nothing() -> Result<()> {
    let authority = TestAuthority::new()?;
    let (certificate, _) = authority.forge(|parameters| {
        parameters.not_before = NOW + time::Duration::DAY;
        parameters.not_after = NOW - time::Duration::DAY;
    })?;
    let mut visit = visit(Some(Request::default()), answered(200));
    visit.server_chain = vec![certificate.der().to_vec()];
    let told = Diagnosis::of(&facts(visit), &Known::default(), &[], NOW);
    assert!(told.findings.iter().any(|it| it.finding == "expired"));
    assert_eq!(told.server.trusted, Some(false));
    Ok(())
}
