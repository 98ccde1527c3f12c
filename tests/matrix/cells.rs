//! Runs every cell and holds what came of it against the table in the code and the one on the page.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::importer::{Cell, IMPORTERS, Importer, Outcome};
use super::stage::{Bundle, Stage};
use super::table;

/// Imports a bundle in a new directory.
#[track_caller]
fn import(stage: &Stage, importer: &Importer, bundle: &Bundle) -> Outcome {
    let home = tempfile::tempdir().expect("a temporary directory");
    (importer.import)(&Cell {
        stage,
        bundle,
        home: home.path(),
    })
}

/// Does so many jobs, as many at once as there are processors.
fn at_once<T: Send>(jobs: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= jobs {
                break;
            }
            let result = job(number);
            done.lock().unwrap().push((number, result));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The importers that are here.
fn importers() -> Vec<&'static Importer> {
    IMPORTERS
        .iter()
        .filter(|importer| (importer.here)())
        .collect()
}

/// The importers and their versions in one line.
fn versions(importers: &[&Importer]) -> String {
    let told = importers
        .iter()
        .map(|importer| format!("{} {}", importer.name, (importer.version)()));
    format!("Last run with {}.", told.collect::<Vec<_>>().join(", "))
}

#[test]
fn every_importer_takes_what_the_table_says_and_nothing_else() {
    let Some(stage) = Stage::set() else { return };
    let here = importers();
    let jobs = here.len() * stage.bundles.len();
    let results: Vec<(Outcome, Duration)> = at_once(jobs, |job| {
        let begin = Instant::now();
        let importer = here[job / stage.bundles.len()];
        let bundle = &stage.bundles[job % stage.bundles.len()];
        (import(&stage, importer, bundle), begin.elapsed())
    });
    let mut report = String::new();
    for (importer, results) in here.iter().zip(results.chunks(stage.bundles.len())) {
        let took: Duration = results.iter().map(|(_, took)| *took).sum();
        report += &format!("{}: {:.1} s\n", importer.name, took.as_secs_f32());
        for (bundle, (outcome, _)) in stage.bundles.iter().zip(results) {
            if let Outcome::Refuses(said) = outcome {
                report += &format!("  {}: {}\n", bundle.name, said.lines().next().unwrap_or(""));
            }
        }
    }
    let names: Vec<&str> = here.iter().map(|importer| importer.name).collect();
    let table = table::render(&names, |importer, place| {
        let bundles = &stage.bundles;
        let bundle = bundles.iter().position(|bundle| bundle.place == place);
        let job = importer * bundles.len() + bundle.expect("every place has a bundle");
        match &results[job].0 {
            Outcome::Imports => "yes".to_owned(),
            Outcome::Refuses(_) => "no".to_owned(),
        }
    });
    // Past the harness, which shows nothing that a passing test prints.
    let _ = write!(std::io::stderr(), "\n{table}\n{report}");
    if here.len() == IMPORTERS.len() {
        table::compare_with_page(&table, || versions(&here));
    }
}

#[test]
fn every_importer_refuses_a_wrong_password() {
    let Some(stage) = Stage::set() else { return };
    let here = importers();
    at_once(here.len(), |importer| {
        for bundle in stage.bundles.iter().filter(|bundle| bundle.place.1 == 0) {
            let wrong = Bundle {
                password: format!("{}x", bundle.password),
                ..bundle.clone()
            };
            let outcome = import(&stage, here[importer], &wrong);
            let name = here[importer].name;
            assert!(
                !outcome.imports(),
                "{name} opens {} with any password",
                bundle.name
            );
        }
    });
}
