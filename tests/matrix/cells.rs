//! Runs every cell and holds what came of it against the table in the code and the one on the page.

use std::fs;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use pki::bundle::platform::Answer;
use pki::bundle::{Form, Matter, diagnose};
use pki::secret::Secret;
use time::OffsetDateTime;

use super::importer::{Cell, IMPORTERS, Importer, Outcome};
use super::openssl;
use super::stage::{Bundle, KEYS, Stage};
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

/// The importers and their versions in one sentence.
fn versions(importers: &[&Importer]) -> String {
    // The same program twice.
    let programs = importers
        .iter()
        .filter(|it| it.name != openssl::LEGACY.name);
    let told = programs.map(|importer| format!("{} {}", importer.name, (importer.version)()));
    format!("Last run with {}.", told.collect::<Vec<_>>().join(", "))
}

/// What the code's table says for which an importer refuses a bundle; empty where it imports.
fn predicted(importer: &Importer, bundle: &Bundle) -> String {
    let file = fs::read(&bundle.path).unwrap();
    let password = Secret::chosen(bundle.password.as_str());
    let diagnosis = diagnose(&file, &password, OffsetDateTime::now_utc()).unwrap();
    let findings = diagnosis.on(importer.row());
    let refused = findings.iter().filter(|finding| finding.prevents);
    let words: Vec<&str> = refused.map(|finding| finding.matter.words()).collect();
    words.join(", ")
}

#[test]
fn every_importer_takes_what_the_table_says_and_nothing_else() {
    let Some(stage) = Stage::set() else { return };
    let here = importers();
    let bundles = &stage.bundles;
    let results = at_once(here.len() * bundles.len(), |job| {
        let (importer, bundle) = (here[job / bundles.len()], &bundles[job % bundles.len()]);
        let begin = Instant::now();
        (import(&stage, importer, bundle), begin.elapsed())
    });
    let mut told = String::new();
    let mut wrong = String::new();
    for (importer, results) in here.iter().zip(results.chunks(bundles.len())) {
        let took: Duration = results.iter().map(|(_, took)| *took).sum();
        told += &format!("{}: {:.0} s\n", importer.name, took.as_secs_f32());
        for (bundle, (outcome, _)) in bundles.iter().zip(results) {
            let line = match outcome {
                Outcome::Imports => format!("  {}: imports\n", bundle.name),
                Outcome::Refuses(said) => format!("  {}: {said}\n", bundle.name),
            };
            let predicted = predicted(importer, bundle);
            if predicted.is_empty() != outcome.imports() {
                wrong += &format!("{}, predicted: refuses {predicted}\n{line}", importer.name);
            }
            if !outcome.imports() {
                told += &line;
            }
        }
    }
    let table = table::render(&here, |importer, place| {
        let Some(bundle) = bundles.iter().position(|bundle| bundle.place == place) else {
            return "not written".to_owned();
        };
        match &results[importer * bundles.len() + bundle].0 {
            Outcome::Imports => "yes".to_owned(),
            Outcome::Refuses(_) => format!("no: {}", predicted(here[importer], &bundles[bundle])),
        }
    });
    // Past the harness, which shows nothing that a passing test prints.
    let _ = write!(std::io::stderr(), "\n{table}\n{told}");
    assert!(
        wrong.is_empty(),
        "src/bundle/platform/table.rs is wrong:\n{wrong}"
    );
    if here.len() == IMPORTERS.len() {
        table::compare_with_page(&table, || versions(&here));
    } else {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: importers are missing, so that docs/platforms.md was not held against the matrix"
        );
    }
}

#[test]
fn the_table_knows_what_is_measured_here() {
    let forms = Form::ALL.iter().flat_map(|form| form.matters());
    let passwords = [Matter::NonAsciiPassword, Matter::EmptyPassword];
    let matters: Vec<&Matter> = forms.chain(&passwords).collect();
    for importer in &IMPORTERS {
        let row = importer.row();
        for matter in &matters {
            let answer = row.answer(**matter);
            assert_ne!(
                answer,
                Answer::Unknown,
                "{}: {}",
                row.name(),
                matter.words()
            );
        }
    }
}

#[test]
fn every_importer_refuses_a_wrong_password() {
    let Some(stage) = Stage::set() else { return };
    let here = importers();
    let (_, algorithm) = KEYS[0];
    let bundles = stage.bundles.iter();
    let bundles: Vec<&Bundle> = bundles.filter(|it| it.name.contains(algorithm)).collect();
    at_once(here.len() * bundles.len(), |job| {
        let (importer, bundle) = (here[job / bundles.len()], bundles[job % bundles.len()]);
        let wrong = Bundle {
            password: format!("{}x", bundle.password),
            ..bundle.clone()
        };
        let opens = import(&stage, importer, &wrong).imports();
        assert!(
            !opens,
            "{} opens {} by a wrong password",
            importer.name, bundle.name
        );
    });
}
