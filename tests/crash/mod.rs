//! `kill -9` at every step of every command that changes a CA, and at any instant: nothing is lost, nothing is used twice, and the
//! next command works.
//!
//! The steps are those that the program was compiled with (the feature `failpoints`, src/failpoint.rs): they are found by
//! running a command with one kill after the other until it comes through. `tests/crash/run` goes on for longer.

mod any_instant;
mod every_step;
mod failing_disk;
mod kill;
mod many_at_once;
mod surroundings;
mod table;
mod witness;

use std::fs;
use std::path::Path;

use crate::support::{Authority, Finished, assert_no_leftovers, finish, path_text};
use witness::Witness;

/// How many kills of each kind at drawn instants there are in a run of the tests; `tests/run` knows the number too.
const KILLS: u32 = 60;

/// How many there are now: `PKI_CRASH_KILLS` says another number.
fn kills() -> u32 {
    let asked = std::env::var("PKI_CRASH_KILLS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(KILLS)
}

/// A CA that is killed over and over, and what was ever seen of it.
struct Scene {
    authority: Authority,
    witness: Witness,
    kills: u32,
}

impl Scene {
    /// A CA without a passphrase, with a person, a server and somebody who was revoked.
    fn new() -> Self {
        Self::begun(Authority::none())
    }

    /// The same in memory: what is killed at a step need not wait for a disk.
    fn in_memory() -> Self {
        Self::begun(Authority::none_in_memory())
    }

    fn begun(authority: Authority) -> Self {
        authority.pki(&["init", "--no-passphrase"]).ok();
        authority.issue_client(&["alice"]);
        authority.issue_client(&["bob"]);
        authority.pki(&["issue-server", "localhost"]).ok();
        authority.pki(&["revoke", "bob", "--yes"]).ok();
        Self::of(authority)
    }

    /// The same CA once more, in a directory of its own.
    fn copy(&self) -> Self {
        let authority = Authority::none_in_memory();
        copy_below(self.authority.home(), authority.home());
        Self::of(authority)
    }

    fn of(authority: Authority) -> Self {
        let mut scene = Self {
            authority,
            witness: Witness::default(),
            kills: 0,
        };
        scene.look("the beginning");
        scene
    }

    /// Runs a command that is to be killed at its nth step; says whether it was.
    #[track_caller]
    fn killed_at(&mut self, step: u32, words: &[&str]) -> bool {
        let mut command = self.authority.command(words);
        let ended = finish(command.env("PKI_FAILPOINT", step.to_string()));
        let was_killed = ended.code.is_none();
        self.kills += u32::from(was_killed);
        // Whatever it had not come to was in order.
        assert!(was_killed || ended.code == Some(0), "{}", ended.said());
        was_killed
    }

    /// After a kill: what there is now holds together, the next command works, and so does all of it again.
    #[track_caller]
    fn goes_on(&mut self, next: &[&str], when: &str) {
        // Before anybody mends anything: what lies in a file is known, and what is known is in a file or on its way.
        self.look(when);
        let went_on = self.authority.pki(next);
        assert_eq!(went_on.code, Some(0), "{when}: {}", went_on.said());
        self.look(when);
        self.witness.everybody_has_a_bundle(&self.authority, when);
        // Without a passphrase: after a change of it the one of the tests would be the wrong one.
        let verified = finish(&mut self.authority.locked_command(&["verify-store"]));
        assert_eq!(verified.code, Some(0), "{when}: {}", verified.said());
        assert_no_leftovers(&self.authority.data());
    }

    #[track_caller]
    fn look(&mut self, when: &str) {
        self.witness.look(&self.authority, when);
    }

    fn pki(&self, words: &[&str]) -> Finished {
        self.authority.pki(words)
    }
}

fn copy_below(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&place).unwrap();
            fs::set_permissions(&place, fs::metadata(&path).unwrap().permissions()).unwrap();
            copy_below(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}

/// Words of a command line.
fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// What lies in the directory of a scene, in order.
fn names(scene: &Scene) -> Vec<String> {
    let entries = fs::read_dir(scene.authority.home()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The text of a path below the directory of a scene.
fn place(scene: &Scene, relative: &str) -> String {
    path_text(&scene.authority.path(relative)).to_owned()
}
