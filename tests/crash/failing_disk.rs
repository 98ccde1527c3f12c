//! A disk that fails, is full or may not be written, at every call that changes it: a clear refusal, nothing lost, and once the
//! disk is in order again the next command works.
//!
//! The faults are put into the real calls of the real program by strace.

use std::collections::BTreeMap;
use std::fs;

use super::witness::{self, Witness};
use super::{Scene, place, words};
use crate::support::{Authority, finish, hermetic, tool};

/// The calls that change a disk.
const CALLS: &str = "write,pwrite64,fsync,fdatasync,ftruncate,rename,renameat2,linkat,unlink,unlinkat,mkdir,mkdirat,fchmod";

/// For how long a disk is out of order.
#[derive(Clone, Copy)]
enum Fault {
    /// One call fails.
    Once(&'static str),
    /// All of this kind fail from that one on.
    FromThenOn(&'static str),
}

impl Fault {
    /// In strace's words.
    fn at(self, call: &str, nth: u32) -> String {
        match self {
            Self::Once(error) => format!("inject={call}:error={error}:when={nth}"),
            Self::FromThenOn(error) => format!("inject={call}:error={error}:when={nth}+"),
        }
    }
}

/// Runs a command under strace with more words for it; its exit code and what it said, or nothing where there is no strace.
fn traced(scene: &Scene, options: &[&str], line: &str) -> Option<crate::support::Finished> {
    let own = scene.authority.command(&words(line));
    let mut strace = hermetic(tool("strace")?, scene.authority.home());
    strace
        .args(["-f", "-qq"])
        .args(options)
        .arg(own.get_program());
    strace.args(own.get_args());
    for (name, value) in own.get_envs() {
        strace.envs(value.map(|value| (name, value)));
    }
    Some(finish(&mut strace))
}

/// How often a command makes each of the calls.
fn counted(scene: &Scene, line: &str) -> Option<BTreeMap<String, u32>> {
    let log = place(scene, ".trace");
    let trace = format!("trace={CALLS}");
    traced(scene, &["-o", &log, "-e", &trace], line)?.ok();
    let mut counts = BTreeMap::new();
    for entry in fs::read_to_string(&log).unwrap().lines() {
        let call = entry.split(' ').find_map(|word| word.split_once('('));
        if let Some((call, _)) = call.filter(|(call, _)| CALLS.split(',').any(|it| it == *call)) {
            *counts.entry(call.to_owned()).or_default() += 1;
        }
    }
    fs::remove_file(log).unwrap();
    Some(counts)
}

/// Of so many faults one is tried; of all where `PKI_CRASH_KILLS` asks for more than a short run.
fn stride(short: usize) -> usize {
    match std::env::var_os("PKI_CRASH_KILLS") {
        Some(_) => 1,
        None => short,
    }
}

/// A command with a fault at one call after the other, each on a CA of its own.
fn with_faults(line: &str, faults: &[Fault]) {
    with_faults_in(Scene::in_memory(), line, faults, 4, next);
}

/// What must go on after each fault.
fn next(scene: &mut Scene, when: &str) {
    scene.goes_on(&words("issue-client next"), when);
}

/// The same on copies of a scene, in which something else may have to go on.
fn with_faults_in(
    scene: Scene,
    line: &str,
    faults: &[Fault],
    short: usize,
    goes_on: impl Fn(&mut Scene, &str),
) {
    let Some(counts) = counted(&scene.copy(), line) else {
        return;
    };
    let (mut tried, mut refused) = (0, 0);
    let calls: Vec<_> = counts
        .iter()
        .flat_map(|(call, count)| (1..=*count).map(move |nth| (call, nth)))
        .collect();
    for (first, fault) in faults.iter().enumerate() {
        // Each fault begins with another call, so that every kind of call is met in a short run too.
        for (call, nth) in calls.iter().skip(first).step_by(stride(short)) {
            let mut copy = scene.copy();
            let fault = fault.at(call, *nth);
            let when = format!("`{line}` with {fault}");
            let trace = format!("trace={call}");
            let options = ["-o", "/dev/null", "-e", &trace, "-e", &fault];
            let ended = traced(&copy, &options, line).unwrap();
            tried += 1;
            match ended.code {
                Some(0) => {}
                Some(1) => {
                    refused += 1;
                    let said = ended.err();
                    // Where it is the very words that cannot be written, there are none.
                    let is_clear = said.contains("pki: error: ") && said.contains("pki: hint: ");
                    assert!(is_clear || *call == "write", "{when}: {said}");
                }
                code => panic!("{when}: {code:?} {}", ended.said()),
            }
            goes_on(&mut copy, &when);
        }
    }
    eprintln!("`{line}`: {tried} faults, {refused} refusals");
    assert!(refused > 0, "no fault was felt");
}

const FAULTS: [Fault; 3] = [
    Fault::Once("EIO"),
    Fault::FromThenOn("EIO"),
    Fault::FromThenOn("ENOSPC"),
];

#[test]
fn issuing() {
    with_faults("issue-client carol", &FAULTS);
}

#[test]
fn revoking() {
    with_faults("revoke alice --yes", &FAULTS);
}

#[test]
fn publishing_a_crl() {
    with_faults("crl", &FAULTS);
}

#[test]
fn renewing() {
    with_faults("renew alice", &FAULTS);
}

#[test]
fn issuing_to_many() {
    let scene = Scene::in_memory();
    fs::write(scene.authority.path("table.csv"), "name\none\ntwo\nthree\n").unwrap();
    fs::create_dir(scene.authority.path("out")).unwrap();
    let line = "issue-clients table.csv --out-dir out --passwords passwords.csv --jobs 1";
    with_faults_in(scene, line, &FAULTS, 4, |scene, when| {
        next(scene, when);
        // Run again it comes to its end, and each bundle has its password.
        scene.pki(&words(line)).ok();
        let passwords = fs::read_to_string(scene.authority.path("passwords.csv")).unwrap();
        for name in ["one", "two", "three"] {
            let own = format!("{name},,{name}.p12,");
            assert_eq!(passwords.matches(&own).count(), 1, "{when}: {passwords}");
        }
    });
}

#[test]
fn taking_the_next_issuing_ca() {
    with_faults("rotate-issuing", &[Fault::Once("EIO")]);
}

/// A disk that fails once, or that is full from one call on.
const FAILED_OR_FULL: [Fault; 2] = [Fault::Once("EIO"), Fault::FromThenOn("ENOSPC")];

#[test]
fn making_a_ca() {
    let scene = Scene::of(Authority::none_in_memory());
    let line = "init --no-passphrase";
    with_faults_in(scene, line, &FAILED_OR_FULL, 16, |scene, when| {
        let again = scene.pki(&["init", "--no-passphrase", "--json"]);
        let is_there = again.code == Some(0) || again.json()["error"]["kind"] == "already-exists";
        assert!(is_there, "{when}: {}", again.said());
        next(scene, when);
    });
}

#[test]
fn backing_up() {
    let line = "backup kept.tar";
    with_faults_in(
        Scene::in_memory(),
        line,
        &FAILED_OR_FULL,
        8,
        |scene, when| {
            next(scene, when);
            // What bears the name is whole.
            if scene.authority.path("kept.tar").exists() {
                restored(scene, when, &place(scene, "other"), "kept.tar");
            }
            scene.pki(&words("backup another.tar")).ok();
        },
    );
}

#[test]
fn restoring() {
    let scene = Scene::in_memory();
    scene.pki(&words("backup kept.tar")).ok();
    let before = witness::count(&scene.authority.path("ca-data/pki.db"));
    scene.pki(&words("issue-client later")).ok();
    let after = witness::count(&scene.authority.path("ca-data/pki.db"));
    let line = "restore kept.tar --yes";
    with_faults_in(scene, line, &FAILED_OR_FULL, 16, |scene, when| {
        // One state or the other; and it can be done once more.
        scene.pki(&["list"]).ok();
        let now = witness::count(&scene.authority.path("ca-data/pki.db"));
        assert!(now == before || now == after, "{when}: {now:?}");
        scene.witness = Witness::default();
        next(scene, when);
        restored(scene, when, &place(scene, "ca-data"), "kept.tar");
    });
}

/// A backup is good where it is put back.
#[track_caller]
fn restored(scene: &Scene, when: &str, place: &str, backup: &str) {
    let restored = scene.pki(&["--ca-data", place, "restore", backup, "--yes"]);
    assert_eq!(restored.code, Some(0), "{when}: {}", restored.said());
}
