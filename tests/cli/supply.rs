//! What the program is made of: licences, sources and crates by `deny.toml`, and a reason for each that we chose.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::tools::cargo_deny;
use crate::support::{Authority, Finished, finish, path_text};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What cargo-deny says by a configuration; it needs cargo, and what cargo knows of this machine.
fn denied(configuration: &Path) -> Option<Finished> {
    let mut command = Command::new(cargo_deny()?);
    command
        .current_dir(here())
        .args(["--locked", "--config", path_text(configuration), "check"])
        .args(["bans", "licenses", "sources"]);
    Some(finish(&mut command))
}

#[test]
fn nothing_is_part_of_the_program_that_deny_toml_does_not_allow() {
    let Some(allowed) = denied(&here().join("deny.toml")) else {
        return;
    };
    allowed.ok();
    // Without the one licence, or the one exception, it is not so.
    let authority = Authority::none();
    let strict = authority.path("deny.toml");
    let text = fs::read_to_string(here().join("deny.toml")).unwrap();
    for part in ["\"ISC\", ", "    { crate = \"untrusted@0.7.1\""] {
        let line = text.lines().find(|line| line.contains(part)).unwrap();
        let less = match part.starts_with('"') {
            true => text.replace(part, ""),
            false => text.replace(line, ""),
        };
        fs::write(&strict, less).unwrap();
        assert_ne!(denied(&strict).unwrap().code, Some(0), "{part}");
    }
}

#[test]
fn each_direct_dependency_has_its_reason() {
    let manifest = fs::read_to_string(here().join("Cargo.toml")).unwrap();
    let page = fs::read_to_string(here().join("docs/dependencies.md")).unwrap();
    let sections = manifest.split("\n[");
    let wanted = sections
        .filter(|it| it.starts_with("dependencies]") || it.starts_with("dev-dependencies]"));
    let ours: BTreeSet<_> = wanted
        .flat_map(|section| section.lines().skip(1))
        .filter_map(|line| Some(line.split_once(" = ")?.0.trim()))
        .filter(|name| !name.starts_with('#'))
        .collect();
    assert!(ours.len() > 40, "{ours:?}");
    for name in &ours {
        let told = page.lines().any(|line| {
            let first = line
                .strip_prefix("| ")
                .and_then(|row| row.split(" |").next());
            first.is_some_and(|names| names.split(", ").any(|it| it == *name))
        });
        assert!(
            told,
            "docs/dependencies.md does not say why {name} is there"
        );
    }
}
