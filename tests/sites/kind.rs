//! How each server is started from its generated configuration.

use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::support::tool;
use crate::support::tools::python_with_pkilint;

/// One of the words of `pki server-config`.
pub(crate) struct Kind {
    pub(crate) word: &'static str,
    program: &'static str,
    /// Its words in the foreground, given where its configuration lies.
    pub(crate) arguments: fn(&Path) -> Vec<String>,
    /// Whether an application stands behind it.
    pub(crate) is_proxy: bool,
    /// How it reads its files again.
    pub(crate) reading: Reading,
    /// The unit of what it asks about certificates.
    pub(crate) verify: Option<&'static str>,
}

/// How a server reads its files again.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    /// On a signal, by other processes than before.
    ByOthers(Signal),
    /// By itself, on SIGHUP; then it says this.
    ByItself(&'static str),
    /// When somebody else tells it to.
    WhenTold,
}

/// Those that an application stands behind.
pub(crate) const PROXIES: [&str; 4] = ["nginx", "apache", "haproxy", "caddy"];

/// Those that are the application themselves.
pub(crate) const PROGRAMS: [&str; 5] = ["node", "python", "java", "openssl", "gnutls"];

/// What the programs say that read their files again by themselves.
const READ_AGAIN: Reading = Reading::ByItself("read its files again");
/// What runs one server after the other.
const BY_ANOTHER: Reading = Reading::ByOthers(Signal::HUP);

static KINDS: [Kind; 9] = [
    Kind {
        word: "nginx",
        program: "nginx",
        arguments: |directory| {
            let more = format!("daemon off; pid {};", text(directory, "nginx.pid"));
            words(&[
                "-e",
                "stderr",
                "-c",
                &text(directory, "nginx.conf"),
                "-g",
                &more,
            ])
        },
        is_proxy: true,
        reading: Reading::ByOthers(Signal::HUP),
        verify: None,
    },
    Kind {
        word: "apache",
        program: "apache2",
        arguments: |directory| words(&["-D", "FOREGROUND", "-f", &text(directory, "httpd.conf")]),
        is_proxy: true,
        reading: Reading::ByOthers(Signal::USR1),
        verify: None,
    },
    Kind {
        word: "haproxy",
        program: "haproxy",
        arguments: |directory| words(&["-W", "-f", &text(directory, "haproxy.cfg")]),
        is_proxy: true,
        reading: Reading::ByOthers(Signal::USR2),
        verify: None,
    },
    Kind {
        word: "caddy",
        program: "caddy",
        arguments: |directory| words(&["run", "--config", &text(directory, "Caddyfile")]),
        is_proxy: true,
        reading: Reading::WhenTold,
        verify: Some("pki-caddy-verify.service"),
    },
    program(
        "node",
        "node",
        |directory| vec![text(directory, "server.mjs")],
        READ_AGAIN,
    ),
    program(
        "python",
        "python3",
        |directory| vec![text(directory, "server.py")],
        READ_AGAIN,
    ),
    program(
        "java",
        "java",
        |directory| vec![text(directory, "Server.java")],
        READ_AGAIN,
    ),
    program(
        "openssl",
        "openssl",
        |directory| vec![text(directory, "serve")],
        BY_ANOTHER,
    ),
    program(
        "gnutls",
        "gnutls-serv",
        |directory| vec![text(directory, "serve")],
        BY_ANOTHER,
    ),
];

/// A program that is the application.
const fn program(
    word: &'static str,
    program: &'static str,
    arguments: fn(&Path) -> Vec<String>,
    reading: Reading,
) -> Kind {
    Kind {
        word,
        program,
        arguments,
        is_proxy: false,
        reading,
        verify: None,
    }
}

impl Kind {
    #[track_caller]
    pub(crate) fn of(word: &str) -> &'static Self {
        let known = KINDS.iter().find(|kind| kind.word == word);
        known.unwrap_or_else(|| panic!("nobody knows how {word} is started"))
    }

    /// What is started; none where that, or what it starts, is missing.
    #[track_caller]
    pub(crate) fn program(&self) -> Option<PathBuf> {
        let found = match self.program {
            // uvicorn is where pkilint is.
            "python3" => python_with_pkilint()?,
            other => tool(other)?,
        };
        match self.word {
            "openssl" | "gnutls" => tool("sh"),
            _ => Some(found),
        }
    }
}

fn text(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
