//! What Java's PKIX objects to, as a server in Java asks it, and what it takes once that is left out.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::right::{PUT_RIGHT, write_what_is_put_right};
use super::stage::Stage;
use super::{assert_complete, case};
use crate::probe::programs::tool;
use crate::testing::NOW;

/// One question to `Paths.java`.
struct Question {
    who: &'static str,
    trusted: String,
    lists: String,
    between: &'static str,
    at: time::OffsetDateTime,
    certificate: String,
    above: String,
}

impl Question {
    /// Everything, with the site's trust, as `openssl` asks it; a minute later, for Java takes what was revoked this second.
    fn of(case: &str) -> Self {
        Self {
            who: "client",
            trusted: "root,anchor/root".to_owned(),
            lists: "crl,anchor/crl".to_owned(),
            between: "-",
            at: NOW + time::Duration::MINUTE,
            certificate: case.to_owned(),
            above: format!("{case}-above"),
        }
    }

    fn line(&self, stage: &Stage) -> String {
        let Self {
            who,
            trusted,
            lists,
            between,
            at,
            certificate,
            above,
        } = self;
        let above = match stage.path(above).metadata() {
            Ok(file) if file.len() > 0 => format!(",{above}"),
            _ => String::new(),
        };
        let seconds = at.unix_timestamp();
        format!("{who} {trusted} {lists} {between} {seconds} {certificate}{above}\n")
    }

    fn without_lists(self) -> Self {
        Self {
            lists: "-".to_owned(),
            ..self
        }
    }

    fn trusting(self, trusted: &str) -> Self {
        Self {
            trusted: trusted.to_owned(),
            ..self
        }
    }
}

/// A case, how it is asked, what the answer begins with, and how it is asked for it to be taken.
struct Row {
    case: &'static str,
    ask: fn(Question) -> Question,
    answer: &'static str,
    leave_out: fn(Question) -> Question,
}

const TAKEN: &str = "taken";
const NO_PATH: &str = "PKIX path building failed";
const NOT_BUILT: &str = "unable to find valid certification path to requested target";
const NOT_FOR_CLIENTS: &str =
    "Extended key usage does not permit use for TLS client authentication";

const fn row(case: &'static str, answer: &'static str, leave_out: fn(Question) -> Question) -> Row {
    Row {
        case,
        ask: same,
        answer,
        leave_out,
    }
}

const fn good(case: &'static str) -> Row {
    row(case, TAKEN, same)
}

fn same(everything: Question) -> Question {
    everything
}

fn before_revocation(everything: Question) -> Question {
    Question {
        lists: "crl-before".to_owned(),
        ..everything
    }
}

fn put_right(mut everything: Question) -> Question {
    everything.certificate.push_str(PUT_RIGHT);
    everything
}

fn trusting_the_foreign_root(everything: Question) -> Question {
    let right = put_right(everything);
    let name = right.certificate.clone();
    Question {
        trusted: format!("{name}-root"),
        lists: format!("{name}-lists"),
        above: format!("{name}-above"),
        ..right
    }
}

fn the_path_alone(everything: Question) -> Question {
    Question {
        who: "path",
        ..everything
    }
}

/// Java takes what is weak unless it is told otherwise: see [`STRICT`].
const ROWS: [Row; 36] = [
    // The CRLs of today say nothing of what was before or will be.
    row("expired", "EXPIRED 0", |all| {
        let at = NOW - time::Duration::minutes(90);
        Question { at, ..all }.without_lists()
    }),
    row("not-yet-valid", "NOT_YET_VALID 0", |all| {
        let at = NOW + time::Duration::days(2) + time::Duration::minutes(30);
        Question { at, ..all }.without_lists()
    }),
    row("revoked", "REVOKED 0", before_revocation),
    row("held", "REVOKED 0", before_revocation),
    row(
        "resumed-after-revocation-tls12",
        "REVOKED 0",
        before_revocation,
    ),
    row(
        "resumed-after-revocation-tls13",
        "REVOKED 0",
        before_revocation,
    ),
    row(
        "renegotiated-after-revocation",
        "REVOKED 0",
        before_revocation,
    ),
    row("self-signed", NO_PATH, |all| {
        all.without_lists().trusting("self-signed")
    }),
    row(
        "foreign-ca-same-name",
        "NO_TRUST_ANCHOR",
        trusting_the_foreign_root,
    ),
    row(
        "foreign-ca-same-key-identifiers",
        "INVALID_SIGNATURE 1",
        trusting_the_foreign_root,
    ),
    row("unknown-ca", NO_PATH, trusting_the_foreign_root),
    row("end-entity-as-ca", "INVALID_KEY_USAGE 1", |all| {
        let right = format!("{}{PUT_RIGHT}", all.certificate);
        let above = String::from("nothing");
        Question { above, ..all }.without_lists().trusting(&right)
    }),
    row("intermediate-missing", NO_PATH, |all| {
        let above = String::from("plain-above");
        Question { above, ..all }
    }),
    row("altered-signature", "INVALID_SIGNATURE 0", put_right),
    row("altered-content", "INVALID_SIGNATURE 0", put_right),
    row("server-certificate", NOT_FOR_CLIENTS, |all| Question {
        who: "server",
        ..all
    }),
    row("other-purpose", NOT_FOR_CLIENTS, the_path_alone),
    row(
        "encipherment-only",
        "KeyUsage does not allow digital signatures",
        the_path_alone,
    ),
    row(
        "unknown-critical-extension",
        "UNRECOGNIZED_CRIT_EXT 0",
        |all| Question {
            who: "lenient",
            ..all
        },
    ),
    row("path-length", "PATH_TOO_LONG 1", |all| {
        let above = String::from("nothing");
        Question { above, ..all }.trusting("path-length-above")
    }),
    Row {
        ask: |all| Question {
            who: "builder",
            between: "1",
            ..all
        },
        ..row("deeper-chain", NOT_BUILT, same)
    },
    row("system-trusted-ca", NO_PATH, |all| {
        all.trusting("anchor/system")
    }),
    row("name-constraint-dns", "INVALID_NAME 0", put_right),
    row("name-constraint-email", "INVALID_NAME 0", put_right),
    row("name-constraint-ip", "INVALID_NAME 0", put_right),
    row("name-constraint-uri", "INVALID_NAME 0", put_right),
    good("sha1-signature"),
    good("rsa-1024"),
    good("plain"),
    good("rsa"),
    good("p384"),
    good("many-names"),
    good("large-certificate"),
    good("utf8-subject"),
    good("constrained-plain"),
    good("anchor-plain"),
];

/// What is refused where weak algorithms are disabled, and that nothing else is then.
const STRICT: [(&str, &str); 4] = [
    (
        "sha1-signature",
        "ALGORITHM_CONSTRAINED 0 Algorithm constraints check failed on signature algorithm: SHA1withECDSA",
    ),
    (
        "rsa-1024",
        "ALGORITHM_CONSTRAINED 0 Algorithm constraints check failed on keysize limits: RSA 1024 bit",
    ),
    ("anchor-plain", TAKEN),
    ("rsa", TAKEN),
];
const DISABLED: &str =
    "jdk.certpath.disabledAlgorithms=MD5, SHA1, RSA keySize < 2048, EC keySize < 224\n";

/// Asks all questions at once, with more options for Java.
fn ask(stage: &Stage, options: &[&str], questions: &[Question]) -> Option<Vec<String>> {
    let java = tool("java")?;
    let source = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/probe/kit/tests/Paths.java"
    );
    let mut child = Command::new(java)
        .args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"])
        .args(options)
        .arg(source)
        .arg(stage.directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = String::new();
    for question in questions {
        lines.write_str(&question.line(stage)).unwrap();
    }
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = said.lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), questions.len());
    Some(answers)
}

#[test]
fn every_case_has_a_row() {
    assert_complete(ROWS.iter().map(|row| row.case));
}

#[test]
fn java_refuses_each_case_for_its_one_reason_and_takes_it_without_that() {
    let stage = Stage::shared();
    write_what_is_put_right(stage);
    let asked = ROWS.iter().map(|row| (row.ask)(Question::of(row.case)));
    let left_out = ROWS
        .iter()
        .map(|row| (row.leave_out)(Question::of(row.case)));
    let baseline = |row: &Row| case::all().find(|case| case.name == row.case).unwrap();
    let baselines = ROWS
        .iter()
        .map(|row| (row.ask)(Question::of(baseline(row).baseline.case())));
    let questions: Vec<_> = asked.chain(left_out).chain(baselines).collect();
    let Some(answers) = ask(stage, &[], &questions) else {
        return;
    };
    let (found, others) = answers.split_at(ROWS.len());
    let (without, baselines) = others.split_at(ROWS.len());
    for (place, (row, found)) in ROWS.iter().zip(found).enumerate() {
        let expected = found.starts_with(row.answer);
        assert!(expected, "{}: {found}, not {}", row.case, row.answer);
        let taken = [without, baselines].map(|answers| answers.get(place).unwrap());
        assert_eq!(
            taken, [TAKEN; 2],
            "{}: without its one reason, and its baseline",
            row.case
        );
    }
}

#[test]
fn java_refuses_weak_signatures_and_keys_where_it_is_told_to() {
    let stage = Stage::shared();
    let disabled = stage.directory.path().join("strict.security");
    std::fs::write(&disabled, DISABLED).unwrap();
    let option = format!("-Djava.security.properties={}", disabled.display());
    let questions = STRICT.map(|(case, _)| Question::of(case));
    let Some(answers) = ask(stage, &[&option], &questions) else {
        return;
    };
    for ((case, expected), found) in STRICT.iter().zip(answers) {
        assert!(found.starts_with(expected), "{case}: {found}");
    }
}
