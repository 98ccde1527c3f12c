//! `pki verify-store`: is everything in `ca-data` as it should be, and what still stands where it is not?

use serde_json::json;

use super::context::Context;
use super::progress::Progress;
use super::report::Exit;
use super::table;
use super::verify;
use crate::authority::{Examination, Observer, Problem};
use crate::error::Result;
use crate::name::one_line;

const EXAMPLES: &str = "\
Examples:
  pki verify-store
  pki verify-store --json
  pki verify-store --passphrase-file pass.txt

With the passphrase at hand the CA's keys are opened too, and proven to be those of the CA's
certificates; nobody is asked for it.

Exit codes: 0 in order, 3 something is wrong, 1 there is no CA.";

/// Say whether the CA's directory is whole: the database and each row in it, files, keys, CRLs, the audit log.
///
/// Nothing is mended: what is wrong is told, each with what to do, and beside it what still stands. As every command it first
/// finishes or discards what a killed one left behind, and brings an older schema up to date, where the database is sound.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {}

/// How far it has come, on a terminal.
struct Shown {
    certificates: Progress,
    entries: Progress,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let passphrase = context.passphrase_at_hand()?;
        let mut shown = Shown {
            certificates: Progress::counting(context.report, "certificates"),
            entries: Progress::counting(context.report, "entries"),
        };
        let examination = Examination::of(
            &context.data,
            passphrase.as_ref(),
            context.now(),
            &mut shown,
        );
        shown.certificates.end();
        shown.entries.end();
        let examination = examination?;
        let problems: Vec<_> = examination.problems.iter().map(document).collect();
        let document = json!({
            "ok": examination.is_sound(),
            "checks": examination.checks,
            "problems": problems,
        });
        context
            .report
            .result(&document, || text(&examination, context));
        Ok(match examination.is_sound() {
            true => Exit::Done,
            false => Exit::Found,
        })
    }
}

impl Observer for Shown {
    fn certificates(&mut self, behind: u64) {
        self.certificates.show(behind);
    }

    fn entries(&mut self, behind: u64) {
        self.certificates.end();
        self.entries.show(behind);
    }
}

fn document(problem: &Problem) -> serde_json::Value {
    json!({
        "check": problem.check,
        "message": problem.error.message(),
        "hint": problem.error.hint(),
    })
}

fn text(examination: &Examination, context: &Context) -> String {
    let checks = verify::rows(&examination.checks);
    let table = table::fitted(&checks, &[(2, 20)], context.report);
    let problems = examination.problems.iter().map(|problem| {
        let hint = problem.error.hint().unwrap_or_default();
        format!(
            "\n{}.\n  {}",
            one_line(problem.error.message()),
            one_line(hint)
        )
    });
    let problems: String = problems.collect();
    match examination.is_sound() {
        true => format!("{table}\n\nEverything is in order."),
        false => format!("{table}\n{problems}\n\nWhat is marked ok above still stands."),
    }
}
