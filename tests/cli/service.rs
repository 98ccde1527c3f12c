//! `pki serve` as a service of systemd: what docs/systemd/pki-serve.service leaves it is little, and enough.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::authority::PKI;
use crate::support::tools::{fixture, left_out};
use crate::support::{Authority, Finished, Server, entries_below, finish, hermetic, tool};

/// The user of the service, here by a number that nobody has.
const USER: u32 = 54_321;
/// In tenths: systemd-analyze calls less than 2.0 well protected.
const MOST_EXPOSED: &str = "20";

fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systemd/pki-serve.service")
}

/// The values of a directive of the unit, a word each.
fn values(directive: &str) -> Vec<String> {
    let text = fs::read_to_string(unit()).unwrap();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(directive)?.strip_prefix('='));
    let words = lines.flat_map(str::split_whitespace);
    words.map(str::to_owned).collect()
}

#[test]
fn systemd_takes_the_unit_and_calls_it_well_protected() {
    let authority = Authority::none();
    let Some(analyze) = tool("systemd-analyze") else {
        return;
    };
    // The program need not be installed for it: what is verified is the unit.
    let text = fs::read_to_string(unit()).unwrap();
    let copy = authority.path("pki-serve.service");
    fs::write(
        &copy,
        text.replace("/usr/local/bin/pki", PKI)
            .replace("User=pki", "User=root"),
    )
    .unwrap();
    let mut verify = hermetic(&analyze, authority.home());
    let verified = finish(verify.args(["verify", "--man=no"]).arg(&copy)).ok();
    assert_eq!(verified.said(), "");
    let mut security = hermetic(&analyze, authority.home());
    security.args([
        "security",
        "--no-pager",
        "--offline=true",
        "--threshold",
        MOST_EXPOSED,
    ]);
    finish(security.arg(unit())).ok();
}

/// A CA of the service's user, and the command of the unit for it, within what systemd would leave it; none where only root may.
fn as_service() -> Option<(Authority, String, Command)> {
    let unshare = tool("unshare")?;
    tool("setpriv")?;
    if !rustix::process::geteuid().is_root() {
        left_out("only root can do what systemd does");
        return None;
    }
    let authority = Authority::init(&[]);
    let alice = authority.issue_client(&["alice"]);
    authority
        .pki(&["issue-server", "--name", "pki-serve", "localhost"])
        .ok();
    // Where the program was built, that user may not be able to go.
    let program = authority.path("pki");
    fs::copy(PKI, &program).unwrap();
    for entry in entries_below(&authority.data()) {
        chown(entry, Some(USER), Some(USER)).unwrap();
    }
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(authority.home(), open).unwrap();
    let words = "serve --json --listen 127.0.0.1:0 --http 127.0.0.1:0";
    let text = format!(
        "[Service]\nReadWritePaths={}\nUser={USER}\nCapabilityBoundingSet=\nExecStart={} {words}\n",
        authority.data().display(),
        program.display(),
    );
    let copy = authority.path("tried.service");
    fs::write(&copy, text).unwrap();
    let mut command = hermetic(unshare, authority.home());
    command
        .arg("--mount")
        .arg(fixture("sites/as-systemd"))
        .arg(copy)
        .env("PKI_CA_DATA", authority.data());
    Some((authority, alice.password, command))
}

#[test]
fn a_server_with_what_the_unit_leaves_it_lets_alice_in() {
    assert_eq!(values("CapabilityBoundingSet"), Vec::<String>::new());
    assert_eq!(values("StateDirectory"), ["pki"]);
    let Some((authority, password, mut command)) = as_service() else {
        return;
    };
    let server = Server::spawn(&mut command);
    let login = log_in(&authority, &password, &server);
    assert_eq!(login.ok().json()["verdict"], "accepted");
    // What it writes down it may write.
    let shown = authority.json(&["show", "alice"]);
    assert!(shown.to_string().contains("last_login_at"), "{shown}");
}

fn log_in(authority: &Authority, password: &str, server: &Server) -> Finished {
    let mut login = authority.command(&["login", "alice", &server.https, "--json"]);
    finish(login.env("PKI_BUNDLE_PASSWORD", password))
}

/// The system calls of a set of systemd's, those of the sets within it too.
fn calls_of(analyze: &Path, home: &Path, set: &str) -> BTreeSet<String> {
    let mut command = hermetic(analyze, home);
    let listed = finish(command.args(["syscall-filter", "--no-pager", set]))
        .ok()
        .out();
    let mut calls = BTreeSet::new();
    for line in listed.lines().skip(1).map(str::trim) {
        if line.starts_with('@') {
            calls.extend(calls_of(analyze, home, line));
        } else if !line.starts_with('#') {
            calls.insert(line.to_owned());
        }
    }
    calls
}

#[test]
fn the_system_calls_of_a_server_are_among_those_that_the_unit_allows() {
    let (Some(analyze), Some(strace)) = (tool("systemd-analyze"), tool("strace")) else {
        return;
    };
    let authority = Authority::init(&["--no-passphrase"]);
    let alice = authority.issue_client(&["alice"]);
    let log = authority.path("calls");
    let own = authority.command(&[
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
    ]);
    let mut command = hermetic(strace, authority.home());
    command
        .args(["-D", "-f", "-qq", "-o"])
        .arg(&log)
        .arg(own.get_program())
        .args(own.get_args());
    command.env("PKI_CA_DATA", authority.data());
    let server = Server::spawn(&mut command);
    log_in(&authority, &alice.password, &server).ok();
    authority.pki(&["revoke", "alice", "--yes"]).ok();
    log_in(&authority, &alice.password, &server).exits(1);
    if let Some(curl) = tool("curl") {
        let url = format!("{}/crl/issuing.crl", server.http);
        let mut curl = hermetic(curl, authority.home());
        finish(curl.args(["-sf", "-o", "/dev/null", &url])).ok();
    }
    server.stop();
    let mut allowed = BTreeSet::new();
    for word in values("SystemCallFilter") {
        match word.strip_prefix('~') {
            None => allowed.extend(calls_of(&analyze, authority.home(), &word)),
            Some(set) => {
                let not = calls_of(&analyze, authority.home(), set);
                allowed.retain(|call| !not.contains(call));
            }
        }
    }
    assert!(allowed.len() > 100, "{allowed:?}");
    let made = fs::read_to_string(&log).unwrap();
    let made: BTreeSet<_> = made
        .lines()
        .filter_map(|line| Some(line.split_whitespace().nth(1)?.split_once('(')?.0))
        .filter(|call| {
            call.chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        })
        .collect();
    assert!(
        made.contains("accept4") && made.contains("pwrite64"),
        "{made:?}"
    );
    // SQLite gives its files to the owner of the database where it runs as root, as here; the service does not.
    allowed.insert("fchown".to_owned());
    let beyond: Vec<_> = made
        .iter()
        .filter(|call| !allowed.contains(**call))
        .collect();
    assert!(beyond.is_empty(), "{beyond:?}");
}
