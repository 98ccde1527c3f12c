//! Every target over the seeds of its campaign, as they are and bent. The keys in them are new each time, so that what fails is kept.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::bend::{Random, bend};
use crate::bodies;

/// How long one input may take, on a machine that does other things too. The dearest takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many bent copies each target reads, of all its seeds together.
const COPIES: usize = 4_000;

#[test]
fn no_target_panics_or_takes_long_over_its_seeds_and_bent_copies_of_them() {
    let seeds = tempfile::tempdir().unwrap();
    let made = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds"))
        .arg(seeds.path())
        .arg(env!("CARGO_BIN_EXE_pki"))
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    for (target, body) in bodies::ALL {
        let mut files: Vec<_> = fs::read_dir(seeds.path().join(target))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{target} has no seeds");
        let mut random = Random(20_260_101);
        let begun = Instant::now();
        let copies = COPIES.div_ceil(files.len());
        for file in &files {
            let whole = fs::read(file).unwrap();
            try_it(target, body, &whole);
            for copy in 0..copies {
                try_it(target, body, &bend(&whole, copy as u32, &mut random));
            }
        }
        eprintln!("{target}: {} seeds, {:?}", files.len(), begun.elapsed());
    }
}

/// Does once what the target does, and writes down an input that it fails at.
fn try_it(target: &str, body: bodies::Body, input: &[u8]) {
    let started = Instant::now();
    let outcome = catch_unwind(|| body(input));
    let took = started.elapsed();
    if outcome.is_err() || took > PATIENCE {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{target}"));
        fs::write(&kept, input).unwrap();
        panic!("{target} failed or took {took:?} at {}", kept.display());
    }
}
