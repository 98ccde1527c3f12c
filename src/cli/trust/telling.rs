//! How what became of each store is told, to people and to scripts.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::super::report::{Exit, Report};
use super::super::table::{self, Cell};
use super::super::unconstrained::is_constrained;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind};
use crate::trust::{Kind, Outcome, Standing};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Install,
    Uninstall,
    Status,
}

/// One store and what became of it.
pub(super) struct Told {
    pub(super) kind: Kind,
    /// Where it lies; nothing where there is none of its kind.
    pub(super) place: Option<String>,
    pub(super) outcome: Outcome,
}

impl Told {
    /// A store that was asked for and is not there.
    pub(super) fn missing(kind: Kind) -> Self {
        let hint = match kind {
            Kind::System => {
                "docs/trust.md names the systems that are known; import root.pem by hand."
            }
            Kind::Nss => "Start the browser once, or import root.pem by hand.",
            Kind::Java => "Install Java, or name its directory by JAVA_HOME.",
        };
        Self {
            kind,
            place: None,
            outcome: Outcome {
                standing: None,
                changed: false,
                error: Some(Error::new(ErrorKind::NotFound, none(kind)).with_hint(hint)),
            },
        }
    }

    fn document(&self) -> Value {
        let Outcome {
            standing,
            changed,
            error,
        } = &self.outcome;
        json!({
            "store": self.kind.as_str(),
            "place": self.place,
            "standing": standing.as_ref().map_or("unknown", Standing::as_str),
            "changed": changed,
            "error": error.as_ref().map(Error::message),
            "hint": error.as_ref().and_then(Error::hint),
        })
    }

    fn result(&self, verb: Verb) -> Cell {
        let Outcome {
            standing,
            changed,
            error,
        } = &self.outcome;
        if let Some(error) = error {
            return match verb {
                Verb::Status => format!("cannot be told: {}", error.message()).into(),
                Verb::Install | Verb::Uninstall => {
                    Cell::styled("failed", AnsiColor::Red.on_default().bold())
                }
            };
        }
        let (text, style) = match (standing, verb, changed) {
            (Some(Standing::Installed), Verb::Install, true) => ("installed".to_owned(), green()),
            (Some(Standing::Installed), Verb::Install, false) => {
                ("was installed already".to_owned(), green())
            }
            (Some(Standing::Installed), _, _) => ("yes".to_owned(), green()),
            (Some(Standing::Absent), Verb::Uninstall, true) => ("taken out".to_owned(), green()),
            (Some(Standing::Absent), Verb::Uninstall, false) => {
                ("was not there".to_owned(), green())
            }
            (Some(Standing::Foreign(name)), Verb::Status, _) => {
                (format!("yes, put there by somebody else: {name}"), green())
            }
            (Some(Standing::Foreign(name)), Verb::Uninstall, true) => (
                format!("taken out; it stays as somebody else put it there: {name}"),
                green(),
            ),
            (Some(Standing::Foreign(name)), _, _) => (
                format!("left as it is, put there by somebody else: {name}"),
                green(),
            ),
            (Some(Standing::Marked(trust)), Verb::Status, _) => (
                format!("no: somebody has given it the trust attributes {trust}"),
                Style::new(),
            ),
            (Some(Standing::Marked(trust)), _, _) => (
                format!("left as it is: somebody has given it the trust attributes {trust}"),
                green(),
            ),
            (Some(Standing::Absent), _, _) => ("no".to_owned(), Style::new()),
            (Some(Standing::Unfinished) | None, _, _) => ("unknown".to_owned(), Style::new()),
        };
        Cell::styled(text, style)
    }
}

/// That there is no store of a kind.
pub(super) fn none(kind: Kind) -> &'static str {
    match kind {
        Kind::System => "this system has no trust store that is known here",
        Kind::Nss => "no database of Chromium or Firefox was found",
        Kind::Java => "no Java was found",
    }
}

/// Tells what became of every store; refused where something that was asked for was not done.
pub(super) fn tell(report: Report, verb: Verb, root: &Certificate, told: &[Told]) -> Exit {
    let stores: Vec<_> = told.iter().map(Told::document).collect();
    let document = json!({
        "root": {
            "subject": root.subject().to_string(),
            "fingerprint_sha256": root.fingerprint().to_string(),
            "constrained": is_constrained(root),
        },
        "stores": stores,
    });
    report.result(&document, || {
        let heading = match verb {
            Verb::Status => "TRUSTED",
            Verb::Install | Verb::Uninstall => "RESULT",
        };
        let rows = told.iter().map(|told| {
            let place = told.place.clone().unwrap_or_else(|| "-".to_owned());
            [told.kind.as_str().into(), place.into(), told.result(verb)]
        });
        let heading = ["STORE", "PLACE", heading].map(Cell::from);
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        table::fitted(&rows, &[(2, 20), (1, 20)], report)
    });
    let errors = told.iter().filter_map(|told| told.outcome.error.as_ref());
    let errors: Vec<_> = errors.filter(|_| verb != Verb::Status).collect();
    report.complain_of_each(&errors);
    match errors.is_empty() {
        true => Exit::Done,
        false => Exit::Refused,
    }
}

fn green() -> Style {
    AnsiColor::Green.on_default()
}
