//! A login told on the terminal: what came of it, then its handshake, message by message.

use anstyle::Style;

use crate::cli::{report, table};
use crate::login::{Outcome, Report, Url};
use crate::refusals::Refusal;
use crate::session::{Earlier, End, Session, Step, meaning};

/// The outcome, and unless it is to be `brief` how it came about.
///
/// `doctor` is the command that looks into the same server with the same certificate.
pub(super) fn text(
    report: &Report,
    url: &Url,
    doctor: String,
    brief: bool,
    speaker: report::Report,
) -> String {
    let outcome = laid_out(&outcome(report, url, doctor), speaker);
    match &report.session {
        Some(session) if !brief => [outcome, handshake(session, speaker)].join("\n\n"),
        _ => outcome,
    }
}

fn laid_out(rows: &[(&str, String)], speaker: report::Report) -> String {
    table::fitted_facts(rows, |_| Style::new(), speaker)
}

fn outcome(report: &Report, url: &Url, doctor: String) -> Vec<(&'static str, String)> {
    let mut rows = vec![("verdict", verdict(report).to_owned())];
    let known = |word, value: Option<&String>| value.map(|value| (word, value.clone()));
    rows.extend(known("reason", report.reason.as_ref()));
    rows.extend(known("alert", report.alert.as_ref()));
    let status = report.status.map(|status| format!("HTTP {status}"));
    rows.extend(known("status", status.as_ref()));
    if let Some((fact, hint)) = meaning_of(report) {
        rows.push(("meaning", fact.to_owned()));
        rows.push(("next", hint.to_owned()));
    }
    rows.extend(known("message", report.message.as_ref()));
    rows.extend(known("hint", report.hint.as_ref()));
    rows.extend(read_more(report, url, doctor).map(|place| ("read more", place)));
    if let Some(server) = &report.server_certificate {
        rows.push((
            "server",
            format!("{}, issued by {}", server.subject, server.issuer),
        ));
    }
    if let Some(session) = &report.session {
        rows.extend(session_rows(session));
    }
    if let Some(matches) = report.exporter_matches {
        let text = if matches {
            "both ends derived the same value"
        } else {
            "the two ends derived different values"
        };
        rows.push(("exporter", text.to_owned()));
    }
    rows
}

/// Whether somebody was let in who proved nothing.
fn is_open(report: &Report) -> bool {
    report.verdict == Outcome::Accepted && !report.proven
}

/// The verdict, with what its word does not say.
fn verdict(report: &Report) -> &'static str {
    match report.failed {
        true => "failed, which says nothing of a certificate",
        false if is_open(report) => "accepted, without a certificate",
        false => report.verdict.as_str(),
    }
}

/// What the alert or the status means, and what to do; where no certificate was shown, that nothing was proven.
fn meaning_of(report: &Report) -> Option<(&'static str, &'static str)> {
    if let Some(meaning) = report.alert.as_deref().and_then(meaning) {
        return Some((meaning.fact, meaning.hint));
    }
    if let Some(meaning) = report.meaning {
        return Some((meaning.fact, meaning.hint));
    }
    let session = report.session.as_ref().filter(|_| is_open(report))?;
    let was_asked = session.resumed || session.handshake.certificate_request.is_some();
    Some(match was_asked {
        true => (
            "No certificate was shown, and the server answered all the same: nothing was proven.",
            "Give the URL of a path that only a certificate opens.",
        ),
        false => (
            "The server asked for no certificate and answered all the same: nothing was proven.",
            "Check that this is the server, and the path, that is meant to ask; some ask only later.",
        ),
    })
}

/// Where more is to be learnt: the reason at length on the server itself, where it is `pki serve`; else by looking into that server.
fn read_more(report: &Report, url: &Url, doctor: String) -> Option<String> {
    let word = match report.verdict {
        Outcome::Accepted if is_open(report) => None,
        Outcome::Accepted => return None,
        Outcome::NoCertificate => Some(report.verdict.as_str()),
        Outcome::Refused => report.reason.as_deref(),
    };
    Some(match word.and_then(Refusal::parse) {
        // Only our own server tells its exporter's value.
        Some(refusal) if report.exporter_matches.is_some() => {
            format!("https://{}/refusals/{}", url.authority(), refusal.as_str())
        }
        _ => doctor,
    })
}

fn session_rows(session: &Session) -> Vec<(&'static str, String)> {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let known = [
        ("protocol", session.protocol.clone()),
        ("cipher suite", session.cipher_suite.clone()),
        ("key exchange group", session.key_exchange_group.clone()),
        ("forward secrecy", Some(yes_or_no(session.forward_secrecy))),
        ("resumed", Some(yes_or_no(session.resumed))),
        (
            "extended master secret",
            session.handshake.extended_master_secret.map(yes_or_no),
        ),
        ("signature scheme", session.signature_scheme.clone()),
        ("server name", session.server_name.clone()),
        ("client random", session.client_random.clone()),
        ("server random", session.server_random.clone()),
        ("exporter SHA-256", session.exporter_sha256.clone()),
    ];
    let issuers = session
        .acceptable_issuers
        .iter()
        .map(|issuer| ("acceptable issuer", issuer.clone()));
    known
        .into_iter()
        .filter_map(|(word, value)| value.map(|value| (word, value)))
        .chain(issuers)
        .collect()
}

fn handshake(session: &Session, speaker: report::Report) -> String {
    let story = session.story();
    let labels = story.iter().flat_map(|step| &step.facts);
    let widest = labels.map(|fact| fact.label.len()).max().unwrap_or(0);
    let mut parts = Vec::new();
    if !story.is_empty() {
        parts.push("The handshake, in order".to_owned());
    }
    let steps = story.iter().enumerate();
    parts.extend(steps.map(|(index, step)| told(index + 1, step, widest, speaker)));
    parts.extend(identity_keys(session));
    if !session.handshake.keys.is_empty() {
        parts.push(keys(session));
    }
    if let Some(inheritance) = session.inheritance() {
        parts.push(inherited(session, inheritance.kept, inheritance.renewed));
    }
    parts.push(format!(
        "Forward secrecy: {}. {}",
        if session.forward_secrecy { "yes" } else { "no" },
        session.forward_secrecy_reason()
    ));
    parts.join("\n\n")
}

fn told(number: usize, step: &Step, widest: usize, speaker: report::Report) -> String {
    let to = match step.from {
        End::Client => End::Server,
        End::Server => End::Client,
    };
    let heading = format!(
        "{number:2}. {}: {} to {}, {}",
        step.message,
        step.from.as_str(),
        to.as_str(),
        step.protection.as_str()
    );
    let mut lines = vec![speaker.painted(&heading, Style::new().bold())];
    lines.extend(step.private_key.map(|end| {
        let whose = end.as_str();
        format!("    The {whose}'s private key is used here, and only here.")
    }));
    let facts = step.facts.iter().map(|fact| {
        let label = format!("    {:widest$}", fact.label.to_lowercase());
        (
            label,
            fact.values.join(match fact.field {
                // Distinguished names hold commas.
                "certificate_request.acceptable_issuers"
                | "server_certificate"
                | "client_certificate" => "; ",
                _ => ", ",
            }),
        )
    });
    let facts: Vec<_> = facts.collect();
    let rows: Vec<_> = (facts.iter())
        .map(|(label, value)| (label.as_str(), value.clone()))
        .collect();
    if !rows.is_empty() {
        lines.push(laid_out(&rows, speaker));
    } else if step.message == "Certificate" {
        lines.push("    An empty list: no certificate.".to_owned());
    }
    lines.join("\n")
}

/// The keys of the certificates; none were used where the session is resumed.
fn identity_keys(session: &Session) -> Option<String> {
    let told = &session.handshake;
    let rows = [
        (
            End::Client,
            &told.client_certificate,
            &told.client_signature,
        ),
        (
            End::Server,
            &told.server_certificate,
            &told.server_signature,
        ),
    ];
    let rows: Vec<_> = (rows.into_iter())
        .filter_map(|(end, chain, signed)| {
            let own = chain.first().filter(|_| signed.is_some())?;
            Some([
                format!("    {}", end.as_str()),
                own.key_algorithm.clone(),
                own.subject.clone(),
                format!("until {}", own.not_after),
            ])
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let heading =
        "Identity keys, made once, kept by their owners, used here to sign and for nothing else:";
    Some([heading.to_owned(), table::columns(&rows)].join("\n"))
}

/// The keys that were made anew, and what they were made from where that was not.
fn keys(session: &Session) -> String {
    let heading = match session.handshake.complete {
        true => "Session keys, which both ends derived and never sent:",
        false => "Session keys, which the client had derived already:",
    };
    let rows = session.handshake.keys.iter().map(|key| {
        let whose = key.writer.map_or("both ends", End::as_str);
        let kind = key.algorithm.unwrap_or("secret");
        let origin = match key.from_earlier {
            true => "of the earlier connection",
            false => "of this connection alone",
        };
        [
            format!("    {}", key.name),
            format!("{} octets", key.octets),
            kind.to_owned(),
            whose.to_owned(),
            origin.to_owned(),
            key.purpose.to_owned(),
        ]
    });
    [
        heading.to_owned(),
        table::columns(&rows.collect::<Vec<_>>()),
    ]
    .join("\n")
}

fn inherited(session: &Session, kept: &[&str], renewed: &[&str]) -> String {
    let mut lines = vec!["This session is resumed.".to_owned()];
    let list = |word: &str, all: &[&str]| {
        all.iter()
            .map(|it| format!("    {word}: {it}"))
            .collect::<Vec<_>>()
    };
    lines.extend(list("kept", kept));
    lines.extend(list("renewed", renewed));
    if let Some(earlier) = &session.handshake.resumes {
        lines.extend(compared(session, earlier));
    }
    lines.join("\n")
}

/// The values of both connections, one above the other.
fn compared(session: &Session, earlier: &Earlier) -> Vec<String> {
    let pairs = [
        (
            "client random",
            &earlier.client_random,
            &session.client_random,
        ),
        (
            "server random",
            &earlier.server_random,
            &session.server_random,
        ),
        (
            "exporter",
            &earlier.exporter_sha256,
            &session.exporter_sha256,
        ),
        (
            "key exchange group",
            &earlier.key_exchange_group,
            &session.key_exchange_group,
        ),
    ];
    let value = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
    let lines = pairs.into_iter().flat_map(|(word, then, now)| {
        [
            format!("    {word:18}  then  {}", value(then)),
            format!("    {:18}  now   {}", "", value(now)),
        ]
    });
    lines.collect()
}
