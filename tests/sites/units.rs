//! The units of systemd: it takes each as it stands, and what it leaves to a service is enough for that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;

use super::kind::{PROGRAMS, PROXIES};
use super::{Running, person};
use crate::support::tools::{fixture, left_out};
use crate::support::{Authority, finish, hermetic, path_text, tool};

/// Those that nobody has tried.
const UNPROVEN: [&str; 2] = ["traefik", "envoy"];

/// The command of a unit, within what systemd would leave it where the tests may do that; none where a program is missing.
#[track_caller]
pub(crate) fn command_of(unit: &Path, authority: &Authority) -> Option<Command> {
    tool("setpriv")?;
    let unshare = tool("unshare")?;
    let mut may = hermetic(&unshare, authority.home());
    if geteuid().is_root() && finish(may.args(["--mount", "true"])).code == Some(0) {
        let mut command = hermetic(unshare, authority.home());
        command
            .arg("--mount")
            .arg(fixture("sites/as-systemd"))
            .arg(unit);
        return Some(command);
    }
    left_out("only root can do what systemd does: the command runs without it");
    let text = fs::read_to_string(unit).expect("a unit");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let mut words = line.expect("a command").split(' ');
    let mut command = hermetic(words.next().expect("a program"), authority.home());
    command.args(words);
    Some(command)
}

/// Every unit that is written for a server, of this ending.
fn units(authority: &Authority, word: &str, ending: &str) -> Vec<PathBuf> {
    authority.pki(&["server-config", word]).ok();
    let directory = authority.path(&format!("ca-data/sites/{word}"));
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path_text(path).ends_with(ending))
        .collect()
}

/// How much a service is left at most, in tenths of systemd-analyze's exposure level, by the ending of its unit.
fn threshold(unit: &Path) -> u32 {
    match path_text(unit) {
        // Here as root: with a user of its own it is less.
        name if name.ends_with("-verify.service") => 25,
        name if name.ends_with("-server.service") => 45,
        _ => 38,
    }
}

#[test]
fn systemd_takes_every_unit_as_it_stands_and_leaves_each_service_little() {
    let authority = Authority::init(&[]);
    authority.pki(&["issue-server", "localhost"]).ok();
    let Some(analyze) = tool("systemd-analyze") else {
        return;
    };
    for word in PROXIES.into_iter().chain(PROGRAMS).chain(UNPROVEN) {
        let services = units(&authority, word, ".service");
        let timers = units(&authority, word, ".timer");
        assert_eq!(timers.len(), 1, "{timers:?}");
        for unit in services.iter().chain(&timers) {
            let mut verify = hermetic(&analyze, authority.home());
            let verified = finish(verify.args(["verify", "--man=no"]).arg(unit)).ok();
            assert_eq!(verified.said(), "", "{}", unit.display());
        }
        let is_alone = ["nginx", "apache", "haproxy"].contains(&word);
        assert_eq!(services.len(), if is_alone { 1 } else { 2 }, "{services:?}");
        for unit in services {
            let mut security = hermetic(&analyze, authority.home());
            security.args(["security", "--no-pager", "--offline=true", "--threshold"]);
            finish(security.arg(threshold(&unit).to_string()).arg(unit)).ok();
        }
    }
}

#[test]
fn what_systemd_leaves_to_a_refresh_is_enough_to_fetch_and_to_reload() {
    for word in PROXIES.into_iter().chain(["node", "openssl"]) {
        let authority = Authority::init(&[]);
        let Some(alice) = person(&authority, "alice") else {
            return;
        };
        let Some(server) = Running::start(word, &authority, None) else {
            return;
        };
        let visit = || server.visit(&authority, Some(&alice), "", &[]);
        let Some(before) = visit() else { return };
        assert!(before.welcomes("alice"), "{word}: {before:?}");
        authority.pki(&["revoke", "alice", "--yes"]).ok();
        let unit = server.directory().join(format!("pki-{word}.service"));
        let Some(mut refresh) = command_of(&unit, &authority) else {
            return;
        };
        server.reads_what_comes_of(|| drop(finish(&mut refresh).ok()));
        let after = visit().unwrap();
        assert!(after.is_refused(), "{word}: {after:?}");
    }
}
