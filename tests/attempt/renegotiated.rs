//! Servers that are asked to negotiate anew.

use std::path::Path;
use std::time::SystemTime;

use pki::login::Version;
use pki::probe::Told;
use pki::probe::attempt::{Attempt, Renegotiation};
use rustix::process::Signal;

use super::proofs::s_server;
use super::{Ground, gnutls, is_let_in, wait};
use crate::servers::nginx::{NGINX, configuration_with};
use crate::servers::{Kind, Running, Site};
use crate::support::path_text;
use crate::support::process::wait_for;
use crate::support::tools::fixture;

/// Opens, does something, and renegotiates.
#[track_caller]
fn renegotiated(ground: &Ground, server: &Running, between: impl FnOnce()) -> Attempt {
    let place = ground.place(server);
    let let_in = ground.learned(&place);
    wait(async {
        let open = Renegotiation::open(&place, &ground.alice, &let_in).await;
        between();
        open.renegotiate(&place, &let_in).await
    })
}

#[test]
fn nginx_does_not_renegotiate() {
    let Some(ground) = Ground::new() else { return };
    let root = ground.ca("root");
    let Some(server) = ground.start(&NGINX, |site| {
        configuration_with(
            site,
            &format!(
                "ssl_client_certificate {root}; ssl_verify_client on; ssl_verify_depth 2;
                location / {{ return 204; }}"
            ),
        )
    }) else {
        return;
    };
    let attempt = renegotiated(&ground, &server, || ());
    let how = "the server does not renegotiate: alert no_renegotiation";
    assert_eq!(attempt.told, Told::RefusedInHandshake(how.to_owned()));
}

#[test]
fn who_closes_after_each_answer_leaves_nothing_to_renegotiate_later() {
    let Some(ground) = Ground::new() else { return };
    let root = ground.ca("root");
    let words = [
        "-Verify",
        "2",
        "-verify_return_error",
        "-CAfile",
        &root,
        "-client_renegotiation",
    ];
    let (Some(openssl), Some(gnutls)) = (s_server(&ground, &words), gnutls::start(&ground)) else {
        return;
    };
    for server in [openssl, gnutls] {
        let attempt = renegotiated(&ground, &server, || ());
        assert!(matches!(&attempt.told, Told::CouldNotTell(how)
            if how == "the server renegotiates, but closes the connection before there was time to revoke"));
    }
}

/// Python's own server, which keeps connections and, told so, renegotiates.
static PYTHON: Kind = Kind {
    program: "python3",
    configuration,
    arguments,
    reload: Signal::HUP,
    stop: Signal::TERM,
};

fn configuration(_: &Site) -> String {
    String::new()
}

fn arguments(site: &Site, _: &Path) -> Vec<String> {
    let script = fixture("attempt/renegotiating.py");
    let words = [
        path_text(&script),
        &site.port.to_string(),
        path_text(&site.fullchain),
        path_text(&site.key),
        path_text(&site.root),
        &format!("{}/crl.pem", path_text(site.directory.parent().unwrap())),
    ];
    words.map(str::to_owned).into()
}

#[test]
fn who_renegotiates_and_knows_of_the_revocation_refuses_and_who_does_not_is_found_out() {
    let Some(ground) = Ground::new() else { return };
    let crls = ground.crls();
    let made = now();
    for learns in [false, true] {
        let Some(server) = ground.start(&PYTHON, configuration) else {
            return;
        };
        let attempt = renegotiated(&ground, &server, || {
            if learns {
                ground.authority.pki(&["revoke", "alice", "--yes"]).ok();
                // Of two CRLs OpenSSL takes the later one, and it counts in seconds.
                wait_for("another second begins", || (now() > made).then_some(()));
                assert_eq!(ground.crls(), crls);
            }
        });
        match learns {
            false => is_let_in(&attempt),
            true => assert_eq!(
                attempt.told,
                Told::RefusedInHandshake(
                    "in the second handshake: alert certificate_revoked".to_owned()
                )
            ),
        }
        assert_eq!(attempt.version, Some(Version::Tls12));
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}
