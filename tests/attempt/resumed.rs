//! Sessions that nginx resumes, or not: it verifies a certificate in whole handshakes only.

use pki::login::Version;
use pki::probe::Told;
use pki::probe::attempt::Session;
use pki::probe::case::Must;

use super::{Ground, is_let_in, wait};
use crate::servers::nginx::{NGINX, configuration_with};
use crate::servers::{Running, Site};
use crate::support::path_text;

const VERSIONS: [Version; 2] = [Version::Tls12, Version::Tls13];

/// One that requires a certificate of ours that is in no CRL, with these words about sessions.
#[track_caller]
fn start(ground: &Ground, crls: &str, sessions: &str) -> Option<Running> {
    let root = ground.ca("root");
    ground.start(&NGINX, |site: &Site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client on; ssl_verify_depth 2;
                ssl_crl {crls}; {sessions}
                location / {{ return 200 'hello $ssl_client_s_dn'; }}"
            ),
        )
    })
}

#[test]
fn nginx_resumes_by_tickets_and_by_its_own_memory_and_not_at_all() {
    let Some(ground) = Ground::new() else { return };
    let crls = ground.crls();
    for (sessions, resumes) in [
        ("ssl_session_cache off; ssl_session_tickets on;", true),
        (
            "ssl_session_cache shared:s:1m; ssl_session_tickets off;",
            true,
        ),
        ("ssl_session_cache off; ssl_session_tickets off;", false),
    ] {
        let Some(server) = start(&ground, path_text(&crls), sessions) else {
            return;
        };
        let place = ground.place(&server);
        let let_in = ground.learned(&place);
        for version in VERSIONS {
            let open = Session::open(&place, &ground.alice, version, &let_in);
            let attempt = wait(wait(open).unwrap().resume(&place, Must::Accept, &let_in));
            is_let_in(&attempt);
            assert_eq!(attempt.resumed, Some(resumes), "{sessions} {attempt:?}");
            assert_eq!(attempt.version, Some(version));
        }
    }
}

#[test]
fn nginx_whose_sessions_outlive_a_revocation_is_found_out_and_one_that_makes_whole_handshakes_is_not()
 {
    let Some(ground) = Ground::new() else { return };
    let crls = ground.crls();
    // A key that stays the same lets tickets outlive the reload that brings the CRL.
    let key = ground.authority.path("ticket.key");
    std::fs::write(&key, [7; 80]).unwrap();
    let kept = format!("ssl_session_ticket_key {};", path_text(&key));
    let start = |sessions: &str| start(&ground, path_text(&crls), sessions);
    let off = "ssl_session_cache off; ssl_session_tickets off;";
    let (Some(resuming), Some(other)) = (start(&kept), start(off)) else {
        return;
    };
    let mut sessions = Vec::new();
    for (server, resumes) in [(&resuming, true), (&other, false)] {
        let place = ground.place(server);
        let let_in = ground.learned(&place);
        for version in VERSIONS {
            let open = Session::open(&place, &ground.alice, version, &let_in);
            sessions.push((wait(open).unwrap(), place.clone(), let_in.clone(), resumes));
        }
    }
    ground.authority.pki(&["revoke", "alice", "--yes"]).ok();
    ground.crls();
    resuming.reload();
    other.reload();
    for (session, place, let_in, resumes) in sessions {
        let attempt = wait(session.resume(&place, Must::Refuse, &let_in));
        assert_eq!(attempt.resumed, Some(resumes), "{attempt:?}");
        match resumes {
            true => is_let_in(&attempt),
            false => assert_eq!(
                attempt.told,
                Told::RefusedByStatus("HTTP 400, as without a certificate".to_owned())
            ),
        }
        // The certificate itself is refused by both.
        let attempt = wait(place.visit(Some(&ground.alice), None, &let_in));
        assert!(
            matches!(attempt.told, Told::RefusedByStatus(_)),
            "{attempt:?}"
        );
    }
}

#[test]
fn a_session_that_nginx_keeps_itself_outlives_a_revocation_beside_tickets_that_do_not() {
    let Some(ground) = Ground::new() else { return };
    let crls = ground.crls();
    // The reload makes a new key for tickets, and leaves the shared memory as it is.
    let Some(server) = start(
        &ground,
        path_text(&crls),
        "ssl_session_cache shared:kept:1m;",
    ) else {
        return;
    };
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    let session = wait(Session::open(
        &place,
        &ground.alice,
        Version::Tls12,
        &let_in,
    ));
    ground.authority.pki(&["revoke", "alice", "--yes"]).ok();
    ground.crls();
    server.reload();
    let attempt = wait(session.unwrap().resume(&place, Must::Refuse, &let_in));
    is_let_in(&attempt);
    assert!(
        attempt
            .told
            .how()
            .ends_with("resumed by its identifier, without tickets"),
        "{attempt:?}"
    );
}
