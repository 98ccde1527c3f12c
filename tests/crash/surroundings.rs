//! A clock that jumps, a disk that may not be written, files of another user: clear words, and nothing lost.

use std::os::unix::fs::chown;

use super::{Scene, place, words};
use crate::support::tools::{fixture, left_out};
use crate::support::{Finished, finish, hermetic, path_text, tool};

/// A user who owns nothing here.
const SOMEBODY: u32 = 54_321;

/// A refusal as it should be: a fact, a hint, exit code 1.
#[track_caller]
fn assert_clear(ended: &Finished, when: &str) {
    assert_eq!(ended.code, Some(1), "{when}: {}", ended.said());
    let said = ended.err();
    let is_clear = said.contains("pki: error: ") && said.contains("pki: hint: ");
    assert!(is_clear, "{when}: {said}");
}

#[test]
fn a_clock_that_jumps_a_year_back_and_forth_loses_nothing_and_repeats_no_number() {
    let mut scene = Scene::new();
    for (round, offset) in ["+365d", "-365d", "+0d", "+730d", "-3650d", "+0d"]
        .iter()
        .enumerate()
    {
        let when = format!("round {round}, {offset}");
        let name = format!("client-{round}");
        for line in [
            format!("issue-client {name}"),
            format!("renew {name}"),
            format!("revoke {name} --yes"),
            "crl".to_owned(),
            "list".to_owned(),
            "audit --verify".to_owned(),
        ] {
            let Some(ended) = scene.authority.pki_at(offset, &words(&line)) else {
                return;
            };
            // Before the CA's time nothing is issued, and what was not issued is not found.
            match ended.code {
                Some(0) => {}
                _ if offset.starts_with('-') => assert_clear(&ended, &when),
                _ => panic!("{when}: `{line}`: {}", ended.said()),
            }
            scene.look(&when);
        }
    }
    // Back in the present all of it goes on, and what a clock ahead has done counts now.
    scene.goes_on(&words("issue-client next"), "the present");
    let listed = scene.authority.json(&words("list client-0"));
    let revoked = listed["certificates"].as_array().unwrap().iter();
    assert!(revoked.clone().count() > 0);
    for certificate in revoked {
        assert_ne!(certificate["status"], "valid", "{certificate}");
    }
}

#[test]
fn on_a_disk_that_may_not_be_written_every_command_says_so_and_changes_nothing() {
    let scene = Scene::new();
    let Some(unshare) = tool("unshare") else {
        return;
    };
    let mut script = hermetic("/bin/bash", scene.authority.home());
    script
        .arg(fixture("support/read-only-disk"))
        .arg(unshare)
        .arg(crate::support::authority::PKI)
        .arg(scene.authority.data());
    let ended = finish(&mut script).ok();
    let said = ended.out();
    for line in [
        "issue-client",
        "revoke",
        "renew",
        "crl",
        "rotate-issuing",
        "list",
    ] {
        assert!(said.contains(&format!("{line}: refused\n")), "{said}");
    }
    assert!(said.ends_with("as it was\n"), "{said}");
}

#[test]
fn files_of_another_user_are_told_and_their_owner_too() {
    if !rustix::process::geteuid().is_root() {
        left_out("only root can give a file away");
        return;
    }
    let scene = Scene::in_memory();
    let key = scene.authority.issuing_key();
    chown(&key, Some(SOMEBODY), None).unwrap();
    let verified = scene.pki(&words("verify-store --json")).exits(3).json();
    let said = verified["problems"].to_string();
    assert!(
        said.contains(&format!(
            "{} belongs to the user with the number {SOMEBODY}, and the CA to 0",
            path_text(&key)
        )),
        "{said}"
    );
    chown(&key, Some(0), None).unwrap();
    scene.pki(&words("verify-store")).ok();
}

#[test]
fn who_may_not_read_the_ca_is_told_so() {
    let Some(setpriv) = tool("setpriv").filter(|_| rustix::process::geteuid().is_root()) else {
        left_out("only root can become somebody else");
        return;
    };
    let scene = Scene::in_memory();
    for line in ["list", "issue-client carol", "crl", "verify-store"] {
        let own = scene.authority.command(&words(line));
        let mut command = hermetic(&setpriv, std::path::Path::new("/"));
        let user = SOMEBODY.to_string();
        command
            .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
            .arg(own.get_program())
            .args(own.get_args())
            .env("PKI_CA_DATA", place(&scene, "ca-data"));
        let ended = finish(&mut command);
        // The program itself may lie where nobody else can run it.
        if ended.err().contains("setpriv:") {
            left_out("the program cannot be run by others here");
            return;
        }
        assert_clear(&ended, line);
    }
    scene.pki(&words("verify-store")).ok();
}
