//! What a probe found out, for people: the verdict, what is wrong and what mends it, then every case.

use anstyle::{AnsiColor, Style};

use super::super::report::Report;
use super::super::table::{self, Cell};
use crate::probe::case::Case;
use crate::probe::{Finding, KeptOut, Report as Findings, Spread, Verdict};

/// To how many characters what was seen may be cut where the terminal is narrow.
const SEEN: usize = 20;
/// Where sentences are broken that no terminal breaks.
const COLUMNS: usize = 100;
/// Of more cases than these the names alone are told where all have one cause; the table tells the rest.
const FEW: usize = 6;
/// The case in which no certificate is shown.
const NOBODY: &str = "no-certificate";

pub(super) fn of(findings: &Findings, report: Report) -> String {
    let mut parts = vec![verdict(findings, report)];
    let mut sections = Vec::new();
    match &findings.kept_out {
        // Of every case the same would be said.
        Some(kept_out) => sections.push(("Why", why(kept_out, report))),
        None => {
            let wrong = of_right(findings, Some(false));
            sections.push(("Wrong answers", explained(&wrong, report)));
            sections.push(("Could not tell", untold(&of_right(findings, None), report)));
            sections.push(("Cases", table(&findings.cases, report)));
            sections.push(("Notes", notes(findings, report)));
        }
    }
    sections.push(("Probe", facts(findings, report)));
    parts.extend(
        sections
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(heading, text)| {
                let heading = report.painted(heading, Style::new().bold());
                format!("{heading}\n{text}")
            }),
    );
    parts.join("\n\n")
}

/// The cases that there are, with what must come of each.
pub(super) fn list<'a>(cases: impl Iterator<Item = &'a Case>, report: Report) -> String {
    let heading = ["CASE", "MUST BE", "NEEDS", "WHAT DIFFERS", "SAID IN"].map(Cell::from);
    let rows = cases.map(|case| {
        let needs = match case.needs_anchor() {
            true => "--probe-anchor",
            false => "",
        };
        [
            case.name,
            wanted(case.must.as_str()),
            needs,
            case.says,
            case.section,
        ]
        .map(Cell::from)
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    table::fitted(&rows, &[(3, 30), (4, 12)], report)
}

fn of_right(findings: &Findings, right: Option<bool>) -> Vec<&Finding> {
    let cases = findings.cases.iter();
    cases.filter(|finding| finding.right == right).collect()
}

fn verdict(findings: &Findings, report: Report) -> String {
    let (wrong, untold) = (findings.wrong, findings.could_not_tell);
    let let_in = findings.cases.iter();
    let let_in = let_in.filter(|it| it.verdict() == Verdict::WronglyAccepted);
    let anybody = let_in.clone().any(|it| it.case == NOBODY);
    let (color, text) = match (&findings.let_in, wrong, let_in.count()) {
        (None, ..) => (
            AnsiColor::Red,
            format!(
                "nothing can be said: a good certificate of {} is not let in",
                findings.name
            ),
        ),
        (_, 0, _) if untold == 0 => (AnsiColor::Green, "every answer is right".to_owned()),
        (_, 0, _) => (
            AnsiColor::Green,
            format!("no answer is wrong; {untold} could not be told"),
        ),
        (_, _, 0) => (
            AnsiColor::Red,
            format!("nobody is let in who must not be, but {wrong} good ones are kept out"),
        ),
        _ if is_undelivered(findings) => (
            AnsiColor::Red,
            "what was revoked is still let in: no --refresh COMMAND told the server, and it did not look by itself"
                .to_owned(),
        ),
        (_, _, 1) if anybody => (
            AnsiColor::Red,
            "the server lets in whoever shows no certificate".to_owned(),
        ),
        (_, _, let_in) if anybody => (
            AnsiColor::Red,
            format!(
                "the server lets in whoever shows no certificate, and in {} other cases what it must refuse",
                let_in - 1
            ),
        ),
        (_, _, 1) => (
            AnsiColor::Red,
            "the server lets in what it must refuse, in one case".to_owned(),
        ),
        (_, _, let_in) => (
            AnsiColor::Red,
            format!("the server lets in what it must refuse, in {let_in} cases"),
        ),
    };
    let row = [("Verdict:", text)];
    table::fitted_facts(&row, |_| color.on_default().bold(), report)
}

/// Says whether nothing is wrong but that the server does not know of the revocation, which nobody brought to it.
fn is_undelivered(findings: &Findings) -> bool {
    let unaided = |spread: &Spread| spread.refresh.is_none() && !spread.has_arrived;
    let is_later = |finding: &&Finding| finding.waited.is_some();
    findings.revocation.as_ref().is_some_and(unaided)
        && of_right(findings, Some(false)).iter().all(is_later)
}

fn why(kept_out: &KeptOut, report: Report) -> String {
    let rows = [
        ("because", format!("{}.", kept_out.why)),
        ("mend", kept_out.mend.to_owned()),
    ];
    table::fitted_facts(&rows, |_| Style::new(), report)
}

/// What is wrong; what means the same and is mended in the same way is told together.
fn explained(wrong: &[&Finding], report: Report) -> String {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in wrong {
        let alike = |group: &&mut Vec<&Finding>| {
            let first = group.first();
            first.is_some_and(|it| it.meaning == finding.meaning && it.mend == finding.mend)
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let groups = groups
        .iter()
        .map(|group| table::broken_facts(&rows(group), COLUMNS, report));
    groups.collect::<Vec<_>>().join("\n\n")
}

/// Each case of a group, and what is true of all of them once.
fn rows<'a>(group: &[&'a Finding]) -> Vec<(&'a str, String)> {
    let notes = group.iter().flat_map(|finding| &finding.notes);
    // Of many cases what is true of most.
    let of_all = |note: &&String| {
        let noted = group.iter().filter(|it| it.notes.contains(note)).count();
        noted == group.len() || (group.len() > FEW && noted * 2 > group.len())
    };
    let mut rows = Vec::new();
    match group {
        [_, ..] if group.len() > FEW => {
            let names: Vec<_> = group.iter().map(|finding| finding.case).collect();
            rows.push(("cases", names.join(", ")));
        }
        _ => {
            for finding in group {
                rows.push((finding.case, what_happened(finding)));
                let own = finding.notes.iter().filter(|note| !of_all(note));
                rows.extend(own.map(|note| ("", note.clone())));
            }
        }
    }
    let once = |word, texts: &mut dyn Iterator<Item = &'a str>| {
        let mut told: Vec<(&str, String)> = Vec::new();
        for text in texts {
            if !told.iter().any(|(_, it)| it == text) {
                told.push((word, text.to_owned()));
            }
        }
        told
    };
    let common = notes.filter(of_all).map(String::as_str);
    let waited = group.iter().filter_map(|finding| finding.waited.as_deref());
    rows.extend(once("seen", &mut { common }));
    rows.extend(once("waited", &mut { waited }));
    rows.extend(once("means", &mut group.iter().filter_map(|it| it.meaning)));
    rows.extend(once(
        "mend",
        &mut group.iter().filter_map(|it| it.mend.as_deref()),
    ));
    rows
}

fn what_happened(finding: &Finding) -> String {
    let says = finding.says.trim_end_matches('.');
    let (section, words) = (finding.section, finding.verdict().words());
    format!("{says} ({section}): {words}, {}.", finding.seen)
}

/// What was noted of answers that are not wrong.
fn notes(findings: &Findings, report: Report) -> String {
    let mut rows: Vec<(String, &str)> = Vec::new();
    for finding in findings.cases.iter().filter(|it| it.right != Some(false)) {
        for note in &finding.notes {
            match rows.iter_mut().find(|(_, text)| text == note) {
                Some((cases, _)) => {
                    cases.push_str(", ");
                    cases.push_str(finding.case);
                }
                None => rows.push((finding.case.to_owned(), note)),
            }
        }
    }
    let rows: Vec<_> = rows
        .iter()
        .flat_map(|(cases, note)| [("cases", cases.clone()), ("", (*note).to_owned())])
        .collect();
    table::fitted_facts(&rows, |_| Style::new(), report)
}

fn untold(findings: &[&Finding], report: Report) -> String {
    // Where all have one cause it is said once.
    let mut rows: Vec<(&str, String)> = Vec::new();
    let mut told: Vec<&str> = Vec::new();
    for finding in findings {
        if told.contains(&finding.seen.as_str()) {
            continue;
        }
        let alike = findings.iter().filter(|it| it.seen == finding.seen);
        let names: Vec<_> = alike.map(|it| it.case).collect();
        told.push(&finding.seen);
        rows.push(match names.as_slice() {
            [one] => (one, finding.seen.clone()),
            _ => ("cases", names.join(", ")),
        });
        if names.len() > 1 {
            rows.push(("because", finding.seen.clone()));
        }
    }
    table::fitted_facts(&rows, |_| Style::new(), report)
}

fn table(findings: &[Finding], report: Report) -> String {
    let heading = ["CASE", "MUST BE", "WAS", "SEEN"].map(Cell::from);
    let rows = findings.iter().map(|finding| {
        let style = match finding.right {
            Some(true) => AnsiColor::Green.on_default(),
            Some(false) => AnsiColor::Red.on_default().bold(),
            None => AnsiColor::Yellow.on_default(),
        };
        let seen = match finding.right {
            None => "",
            Some(_) => finding.seen.as_str(),
        };
        [
            finding.case.into(),
            wanted(finding.must).into(),
            Cell::styled(finding.verdict().words(), style),
            seen.into(),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
    table::fitted(&rows, &[(3, SEEN)], report)
}

fn wanted(must: &str) -> &'static str {
    match must {
        "refuse" => "refused",
        "accept" => "accepted",
        _ => "either",
    }
}

fn facts(findings: &Findings, report: Report) -> String {
    let mut rows = vec![("url", findings.url.clone()), ("as", findings.name.clone())];
    let mut push = |word, text: Option<String>| rows.extend(text.map(|text| (word, text)));
    push("software", findings.software.map(str::to_owned));
    push(
        "certificate",
        findings.server_is_ours.map(|ours| {
            match ours {
                true => "the server's leads to the root of this CA",
                false => "the server's does not lead to the root of this CA",
            }
            .to_owned()
        }),
    );
    push("let in", findings.let_in.clone());
    push(
        "revocation",
        findings.revocation.as_ref().map(|spread| {
            let number = match spread.crl_number {
                Some(number) => format!("CRL number {number}"),
                None => "no new CRL".to_owned(),
            };
            let after = match spread.has_arrived {
                true => "the server refused what it lists after",
                false => "the server still let in what it lists after",
            };
            format!("{number}; {after} {:.1} s", spread.waited_seconds)
        }),
    );
    let (right, wrong, untold) = (findings.right, findings.wrong, findings.could_not_tell);
    push(
        "answers",
        Some(format!(
            "{right} right, {wrong} wrong, {untold} could not be told"
        )),
    );
    table::fitted_facts(&rows, |_| Style::new(), report)
}
