//! nginx' auth_request.

use super::{
    Passed, directory_for_proxies, documented, fetch, forged, nothing_forged_is_in,
    of_one_connection, upstream,
};
use crate::servers::nginx::NGINX;
use crate::servers::{Revocations, Running, Site, people};
use crate::support::{Authority, Credentials, Server};

/// A server block of the documentation in a whole configuration.
fn whole(authority: &Authority, site: &Site, socket: &str, upstream: u16) -> String {
    let directory = site.directory.display();
    let port = site.port;
    let servers = documented(authority, "nginx", socket, upstream)
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
        .replace("server_name login.example.org", "server_name localhost");
    // Started by root, it serves as somebody else, as Debian has it.
    let user = match rustix::process::getuid().is_root() {
        true => "user www-data;",
        false => "",
    };
    format!(
        "daemon off;
{user}
worker_processes 1;
pid {directory}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
{servers}
}}
"
    )
}

/// A CA that answers nginx, nginx as the documentation has it but for a change, and two people; none where a program is missing.
#[track_caller]
fn start(
    change: &dyn Fn(String) -> String,
) -> Option<(Authority, Server, Running, [Credentials; 2])> {
    let (authority, alice, bob) = people()?;
    let socket = format!("{}/verify.sock", directory_for_proxies(&authority));
    let place = format!("unix:{socket}");
    let ours = Server::start(&authority, &["--verify", &place, "--verify-form", "pem"]);
    let port = upstream::start();
    let configure = |site: &Site| change(whole(&authority, site, &socket, port));
    let nginx = Running::start_with(&NGINX, &authority, &Revocations::None, &configure)?;
    Some((authority, ours, nginx, [alice, bob]))
}

#[test]
fn nginx_lets_in_whom_it_is_told_to_and_refuses_at_once_whoever_is_revoked() {
    let Some((authority, ours, nginx, [alice, bob])) = start(&|text| text) else {
        return;
    };
    let fetch = |who, fields: &[String]| fetch(&authority, nginx.port(), who, fields);
    let Some((status, head)) = fetch(Some(&alice), &[]) else {
        return;
    };
    assert_eq!(status, 200, "{head}\n{}", ours.log());
    for line in ["Pki-Name: alice", "Pki-Subject: CN=alice"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("Pki-Device"), "{head}");
    assert_eq!(fetch(None, &[]).unwrap().0, 401);

    // Who pretends is nobody, and who is somebody stays who she is.
    let forged = forged(&Passed::of(&bob.certificate));
    assert_eq!(fetch(None, &forged).unwrap().0, 401);
    let (status, head) = fetch(Some(&alice), &forged).unwrap();
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("Pki-Name: alice"), "{head}");
    nothing_forged_is_in(&head);
    assert!(!head.to_lowercase().contains("pki-device"), "{head}");
    assert!(head.contains("Host: localhost"), "{head}");

    let (status, head) = fetch(Some(&alice), &of_one_connection()).unwrap();
    assert_eq!(status, 200, "{head}");
    for line in ["Pki-Name: alice", "Pki-Subject: CN=alice"] {
        assert!(head.contains(line), "{head}");
    }
    assert!(!head.contains("h2c"), "{head}");

    authority.pki(&["revoke", "alice", "--yes"]).ok();
    assert_eq!(fetch(Some(&alice), &[]).unwrap().0, 403);
    assert_eq!(fetch(Some(&bob), &[]).unwrap().0, 200);
    ours.wait_for_log("unix refused revoked CN=alice");
    assert_eq!(ours.logged("unix accepted - CN=alice"), 1);
}

#[test]
fn a_field_of_the_client_that_nginx_passes_on_lets_nobody_in() {
    // As whoever forgets a line has it.
    let passing = |text: String| text.replace("proxy_pass_request_headers off;", "");
    let Some((authority, ours, nginx, [alice, bob])) = start(&passing) else {
        return;
    };
    let fetch = |who, fields: &[String]| fetch(&authority, nginx.port(), who, fields);
    let Some((status, _)) = fetch(Some(&alice), &[]) else {
        return;
    };
    assert_eq!(status, 200);
    let bob = Passed::of(&bob.certificate);
    for (form, name, value) in bob.in_each_form() {
        // nginx makes this one anew, or leaves it out.
        let expected = match form {
            "pem" => [200, 401],
            _ => [500, 500],
        };
        let field = [format!("{name}: {value}")];
        assert_eq!(
            fetch(Some(&alice), &field).unwrap().0,
            expected[0],
            "{name}"
        );
        assert_eq!(fetch(None, &field).unwrap().0, expected[1], "{name}");
    }
    ours.wait_for_log("a proxy asked amiss");
}
