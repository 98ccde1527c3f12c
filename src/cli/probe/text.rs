//! What a probe found out, for people: the verdict, what is wrong and what mends it, then every case.

use anstyle::{AnsiColor, Style};

use super::super::report::Report;
use super::super::table::{self, Cell};
use crate::probe::case::Case;
use crate::probe::{Finding, Report as Findings, Verdict};

/// To how many characters what was seen may be cut where the terminal is narrow.
const SEEN: usize = 20;

pub(super) fn of(findings: &Findings, report: Report) -> String {
    let mut parts = vec![verdict(findings, report)];
    let wrong = of_right(findings, Some(false));
    let mut sections = vec![("Wrong answers", explained(&wrong, report))];
    sections.push(("Could not tell", untold(&of_right(findings, None), report)));
    sections.push(("Cases", table(&findings.cases, report)));
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
        (_, _, let_in) => (
            AnsiColor::Red,
            format!("the server lets in what it must refuse, in {let_in} of the cases"),
        ),
    };
    let row = [("Verdict:", text)];
    table::fitted_facts(&row, |_| color.on_default().bold(), report)
}

fn explained(wrong: &[&Finding], report: Report) -> String {
    let explained = wrong.iter().map(|finding| {
        let mut rows = vec![
            (
                finding.case,
                format!("{} ({})", finding.says, finding.section),
            ),
            (
                "",
                format!("{}: {}.", finding.verdict().words(), finding.seen),
            ),
        ];
        let mut push = |word, text: Option<&str>| {
            rows.extend(text.map(|text| (word, text.to_owned())));
        };
        push("", finding.waited.as_deref());
        push("means", finding.meaning);
        push("mend", finding.mend);
        table::fitted_facts(&rows, |_| Style::new(), report)
    });
    explained.collect::<Vec<_>>().join("\n")
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
