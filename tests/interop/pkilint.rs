//! pkilint finds nothing to say about any certificate that we issue.

use std::fs;
use std::path::PathBuf;

use crate::support::tools::{fixture, python_with_pkilint};
use crate::support::{Authority, files_below, finish, hermetic, path_text};

use super::{KEY_ALGORITHMS, platform};

/// Findings that we leave as they are: part of the file's name, finding code, reason.
const EXPECTED: [(&str, &str, &str); 0] = [];

/// Writes every certificate of an authority into one directory, one a file, under names that say what they are.
fn collect(authority: &Authority, clients: &[&str]) -> Vec<PathBuf> {
    let directory = authority.path("lint");
    fs::create_dir_all(&directory).unwrap();
    fs::copy(authority.root(), directory.join("root.pem")).unwrap();
    fs::copy(authority.issuing(), directory.join("issuing.pem")).unwrap();
    for name in clients {
        let file = directory.join(format!("{name}.pem"));
        authority
            .pki(&["export", name, "--form", "pem", "--out", path_text(&file)])
            .ok();
    }
    files_below(&directory)
}

/// An authority with these options, with one server and some clients that have every kind of name.
fn certificates(options: &[&str], key_algorithm: &str) -> (Authority, Vec<PathBuf>) {
    let key = ["--key-algorithm", key_algorithm];
    let authority = Authority::init(&[&key[..], options].concat());
    let client = [&key[..], &["--for", platform(key_algorithm)]].concat();
    let issue = |words: &[&str]| authority.pki(&[words, &client[..]].concat()).ok();
    let server = [
        "issue-server",
        "localhost",
        "127.0.0.1",
        "::1",
        "--name",
        "web",
    ];
    authority.pki(&[&server[..], &key[..]].concat()).ok();
    issue(&["issue-client", "alice"]);
    issue(&["issue-client", "bob@example.com"]);
    issue(&[
        "issue-client",
        "carol",
        "--device",
        "phone",
        "--email",
        "carol@example.com",
    ]);
    issue(&["issue-client", "dave", "--upn", "dave@example.com"]);
    issue(&["issue-client", "erin", "--uri", "https://example.com/erin"]);
    let clients = ["web", "alice", "bob@example.com", "carol", "dave", "erin"];
    let files = collect(&authority, &clients);
    (authority, files)
}

/// Lints all files in one process and returns the findings that nobody expected.
fn findings(files: &[PathBuf]) -> Option<Vec<String>> {
    let script = fixture("interop/lint_certificates.py");
    let home = files[0].parent().unwrap();
    let mut python = hermetic(python_with_pkilint()?, home);
    python
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(script)
        .args(files);
    let said = finish(&mut python).ok().out();
    // Proof that it looked at them at all.
    assert!(
        said.ends_with(&format!("linted {}\n", files.len())),
        "{said}"
    );
    let expected = |line: &str| {
        EXPECTED
            .iter()
            .any(|(file, code, _)| line.contains(file) && line.contains(code))
    };
    let lines = said.lines().filter(|line| !line.starts_with("linted "));
    Some(
        lines
            .filter(|line| !expected(line))
            .map(str::to_owned)
            .collect(),
    )
}

#[track_caller]
fn assert_clean(files: &[PathBuf]) {
    let findings = findings(files).unwrap_or_default();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn pkilint_reports_nothing_for_every_profile_and_key_algorithm() {
    let mut made = Vec::new();
    for algorithm in KEY_ALGORITHMS {
        made.push(certificates(&[], algorithm));
    }
    let files: Vec<PathBuf> = made.iter().flat_map(|(_, files)| files.clone()).collect();
    assert_eq!(files.len(), 8 * KEY_ALGORITHMS.len());
    assert_clean(&files);
}

#[test]
fn pkilint_reports_nothing_where_urls_organization_and_name_constraints_are_set() {
    let published = [
        "--base-url",
        "http://pki.example.com",
        "--organization",
        "Example",
    ];
    let constrained = [
        "--permit-dns",
        "localhost",
        "--permit-dns",
        "example.com",
        "--permit-email",
        "example.com",
        "--permit-ip",
        "127.0.0.0/8",
        "--permit-ip",
        "::1/128",
    ];
    let both = [&published[..], &constrained[..]].concat();
    let made =
        [&published[..], &constrained[..], &both[..]].map(|options| certificates(options, "p256"));
    let files: Vec<PathBuf> = made.iter().flat_map(|(_, files)| files.clone()).collect();
    assert_clean(&files);
}

#[test]
fn pkilint_does_report_what_is_wrong() {
    let authority = Authority::none();
    // A certificate of version 3 without any key identifier, and with a negative kind of validity: none of it is ours.
    let Some(made) = authority.openssl(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-keyout",
        "bad.key",
        "-out",
        "bad.pem",
        "-subj",
        "/C=zz/CN=bad",
        "-days",
        "1",
        "-addext",
        "basicConstraints=CA:TRUE,pathlen:0",
        "-addext",
        "keyUsage=digitalSignature",
    ]) else {
        return;
    };
    made.ok();
    if let Some(findings) = findings(&[authority.path("bad.pem")]) {
        assert!(!findings.is_empty());
    }
}
