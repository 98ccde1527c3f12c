use std::path::Path;

use super::*;
use crate::steps;

fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pages = Refusal::all().map(|refusal| (refusal.as_str(), refusal.page()));
    pages.chain([("README", INDEX)])
}

/// What stands in parentheses behind a link's text.
fn links(page: &str) -> Vec<&str> {
    let behind = page.split("](").skip(1);
    behind.filter_map(|rest| rest.split(')').next()).collect()
}

#[test]
fn every_verdict_but_acceptance_has_a_page_of_its_own() {
    assert_eq!(Refusal::of(Verdict::Accepted), None);
    assert_eq!(Refusal::all().count(), Reason::ALL.len() + 1);
    let verdicts = Reason::ALL.into_iter().map(Verdict::Refused);
    for verdict in verdicts.chain([Verdict::NoCertificate]) {
        let refusal = Refusal::of(verdict);
        let word = verdict.reason().map_or("no-certificate", Reason::as_str);
        assert_eq!(refusal.map(Refusal::as_str), Some(word));
        assert_eq!(Refusal::parse(word), refusal);
        assert_eq!(Refusal::of_file(&format!("{word}.md")), refusal);
    }
    let mut pages: Vec<_> = Refusal::all().map(Refusal::page).collect();
    pages.dedup();
    assert_eq!(pages.len(), Refusal::all().count());
}

#[test]
fn what_is_no_reason_has_no_page() {
    for word in [
        "",
        "accepted",
        "refused",
        "README",
        "Expired",
        "expired.md",
        "../expired",
    ] {
        assert_eq!(Refusal::parse(word), None, "{word}");
    }
    for file in ["expired", "README.md", "../refusals/expired.md", "ios.md"] {
        assert_eq!(Refusal::of_file(file), None, "{file}");
    }
}

#[test]
fn every_page_says_what_it_means_and_what_to_do_before_anything_else() {
    let parts = [
        "What to do",
        "For whoever keeps the CA",
        "How it comes to this",
        "What was checked",
        "When certificates are required",
    ];
    for refusal in Refusal::all() {
        let page = refusal.page();
        let headings: Vec<_> = page
            .lines()
            .filter_map(|it| it.strip_prefix("## "))
            .collect();
        assert_eq!(headings, parts, "{}", refusal.as_str());
        let meaning = page.split("\n\n").nth(1).unwrap_or_default();
        assert!(
            meaning.ends_with('.') && !meaning.starts_with('#'),
            "{meaning}"
        );
        assert!(page.contains("\n```\npki "), "{}", refusal.as_str());
    }
    for (name, page) in pages() {
        assert!(!steps::title(page).is_empty(), "{name}");
        assert_eq!(page.matches("\n# ").count(), 0, "{name}");
    }
}

#[test]
fn what_is_for_the_person_leaves_the_commands_to_the_page() {
    for refusal in Refusal::all() {
        let text = refusal.for_the_person();
        assert_eq!(steps::title(&text), steps::title(refusal.page()));
        assert_eq!(text.matches("\n## ").count(), 2, "{text}");
        assert!(text.contains("\n## What to do\n\n"), "{text}");
        assert!(!text.contains("```"), "{text}");
    }
}

#[test]
fn whatever_the_server_decided_by_the_page_cites_the_standard() {
    for refusal in Refusal::all() {
        let (_, checked) = refusal
            .page()
            .split_once("## What was checked")
            .unwrap_or_default();
        let checked = checked.split("\n## ").next().unwrap_or_default();
        let cited = checked.contains("RFC 5280") || checked.contains("RFC 8446");
        assert!(cited, "{}: {checked}", refusal.as_str());
    }
}

#[test]
fn every_link_leads_to_a_file_and_the_index_to_all_pages_in_order() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals");
    for (name, page) in pages() {
        for link in links(page) {
            assert!(directory.join(link).is_file(), "{name}: {link}");
        }
    }
    let listed: Vec<_> = links(INDEX)
        .into_iter()
        .filter_map(Refusal::of_file)
        .collect();
    let all: Vec<_> = Refusal::all().collect();
    assert_eq!(listed, all);
}
