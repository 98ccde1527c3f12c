//! Caddy's forward_auth.

use std::path::Path;

use rustix::process::Signal;

use super::{
    Passed, directory_for_proxies, documented, fetch, forged, nothing_forged_is_in,
    of_one_connection, upstream,
};
use crate::servers::{Kind, Revocations, Running, Site, people};
use crate::support::Server;

static CADDY: Kind = Kind {
    program: "caddy",
    // Always given by the test.
    configuration: |_| String::new(),
    arguments,
    reload: Signal::USR1,
    stop: Signal::TERM,
};

fn arguments(_: &Site, configuration: &Path) -> Vec<String> {
    let configuration = configuration.display().to_string();
    ["run", "--adapter", "caddyfile", "--config", &configuration]
        .map(str::to_owned)
        .into()
}

#[test]
fn caddy_lets_in_whom_it_is_told_to_and_refuses_at_once_whoever_is_revoked() {
    let Some((authority, alice, bob)) = people() else {
        return;
    };
    let socket = format!("{}/verify.sock", directory_for_proxies(&authority));
    let place = format!("unix:{socket}");
    let ours = Server::start(
        &authority,
        &["--verify", &place, "--verify-form", "client-cert"],
    );
    let port = upstream::start();
    let configure = |site: &Site| {
        let first = format!("https://localhost:{} {{\n\tbind 127.0.0.1", site.port);
        let sites = documented(&authority, "caddy", &socket, port);
        let sites = sites.replace("login.example.org:443 {", &first);
        let own = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n";
        sites.replacen("{\n", own, 1)
    };
    let caddy = Running::start_with(&CADDY, &authority, &Revocations::None, &configure);
    let Some(caddy) = caddy else {
        return;
    };
    let fetch = |who, fields: &[String]| fetch(&authority, caddy.port(), who, fields);
    let Some((status, head)) = fetch(Some(&alice), &[]) else {
        return;
    };
    assert_eq!(status, 200, "{head}\n{}", ours.log());
    // Nobody is told of HTTP/3.
    assert!(!head.to_lowercase().contains("alt-svc"), "{head}");
    for line in ["Pki-Name: alice", "Pki-Subject: CN=alice"] {
        assert!(head.contains(line), "{head}");
    }
    let (status, told) = fetch(None, &[]).unwrap();
    assert_eq!(status, 401, "{told}");
    let said = "\n\nNo client certificate was presented.";
    assert!(told.replace('\r', "").trim_end().ends_with(said), "{told}");

    // Who pretends is nobody, and who is somebody stays who she is.
    let mut forged = forged(&Passed::of(&bob.certificate));
    forged.push("Pki-Other: forged".to_owned());
    assert_eq!(fetch(None, &forged).unwrap().0, 401);
    let (status, head) = fetch(Some(&alice), &forged).unwrap();
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("Pki-Name: alice"), "{head}");
    nothing_forged_is_in(&head);
    // What Caddy cannot remove, in any other spelling, is refused.
    for field in ["Pki~Name: forged", "X~SSL-Client~Cert: x"] {
        for who in [None, Some(&alice)] {
            let (status, told) = fetch(who, &[field.to_owned()]).unwrap();
            assert_eq!(status, 400, "{field}: {told}");
        }
    }

    let (status, head) = fetch(Some(&alice), &of_one_connection()).unwrap();
    assert_eq!(status, 200, "{head}");
    for line in ["Pki-Name: alice", "Pki-Subject: CN=alice"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("h2c"), "{head}");

    authority.pki(&["revoke", "alice", "--yes"]).ok();
    let (status, told) = fetch(Some(&alice), &[]).unwrap();
    assert_eq!(status, 403);
    assert!(told.contains("revoked"), "{told}");
    assert_eq!(fetch(Some(&bob), &[]).unwrap().0, 200);
}
