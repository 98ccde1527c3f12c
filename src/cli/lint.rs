//! `pki lint`: which rules a certificate breaks, and which rules there are.

use std::path::{Path, PathBuf};

use anstyle::AnsiColor;
use serde_json::{Value, json};

use super::context::Context;
use super::report::{Exit, Report};
use super::table::{self, Cell};
use crate::certificate::{Certificate, CertificateList};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::lint::{self, Finding, RULES, Rule, Severity};
use crate::name::one_line;

const EXAMPLES: &str = "\
Examples:
  pki lint server.pem
  pki lint fullchain.pem --json
  pki lint --list

Exit codes: 0 no error was found (warnings may be), 3 an error was found, 1 the file holds no readable certificate.";

/// Check certificates against the rules that every certificate of this CA is checked against before it is signed.
///
/// Any certificate in PEM or DER, of whatever CA; no CA is needed. In a PEM file each certificate is checked, beneath its
/// issuer where that stands in the file too. Signatures, revocation and the time of day are other matters: see pki verify.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A file with certificates, in PEM or DER
    #[arg(value_name = "FILE", required_unless_present = "list")]
    file: Option<PathBuf>,
    /// Show the rules, in the order in which they are asked
    #[arg(long, conflicts_with = "file")]
    list: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.file {
            Some(file) => check(&file, context.report),
            None => {
                list(context.report);
                Ok(Exit::Done)
            }
        }
    }
}

fn list(report: Report) {
    let rules: Vec<Value> = RULES.iter().map(|rule| described(rule)).collect();
    report.result(&json!({"rules": rules}), || {
        let heading = ["RULE", "SEVERITY", "CONCERNS", "DEMAND", "SOURCE"].map(Cell::from);
        let rows = RULES.iter().map(|rule| {
            [
                rule.name.into(),
                severity(rule.severity),
                rule.concerns.as_str().into(),
                rule.demand.into(),
                rule.source.into(),
            ]
        });
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        table::fitted(&rows, &[(3, 30), (4, 16)], report)
    });
}

fn described(rule: &Rule) -> Value {
    json!({
        "rule": rule.name,
        "severity": rule.severity.as_str(),
        "concerns": rule.concerns.as_str(),
        "demand": rule.demand,
        "source": rule.source,
    })
}

/// One certificate of the file, and what is to be said of it.
struct Checked {
    /// Its subject and serial number, where more than its frame can be read.
    certificate: Option<Certificate>,
    findings: Vec<Finding>,
}

impl Checked {
    fn document(&self) -> Value {
        let findings: Vec<Value> = (self.findings.iter())
            .map(|finding| {
                json!({
                    "rule": finding.rule.name,
                    "severity": finding.rule.severity.as_str(),
                    "source": finding.rule.source,
                    "message": finding.message,
                })
            })
            .collect();
        let certificate = self.certificate.as_ref();
        json!({
            "subject": certificate.map(|it| it.subject().to_string()),
            "serial_number": certificate.map(|it| it.serial_number().to_string()),
            "findings": findings,
        })
    }

    fn text(&self, report: Report) -> String {
        let subject = match &self.certificate {
            Some(certificate) if certificate.subject().is_empty() => {
                format!("serial number {}", certificate.serial_number())
            }
            Some(certificate) => one_line(&certificate.subject().to_string()),
            None => "a certificate that cannot be read further".to_owned(),
        };
        if self.findings.is_empty() {
            return format!("{subject}: no rule is broken");
        }
        let heading = ["SEVERITY", "RULE", "SEEN", "SOURCE"].map(Cell::from);
        let rows = self.findings.iter().map(|finding| {
            [
                severity(finding.rule.severity),
                finding.rule.name.into(),
                one_line(&finding.message).into(),
                finding.rule.source.into(),
            ]
        });
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        let table = table::fitted(&rows, &[(3, 16), (2, 30)], report);
        format!("{subject}: {}\n\n{table}", counted(&self.findings))
    }

    fn has_error(&self) -> bool {
        has_error(&self.findings)
    }
}

fn check(path: &Path, report: Report) -> Result<Exit> {
    let ders = certificates(&file::read(path)?)?;
    let parsed: Vec<Option<Certificate>> = ders
        .iter()
        .map(|der| Certificate::from_der(der.as_slice()).ok())
        .collect();
    let mut checked = Vec::new();
    for (number, (der, certificate)) in ders.iter().zip(&parsed).enumerate() {
        let issuer = (certificate.as_ref())
            .and_then(|certificate| issuer_among(parsed.iter().flatten(), certificate));
        let context = lint::Context {
            profile: None,
            issuer,
        };
        checked.push(Checked {
            certificate: certificate.clone(),
            findings: lint::lint(der, context)
                .map_err(|error| placed(error, number + 1, ders.len()))?,
        });
    }
    let is_clean = !checked.iter().any(Checked::has_error);
    let documents: Vec<Value> = checked.iter().map(Checked::document).collect();
    let document = json!({"ok": is_clean, "certificates": documents});
    report.result(&document, || {
        let texts: Vec<_> = checked.iter().map(|it| it.text(report)).collect();
        texts.join("\n\n")
    });
    Ok(match is_clean {
        true => Exit::Done,
        false => Exit::Found,
    })
}

/// Says which certificate of the file it is that cannot be read, where there are several.
fn placed(error: Error, number: usize, of: usize) -> Error {
    if of == 1 {
        return error;
    }
    let message = format!("{}: number {number} of {of} in the file", error.message());
    let placed = Error::new(error.kind(), message);
    match error.hint() {
        Some(hint) => placed.with_hint(hint),
        None => placed,
    }
}

/// The issuer of a certificate. A CA whose certificate was renewed has several with one name and key: the one that encloses
/// it in time, where there is one, is the one it was issued under.
fn issuer_among<'a>(
    known: impl Iterator<Item = &'a Certificate> + Clone,
    certificate: &Certificate,
) -> Option<&'a Certificate> {
    // A self-signed one has no issuer but itself, whatever else of that name stands there.
    if certificate.is_signed_by(certificate) {
        return None;
    }
    let validity = certificate.validity();
    let encloses = |it: &Certificate| {
        let outer = it.validity();
        outer.not_before <= validity.not_before && validity.not_after <= outer.not_after
    };
    let mut enclosing = known.clone().filter(|it| encloses(it));
    (enclosing.find(|it| is_issued_by(certificate, it)))
        .or_else(|| known.clone().find(|it| is_issued_by(certificate, it)))
}

fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.issuer() == issuer.subject() && certificate.is_signed_by(issuer)
}

/// The certificates of a file; each that it calls one must be one.
fn certificates(contents: &[u8]) -> Result<Vec<Vec<u8>>> {
    const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
    if contents.starts_with(b"0") {
        return match CertificateList::from_der(contents) {
            Ok(_) => Err(refusal("the file holds a CRL")),
            Err(_) => Ok(vec![contents.to_vec()]),
        };
    }
    let blocks = pem::parse_many(contents).map_err(|_| refusal("the file is not PEM or DER"))?;
    let other = blocks.first().map(|block| block.tag().to_owned());
    let certificates: Vec<_> = (blocks.into_iter())
        .filter(|block| LABELS.contains(&block.tag()))
        .map(pem::Pem::into_contents)
        .collect();
    match (certificates.is_empty(), other) {
        (false, _) => Ok(certificates),
        (true, None) => Err(refusal("the file holds no certificate")),
        (true, Some(other)) => Err(refusal(&format!(
            "the file holds no certificate but a block that is called {}",
            one_line(&other)
        ))),
    }
}

fn refusal(fact: &str) -> Error {
    Error::new(ErrorKind::Malformed, fact).with_hint(
        "Give an X.509 certificate in PEM or DER; CRLs, keys and requests are not linted.",
    )
}

fn has_error(findings: &[Finding]) -> bool {
    (findings.iter()).any(|finding| finding.rule.severity == Severity::Error)
}

fn counted(findings: &[Finding]) -> String {
    let of = |severity, one: &str, several: &str| {
        let of_it = (findings.iter()).filter(|finding| finding.rule.severity == severity);
        match of_it.count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {several}")),
        }
    };
    let errors = of(Severity::Error, "error", "errors");
    let warnings = of(Severity::Warning, "warning", "warnings");
    let both: Vec<_> = errors.into_iter().chain(warnings).collect();
    both.join(", ")
}

fn severity(severity: Severity) -> Cell {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
    };
    Cell::styled(severity.as_str(), color.on_default())
}
