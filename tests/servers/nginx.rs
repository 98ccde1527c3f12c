//! nginx.

use std::path::Path;

use rustix::process::Signal;

use super::{Answer, Kind, Revocations, Running, Site, people};
use crate::support::Server;

pub(crate) static NGINX: Kind = Kind {
    program: "nginx",
    configuration,
    arguments,
    reload: Signal::HUP,
    stop: Signal::TERM,
};

fn configuration(site: &Site) -> String {
    let check = match &site.revocations {
        Revocations::None => String::new(),
        Revocations::Crls(path) => format!("ssl_crl {};", path.display()),
        Revocations::Ocsp(url) => format!("ssl_ocsp leaf; ssl_ocsp_responder {url};"),
    };
    let root = site.root.display();
    let words = format!(
        "ssl_client_certificate {root};
        ssl_verify_client on;
        ssl_verify_depth 2;
        {check}
        location / {{ return 204; }}"
    );
    configuration_with(site, &words)
}

/// One server with TLS, and these directives in it.
pub(crate) fn configuration_with(site: &Site, directives: &str) -> String {
    let Site {
        port,
        fullchain,
        key,
        directory,
        ..
    } = site;
    let (fullchain, key) = (fullchain.display(), key.display());
    let directory = directory.display();
    format!(
        "daemon off;
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
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_certificate {fullchain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        {directives}
    }}
}}
"
    )
}

fn arguments(site: &Site, configuration: &Path) -> Vec<String> {
    let directory = site.directory.display();
    let configuration = configuration.display();
    [
        "-e",
        "stderr",
        "-p",
        &directory.to_string(),
        "-c",
        &configuration.to_string(),
    ]
    .map(str::to_owned)
    .into()
}

#[test]
fn nginx_lets_alice_in_until_she_is_revoked() {
    super::alice_is_let_in_until_she_is_revoked(&NGINX);
}

#[test]
fn nginx_lets_nobody_in_without_the_roots_crl() {
    super::nobody_is_let_in_without_the_roots_crl(&NGINX);
}

#[test]
fn nginx_that_asks_by_ocsp_refuses_alice_as_soon_as_she_is_revoked() {
    let Some((authority, alice, bob)) = people() else {
        return;
    };
    let ours = Server::start(&authority, &[]);
    let responder = Revocations::Ocsp(format!("{}/ocsp", ours.http));
    let Some(server) = Running::start(&NGINX, &authority, &responder) else {
        return;
    };
    let Some(answer) = server.visit(&authority, &alice) else {
        return;
    };
    assert_eq!(answer, Answer::LetIn);
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    assert_eq!(server.visit(&authority, &alice), Some(Answer::Refused));
    assert_eq!(server.visit(&authority, &bob), Some(Answer::LetIn));
}
