//! Eight processes that issue two hundred certificates each, beside others that revoke, renew, publish and list, and a server.

use std::thread;

use super::{Scene, words};
use crate::support::{Finished, Server};

/// How many processes there are at a time, and how many certificates each of them issues.
const WORKERS: u32 = 8;
const EACH: u32 = 200;

/// What a worker does after its nth certificate, besides issuing the next.
fn beside(worker: u32, number: u32) -> Option<String> {
    let name = format!("w{worker}-{number}");
    match number % 20 {
        3 => Some(format!("revoke {name} --yes")),
        7 => Some(format!("renew {name}")),
        11 => Some("crl".to_owned()),
        15 => Some(format!("list {name}")),
        19 => Some("list --status revoked --limit 5".to_owned()),
        _ => None,
    }
}

/// Every command is done, and nothing is said of a lock.
#[track_caller]
fn assert_done(ended: &Finished) {
    assert_eq!(ended.code, Some(0), "`{}`: {}", ended.line, ended.said());
    for word in ["lock", "busy", "in use", "hangs", "error"] {
        assert!(
            !ended.err().contains(word),
            "`{}`: {}",
            ended.line,
            ended.said()
        );
    }
}

#[test]
fn all_are_recorded_none_fails_and_nobody_hears_of_a_lock() {
    let mut scene = Scene::new();
    let server = Server::start(&scene.authority, &[]);
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let scene = &scene;
            scope.spawn(move || {
                for number in 0..EACH {
                    assert_done(&scene.pki(&words(&format!("issue-client w{worker}-{number}"))));
                    if let Some(line) = beside(worker, number) {
                        assert_done(&scene.pki(&words(&line)));
                    }
                }
            });
        }
    });
    drop(server);
    scene.goes_on(&words("issue-client next"), "many at once");
    let all = i64::from(WORKERS * EACH);
    let counted = |condition: &str| {
        let statement =
            format!("SELECT count(*) FROM certificate WHERE name LIKE 'w%-%' AND {condition}");
        scene
            .authority
            .sql(&statement)
            .map(|count| count.parse::<i64>().unwrap())
    };
    // Each renewal is one more, and leaves the one before to end after its overlap.
    if let Some(first) = counted("supersedes IS NULL") {
        assert_eq!(first, all);
        assert_eq!(counted("supersedes IS NOT NULL"), Some(all / 20));
        assert_eq!(counted("reason_code = 0"), Some(all / 20));
    }
}
