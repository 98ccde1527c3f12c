//! What is in the memory of a process, and who may see it: a server without the passphrase holds no CA key.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use crate::support::tools::left_out;
use crate::support::{Authority, PASSPHRASE, Server, finish, hermetic, path_text, tool};

/// The number that is an EC key, as OpenSSL prints it.
fn scalar(authority: &Authority, key: &Path) -> Option<Vec<u8>> {
    let words = [
        "pkey",
        "-noout",
        "-text",
        "-passin",
        "env:PASSPHRASE",
        "-in",
    ];
    let printed = authority.openssl(&[&words[..], &[path_text(key)]].concat())?;
    let printed = printed.ok().out();
    let digits = printed
        .split("priv:")
        .nth(1)
        .unwrap()
        .split("pub:")
        .next()
        .unwrap();
    let digits = digits.split(|letter: char| letter == ':' || letter.is_whitespace());
    let octets = digits.filter(|digits| !digits.is_empty());
    let octets: Vec<_> = octets
        .map(|digits| u8::from_str_radix(digits, 16).unwrap())
        .collect();
    // OpenSSL writes a zero in front of a number whose first bit is set.
    Some(octets[octets.len() - 32..].to_vec())
}

/// Whether octets stand anywhere in the memory of a process, in either order; nothing where it may not be read.
fn is_in_memory(process: u32, octets: &[u8]) -> Option<bool> {
    let memory = File::open(format!("/proc/{process}/mem")).ok()?;
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let reversed: Vec<_> = octets.iter().rev().copied().collect();
    let mut is_there = false;
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let (from, rest) = line.split_once('-').unwrap();
        let until = rest.split(' ').next().unwrap();
        let (from, until) = (
            u64::from_str_radix(from, 16).unwrap(),
            u64::from_str_radix(until, 16).unwrap(),
        );
        let mut area = vec![0; (until - from) as usize];
        // What was never touched cannot be read.
        let read = memory.read_at(&mut area, from).unwrap_or(0);
        is_there |= holds(&area[..read], octets) || holds(&area[..read], &reversed);
    }
    Some(is_there)
}

fn holds(area: &[u8], octets: &[u8]) -> bool {
    let (first, rest) = octets.split_first().unwrap();
    let mut places = area.iter().enumerate().filter(|(_, octet)| *octet == first);
    places.any(|(at, _)| area[at + 1..].starts_with(rest))
}

#[test]
fn a_server_that_runs_locked_has_no_ca_key_in_its_memory_and_one_that_is_unlocked_has() {
    let authority = Authority::init(&[]);
    let Some(key) = scalar(&authority, &authority.issuing_key()) else {
        return;
    };
    // The first start makes the server's own certificate, for which the key is needed.
    Server::start(&authority, &[]).stop();
    let locked = Server::start_locked(&authority, &[]);
    let Some(is_there) = is_in_memory(locked.id(), &key) else {
        left_out("the memory of another process may not be read here");
        return;
    };
    assert!(!is_there, "the issuing CA's key");
    assert_eq!(
        is_in_memory(locked.id(), PASSPHRASE.as_bytes()),
        Some(false)
    );
    // Its own key is there: what is looked for would be found.
    let unlocked = Server::start(&authority, &[]);
    assert_eq!(is_in_memory(unlocked.id(), &key), Some(true));
}

/// How many KiB of a process are locked into memory, and how many may be.
fn locked(process: u32) -> (u64, String) {
    let of = |what: &str| fs::read_to_string(format!("/proc/{process}/{what}")).unwrap();
    let status = of("status");
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:"));
    let locked = locked.unwrap().split_whitespace().next().unwrap();
    let limits = of("limits");
    let limit = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max locked memory"));
    let limit = limit.unwrap().split_whitespace().next().unwrap();
    (locked.parse().unwrap(), limit.to_owned())
}

#[test]
fn a_process_leaves_no_core_and_is_locked_into_memory_where_that_is_allowed() {
    let authority = Authority::init(&["--no-passphrase"]);
    let server = Server::start(&authority, &[]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let numbers: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(numbers, ["0", "0"], "{core}");
    let (locked, limit) = locked(server.id());
    /// CAP_IPC_LOCK (linux/capability.h), which knows no limit.
    const IPC_LOCK: u64 = 1 << 14;
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let capabilities = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let capabilities = u64::from_str_radix(capabilities.unwrap().trim(), 16).unwrap();
    let map = fs::read_to_string("/proc/self/uid_map").unwrap();
    let is_first = map.split_whitespace().eq(["0", "0", "4294967295"]);
    let is_allowed = limit == "unlimited" || is_first && capabilities & IPC_LOCK != 0;
    assert_eq!(locked > 0, is_allowed, "{locked} of {limit}");
}

#[test]
fn with_a_limit_on_locked_memory_nothing_is_locked_and_everything_works() {
    let Some(setpriv) = tool("setpriv").filter(|_| rustix::process::geteuid().is_root()) else {
        left_out("only root can give a capability away");
        return;
    };
    let authority = Authority::init(&["--no-passphrase"]);
    let own = authority.command(&[
        "serve",
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
    ]);
    let mut command = hermetic("/bin/sh", authority.home());
    // A gibibyte is more than it needs: to lock all of it would be granted, and fail for what comes later. Where the limit cannot be
    // raised, the one that is there is finite too.
    let limited = "ulimit -l 1048576 2>/dev/null || ulimit -l 64; exec \"$0\" \"$@\"";
    command
        .args(["-c", limited])
        .arg(setpriv)
        .args(["--bounding-set", "-ipc_lock,-sys_resource"])
        .args(["--inh-caps", "-ipc_lock,-sys_resource"])
        .arg(own.get_program())
        .args(own.get_args())
        .env("PKI_CA_DATA", authority.data());
    let server = Server::spawn(&mut command);
    let (locked, limit) = locked(server.id());
    assert_ne!(limit, "unlimited");
    assert_eq!(locked, 0);
}

#[test]
fn a_file_with_a_secret_that_others_may_read_is_told_of_with_the_command_that_mends_it() {
    let authority = Authority::init(&[]);
    let file = authority.path("pass.txt");
    fs::write(&file, format!("{PASSPHRASE}\n")).unwrap();
    let said = |mode: u32| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let words = ["crl", "--passphrase-file", "pass.txt"];
        finish(&mut authority.locked_command(&words)).ok().err()
    };
    assert!(said(0o644).contains("run chmod 600 pass.txt"));
    assert!(said(0o640).contains("run chmod 600 pass.txt"));
    assert!(!said(0o600).contains("chmod"));
}

#[test]
fn no_program_that_is_started_is_given_a_secret_in_its_environment() {
    let authority = Authority::init(&[]);
    let client = authority.issue_client(&["alice"]);
    let programs = authority.path("programs");
    fs::create_dir(&programs).unwrap();
    let seen = authority.path("seen");
    for name in ["certutil", "pk12util", "openssl", "keytool"] {
        let program = programs.join(name);
        let script = format!("#!/bin/sh\n/usr/bin/env >>'{}'\nexit 1\n", seen.display());
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut browser = authority.command(&[
        "browser",
        "install",
        "alice",
        "--nssdb",
        "db",
        "--unconstrained",
    ]);
    browser
        .env("PATH", &programs)
        .env("PKI_BUNDLE_PASSWORD", &client.password);
    // The programs all fail: what is asked is what they were given.
    finish(&mut browser).code.unwrap();
    let seen = fs::read_to_string(seen).unwrap();
    for secret in [PASSPHRASE, &client.password] {
        assert!(!seen.contains(secret), "{seen}");
    }
}
