//! The steps by which a certificate gets into a browser or a system: the pages of `docs/browsers`, and which of them is a
//! visitor's.

mod visitor;

pub use visitor::Visitor;

use crate::bundle::Platform;

/// The page that says which page is whose, in Markdown.
pub const INDEX: &str = include_str!("../../docs/browsers/README.md");

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
