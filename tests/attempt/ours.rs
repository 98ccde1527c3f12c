//! `pki serve`, which gives no wrong answer to any of this.

use pki::login::Version;
use pki::probe::Told;
use pki::probe::attempt::{Renegotiation, Session, crowd, headers, sign};
use pki::probe::case::{Must, Proof, Spelling};

use super::{Ground, is_let_in, wait};
use crate::support::Server;

#[test]
fn pki_serve_refuses_what_it_must_and_lets_in_what_it_must_in_both_modes() {
    for mode in ["optional", "required"] {
        let Some(ground) = Ground::new() else { return };
        let server = Server::start(&ground.authority, &["--client-auth", mode]);
        let place = ground.place_at(&server.https);
        let let_in = ground.learned(&place);
        let alice = &ground.alice;
        is_let_in(&wait(crowd(&place, alice, &let_in)));
        for proof in [
            Proof::OtherKey,
            Proof::OtherTranscript,
            Proof::SchemeNotOffered,
        ] {
            let attempt = wait(sign(&place, alice, proof, &let_in));
            assert!(
                matches!(attempt.told, Told::RefusedInHandshake(_)),
                "{attempt:?}"
            );
            assert_eq!(attempt.seen.len(), 2, "{attempt:?}");
        }
        for spelling in [
            Spelling::XSslClient,
            Spelling::ClientCert,
            Spelling::XForwardedClientCert,
            Spelling::Underscores,
        ] {
            let attempt = wait(headers(&place, alice, spelling, &let_in));
            assert!(matches!(attempt.told, Told::Disregarded(_)), "{attempt:?}");
        }
        let attempt = wait(async {
            let open = Renegotiation::open(&place, alice, &let_in).await;
            open.renegotiate(&place, &let_in).await
        });
        let how = "the server does not renegotiate: alert no_renegotiation";
        assert_eq!(attempt.told, Told::RefusedInHandshake(how.to_owned()));
        let sessions = [Version::Tls12, Version::Tls13]
            .map(|version| wait(Session::open(&place, alice, version, &let_in)).unwrap());
        for session in &sessions {
            let attempt = wait(session.resume(&place, Must::Accept, &let_in));
            is_let_in(&attempt);
            assert_eq!(attempt.resumed, Some(true));
        }
        ground.authority.pki(&["revoke", "alice", "--yes"]).ok();
        for session in &sessions {
            let attempt = wait(session.resume(&place, Must::Refuse, &let_in));
            assert_eq!(attempt.told, Told::RefusedByStatus("HTTP 403".to_owned()));
            assert_eq!(attempt.resumed, Some(true));
        }
    }
}
