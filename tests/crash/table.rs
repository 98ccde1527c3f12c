//! A table of people, some of whom have their bundles already because a command was killed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use super::{Scene, place};

/// What makes the bundles of a table of people.
pub(super) const LINE: &str =
    "issue-clients table.csv --out-dir out --passwords passwords.csv --jobs 2";

/// Writes the table, and makes the directory for the bundles.
pub(super) fn lay(scene: &Scene, people: usize) {
    let mut table = "name\n".to_owned();
    for number in 0..people {
        writeln!(table, "client-{number}").unwrap();
    }
    fs::write(scene.authority.path("table.csv"), table).unwrap();
    fs::create_dir(scene.authority.path("out")).unwrap();
}

/// Every bundle has its one password; each of those at the places that are `opened` opens with it.
#[track_caller]
pub(super) fn has_all(
    scene: &Scene,
    people: usize,
    opened: impl Iterator<Item = usize>,
    when: &str,
) {
    let out = fs::read_dir(scene.authority.path("out")).unwrap();
    let written: BTreeSet<_> = out
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let passwords = fs::read_to_string(scene.authority.path("passwords.csv")).unwrap();
    let passwords: Vec<Vec<_>> = passwords
        .lines()
        .skip(1)
        .map(|line| line.split(',').skip(2).collect())
        .collect();
    let told: BTreeSet<_> = passwords.iter().map(|it| it[0].to_owned()).collect();
    assert_eq!((passwords.len(), &told), (people, &written), "{when}");
    for number in opened {
        let fields = &passwords[number];
        fs::write(scene.authority.path("password"), fields[1]).unwrap();
        let bundle = place(scene, &format!("out/{}", fields[0]));
        let read = [
            "pkcs12",
            "-nokeys",
            "-passin",
            "file:password",
            "-in",
            &bundle,
        ];
        if let Some(read) = scene.authority.openssl(&read) {
            assert_eq!(read.code, Some(0), "{when}: {}", read.said());
        }
    }
}
