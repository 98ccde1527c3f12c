//! Our own Markdown as a terminal shows it.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::platform_of_file;

/// A page without the marks of emphasis, and with the command that prints another page in the place of the link to it.
///
/// Headings, lists, tables and code stay as they are: they read well.
pub fn plain(page: &str) -> String {
    let mut edits = Vec::new();
    for (event, range) in Parser::new_ext(page, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Strong) => edits.extend(marks(range, 2)),
            Event::Start(Tag::Emphasis) => edits.extend(marks(range, 1)),
            Event::Start(Tag::Link { dest_url, .. }) => {
                if let Some(platform) = platform_of_file(&dest_url) {
                    let command = format!("`pki export --help-for {platform}`");
                    edits.push((range, command));
                }
            }
            _ => {}
        }
    }
    edits.sort_by_key(|(range, _)| range.start);
    let mut plain = String::with_capacity(page.len());
    let mut done = 0;
    for (range, instead) in edits {
        // What stands in a link goes with it.
        if let Some(before) = page.get(done..range.start) {
            plain.push_str(before);
            plain.push_str(&instead);
            done = range.end;
        }
    }
    plain.push_str(page.get(done..).unwrap_or_default());
    plain
}

/// The marks at both ends of an emphasis, to be left out.
fn marks(range: Range<usize>, length: usize) -> [(Range<usize>, String); 2] {
    let (first, last) = (range.start + length, range.end.saturating_sub(length));
    [
        (range.start..first, String::new()),
        (last..range.end, String::new()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Platform;
    use crate::steps;

    #[test]
    fn marks_go_and_links_become_commands() {
        for (markdown, shown) in [
            ("a **b** *c* d\n", "a b c d\n"),
            ("**a *b* c**", "a b c"),
            ("**\"Zoë\"**, é", "\"Zoë\", é"),
            ("see [ios](ios.md).", "see `pki export --help-for ios`."),
            ("[**x**](ios.md)", "`pki export --help-for ios`"),
            ("[x](https://example.org/)", "[x](https://example.org/)"),
            ("`**` 2 * 3 * 4", "`**` 2 * 3 * 4"),
            ("```\n**a**\n```\n", "```\n**a**\n```\n"),
            ("# a\n\n- b\n1. **c**\n", "# a\n\n- b\n1. c\n"),
            ("", ""),
        ] {
            assert_eq!(plain(markdown), shown);
        }
    }

    #[test]
    fn nothing_is_left_in_the_pages_that_leads_nowhere() {
        for platform in Platform::ALL {
            let shown = plain(steps::page(platform));
            for mark in ["**", ".md)", "]("] {
                assert!(!shown.contains(mark), "{platform}: {mark}");
            }
            assert_eq!(plain(&shown), shown, "{platform}");
        }
    }
}
