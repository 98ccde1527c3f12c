//! A server that asks our OCSP responder learns of a revocation by itself: no command has to bring it there.

use super::{probe, with_alice};
use crate::servers::nginx::NGINX;
use crate::servers::{Revocations, Running};
use crate::support::Server;

const REVOKED: [&str; 2] = ["revoked", "held"];
const ONLY: [&str; 4] = ["--only", "revoked", "--only", "held"];

#[test]
fn nginx_that_asks_by_ocsp_refuses_what_is_revoked_and_what_is_held() {
    let authority = with_alice();
    let ours = Server::start(&authority, &[]);
    let asked = Revocations::Ocsp(format!("{}/ocsp", ours.http));
    let Some(server) = Running::start(&NGINX, &authority, &asked) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let probed = probe(&authority, &url, &ONLY, 0);
    assert_eq!(probed.untold(), [""; 0], "{probed}");
    for case in REVOKED {
        assert_eq!(probed.case(case)["verdict"], "refused-by-status");
    }
    assert_eq!(probed.document()["revocation"]["has_arrived"], true);
    drop(server);

    // The same nginx where it asks nobody.
    let Some(server) = Running::start(&NGINX, &authority, &Revocations::None) else {
        return;
    };
    let url = format!("https://localhost:{}/", server.port());
    let probed = probe(&authority, &url, &ONLY, 3);
    assert_eq!(probed.wrong(), REVOKED, "{probed}");
}
