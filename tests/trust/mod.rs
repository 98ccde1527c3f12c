//! `pki trust`: into the stores of this machine and out again, as those judge it who look into them.
//!
//! The machine's own stores are never touched: everything happens in a mount namespace with copies, and in a home of its own.

mod java;
mod nicknames;
mod nss;
mod owners;
mod p11_kit;
mod rights;
mod system;
mod unconstrained;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::authority::PKI;
use crate::support::tools::fixture;
use crate::support::{Authority, Finished, Server, finish, hermetic, path_text, tool};

/// Permits this machine and no other.
pub(crate) const CONSTRAINED: [&str; 6] = [
    "--permit-dns",
    "localhost",
    "--permit-ip",
    "127.0.0.0/8",
    "--permit-ip",
    "::1",
];

/// This machine with stores of its own, which go away with the value.
pub(crate) struct Machine {
    holder: Child,
}

impl Machine {
    /// Makes it; none where a tool is missing and may be.
    #[track_caller]
    pub(crate) fn new(authority: &Authority) -> Option<Self> {
        for needed in ["unshare", "nsenter", "update-ca-certificates"] {
            tool(needed)?;
        }
        let mut holder = hermetic(fixture("support/own-stores"), authority.home())
            .arg(authority.path("stores"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = holder.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Some(Self { holder })
    }

    /// A command line in it.
    #[track_caller]
    pub(crate) fn command(&self, authority: &Authority, program: impl AsRef<Path>) -> Command {
        let mut command = hermetic(tool("nsenter").unwrap(), authority.home());
        command.args(["--target", &self.holder.id().to_string(), "--mount"]);
        if !is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        command
            .arg(format!("--wd={}", authority.home().display()))
            .arg("--")
            .arg(program.as_ref())
            .env("PKI_CA_DATA", authority.data());
        command
    }

    /// Runs `pki trust` in it.
    #[track_caller]
    pub(crate) fn trust(&self, authority: &Authority, words: &[&str]) -> Finished {
        let mut command = self.command(authority, PKI);
        finish(command.arg("trust").args(words))
    }

    /// What its stores of one kind became, as `pki trust --json` tells it.
    #[track_caller]
    fn stores(&self, authority: &Authority, words: &[&str]) -> Vec<[String; 2]> {
        told(&self.trust(authority, &[words, &["--json"]].concat()).ok())
    }

    /// Runs a line of shell in it.
    #[track_caller]
    fn shell(&self, authority: &Authority, line: &str) -> Finished {
        let mut command = self.command(authority, "/bin/sh");
        finish(command.args(["-c", line]))
    }

    /// Every file and link of the system's stores, with owner and mode, where it leads or what it holds; but for Java's
    /// keystore, which is compared entry for entry.
    #[track_caller]
    fn files(&self, authority: &Authority) -> String {
        let line = "set -- /etc/ssl /etc/ca-certificates /etc/ca-certificates.conf /usr/local/share/ca-certificates
            find \"$@\" -printf '%p %y %m %u:%g %l\\n' 2>/dev/null | sort
            find \"$@\" -type f ! -name cacerts -exec sha256sum {} + 2>/dev/null | sort";
        self.shell(authority, line).out()
    }

    /// Whether curl trusts the server by the system's store alone.
    #[track_caller]
    fn curl_trusts(&self, authority: &Authority, server: &Server) -> bool {
        let mut curl = self.command(authority, tool("curl").unwrap());
        let url = format!("{}/login.json", server.https.trim_end_matches('/'));
        let visited = finish(curl.args(["--silent", "--show-error", &url]));
        match visited.code {
            Some(0) => true,
            // CURLE_PEER_FAILED_VERIFICATION
            Some(60) => false,
            _ => panic!("{}", visited.said()),
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It ends with its stdin.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Standing and change of each store in a document of `pki trust`.
#[track_caller]
fn told(finished: &Finished) -> Vec<[String; 2]> {
    let document = finished.json();
    let stores = document["stores"].as_array().expect("a list of stores");
    let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
    stores
        .iter()
        .map(|store| [text(&store["standing"]), text(&store["changed"])])
        .collect()
}

/// The same `standing` and `changed` for one store.
fn one(standing: &str, changed: bool) -> Vec<[String; 2]> {
    vec![[standing.to_owned(), changed.to_string()]]
}

/// The name by which the root is found again.
#[track_caller]
fn name(authority: &Authority) -> String {
    let words = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
    let printed = authority
        .openssl(&[&words[..], &[path_text(&authority.root())]].concat())
        .expect("openssl")
        .ok()
        .out();
    let digits = printed.split('=').nth(1).unwrap().trim().replace(':', "");
    format!("pki-{}", &digits.to_lowercase()[..16])
}
