//! The matrix as a table: one row an importer and form, one column a key and kind of password.

use std::fs;

use super::stage::{FORMS, KEYS, PASSWORDS};
use crate::support::tools::fixture;

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- /matrix -->";

/// Renders a Markdown table that can be read on a terminal too; `value` is asked for importer, form, key and password.
pub(super) fn render(
    importers: &[&str],
    value: impl Fn(usize, (usize, usize, usize)) -> String,
) -> String {
    let keys = KEYS.iter().enumerate();
    let columns: Vec<(usize, usize, String)> = keys
        .flat_map(|(key, (algorithm, _))| {
            let kinds = PASSWORDS.iter().enumerate();
            kinds.map(move |(password, (kind, _))| (key, password, format!("{algorithm}, {kind}")))
        })
        .collect();
    let titles = columns.iter().map(|(_, _, title)| title.clone());
    let head: Vec<String> = ["importer".to_owned(), "form".to_owned()]
        .into_iter()
        .chain(titles)
        .collect();
    let mut rows = vec![head];
    for (importer, name) in importers.iter().enumerate() {
        for (form, (form_name, _)) in FORMS.iter().enumerate() {
            let values = columns
                .iter()
                .map(|(key, password, _)| value(importer, (form, *key, *password)));
            let names = [(*name).to_owned(), (*form_name).to_owned()];
            rows.push(names.into_iter().chain(values).collect());
        }
    }
    lines(&rows)
}

/// The rows, each cell as wide as the widest of its column.
fn lines(rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| {
            let lengths = rows.iter().map(|row| row[column].chars().count());
            lengths.max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths);
        let cells = cells.map(|(cell, width)| format!("{cell:width$}"));
        text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        if number == 0 {
            let rules = widths.iter().map(|width| "-".repeat(*width));
            text += &format!("| {} |\n", rules.collect::<Vec<_>>().join(" | "));
        }
    }
    text
}

/// Compares the table with the one in `docs/platforms.md`, or puts it there when that is asked for.
///
/// The versions are told beside it and not compared: another version that behaves alike is no fault.
#[track_caller]
pub(super) fn compare_with_page(table: &str, versions: impl FnOnce() -> String) {
    let page = fixture("../docs/platforms.md");
    let text = fs::read_to_string(&page).expect("docs/platforms.md");
    let (before, rest) = text.split_once(BEGIN).expect("where the matrix begins");
    let (part, after) = rest.split_once(END).expect("where the matrix ends");
    if std::env::var_os("PKI_BLESS").is_some_and(|value| value == "1") {
        let blessed = format!("{before}{BEGIN}\n{table}\n{}\n\n{END}{after}", versions());
        fs::write(&page, blessed).expect("docs/platforms.md can be written");
        return;
    }
    let committed: String = part
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(
        committed, table,
        "docs/platforms.md tells otherwise; PKI_BLESS=1 writes it anew"
    );
}
