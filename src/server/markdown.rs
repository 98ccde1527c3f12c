//! Our own Markdown as HTML, with nothing in it that the pages' policy would not let through.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::refusals::Refusal;
use crate::steps::platform_of_file;

/// Turns a page of steps or of a refusal into HTML, without its first heading, the other headings so many ranks lower.
///
/// HTML in the text is shown as text. Links lead to the other pages, or to places under https; what other links say stands there
/// without them.
pub(super) fn render(markdown: &str, lower: usize) -> Markup {
    let mut title = false;
    let mut links = Vec::new();
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| {
        Some(match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            }) => {
                title = true;
                return None;
            }
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
                title = false;
                return None;
            }
            _ if title => return None,
            Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
                level: lowered(level, lower),
                id: None,
                classes: Vec::new(),
                attrs: Vec::new(),
            }),
            Event::End(TagEnd::Heading(level)) => {
                Event::End(TagEnd::Heading(lowered(level, lower)))
            }
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => {
                let place = place_of(&dest_url);
                links.push(place.is_some());
                Event::Start(Tag::Link {
                    link_type,
                    dest_url: place?.into(),
                    title,
                    id,
                })
            }
            Event::End(TagEnd::Link) if links.pop() != Some(true) => return None,
            // An alignment would be a style attribute, which the policy shuts out.
            Event::Start(Tag::Table(_)) => Event::Start(Tag::Table(Vec::new())),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Start(Tag::HtmlBlock | Tag::Image { .. })
            | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => return None,
            other => other,
        })
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    PreEscaped(rendered)
}

fn lowered(level: HeadingLevel, by: usize) -> HeadingLevel {
    HeadingLevel::try_from(level as usize + by).unwrap_or(HeadingLevel::H6)
}

/// Where a link of a page leads on the server; no page of a refusal names the list of them, `README.md` is that of steps.
fn place_of(link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return Some(link.to_owned());
    }
    let file = link.strip_prefix("../browsers/").unwrap_or(link);
    if file == "README.md" {
        return Some("/steps".to_owned());
    }
    let steps = platform_of_file(file).map(|platform| format!("/steps/{platform}"));
    steps.or_else(|| Refusal::of_file(link).map(|it| format!("/refusals/{}", it.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Platform;
    use crate::{refusals, steps};

    fn html(markdown: &str) -> String {
        render(markdown, 0).into_string().replace('\n', "")
    }

    #[test]
    fn the_first_heading_is_left_to_the_page_and_the_others_are_lowered() {
        assert_eq!(html("# Title *it*\n\n## Part\n"), "<h2>Part</h2>");
        let lowered = render("# Title\n\n## Part\n", 1).into_string();
        assert_eq!(lowered.trim(), "<h3>Part</h3>");
    }

    #[test]
    fn html_is_text() {
        for (markdown, shown) in [
            ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("`<b>`", "<p><code>&lt;b&gt;</code></p>"),
        ] {
            assert_eq!(html(markdown), shown);
        }
    }

    #[test]
    fn links_lead_to_pages_and_to_https_alone() {
        for (markdown, shown) in [
            ("[x](ios.md)", r#"<p><a href="/steps/ios">x</a></p>"#),
            ("[x](README.md)", r#"<p><a href="/steps">x</a></p>"#),
            (
                "[x](https://example.org/)",
                r#"<p><a href="https://example.org/">x</a></p>"#,
            ),
            (
                "[x](../browsers/README.md) [x](../browsers/ios.md)",
                r#"<p><a href="/steps">x</a> <a href="/steps/ios">x</a></p>"#,
            ),
            (
                "[x](expired.md)",
                r#"<p><a href="/refusals/expired">x</a></p>"#,
            ),
            ("[x](../crl.md)", "<p>x</p>"),
            ("[x](javascript:alert(1))", "<p>x</p>"),
            ("[x](../../etc/passwd)", "<p>x</p>"),
            ("![x](https://example.org/x.png)", "<p>x</p>"),
        ] {
            assert_eq!(html(markdown), shown);
        }
    }

    #[test]
    fn the_pages_render_to_what_the_policy_lets_through() {
        let steps = Platform::ALL.map(steps::page).into_iter();
        let refusals = Refusal::all().map(Refusal::page);
        let lists = [steps::INDEX, refusals::INDEX];
        for page in steps.chain(refusals).chain(lists) {
            let html = render(page, 1).into_string();
            for forbidden in ["style=", "<script", "<img", "<h1", "<h2", ".md\""] {
                assert!(!html.contains(forbidden), "{forbidden}: {html}");
            }
        }
    }
}
