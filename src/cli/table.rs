//! Tables and lists of facts for the terminal.

use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::report::Report;
use crate::name::one_line;

/// What stands between two columns.
const GAP: &str = "  ";

/// One field of a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text whose colour says once more what the text says.
    pub(super) fn styled(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        Self { text, style }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::new())
    }
}

/// Lays rows out in columns, the first row being the headings.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[Cell; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| Cell::from(cell.as_str())))
        .collect();
    laid_out(&rows, [0; N], |text, _| text.to_owned())
}

/// The same in colour, and no wider than the terminal: `yielding` columns are cut, in this order and to no less than this
/// many characters. Where stdout is no terminal nothing is cut.
pub(super) fn fitted<const N: usize>(
    rows: &[[Cell; N]],
    yielding: &[(usize, usize)],
    report: Report,
) -> String {
    let limits = match report.width() {
        Some(width) => limits(&widths(rows), yielding, width),
        None => [0; N],
    };
    laid_out(rows, limits, |text, style| report.painted(text, style))
}

/// Lays facts out as a word and what is said of it, one a line.
pub(super) fn facts(rows: &[(&str, String)]) -> String {
    wrapped(rows, None, |_, text| text.to_owned())
}

/// The same in colour, and broken at spaces where the terminal ends. A word is never cut: people copy serial numbers.
pub(super) fn fitted_facts(
    rows: &[(&str, String)],
    style: impl Fn(&str) -> Style,
    report: Report,
) -> String {
    wrapped(rows, report.width(), |word, text| {
        report.painted(text, style(word))
    })
}

/// The same without colour, and broken at so many columns where no terminal says its own.
pub(super) fn broken_facts(rows: &[(&str, String)], columns: usize, report: Report) -> String {
    let columns = report.width().unwrap_or(columns);
    wrapped(rows, Some(columns), |_, text| text.to_owned())
}

fn widths<const N: usize>(rows: &[[Cell; N]]) -> [usize; N] {
    let mut widths = [0usize; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(one_line(&cell.text).width());
        }
    }
    widths
}

/// To how many characters each column is cut; 0 stands for no limit.
fn limits<const N: usize>(
    widths: &[usize; N],
    yielding: &[(usize, usize)],
    terminal: usize,
) -> [usize; N] {
    let mut limits = [0; N];
    let whole = widths.iter().sum::<usize>() + GAP.len() * N.saturating_sub(1);
    let mut excess = whole.saturating_sub(terminal);
    for (column, least) in yielding {
        if let (Some(width), Some(limit)) = (widths.get(*column), limits.get_mut(*column)) {
            let cut = excess.min(width.saturating_sub(*least));
            if cut > 0 {
                *limit = width - cut;
                excess -= cut;
            }
        }
    }
    limits
}

fn laid_out<const N: usize>(
    rows: &[[Cell; N]],
    limits: [usize; N],
    paint: impl Fn(&str, Style) -> String,
) -> String {
    let mut widths = widths(rows);
    for (width, limit) in widths.iter_mut().zip(limits) {
        if limit > 0 {
            *width = limit;
        }
    }
    let lines = rows.iter().map(|row| {
        let mut line = String::new();
        let mut gap = 0;
        for (cell, width) in row.iter().zip(widths) {
            let text = cut(&one_line(&cell.text), width);
            if !text.is_empty() {
                line.push_str(&" ".repeat(std::mem::take(&mut gap)));
                line.push_str(&paint(&text, cell.style));
            }
            gap += width.saturating_sub(text.width()) + GAP.len();
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A text of at most so many columns; where something was cut off stands an ellipsis.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = width.saturating_sub(1);
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        kept.push(character);
    }
    kept + "…"
}

fn wrapped(
    rows: &[(&str, String)],
    terminal: Option<usize>,
    paint: impl Fn(&str, &str) -> String,
) -> String {
    let label = rows.iter().map(|(word, _)| word.width()).max().unwrap_or(0);
    let room = terminal.map(|terminal| terminal.saturating_sub(label + GAP.len()));
    let mut lines = Vec::new();
    for (word, text) in rows {
        let mut head = pad(word, label);
        for line in broken(&one_line(text), room) {
            let line = format!("{head}{GAP}{}", paint(word, &line));
            lines.push(line.trim_end().to_owned());
            head = " ".repeat(label);
        }
    }
    lines.join("\n")
}

/// Breaks a text at spaces into lines of at most `room` columns.
fn broken(text: &str, room: Option<usize>) -> Vec<String> {
    let Some(room) = room.filter(|room| text.width() > *room) else {
        return vec![text.to_owned()];
    };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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

    #[test]
    fn columns_yield_in_their_order_and_no_further_than_they_may() {
        let widths = [20, 5, 40];
        let yielding = [(2, 10), (0, 8)];
        assert_eq!(limits(&widths, &yielding, 80), [0, 0, 0]);
        assert_eq!(limits(&widths, &yielding, 60), [0, 0, 31]);
        assert_eq!(limits(&widths, &yielding, 37), [18, 0, 10]);
        assert_eq!(limits(&widths, &yielding, 5), [8, 0, 10]);
    }

    #[test]
    fn what_is_cut_ends_with_an_ellipsis_and_fits() {
        assert_eq!(cut("0123456789", 10), "0123456789");
        assert_eq!(cut("0123456789", 6), "01234…");
        assert_eq!(cut("李雷李雷", 6), "李雷…");
    }

    #[test]
    fn colour_takes_no_room_and_a_line_has_no_end_of_spaces() {
        let cell = |text: &str| Cell::from(text);
        let rows = [
            [cell("a"), cell("bb"), cell("")],
            [cell("aaa"), cell("b"), cell("c")],
        ];
        let table = laid_out(&rows, [0; 3], |text, _| format!("<{text}>"));
        assert_eq!(table, "<a>    <bb>\n<aaa>  <b>   <c>");
    }

    #[test]
    fn a_fact_is_broken_at_spaces_and_no_word_is_cut() {
        let rows = [("history", "one two three 0123456789abcdef".to_owned())];
        let text = wrapped(&rows, Some(17), |_, text| text.to_owned());
        assert_eq!(
            text,
            "history  one two\n         three\n         0123456789abcdef"
        );
    }
}
