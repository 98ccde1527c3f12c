//! How each server is started from its generated configuration.

use std::path::Path;

use rustix::process::Signal;

/// One of the words of `pki server-config`.
pub(crate) struct Kind {
    pub(crate) word: &'static str,
    pub(crate) program: &'static str,
    /// Its words in the foreground, given where its configuration lies.
    pub(crate) arguments: fn(&Path) -> Vec<String>,
    /// Whether an application stands behind it.
    pub(crate) is_proxy: bool,
    /// The signal on which it reads its files again by starting other workers; none where it does so in another way.
    pub(crate) reload: Option<Signal>,
    /// The unit of what it asks about certificates.
    pub(crate) verify: Option<&'static str>,
}

/// Those that an application stands behind.
pub(crate) const PROXIES: [&str; 4] = ["nginx", "apache", "haproxy", "caddy"];

static KINDS: [Kind; 4] = [
    Kind {
        word: "nginx",
        program: "nginx",
        arguments: |directory| {
            let configuration = text(directory, "nginx.conf");
            words(&["-e", "stderr", "-g", "daemon off;", "-c", &configuration])
        },
        is_proxy: true,
        reload: Some(Signal::HUP),
        verify: None,
    },
    Kind {
        word: "apache",
        program: "apache2",
        arguments: |directory| words(&["-D", "FOREGROUND", "-f", &text(directory, "httpd.conf")]),
        is_proxy: true,
        reload: Some(Signal::USR1),
        verify: None,
    },
    Kind {
        word: "haproxy",
        program: "haproxy",
        arguments: |directory| words(&["-W", "-f", &text(directory, "haproxy.cfg")]),
        is_proxy: true,
        reload: Some(Signal::USR2),
        verify: None,
    },
    Kind {
        word: "caddy",
        program: "caddy",
        arguments: |directory| words(&["run", "--config", &text(directory, "Caddyfile")]),
        is_proxy: true,
        reload: None,
        verify: Some("pki-caddy-verify.service"),
    },
];

impl Kind {
    #[track_caller]
    pub(crate) fn of(word: &str) -> &'static Self {
        let known = KINDS.iter().find(|kind| kind.word == word);
        known.unwrap_or_else(|| panic!("nobody knows how {word} is started"))
    }
}

fn text(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
