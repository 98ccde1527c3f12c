//! A browser logs in: headless Chromium with alice's bundle in its certificate database.

use std::io::Write;

use crate::support::tools::fixture;
use crate::support::{Authority, Finished, Server, finish, hermetic, tool};

use super::bundles::{nss_database, pk12util};

/// What Chromium prints when it gave up on a page that never began to load.
const NOTHING_LOADED: &str = "<html><head></head><body></body></html>";

/// The page as Chromium sees it, with whatever certificate its database holds.
///
/// Chromium is asked a second time where nothing at all was loaded within its thirty seconds: seen once in some fifty
/// starts, on a machine with more to do than it could. Any answer of the server, and any error of the connection,
/// looks otherwise and is final.
fn page(authority: &Authority, server: &Server) -> Option<Finished> {
    tool("chromium")?;
    tool("unshare")?;
    let ask = || {
        let mut chromium = hermetic(fixture("support/chromium-login"), authority.home());
        finish(chromium.arg(authority.home()).arg(&server.https)).ok()
    };
    let page = ask();
    if page.out().trim() != NOTHING_LOADED {
        return Some(page);
    }
    // Past the harness, which would show it only if the second time failed too.
    let _ = writeln!(
        std::io::stderr(),
        "Chromium loaded nothing; the server's log: {}",
        server.log()
    );
    Some(ask())
}

/// The text of the element with this id.
fn text_of<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let element = page.split(&format!("id=\"{id}\"")).nth(1)?;
    let content = element.split_once('>')?.1;
    Some(content.split_once('<')?.0.trim())
}

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
        let Some(page) = page(&authority, &server) else {
            return;
        };
        let seen = page.out();
        let all = format!("{required}: {}\n{}", page.said(), server.log());
        assert_eq!(text_of(&seen, "name"), Some("alice"), "{all}");
    }
}

#[test]
fn chromium_without_a_certificate_is_told_so_on_the_page() {
    let authority = Authority::init(&[]);
    let Some(_) = nss_database(&authority) else {
        return;
    };
    let server = Server::start(&authority, &[]);
    let Some(page) = page(&authority, &server) else {
        return;
    };
    let page = page.out();
    let verdict = text_of(&page, "verdict").unwrap_or_else(|| panic!("no verdict: {page}"));
    assert!(verdict.to_lowercase().contains("no"), "{verdict}");
    assert_eq!(text_of(&page, "name"), None, "{page}");
    assert_eq!(
        text_of(&page, "steps"),
        Some("How to get your certificate into Chrome on Linux"),
        "{page}"
    );
    assert_eq!(
        text_of(&page, "command"),
        Some("pki issue-client NAME --for chrome"),
        "{page}"
    );
    assert!(page.contains("chrome://certificate-manager"), "{page}");
}
