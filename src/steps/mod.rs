//! The steps by which a certificate gets into a browser or a system: the pages of `docs/browsers`, and which of them is a
//! visitor's.

mod terminal;
mod visitor;

pub use terminal::plain;
pub use visitor::Visitor;

use crate::bundle::Platform;

/// The page that says which page is whose, in Markdown.
pub const INDEX: &str = include_str!("../../docs/browsers/README.md");

/// The end of a page's sentence on its examples; whoever puts addresses in the place of `HOST` leaves it out.
pub const ON_HOST: &str = ", and `HOST` for the server's, as `pki serve` prints it";

/// The page of steps for a platform, in Markdown: one heading, then text, lists, tables and code, and links to the other pages.
///
/// `HOST:8443` and `HOST:8080` stand in it for the addresses of `pki serve`.
pub fn page(platform: Platform) -> &'static str {
    match platform {
        Platform::Any => include_str!("../../docs/browsers/any.md"),
        Platform::Firefox => include_str!("../../docs/browsers/firefox.md"),
        Platform::Chrome => include_str!("../../docs/browsers/chrome.md"),
        Platform::Windows => include_str!("../../docs/browsers/windows.md"),
        Platform::Windows2016 => include_str!("../../docs/browsers/windows-2016.md"),
        Platform::MacOs => include_str!("../../docs/browsers/macos.md"),
        Platform::Ios => include_str!("../../docs/browsers/ios.md"),
        Platform::Android => include_str!("../../docs/browsers/android.md"),
        Platform::Java => include_str!("../../docs/browsers/java.md"),
        Platform::Java8 => include_str!("../../docs/browsers/java-8.md"),
        Platform::OpenSsl => include_str!("../../docs/browsers/openssl.md"),
    }
}

/// The heading of a page.
pub fn title(page: &str) -> &str {
    let first = page.lines().next().unwrap_or_default();
    first.trim_start_matches('#').trim()
}

/// A page around its first step, which is to get the bundle: what stands before it, its heading, and the steps after it.
pub fn around_first_step(page: &str) -> (&str, &str, &str) {
    let (before, step) = page.split_once("\n## ").unwrap_or((page, ""));
    let (heading, step) = step.split_once('\n').unwrap_or((step, ""));
    let after = step.find("\n## ").and_then(|at| step.get(at..));
    (before, heading, after.unwrap_or_default())
}

/// The platform whose page lies in this file, as the pages name each other: `windows-2016.md`.
pub fn platform_of_file(file: &str) -> Option<Platform> {
    let word = file.strip_suffix(".md")?;
    Platform::ALL
        .into_iter()
        .find(|platform| platform.as_str() == word)
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::path::Path;

    use super::*;

    fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
        let pages = Platform::ALL.map(|platform| (platform.as_str(), page(platform)));
        pages.into_iter().chain([("README", INDEX)])
    }

    /// What stands in parentheses behind a link's text.
    fn links(page: &str) -> Vec<&str> {
        let behind = page.split("](").skip(1);
        behind.map(|rest| rest.split(')').next().unwrap()).collect()
    }

    #[test]
    fn every_page_goes_all_the_way_in_and_out_again() {
        for platform in Platform::ALL {
            let page = page(platform);
            for part in [
                "\n## 1. Get the ",
                "\n## 2. ",
                " Trust the server\n",
                " Log in\n",
                "\n## When it goes wrong\n",
            ] {
                assert_eq!(page.matches(part).count(), 1, "{platform}: {part}");
            }
            let out = page.contains("\n## Take it out again\n");
            assert_eq!(out, platform != Platform::Any, "{platform}");
            assert!(page.contains("http://HOST:8080/ca/root."), "{platform}");
            assert!(page.contains("https://HOST:8443"), "{platform}");
            assert!(page.contains("`pki show root`"), "{platform}");
            let on_alice = "`alice` stands for your name";
            let examples = [on_alice, ON_HOST, ".\n"].concat();
            assert_eq!(page.matches(&examples).count(), 1, "{platform}");
            let (_, rest) = page.split_once("\n## 1. ").unwrap();
            let (_, rest) = rest.split_once("\n\n").unwrap();
            assert!(rest.starts_with("For whoever keeps the CA; "), "{platform}");
        }
    }

    #[test]
    fn the_first_step_can_be_left_out_of_every_page() {
        for platform in Platform::ALL {
            let page = page(platform);
            let (before, heading, after) = around_first_step(page);
            assert!(before.starts_with(&format!("# {}\n\n", title(page))));
            assert!(heading.starts_with("1. Get the "), "{heading}");
            assert!(after.starts_with("\n## 2. "), "{after}");
            let rest = [before, after].concat();
            assert!(!rest.contains("pki issue-client"), "{rest}");
        }
        assert_eq!(around_first_step("# Title\n"), ("# Title\n", "", ""));
    }

    /// What was measured of Java, and was not of the others (docs/trust.md).
    #[test]
    fn no_page_promises_that_a_root_is_held_to_its_names_where_nobody_saw_it() {
        let promise = "can vouch for these names only";
        for platform in Platform::ALL {
            let (page, java) = (
                page(platform),
                matches!(platform, Platform::Java | Platform::Java8),
            );
            let measured = matches!(platform, Platform::Firefox | Platform::Chrome);
            assert_eq!(page.contains(promise), measured, "{platform}");
            let warning = "**Java does not hold a root to the names that it permits**";
            assert_eq!(page.contains(warning), java, "{platform}");
        }
    }

    #[test]
    fn every_page_asks_for_the_form_of_its_own_platform_first() {
        for platform in Platform::ALL {
            let blocks: Vec<_> = page(platform).split("\n```\n").collect();
            for line in blocks[1].lines() {
                let wanted = format!(" --for {platform}");
                let is_default = platform == Platform::Any && line == "pki issue-client alice";
                assert!(line.contains(&wanted) || is_default, "{line}");
            }
        }
    }

    #[test]
    fn every_link_leads_to_another_page_and_the_index_to_all() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/browsers");
        for (name, page) in pages() {
            for link in links(page) {
                assert!(platform_of_file(link).is_some(), "{name}: {link}");
                assert!(directory.join(link).is_file(), "{name}: {link}");
            }
        }
        for platform in Platform::ALL {
            let file = format!("{platform}.md");
            assert!(links(INDEX).contains(&file.as_str()), "{file}");
        }
    }

    #[test]
    fn every_page_has_one_heading_of_the_first_rank_and_it_comes_first() {
        for (name, page) in pages() {
            assert!(page.starts_with("# "), "{name}");
            assert_eq!(page.matches("\n# ").count(), 0, "{name}");
            assert!(!title(page).is_empty() && !title(page).contains('#'));
        }
        assert_eq!(
            title(page(Platform::Ios)),
            "Your certificate on an iPhone or iPad"
        );
    }
}
