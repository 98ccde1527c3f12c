//! The walls of the house: imports point downward only, and three crates have one owner each.
//!
//! The floors are those of `docs/architecture.md`. What is read is text, so a path that a macro writes is not seen.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by floor, the lowest first.
const FLOORS: [&[&str]; 5] = [
    &[
        "name",
        "serial",
        "validity",
        "key",
        "secret",
        "file",
        "hexadecimal",
        "forgeable",
        "error",
        "failpoint",
        "process",
    ],
    &["profile", "certificate", "csr", "lint"],
    // `testing` is a small CA for the unit tests of this floor and the next.
    &[
        "inventory",
        "issuer",
        "crl",
        "ocsp",
        "judge",
        "bundle",
        "session",
        "steps",
        "refusals",
        "site",
        "testing",
    ],
    &["authority", "server", "login", "doctor", "probe", "trust"],
    &["cli"],
];

/// Rooms on one floor that may not open into each other; `doctor` and `probe` are built on `login`.
const SEPARATE: [&str; 5] = ["server", "login", "doctor", "probe", "trust"];
const BUILT_ON: [(&str, &str); 2] = [("doctor", "login"), ("probe", "login")];

/// Crates with one owner: name, and the modules that may use it.
const OWNED: [(&str, &[&str]); 2] = [
    ("x509_parser", &["certificate", "csr"]),
    ("rusqlite", &["inventory"]),
];

/// Longer than this is not read in one sitting.
const LINES: usize = 400;
const LINES_WORTH_A_THOUGHT: usize = 300;

/// One source file: its place below `src` and its code without comments and strings' insides being looked at.
struct Source {
    path: PathBuf,
    module: String,
    lines: usize,
    code: String,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![src.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&src).unwrap().to_path_buf();
                found.push(Source {
                    module: module_of(&path),
                    lines: text.lines().count(),
                    code: without_comments(&text),
                    path,
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// The top-level module that a file belongs to: `cli/demo.rs` → `cli`.
fn module_of(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_str()
        .unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Line comments, among them all documentation, name modules without importing them.
fn without_comments(text: &str) -> String {
    let code = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line));
    code.collect::<Vec<_>>().join("\n")
}

/// The top-level modules that `crate::…` and `use crate::{…}` name.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        if let Some(group) = after.strip_prefix('{') {
            found.extend(first_words_of_group(group));
        } else {
            found.extend(first_word(after));
        }
    }
    found
}

/// The first word of every entry of `a::b, c::{d, e}, f}`.
fn first_words_of_group(group: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut depth = 0_usize;
    let mut entry = String::new();
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => words.extend(first_word(std::mem::take(&mut entry).trim())),
            _ if depth == 0 => entry.push(letter),
            _ => {}
        }
    }
    words.extend(first_word(entry.trim()));
    words
}

fn first_word(text: &str) -> Option<String> {
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let word = text.get(..end.unwrap_or(text.len()))?;
    // Constants and types at the crate's root have no floor; modules are in lower case.
    word.starts_with(|letter: char| letter.is_lowercase())
        .then(|| word.to_owned())
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

fn may_import(importer: &str, imported: &str) -> bool {
    let (Some(from), Some(to)) = (floor(importer), floor(imported)) else {
        return false;
    };
    let separate = importer != imported
        && SEPARATE.contains(&importer)
        && SEPARATE.contains(&imported)
        && !BUILT_ON.contains(&(importer, imported));
    to <= from && !separate
}

#[test]
fn every_module_has_a_floor() {
    let sources = sources();
    let homeless: BTreeSet<_> = sources
        .iter()
        .map(|source| source.module.as_str())
        .filter(|module| !["lib", "main"].contains(module) && floor(module).is_none())
        .collect();
    assert!(homeless.is_empty(), "no floor is known for {homeless:?}");
}

#[test]
fn imports_point_downward_only() {
    let mut wrong = Vec::new();
    for source in sources() {
        // main.rs stands above all floors, lib.rs only lists them.
        if ["lib", "main"].contains(&source.module.as_str()) {
            continue;
        }
        for imported in imports(&source.code) {
            if !may_import(&source.module, &imported) {
                wrong.push(format!("{} imports {imported}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_with_one_owner_are_used_by_nobody_else() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, owners) in OWNED {
            if source.code.contains(&format!("{name}::"))
                && !owners.contains(&source.module.as_str())
            {
                wrong.push(format!("{} uses {name}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    let mut long = Vec::new();
    for source in sources() {
        if source.lines > LINES_WORTH_A_THOUGHT {
            eprintln!("{}: {} lines", source.path.display(), source.lines);
        }
        if source.lines > LINES {
            long.push(format!("{}: {} lines", source.path.display(), source.lines));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn the_rules_themselves_tell_up_from_down() {
    assert!(may_import("cli", "server"));
    assert!(may_import("inventory", "inventory"));
    assert!(may_import("doctor", "login"));
    assert!(!may_import("name", "profile"));
    assert!(!may_import("server", "login"));
    assert!(!may_import("login", "doctor"));
    assert!(!may_import("authority", "cli"));
    let code = "use crate::{error::{Error, Result}, name::Name,\n    serial};\nlet x = crate::key::Key::new();";
    let found: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(found, ["error", "key", "name", "serial"]);
    assert!(imports(&without_comments("/// See [`crate::cli`].")).is_empty());
}

#[test]
fn the_lock_file_of_the_fuzz_target_is_what_its_manifests_ask_for() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/Cargo.toml");
    let asked = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.success(), "{said}");
}

/// The tests that the threat model names: `file.rs::function`, `file.rs` or `directory/`, below `tests/`.
#[test]
fn each_claim_of_the_threat_model_is_tied_to_a_test_that_is_there() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(here.join("docs/security.md")).unwrap();
    let model = page
        .split("## ")
        .find(|part| part.starts_with("The threat model"));
    let rows = model
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(2);
    let mut claims = 0;
    for row in rows {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let tests: Vec<_> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test shows: {row}");
        for test in tests {
            let (file, function) = test.split_once("::").unwrap_or((test, ""));
            let path = here.join("tests").join(file);
            assert!(path.exists(), "{test} is not there");
            if !function.is_empty() {
                let text = fs::read_to_string(path).unwrap();
                assert!(
                    text.contains(&format!("fn {function}(")),
                    "{test} is not there"
                );
            }
            claims += 1;
        }
    }
    assert!(claims > 20, "{claims}");
}
