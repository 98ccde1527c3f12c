//! Every target over the seeds of its campaign, as they are and bent.

use std::fs;
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
            body(&whole);
            for copy in 0..copies {
                let bent = bend(&whole, copy as u32, &mut random);
                let started = Instant::now();
                body(&bent);
                let took = started.elapsed();
                assert!(
                    took < PATIENCE,
                    "{target}, {} {copy}: {took:?}",
                    file.display()
                );
            }
        }
        eprintln!("{target}: {} seeds, {:?}", files.len(), begun.elapsed());
    }
}
