//! pkilint finds nothing to say about any certificate that we issue.

use std::fs;
use std::path::{Path, PathBuf};

use pki::certificate::Subject;
use pki::error::Error;
use pki::issuer::Issuer;
use pki::key::{KeyAlgorithm, PrivateKey};
use pki::profile::{BaseUrl, Profile};
use pki::serial::SerialNumber;
use pki::validity::{Lifetime, Validity};
use time::OffsetDateTime;

use crate::support::tools::{fixture, python_with_pkilint};
use crate::support::{Authority, files_below, finish, hermetic, path_text};

use super::{KEY_ALGORITHMS, platform};

/// Findings that we leave as they are: finding code, the value that it is about, and why it is no fault.
const EXPECTED: [(&str, &str, &str); 3] = [
    (
        "pkix.invalid_domain_name_syntax",
        "\"*.example.com\"",
        "RFC 5280 §4.2.1.6 leaves wildcards to the protocols, RFC 9525 §6.3 says what this one means",
    ),
    (
        "pkix.invalid_domain_name_syntax",
        "\"localhost\"",
        "one label is a name by the grammar of RFC 1034 §3.5, and RFC 6761 §6.3 reserves this one; pkilint wants a dot",
    ),
    (
        "pkix.invalid_uri_syntax",
        "\"spiffe://example.com/workload\"",
        "a URI by RFC 3986 whose scheme pkilint does not know",
    ),
];

/// Writes every certificate of an authority into one directory, one a file, under names that say what they are.
fn collect(authority: &Authority, names: &[&str]) -> Vec<PathBuf> {
    let directory = authority.path("lint");
    fs::create_dir_all(&directory).unwrap();
    fs::copy(authority.root(), directory.join("root.pem")).unwrap();
    fs::copy(authority.issuing(), directory.join("issuing.pem")).unwrap();
    for name in names {
        let file = directory.join(format!("{name}.pem"));
        authority
            .pki(&["export", name, "--form", "pem", "--out", path_text(&file)])
            .ok();
    }
    files_below(&directory)
}

/// What is issued: certificates with every kind of name.
const ISSUED: [(&str, &str); 8] = [
    ("local", "issue-server localhost 127.0.0.1 ::1 --name local"),
    (
        "web",
        "issue-server www.example.com *.example.com bücher.example.com --name web",
    ),
    ("alice", "issue-client alice"),
    ("bob@example.com", "issue-client bob@example.com"),
    (
        "carol",
        "issue-client carol --device phone --email carol@example.com",
    ),
    ("dave", "issue-client dave --upn dave@example.com"),
    ("erin", "issue-client erin --uri https://example.com/erin"),
    (
        "workload",
        "issue-client workload --uri spiffe://example.com/workload",
    ),
];

/// An authority with these options, and all of that, with keys of one algorithm.
fn certificates(options: &[&str], key_algorithm: &str) -> (Authority, Vec<PathBuf>) {
    let key = ["--key-algorithm", key_algorithm];
    let authority = Authority::init(&[&key[..], options].concat());
    for (_, words) in ISSUED {
        let mut words: Vec<&str> = words.split(' ').collect();
        words.extend(key);
        if words[0] == "issue-client" {
            words.extend(["--for", platform(key_algorithm)]);
        }
        authority.pki(&words).ok();
    }
    let files = collect(&authority, &ISSUED.map(|(name, _)| name));
    (authority, files)
}

/// Lints all files in one process and returns the findings that nobody expected.
pub(crate) fn findings(files: &[PathBuf]) -> Option<Vec<String>> {
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
            .any(|(code, value, _)| line.contains(code) && line.contains(value))
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
    assert_eq!(files.len(), (ISSUED.len() + 2) * KEY_ALGORITHMS.len());
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

/// A root, an issuing CA, a client, a delegated OCSP responder and an audit key's certificate with keys of one algorithm, one file each.
///
/// It takes no command to try RSA-4096, and none asks for a responder with another key than P-256: the library signs them.
fn signed_by_the_library(directory: &Path, algorithm: KeyAlgorithm) -> Result<Vec<PathBuf>, Error> {
    let now = OffsetDateTime::now_utc();
    let base_url = BaseUrl::parse("http://pki.example.com")?;
    let request = |profile: Profile, name: &str, years: u32, key: &PrivateKey| {
        let subject = Subject {
            common_name: name.to_owned(),
            organization: None,
        };
        let validity = Validity::starting(now, Lifetime::years(years))?;
        profile.request(subject, Vec::new(), validity, key.public_key())
    };
    let key = PrivateKey::generate(algorithm)?;
    let root = request(Profile::Root, "Root", 20, &key)?;
    let root = Issuer::self_signed(&root, SerialNumber::draw()?, key)?;
    let key = PrivateKey::generate(algorithm)?;
    let issuing = request(Profile::Issuing, "Issuing", 10, &key)?;
    let issuing = root.sign(&issuing, SerialNumber::draw()?, Some(&base_url))?;
    let issuing = Issuer::new(issuing, key)?;
    let mut made = vec![root.certificate().clone(), issuing.certificate().clone()];
    for profile in [Profile::Client, Profile::OcspResponder, Profile::Audit] {
        let key = PrivateKey::generate(algorithm)?;
        let request = request(profile, profile.as_str(), 1, &key)?;
        made.push(issuing.sign(&request, SerialNumber::draw()?, Some(&base_url))?);
    }
    let files = made.iter().enumerate().map(|(number, certificate)| {
        let file = directory.join(format!("{algorithm}-{number}.pem"));
        fs::write(&file, certificate.pem()).unwrap();
        file
    });
    Ok(files.collect())
}

#[test]
fn pkilint_reports_nothing_for_a_responder_and_every_algorithm_that_the_library_makes() {
    let directory = tempfile::tempdir().unwrap();
    let files = KeyAlgorithm::ALL
        .into_iter()
        .flat_map(|algorithm| signed_by_the_library(directory.path(), algorithm).unwrap());
    let files: Vec<PathBuf> = files.collect();
    assert_eq!(files.len(), 5 * KeyAlgorithm::ALL.len());
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
