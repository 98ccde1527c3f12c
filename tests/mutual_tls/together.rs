//! Handshakes that take turns on one thread: each is its own client's.

use pki::login::Version;
use pki::server::ClientAuth;

use super::fixture::{Authority, Holder, VERSIONS, outcome};
use super::serving::Running;

/// How often each visitor comes.
const TIMES: usize = 6;

/// Logs in again and again, with a handshake of its own each time, and looks at what each came to.
async fn come(
    authority: &Authority,
    server: &Running,
    (holder, version): (&Holder, Version),
    expected: (&str, Option<&str>, Option<&str>),
) {
    for _ in 0..TIMES {
        let mut client = authority.login_as(Some(holder), version);
        let report = client.login(&server.url()).await.unwrap();
        assert_eq!(outcome(&report), expected);
        // Where the server told of the session, it told of this one.
        assert_ne!(report.exporter_matches, Some(false));
    }
}

#[tokio::test]
async fn whoever_comes_at_the_same_time_is_taken_for_nobody_else() {
    for mode in [ClientAuth::Optional, ClientAuth::Required] {
        let authority = Authority::new();
        let server = authority.serve(mode).await;
        let [alice, bob, mallory] = ["alice", "bob", "mallory"].map(|name| authority.client(name));
        authority.revoke(&mallory);
        let refused = match mode {
            ClientAuth::Optional => ("refused", Some("revoked"), None),
            ClientAuth::Required => ("refused", None, Some("certificate_revoked")),
        };
        for version in VERSIONS {
            let come = |holder, expected| come(&authority, &server, (holder, version), expected);
            tokio::join!(
                come(&alice, ("accepted", None, None)),
                come(&mallory, refused),
                come(&bob, ("accepted", None, None)),
            );
        }
        let log = server.stop().await;
        for told in [
            "accepted - CN=alice",
            "accepted - CN=bob",
            "refused revoked CN=mallory",
        ] {
            let lines = log.iter().filter(|line| line.contains(told));
            assert_eq!(lines.count(), TIMES * VERSIONS.len(), "{told}: {log:#?}");
        }
        let lines = log.iter().filter(|line| line.contains("CN="));
        assert_eq!(lines.count(), 3 * TIMES * VERSIONS.len());
    }
}
