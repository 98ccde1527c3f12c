//! The matrix as a table: one row an importer and form, one column a key and kind of password.

use std::fs;

use super::importer::Importer;
use super::stage::{FORMS, KEYS, PASSWORDS};
use crate::support::tools::fixture;

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- /matrix -->";

/// Renders a Markdown table that can be read on a terminal too; `value` is asked for an importer's place in the list, and for form,
/// key algorithm and kind of password.
pub(super) fn render(
    importers: &[&Importer],
    value: impl Fn(usize, [&'static str; 3]) -> String,
) -> String {
    let keys = KEYS.iter().map(|(key, _)| *key);
    let columns: Vec<[&str; 2]> = keys
        .flat_map(|key| PASSWORDS.map(|(kind, _)| [key, kind]))
        .collect();
    let titles = columns.iter().map(|column| column.join(", "));
    let head = ["importer", "form"].map(str::to_owned).into_iter();
    let mut rows: Vec<Vec<String>> = vec![head.chain(titles).collect()];
    for (number, importer) in importers.iter().enumerate() {
        for (form, _) in FORMS {
            let names = [importer.name, form].map(str::to_owned).into_iter();
            let values = columns
                .iter()
                .map(|[key, kind]| value(number, [form, key, kind]));
            rows.push(names.chain(values).collect());
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
    if std::env::var_os("PKI_TEST_BLESS").is_some() {
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
        "docs/platforms.md tells otherwise; PKI_TEST_BLESS=1 writes it anew"
    );
}
