//! Tables and lists of facts for the terminal.

use unicode_width::UnicodeWidthStr;

use crate::name::one_line;

/// Lays rows out in columns, the first row being the headings.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    let mut widths = [0usize; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| pad(cell, width));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lays facts out as a word and what is said of it, one a line.
pub(super) fn facts(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(word, _)| word.width()).max().unwrap_or(0);
    let lines = rows.iter().map(|(word, text)| {
        format!("{}  {}", pad(word, width), one_line(text))
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen_not_by_octets() {
        let row = |one: &str, two: &str| [one.to_owned(), two.to_owned()];
        let table = columns(&[
            row("NAME", "STATUS"),
            row("李雷", "valid"),
            row("Zoë", "revoked"),
        ]);
        assert_eq!(table, "NAME  STATUS\n李雷  valid\nZoë   revoked");
    }

    #[test]
    fn a_text_from_outside_cannot_forge_a_row_or_command_the_terminal() {
        let text = facts(&[("message", "hi\u{1b}[2J\nverdict  accepted".to_owned())]);
        assert_eq!(text, "message  hi\u{fffd}[2J\u{fffd}verdict  accepted");
    }

    #[test]
    fn facts_line_up_behind_the_longest_word() {
        assert_eq!(
            facts(&[("a", "1".to_owned()), ("long", "2".to_owned())]),
            "a     1\nlong  2"
        );
    }
}
