//! What went over the wire, by the word of tshark: recordings of ours decrypt themselves, and what both ends tell of a
//! connection is what was on it.

mod browser;
mod dissection;
mod docs;
mod handshake;
mod key_log;
mod messages;
mod names;
mod page;
mod recording;
pub(crate) mod relay;
mod server_key;
mod session;

use std::path::Path;

use crate::support::{Authority, Client, Finished, finish, hermetic, path_text, tool};

/// `pki login` of a client with more words, and its document.
#[track_caller]
fn login(authority: &Authority, client: &Client, words: &[&str]) -> Finished {
    let name = client.certificate["name"].as_str().unwrap();
    let words = [&["login", name, "--json"], words].concat();
    let mut command = authority.locked_command(&words);
    finish(command.env("PKI_BUNDLE_PASSWORD", &client.password))
}

/// Runs one of Wireshark's programs; none where it is missing.
#[track_caller]
fn run(authority: &Authority, program: &str, words: &[&str]) -> Option<Finished> {
    let mut command = hermetic(tool(program)?, authority.home());
    Some(finish(command.args(words)).ok())
}

/// The requests over HTTP that tshark can read in a recording, given these options.
#[track_caller]
fn requests(authority: &Authority, recording: &Path, options: &[&str]) -> Option<Vec<String>> {
    let words = [
        "-r",
        path_text(recording),
        "-Y",
        "http.request",
        "-T",
        "fields",
    ];
    let words = [&words[..], &["-e", "http.request.uri"], options].concat();
    let read = run(authority, "tshark", &words)?.out();
    Some(read.lines().map(str::to_owned).collect())
}
