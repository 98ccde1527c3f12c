use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::testing::Draft;
use super::*;
use crate::error::{Error, ErrorKind};

fn file_error(cause: &std::io::Error) -> Error {
    Error::new(ErrorKind::File, cause.to_string())
}

#[test]
fn every_rule_is_silent_on_what_the_profiles_ask_for() -> Result<()> {
    for (draft, profile) in [
        (Draft::root(), Profile::Root),
        (Draft::authority(), Profile::Issuing),
        (Draft::server(), Profile::Server),
        (Draft::client(), Profile::Client),
        (Draft::client(), Profile::Probe),
        (Draft::responder(), Profile::OcspResponder),
    ] {
        for profile in [None, Some(profile)] {
            let context = Context {
                profile,
                issuer: None,
            };
            let findings = lint(&draft.der(), context)?;
            assert!(findings.is_empty(), "{profile:?}: {findings:?}");
        }
    }
    Ok(())
}

#[test]
fn findings_come_in_the_rules_order_and_what_is_no_certificate_is_refused() -> Result<()> {
    let draft = Draft {
        serial_number: vec![0x80; 21],
        ..Draft::server().named(&[(0x82, b"a_b.example.org"), (0x82, b"")])
    };
    let findings = lint(&draft.der(), Context::default())?;
    let names: Vec<_> = findings.iter().map(|finding| finding.rule.name).collect();
    let wanted = [
        "serial-number-positive",
        "serial-number-at-most-20-octets",
        "common-name-among-alt-names",
        "alt-names-not-empty",
        "dns-name-syntax",
    ];
    assert_eq!(names, wanted);
    assert!(lint(b"0", Context::default()).is_err());
    Ok(())
}

#[test]
fn a_rule_is_named_like_its_file_and_demands_in_one_sentence() -> Result<()> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/rules");
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(directory).map_err(|cause| file_error(&cause))? {
        let entry = entry.map_err(|cause| file_error(&cause))?;
        files.insert(entry.file_name().to_string_lossy().into_owned());
    }
    assert!(files.remove("mod.rs"));
    let named = RULES.map(|rule| format!("{}.rs", rule.name.replace('-', "_")));
    assert_eq!(files, BTreeSet::from(named));
    for rule in RULES {
        assert!(rule.demand.ends_with('.'), "{}", rule.name);
        assert!(!rule.source.is_empty(), "{}", rule.name);
        let is_kebab = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        assert!(rule.name.chars().all(is_kebab), "{}", rule.name);
    }
    Ok(())
}

/// One row of the table in docs/lint.md.
fn row(rule: &Rule) -> String {
    let Rule {
        name,
        demand,
        source,
        concerns,
        severity,
        ..
    } = rule;
    format!("| `{name}` | {severity} | {concerns} | {demand} | {source} |")
}

#[test]
fn the_table_of_the_documentation_is_the_list() -> Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint.md");
    let text = fs::read_to_string(file).map_err(|cause| file_error(&cause))?;
    let told = text.lines().filter(|line| line.starts_with("| `"));
    let wanted = RULES.map(row);
    assert_eq!(told.collect::<Vec<_>>(), wanted, "{}", wanted.join("\n"));
    Ok(())
}
