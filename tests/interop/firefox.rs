//! A browser logs in: headless Firefox with alice's bundle in its profile.

use crate::support::browser::firefox;
use crate::support::{Authority, Server};

use super::bundles::{nss_database, pk12util};

#[test]
fn firefox_logs_in_and_the_page_greets_alice() {
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice", "--for", "firefox"]);
    let Some(database) = nss_database(&authority) else {
        return;
    };
    pk12util(&authority, &database, &alice).unwrap().ok();
    // A profile is a directory with an NSS database in it, and what Firefox adds.
    let profile = authority.path("home/.pki/nssdb");
    for required in ["optional", "required"] {
        let server = Server::start(&authority, &["--client-auth", required]);
        let picture = format!("firefox-client-auth-{required}");
        let Some(page) = firefox(authority.home(), &profile, &server.https, &picture) else {
            return;
        };
        let all = format!("{required}: {}\n{}", page.said(), server.log());
        assert_eq!(page.text_of("name").as_deref(), Some("alice"), "{all}");
    }
}
