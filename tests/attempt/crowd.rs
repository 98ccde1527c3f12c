//! Two hundred at once, at a server with one process and at one that serves one after the other.

use pki::probe::attempt::crowd;

use super::proofs::s_server;
use super::{Ground, is_let_in, wait};
use crate::servers::nginx::{NGINX, configuration_with};

#[test]
fn nginx_lets_two_hundred_in_at_once() {
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
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    is_let_in(&wait(crowd(&place, &ground.alice, &let_in)));
}

#[test]
fn openssl_lets_two_hundred_in_one_after_the_other() {
    let Some(ground) = Ground::new() else { return };
    let root = ground.ca("root");
    let words = ["-Verify", "2", "-verify_return_error", "-CAfile", &root];
    let Some(server) = s_server(&ground, &words) else {
        return;
    };
    let place = ground.place(&server);
    let let_in = ground.learned(&place);
    is_let_in(&wait(crowd(&place, &ground.alice, &let_in)));
}
