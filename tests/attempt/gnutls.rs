//! `gnutls-serv`; its configuration is its command line, a word a line.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::Ground;
use crate::servers::{Kind, Running, Site};
use crate::support::path_text;

static GNUTLS: Kind = Kind {
    program: "gnutls-serv",
    configuration: |_| String::new(),
    arguments,
    // It reads its files once.
    reload: Signal::HUP,
    stop: Signal::TERM,
};

fn arguments(_: &Site, configuration: &Path) -> Vec<String> {
    let words = fs::read_to_string(configuration).expect("a configuration");
    words.lines().map(str::to_owned).collect()
}

/// One that requires a certificate of ours.
#[track_caller]
pub(super) fn start(ground: &Ground) -> Option<Running> {
    let root = ground.ca("root");
    ground.start(&GNUTLS, |site| {
        let port = site.port.to_string();
        let words = [
            "--http",
            "--require-client-cert",
            "--verify-client-cert",
            "--port",
            &port,
            "--x509cafile",
            &root,
            "--x509certfile",
            path_text(&site.fullchain),
            "--x509keyfile",
            path_text(&site.key),
        ];
        words.join("\n")
    })
}
