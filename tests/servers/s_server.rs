//! `openssl s_server`, which does what it is told to: its configuration is its command line, a word a line.

use std::fs;
use std::path::Path;

use rustix::process::Signal;

use super::{Kind, Site};

pub(crate) static S_SERVER: Kind = Kind {
    program: "openssl",
    configuration: |site| configuration_with(site, &[]),
    arguments,
    // It reads its files once.
    reload: Signal::HUP,
    stop: Signal::TERM,
};

/// A server that answers each GET with a page of its own, and these words.
pub(crate) fn configuration_with(site: &Site, words: &[&str]) -> String {
    let accept = format!("127.0.0.1:{}", site.port);
    [&["s_server", "-www", "-quiet", "-accept", &accept], words]
        .concat()
        .join("\n")
}

fn arguments(_: &Site, configuration: &Path) -> Vec<String> {
    let words = fs::read_to_string(configuration).expect("a configuration");
    words.lines().map(str::to_owned).collect()
}
