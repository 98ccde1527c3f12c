//! SIGKILL at any instant: nothing half-made stays, nothing that was issued is lost.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::entries_below;
use crate::support::process::LIMIT;
use crate::support::{Authority, files_below, path_text};

/// How many instants of a command's life are tried.
pub(super) const INSTANTS: u32 = 12;

/// How long a command takes from its start to its end, here and now.
pub(crate) fn lifetime(authority: &Authority, words: &[&str]) -> Duration {
    let start = Instant::now();
    authority.pki(words).ok();
    start.elapsed()
}

/// Starts a command and kills it after so long; whether it was still alive then.
pub(crate) fn killed_after(authority: &Authority, words: &[&str], delay: Duration) -> bool {
    killed(&mut authority.command(words), delay)
}

/// The same for a command that is made ready already.
pub(super) fn killed(command: &mut Command, delay: Duration) -> bool {
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(delay.min(LIMIT));
    let alive = child.try_wait().unwrap().is_none();
    // It may have ended in this very moment.
    let _ = child.kill();
    child.wait().unwrap();
    alive
}

#[test]
fn init_killed_at_any_instant_leaves_nothing_or_everything() {
    let whole = lifetime(&Authority::none(), &["init"]);
    for instant in 0..INSTANTS {
        let authority = Authority::none();
        killed_after(&authority, &["init"], whole * instant / INSTANTS);
        let again = authority.pki(&["init", "--json"]);
        if again.code != Some(0) {
            // It had been made before the kill: then it is refused as such, and whole.
            assert_eq!(
                again.json()["error"]["kind"],
                "already-exists",
                "{}",
                again.said()
            );
        }
        authority.pki(&["issue-client", "alice"]).ok();
        let beside: Vec<_> = std::fs::read_dir(authority.home())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(beside, ["ca-data"], "killed at {instant}/{INSTANTS}");
        assert_no_leftovers(&authority);
    }
}

#[test]
fn issuing_killed_at_any_instant_loses_no_key_and_hands_out_nothing_unrecorded() {
    let authority = Authority::init(&[]);
    let whole = lifetime(&authority, &["issue-client", "first"]);
    let mut killed = 0;
    for instant in 0..INSTANTS {
        let name = format!("client-{instant}");
        let delay = whole * instant / INSTANTS;
        killed += u32::from(killed_after(&authority, &["issue-client", &name], delay));
    }
    assert!(killed > 0, "no kill came in time");
    // Any command that opens the authority finishes or discards what it finds.
    authority.pki(&["issue-client", "last"]).ok();
    assert_no_leftovers(&authority);
    let listed = authority.json(&["list", "--profile", "client", "--limit", "1000"]);
    let recorded = listed["certificates"].as_array().unwrap();
    let bundles = files_below(&authority.path("ca-data/clients"));
    for certificate in recorded {
        let name = certificate["name"].as_str().unwrap();
        let own = authority.path(&format!("ca-data/clients/{name}"));
        let kept = bundles.iter().any(|bundle| bundle.starts_with(&own));
        assert!(kept, "{name} is recorded, and its only key is gone");
    }
    assert_eq!(bundles.len(), recorded.len(), "{bundles:?}");
}

#[test]
fn a_crl_killed_at_any_instant_repeats_no_number_and_leaves_a_whole_one() {
    let authority = Authority::init(&[]);
    let whole = lifetime(&authority, &["crl"]);
    let number = |crl: &serde_json::Value| crl["crl_number"].as_u64().unwrap();
    let mut last = number(&authority.json(&["crl"]));
    let mut killed = 0;
    for instant in 0..INSTANTS {
        let delay = whole * instant / INSTANTS;
        killed += u32::from(killed_after(&authority, &["crl"], delay));
        let next = authority.json(&["crl"]);
        assert!(number(&next) > last, "killed at {instant}/{INSTANTS}");
        last = number(&next);
        let path = authority.home().join(next["path"].as_str().unwrap());
        let read = authority.openssl(&["crl", "-in", path_text(&path), "-noout", "-crlnumber"]);
        if let Some(read) = read {
            assert_eq!(read.ok().out().trim(), format!("crlNumber=0x{last:X}"));
        }
    }
    assert!(killed > 0, "no kill came in time");
    assert_no_leftovers(&authority);
}

/// Temporary names all say that they are.
#[track_caller]
pub(crate) fn assert_no_leftovers(authority: &Authority) {
    let mut left = entries_below(&authority.data());
    left.retain(|path| {
        let name = path_text(path).rsplit('/').next().unwrap();
        name.starts_with('.')
            || name.contains("tmp")
            || name.contains("temporary")
            || name.ends_with("-journal")
    });
    assert!(left.is_empty(), "{left:?}");
}
