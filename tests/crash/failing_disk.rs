//! A disk that fails, is full or may not be written, at every call that changes it: a clear refusal, nothing lost, and once the
//! disk is in order again the next command works.
//!
//! The faults are put into the real calls of the real program by strace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::witness::{self, Witness};
use super::{KILLS, Scene, kills, place, words};
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

/// What a command says that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It is done.
    Done,
    /// It is not done, and why.
    Refused,
    /// Nothing of either: the very words could not be written.
    Nothing,
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

/// Which calls of one kind fail, one run after the other: the first, the last, and of those between one of so many. Of
/// several faults each begins with another call. In a run that is longer than those of all tests every call fails.
fn chosen(count: u32, fault: u32, short: u32) -> BTreeSet<u32> {
    let stride = match kills() > KILLS {
        true => 1,
        false => short,
    };
    let between = (1 + fault % stride..=count).step_by(stride as usize);
    [1, count].into_iter().chain(between).collect()
}

/// A command with a fault at one call after the other, each on a CA of its own.
fn with_faults(line: &str, faults: &[Fault]) {
    with_faults_in(Scene::in_memory(), line, faults, 8, |scene, _, when| {
        next(scene, when);
    });
}

/// What must go on after each fault.
#[track_caller]
fn next(scene: &mut Scene, when: &str) {
    scene.goes_on(&words("issue-client next"), when);
}

/// The same on copies of a scene, in which something else may have to go on; that is told what the command said.
fn with_faults_in(
    scene: Scene,
    line: &str,
    faults: &[Fault],
    short: u32,
    mut goes_on: impl FnMut(&mut Scene, Said, &str),
) {
    let Some(counts) = counted(&scene.copy(), line) else {
        return;
    };
    let (mut tried, mut refused) = (0, 0);
    for (number, fault) in (0..).zip(faults) {
        let calls = counts.iter().flat_map(|(call, count)| {
            let chosen = chosen(*count, number, short).into_iter();
            chosen.map(move |nth| (call, nth))
        });
        for (call, nth) in calls {
            let mut copy = scene.copy();
            let fault = fault.at(call, nth);
            let when = format!("`{line}` with {fault}");
            let trace = format!("trace={call}");
            let options = ["-o", "/dev/null", "-e", &trace, "-e", &fault];
            let ended = traced(&copy, &options, line).unwrap();
            tried += 1;
            let told = ended.err();
            let is_clear = told.contains("pki: error: ") && told.contains("pki: hint: ");
            let said = match ended.code {
                Some(0) => Said::Done,
                Some(1) if is_clear => Said::Refused,
                Some(1) if call == "write" => Said::Nothing,
                code => panic!("{when}: {code:?} {}", ended.said()),
            };
            refused += u32::from(said != Said::Done);
            goes_on(&mut copy, said, &when);
        }
    }
    eprintln!("`{line}`: {tried} faults, {refused} refusals; {counts:?}");
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
    with_faults_in(scene, line, &FAULTS, 8, |scene, _, when| {
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
    with_faults_in(scene, line, &FAILED_OR_FULL, 64, |scene, said, when| {
        let again = scene.pki(&["init", "--no-passphrase", "--json"]);
        match again.code {
            Some(0) => assert_ne!(said, Said::Done, "{when}: there was none"),
            _ => assert_eq!(again.json()["error"]["kind"], "already-exists", "{when}"),
        }
        next(scene, when);
    });
}

#[test]
fn backing_up() {
    let line = "backup kept.tar";
    let scene = Scene::in_memory();
    with_faults_in(scene, line, &FAILED_OR_FULL, 32, |scene, said, when| {
        next(scene, when);
        // What bears the name is whole, and what was said to be there is there.
        let is_there = scene.authority.path("kept.tar").exists();
        assert!(is_there || said != Said::Done, "{when}: there is none");
        if is_there {
            restored(scene, when, &place(scene, "other"), "kept.tar");
        }
        scene.pki(&words("backup another.tar")).ok();
    });
}

#[test]
fn restoring() {
    let scene = Scene::in_memory();
    scene.pki(&words("backup kept.tar")).ok();
    let restored_state = witness::count(&scene.authority.path("ca-data/pki.db"));
    scene.pki(&words("issue-client later")).ok();
    let state_before = witness::count(&scene.authority.path("ca-data/pki.db"));
    assert_ne!(restored_state, state_before);
    let line = "restore kept.tar --yes";
    let mut untrue = Vec::new();
    with_faults_in(scene, line, &FAILED_OR_FULL, 32, |scene, said, when| {
        // What it said is so, and stays so when the next command has tidied up.
        scene.pki(&["list"]).ok();
        let now = witness::count(&scene.authority.path("ca-data/pki.db"));
        let is_so = match said {
            Said::Done => now == restored_state,
            Said::Refused => now == state_before,
            Said::Nothing => now == restored_state || now == state_before,
        };
        if !is_so {
            untrue.push(format!(
                "{when}: {said:?}, and there are {now:?} certificates"
            ));
        }
        // And it can be done once more.
        scene.witness = Witness::default();
        next(scene, when);
        restored(scene, when, &place(scene, "ca-data"), "kept.tar");
    });
    assert!(untrue.is_empty(), "{}", untrue.join("\n"));
}

/// A backup is good where it is put back.
#[track_caller]
fn restored(scene: &Scene, when: &str, place: &str, backup: &str) {
    let restored = scene.pki(&["--ca-data", place, "restore", backup, "--yes"]);
    assert_eq!(restored.code, Some(0), "{when}: {}", restored.said());
}
