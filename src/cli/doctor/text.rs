//! The diagnosis for people: the verdict, then what led to it, section by section.

use anstyle::{AnsiColor, Style};

use super::super::report::Report;
use super::super::table::{self, Cell};
use crate::doctor::offer::Browser;
use crate::doctor::{
    Candidacy, Chosen, Diagnosis, Finding, InVersion, LoggedIn, Offered, Requested,
};

/// How many issuers that a server names are shown.
const ISSUERS: usize = 10;

/// How many digits of a serial number are shown.
const SERIAL: usize = 12;

type Rows = Vec<(&'static str, String)>;

pub(super) fn of(diagnosis: &Diagnosis, report: Report) -> String {
    let facts = |rows: Rows| table::fitted_facts(&rows, |_| Style::new(), report);
    let mut sections = Vec::new();
    if !diagnosis.findings.is_empty() {
        let rows = diagnosis.findings.iter().flat_map(finding);
        sections.push(("Findings", facts(rows.collect())));
    }
    if !diagnosis.logins.is_empty() {
        let rows = diagnosis.logins.iter().flat_map(login);
        sections.push(("Logins", facts(rows.collect())));
    }
    if !diagnosis.candidates.is_empty() {
        sections.push(("Certificates", candidates(diagnosis, report)));
    }
    sections.push(("Request", facts(versions(&diagnosis.versions))));
    sections.push(("Server", facts(server(diagnosis))));
    // What explains a failure explains nothing where there is none.
    if !diagnosis.hints.is_empty() && !diagnosis.verdict.login_works {
        let texts = diagnosis.hints.iter().map(|it| it.message.to_owned());
        sections.push(("Good to know", listed(texts, report)));
    }
    if !diagnosis.if_not_asked.is_empty() {
        let texts = diagnosis.if_not_asked.iter().map(|it| (*it).to_owned());
        sections.push(("If the browser still does not ask", listed(texts, report)));
    }
    let sections = sections.into_iter().map(|(heading, text)| {
        let heading = report.painted(heading, Style::new().bold());
        format!("{heading}\n{text}")
    });
    let mut parts = vec![verdict(diagnosis, report)];
    parts.extend(sections);
    parts.join("\n\n")
}

fn verdict(diagnosis: &Diagnosis, report: Report) -> String {
    let color = match diagnosis.verdict.login_works {
        true => AnsiColor::Green,
        false => AnsiColor::Red,
    };
    let row = [("Verdict:", diagnosis.verdict.message.clone())];
    table::fitted_facts(&row, |_| color.on_default().bold(), report)
}

fn server(diagnosis: &Diagnosis) -> Rows {
    let server = &diagnosis.server;
    let mut rows = vec![("url", diagnosis.url.clone())];
    let mut push =
        |word, value: Option<&String>| rows.extend(value.map(|value| (word, value.clone())));
    push("address", server.address.as_ref());
    push("software", server.software.as_ref());
    push("via", server.via.as_ref());
    push("speaks", server.application_protocol.as_ref());
    for (position, certificate) in server.chain.iter().enumerate() {
        let word = match position {
            0 => "certificate",
            _ => "above it",
        };
        let text = format!("{}, until {}", certificate.subject, certificate.not_after);
        rows.push((word, text));
    }
    if let Some(last) = server.chain.last() {
        rows.push(("root", last.issuer.clone()));
        let trusted = match (server.trusted, server.anchor) {
            (Some(true), Some("system")) => "yes, it leads to a root that browsers know",
            (Some(true), _) => "yes, by a browser of this user",
            (None, Some("added-to-system")) => {
                "unknown: its root was added to this system, and whether a browser has it is not told"
            }
            (None, _) => "unknown: see what was found",
            (Some(false), Some("this-authority")) => {
                "by no browser of this user: it leads to the root of this CA"
            }
            (Some(false), _) => "no: see what was found",
        };
        rows.push(("trusted", trusted.to_owned()));
    }
    // A root that browsers know needs no store of this machine.
    if server.anchor != Some("system") {
        rows.extend(server.stores.iter().map(|store| {
            let word = match store.trusted {
                Some(true) => "trusted by",
                Some(false) => "not trusted by",
                None => "not looked into",
            };
            (word, store.place.clone())
        }));
    }
    rows
}

/// Both versions; what the second asks for as the first does is told once.
fn versions(versions: &[InVersion]) -> Rows {
    let mut rows = Rows::new();
    let mut told = None;
    for it in versions {
        rows.extend(version(it, told));
        told = it
            .request
            .as_ref()
            .map(|request| (it.tls, request))
            .or(told);
    }
    rows
}

fn version(version: &InVersion, told: Option<(&str, &Requested)>) -> Rows {
    let asked = match (version.spoken, version.asked) {
        (false, _) => "not spoken",
        (true, Some("required")) => "asks in the first handshake, and requires a certificate",
        (true, Some("optional")) => {
            "asks in the first handshake, and goes on without a certificate"
        }
        (true, Some("renegotiation")) => "asks later, by a second handshake",
        (true, Some("post-handshake")) => "asks later, after the handshake",
        (true, Some("never")) => "never asks",
        (true, _) => "does not ask in the first handshake; later is unchecked",
    };
    let mut rows = vec![(version.tls, asked.to_owned())];
    if !version.spoken {
        return rows;
    }
    let without = &version.without_certificate;
    rows.push(("  without one", without.end()));
    let Some(request) = &version.request else {
        return rows;
    };
    match told.filter(|(_, told)| told.acceptable_issuers == request.acceptable_issuers) {
        Some((tls, _)) => rows.push(("  issuers", format!("the same as in {tls}"))),
        None => rows.extend(issuers(&request.acceptable_issuers)),
    }
    rows.push(("  signatures", request.signature_schemes.join(" ")));
    if !request.certificate_types.is_empty() {
        rows.push(("  key types", request.certificate_types.join(" ")));
    }
    rows
}

/// The first of them, and how many there are besides.
fn issuers(issuers: &[String]) -> Rows {
    if issuers.is_empty() {
        return vec![("  issuers", "any".to_owned())];
    }
    let shown = issuers.iter().take(ISSUERS).cloned();
    let mut rows: Rows = shown.map(|issuer| ("  issuer", issuer)).collect();
    if issuers.len() > ISSUERS {
        let text = format!("and {} more; --json has all", issuers.len() - ISSUERS);
        rows.push(("  issuers", text));
    }
    rows
}

fn candidates(diagnosis: &Diagnosis, report: Report) -> String {
    let candidates = &diagnosis.candidates;
    let [chromium, firefox] = Browser::ALL.map(|browser| browser.name().to_uppercase());
    let heading = [
        "NAME".into(),
        "SERIAL NUMBER".into(),
        "STATUS".into(),
        "WHERE".into(),
        Cell::from(chromium),
        Cell::from(firefox),
    ];
    let rows = candidates.iter().map(|candidate| {
        let certificate = &candidate.certificate;
        let name = match (&certificate.name, &certificate.device) {
            (Some(name), Some(device)) => format!("{name}/{device}"),
            (Some(name), None) => name.clone(),
            (None, _) => certificate.subject.clone(),
        };
        let place = match (&candidate.owner, &candidate.path) {
            (Some(owner), Some(path)) => format!("{owner}: {}", at_home(path)),
            (None, Some(path)) => at_home(path),
            _ => "this CA".to_owned(),
        };
        [
            Cell::from(name),
            Cell::from(short(&certificate.serial_number)),
            status(certificate.status),
            Cell::from(place),
            offer(candidate, Browser::Chromium),
            offer(candidate, Browser::Firefox),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    let mut text = table::fitted(&rows, &[(3, 10), (1, 8), (0, 8)], report);
    let chosen = diagnosis.choices.iter().filter_map(Chosen::message);
    let chosen = chosen.map(|it| capitalized(&it) + ".");
    for why in reasons(candidates).into_iter().chain(chosen) {
        text.push('\n');
        text.push_str(&table::fitted_facts(&[("", why)], |_| Style::new(), report));
    }
    text
}

/// A path as people write it who have this home.
fn at_home(path: &str) -> String {
    let home = std::env::home_dir().filter(|home| home.parent().is_some());
    match home.and_then(|home| {
        Some(
            std::path::Path::new(path)
                .strip_prefix(home)
                .ok()?
                .to_owned(),
        )
    }) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.to_owned(),
    }
}

/// Enough of a serial number to tell certificates apart, and to name one by.
fn short(serial_number: &str) -> String {
    match serial_number.get(..SERIAL) {
        Some(start) if serial_number.len() > SERIAL => format!("{start}…"),
        _ => serial_number.to_owned(),
    }
}

fn status(status: &'static str) -> Cell {
    let color = match status {
        "valid" => AnsiColor::Green,
        _ => AnsiColor::Red,
    };
    Cell::styled(status, color.on_default())
}

fn capitalized(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|it| it.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn offer(candidate: &Candidacy, browser: Browser) -> Cell {
    let offers = &candidate.offers;
    match offers.iter().find(|it| it.browser == browser.as_str()) {
        None => "".into(),
        Some(Offered { offered: true, .. }) => {
            Cell::styled("offers it", AnsiColor::Green.on_default())
        }
        Some(Offered { reason, .. }) => {
            Cell::styled(reason.unwrap_or("no"), AnsiColor::Red.on_default())
        }
    }
}

/// Each reason once, as a sentence with its mend.
fn reasons(candidates: &[Candidacy]) -> Vec<String> {
    let mut told = Vec::new();
    for offer in candidates.iter().flat_map(|it| &it.offers) {
        if let (Some(reason), Some(message), Some(hint)) =
            (offer.reason, &offer.message, offer.hint)
        {
            let text = format!("{reason}: {message}. {hint}");
            if !told.contains(&text) {
                told.push(text);
            }
        }
    }
    told
}

fn login(login: &LoggedIn) -> Rows {
    let end = login.end();
    let text = match serde_json::to_value(login.outcome) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    };
    let text = match end.is_empty() {
        true => text,
        false => format!("{text} ({end})"),
    };
    let mut rows = vec![(login.tls, text)];
    if login.alert.is_some() || login.status.is_some() {
        rows.extend(login.message.iter().map(|text| ("  means", text.clone())));
    }
    rows.extend(login.hint.iter().map(|text| ("  next", text.clone())));
    rows
}

fn finding(finding: &Finding) -> Rows {
    let word = match finding.prevents_login {
        true => "problem",
        false => "note",
    };
    vec![
        (word, format!("{}.", finding.message)),
        ("  next", finding.hint.clone()),
    ]
}

fn listed(texts: impl Iterator<Item = String>, report: Report) -> String {
    let rows: Vec<_> = texts.map(|text| ("-", text)).collect();
    table::fitted_facts(&rows, |_| Style::new(), report)
}
