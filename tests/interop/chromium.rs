//! A browser logs in: headless Chromium with alice's bundle in its certificate database.

use crate::support::browser::chromium;
use crate::support::{Authority, Server};

use super::bundles::{nss_database, pk12util};

#[test]
fn chromium_logs_in_and_the_page_greets_alice() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice", "--for", "chrome"]);
    let Some(database) = nss_database(&authority) else {
        return;
    };
    pk12util(&authority, &database, &alice).unwrap().ok();
    for required in ["optional", "required"] {
        let server = Server::start(&authority, &["--client-auth", required]);
        let picture = format!("chromium-client-auth-{required}");
        let Some(page) = chromium(authority.home(), &server.https, &picture) else {
            return;
        };
        let all = format!("{required}: {}\n{}", page.said(), server.log());
        assert_eq!(page.text_of("name").as_deref(), Some("alice"), "{all}");
    }
}

#[test]
fn chromium_without_a_certificate_is_told_so_on_the_page() {
    let authority = Authority::init(&[]);
    let Some(_) = nss_database(&authority) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let picture = "chromium-without-a-certificate";
    let Some(page) = chromium(authority.home(), &server.https, picture) else {
        return;
    };
    let verdict = page.text_of("verdict");
    let verdict = verdict.unwrap_or_else(|| panic!("no verdict: {}", page.said()));
    assert!(verdict.to_lowercase().contains("no"), "{verdict}");
    assert_eq!(page.text_of("name"), None, "{}", page.said());
    assert_eq!(
        page.text_of("steps").as_deref(),
        Some("How to get your certificate into Chrome on Linux"),
        "{}",
        page.said()
    );
    assert_eq!(
        page.text_of("command").as_deref(),
        Some("pki issue-client NAME --for chrome"),
        "{}",
        page.said()
    );
}
