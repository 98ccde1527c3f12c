//! The table as it stands in `docs/verdicts.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::causes::{CAUSES, Cause};
use super::openssl::Opinion;
use super::presenting::VERSIONS;
use super::reasons::{IMPOSSIBLE, PRECEDENCE, Reason, Wrong, possible_pairs};
use super::table::Row;
use super::ways::{PECULIAR, WAYS};
use crate::support::tools::fixture;

const BEGIN: &str = "<!-- verdicts -->\n";
const END: &str = "<!-- /verdicts -->";

/// The figures, the disagreements and the errors, as Markdown.
pub(super) fn render(rows: &[Row]) -> String {
    [
        figures(rows),
        reasons(rows),
        disagreements(rows),
        errors(rows),
    ]
    .join("\n")
}

/// Compares the tables with those of the page, or puts them there when that is asked for.
#[track_caller]
pub(super) fn compare(tables: &str) {
    let page = fixture("../docs/verdicts.md");
    let text = fs::read_to_string(&page).expect("docs/verdicts.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the tables begin");
    let (part, after) = rest.split_once(END).expect("where the tables end");
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
        let blessed = format!("{before}{BEGIN}{tables}{END}{after}");
        return fs::write(&page, blessed).expect("docs/verdicts.md can be written");
    }
    assert_eq!(
        part, tables,
        "docs/verdicts.md tells otherwise; PKI_TEST_BLESS=1 writes it anew"
    );
}

/// How many chains there are by the number of reasons that hold at once.
fn figures(rows: &[Row]) -> String {
    let (possible, impossible) = (possible_pairs().len(), IMPOSSIBLE.len());
    let by_alert = rows
        .iter()
        .filter(|row| !row.chain.has_readable_key())
        .count();
    let mut text = format!(
        "{} different chains, each presented in both versions of TLS: {} logins. {} ways of being wrong make {} reasons alone and \
         {possible} of {} pairs; \
         {impossible} pair is impossible. {} peculiarities are let in. \
         {by_alert} chains have no readable key and are told by the alert.\n\n",
        rows.len(),
        rows.len() * VERSIONS.len(),
        WAYS.len(),
        PRECEDENCE.len(),
        possible + impossible,
        PECULIAR.len(),
    );
    text += "| reasons at once | chains | as expected | OpenSSL decides alike | otherwise |\n";
    text += "| --- | --- | --- | --- | --- |\n";
    let line = |name: &str, of: &[&Row]| {
        let disputed = of.iter().filter(|row| row.is_disputed()).count();
        let judged = of.iter().filter(|row| row.is_judged_well()).count();
        format!(
            "| {name} | {} | {judged} | {} | {disputed} |\n",
            of.len(),
            of.len() - disputed
        )
    };
    for (number, name) in ["none: let in", "one", "two", "three"].iter().enumerate() {
        let of: Vec<&Row> = rows
            .iter()
            .filter(|row| row.chain.wrong.len() == number)
            .collect();
        text += &line(name, &of);
    }
    text + &line("all", &rows.iter().collect::<Vec<_>>())
}

/// How many chains there are by the reason that is told.
fn reasons(rows: &[Row]) -> String {
    let mut text = String::from(
        "| told | chains | alone | before another | holds, and another is told | OpenSSL accepts |\n",
    );
    text += "| --- | --- | --- | --- | --- | --- |\n";
    for (reason, word) in PRECEDENCE {
        let holds = || rows.iter().filter(|row| row.chain.wrong.contains(&reason));
        let told: Vec<&Row> = holds()
            .filter(|row| row.chain.reason() == Some(word))
            .collect();
        let alone = told.iter().filter(|row| row.chain.wrong.len() == 1).count();
        let accepts = told
            .iter()
            .filter(|row| row.opinion == Opinion::Accepts)
            .count();
        text += &format!(
            "| {word} | {} | {alone} | {} | {} | {accepts} |\n",
            told.len(),
            told.len() - alone,
            holds().count() - told.len()
        );
    }
    text
}

/// Every disagreement: what was the matter, and by which cause the two decide differently.
fn disagreements(rows: &[Row]) -> String {
    let disputed = || rows.iter().filter(|row| row.is_disputed());
    let mut text =
        String::from("| cause | chains | let in by | why the other does not, or does |\n");
    text += "| --- | --- | --- | --- |\n";
    for (cause, who, why) in CAUSES {
        let of = disputed().filter(|row| row.chain.causes.contains(&cause));
        text += &format!("| {} | {} | {who} | {why} |\n", number(cause), of.count());
    }
    let mut matters: BTreeMap<(Vec<usize>, &str, &str, String), usize> = BTreeMap::new();
    for row in disputed() {
        let causes = row
            .chain
            .causes
            .iter()
            .map(|cause| number(*cause))
            .collect();
        let told = row.chain.reason().unwrap_or("accepted");
        let matter = (causes, row.chain.what.as_str(), told, words(&row.opinion));
        *matters.entry(matter).or_default() += 1;
    }
    text += "\n| what is the matter | chains | told | OpenSSL | causes |\n| --- | --- | --- | --- | --- |\n";
    for ((causes, what, told, said), chains) in matters {
        let causes: Vec<String> = causes.iter().map(usize::to_string).collect();
        let causes = causes.join(", ");
        text += &format!("| {what} | {chains} | {told} | {said} | {causes} |\n");
    }
    text
}

/// A cause's place in the list, from one.
fn number(cause: Cause) -> usize {
    cause as usize + 1
}

/// The first error that OpenSSL gives where one reason holds alone; and of which of two it gives one.
fn errors(rows: &[Row]) -> String {
    let mut text =
        String::from("| reason, alone | chains | what OpenSSL says first |\n| --- | --- | --- |\n");
    let mut known: BTreeMap<Reason, BTreeSet<String>> = BTreeMap::new();
    for (reason, word) in PRECEDENCE {
        let alone = Wrong::from([reason]);
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.chain.wrong == alone) {
            *said.entry(words(&row.opinion)).or_default() += 1;
        }
        for (words, number) in &said {
            text += &format!("| {word} | {number} | {words} |\n");
        }
        known.insert(reason, said.into_keys().collect());
    }
    let (mut told, mut other, mut neither) = (0, 0, 0);
    let both_refuse = |row: &&Row| row.chain.wrong.len() == 2 && row.opinion != Opinion::Accepts;
    for row in rows.iter().filter(both_refuse) {
        let said = words(&row.opinion);
        let mut reasons = row
            .chain
            .wrong
            .iter()
            .map(|reason| known[reason].contains(&said));
        match (reasons.next(), reasons.next()) {
            (Some(true), _) => told += 1,
            (_, Some(true)) => other += 1,
            _ => neither += 1,
        }
    }
    text + &format!(
        "\nOf {} chains with two reasons that both refuse, OpenSSL names first an error that goes with the reason \
         told in {told}, with the other in \
         {other}, and one that neither has alone in {neither}.\n",
        told + other + neither
    )
}

fn words(opinion: &Opinion) -> String {
    match opinion {
        Opinion::Accepts => "OK".to_owned(),
        Opinion::Refuses(number, words) => format!("{number}: {words}"),
        Opinion::CannotRead => "cannot read it".to_owned(),
    }
}
