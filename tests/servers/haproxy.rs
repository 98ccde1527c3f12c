//! HAProxy.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::{Kind, Site};

pub(crate) static HAPROXY: Kind = Kind {
    program: "haproxy",
    configuration,
    arguments,
    // The master starts new workers with what the files say now.
    reload: Signal::USR2,
    stop: Signal::TERM,
};

fn configuration(site: &Site) -> String {
    let (root, crls) = (site.root.display(), site.crls().display());
    let words = format!("ca-file {root} verify required crl-file {crls}");
    configuration_with(site, &words, "http-request return status 200")
}

/// One site with TLS, with these words on its bind line and these lines below it.
pub(crate) fn configuration_with(site: &Site, bind: &str, lines: &str) -> String {
    // HAProxy wants the key behind the chain, in one file.
    let pem = site.directory.join("server.pem");
    let read = |path: &Path| fs::read_to_string(path).expect("a PEM file");
    fs::write(&pem, read(&site.fullchain) + &read(&site.key)).expect("a PEM file can be written");
    let (pem, port) = (pem.display(), site.port);
    format!(
        "global
    log stderr format raw daemon warning
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 10s
frontend site
    bind 127.0.0.1:{port} ssl crt {pem} {bind}
    {lines}
"
    )
}

fn arguments(_: &Site, configuration: &Path) -> Vec<String> {
    ["-W", "-f", &configuration.display().to_string()]
        .map(str::to_owned)
        .into()
}

#[test]
fn haproxy_lets_alice_in_until_she_is_revoked() {
    super::alice_is_let_in_until_she_is_revoked(&HAPROXY);
}

#[test]
fn haproxy_lets_nobody_in_without_the_roots_crl() {
    super::nobody_is_let_in_without_the_roots_crl(&HAPROXY);
}
