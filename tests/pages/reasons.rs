//! What a page that refuses adds for this connection to what its reason's page says to everybody.

use super::{Way, page_and_document};
use crate::logins::Cast;
use crate::support::{Credentials, Server};

#[test]
fn the_page_that_refuses_says_what_holds_for_this_certificate_and_this_connection() {
    let Some(cast) = Cast::assemble() else { return };
    let server = Server::start(&cast.authority, &[]);
    let presented = |credentials: &Credentials| credentials.certificate.clone();
    let of = |reason: &str| {
        let mut refused = cast.refused.iter().filter(move |(it, _)| *it == reason);
        [refused.next(), refused.next()].map(|it| it.map(|(_, credentials)| credentials))
    };
    let [revoked, held] = of("revoked");
    assert_ne!(revoked.map(presented), held.map(presented));
    for (credentials, resumes, told) in [
        (revoked, false, None),
        (held, false, Some("<p id=\"on-hold\">")),
        (held, true, Some("<p id=\"on-hold\">")),
        (None, false, None),
        (None, true, Some("<p id=\"not-asked-now\">")),
        (
            of("unknown-issuer")[0],
            false,
            Some("<ul id=\"acceptable\">"),
        ),
        (of("expired")[0], false, None),
    ] {
        let way = Way {
            credentials,
            options: &[],
            resumes,
        };
        let Some((page, document)) = page_and_document(&cast.authority, &server, &way) else {
            return;
        };
        let case = format!("{} {resumes}", document["reason"]);
        let all = ["on-hold", "not-asked-now", "acceptable"];
        for mark in all.map(|id| format!(" id=\"{id}\"")) {
            let is_wanted = told.is_some_and(|it| it.contains(&mark));
            assert_eq!(
                page.body.matches(&mark).count(),
                usize::from(is_wanted),
                "{case}"
            );
        }
        let Some((_, list)) = page.body.split_once(" id=\"acceptable\">") else {
            continue;
        };
        let list = list.split("</ul>").next().unwrap();
        let issuers = document["session"]["acceptable_issuers"]
            .as_array()
            .unwrap();
        assert!(!issuers.is_empty());
        for issuer in issuers {
            assert!(list.contains(issuer.as_str().unwrap()), "{list}");
        }
    }
}
