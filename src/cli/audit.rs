//! `pki audit`: what was done, when and by whom, and whether that is still what was written.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::context::Context;
use super::progress::Progress;
use super::report::Exit;
use super::table::{self, Cell};
use super::{values, verify};
use crate::authority::{AuditKey, SignedHead, check_head};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::hexadecimal;
use crate::inventory::{Entry, Findings, Head, Inventory, Verification};
use crate::judge::Check;
use crate::name::one_line;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki audit
  pki audit --since 2026-03-01 --json
  pki audit --write-head /mnt/elsewhere/head.json
  pki audit --verify --head /mnt/elsewhere/head.json

The head is the last entry, signed by the audit key. Kept on another machine, it proves later that
the log still goes on from it: that nothing before it was changed, cut off or rolled back. Without a
head, --verify proves only that log and inventory fit together. No passphrase is needed.

Exit codes: 0 in order, 3 something is wrong, 1 the check could not be made.";

/// Show the audit log, newest first; or verify it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Verify the chain of entries, and the inventory by what they tell
    #[arg(long, conflicts_with_all = ["limit", "after", "since"])]
    verify: bool,
    /// A head that was kept elsewhere: what `pki audit --json` or --write-head wrote
    #[arg(long, value_name = "FILE", requires = "verify")]
    head: Option<PathBuf>,
    /// Write the signed head into this file, in the place of an older one; with --verify only when all is in order
    #[arg(long, value_name = "FILE")]
    write_head: Option<PathBuf>,
    /// Only what was done from this moment on
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    since: Option<OffsetDateTime>,
    /// How many entries at the most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Continue where the page before ended
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        match (self.verify, &self.write_head) {
            (true, _) => self.verify(&inventory, context),
            (false, None) => self.list(&inventory, context),
            (false, Some(path)) => {
                let head = sign(&inventory.head()?, &inventory, context);
                write_head(&head, path, context)?;
                context
                    .report
                    .result(&json!({"head": head}), || told(&head));
                Ok(Exit::Done)
            }
        }
    }

    fn list(self, inventory: &Inventory, context: &Context) -> Result<Exit> {
        let limit = self.limit as usize;
        let page = inventory.entries(self.since, self.after.as_deref(), limit)?;
        if context.report.is_json() {
            let entries: Vec<_> = page.entries.iter().map(document).collect();
            let head = sign(&inventory.head()?, inventory, context);
            context.report.result(
                &json!({"entries": entries, "next_cursor": page.next_cursor, "head": head}),
                String::new,
            );
            return Ok(Exit::Done);
        }
        let heading = ["ENTRY", "AT", "ACTION", "WHAT", "BY"].map(Cell::from);
        let rows = page.entries.iter().map(row);
        let rows: Vec<_> = std::iter::once(heading).chain(rows).collect();
        context
            .report
            .data(&table::fitted(&rows, &[(3, 20), (4, 12)], context.report));
        if let Some(cursor) = page.next_cursor {
            context
                .report
                .say(&format!("More follow: --after {cursor}."));
        }
        Ok(Exit::Done)
    }

    fn verify(self, inventory: &Inventory, context: &Context) -> Result<Exit> {
        let kept = match &self.head {
            Some(path) => Some(SignedHead::parse(&file::read(path)?)?),
            None => None,
        };
        // Its numbers begin with one and none is left out, unless something is wrong.
        let total = u64::try_from(inventory.head()?.id).unwrap_or_default();
        let mut progress = Progress::new(context.report, "entries", total);
        let verification = inventory.verify_audit_while(&mut |behind| progress.show(behind));
        progress.end();
        let verification = verification?;
        let mut checks = checks(&verification);
        let mut problems = problems(&verification);
        if let Some(kept) = kept {
            for check in check_head(&kept, inventory)? {
                if check.ok == Some(false) {
                    problems.push(problem(check.name, Some(kept.entry), &check.detail));
                }
                checks.push(check);
            }
        }
        let ok = checks.iter().all(|check| check.ok == Some(true));
        let head = sign(&verification.head, inventory, context);
        let document = json!({
            "ok": ok,
            "entries": verification.entries,
            "checks": checks,
            "problems": problems,
            "head": head,
        });
        context.report.result(&document, || {
            let table = table::fitted(&verify::rows(&checks), &[(2, 20)], context.report);
            let messages = problems.iter().filter_map(|it| it.get("message")?.as_str());
            let messages: String = messages
                .map(|message| format!("\n{}.", one_line(message)))
                .collect();
            let verdict = match ok {
                true => "The log is in order.",
                false => "Something is wrong.",
            };
            match messages.is_empty() {
                true => format!("{table}\n\n{verdict}"),
                false => format!("{table}\n{messages}\n\n{verdict}"),
            }
        });
        if !ok {
            return Ok(Exit::Found);
        }
        if let Some(path) = &self.write_head {
            write_head(&head, path, context)?;
        }
        Ok(Exit::Done)
    }
}

/// Signs a head with the audit key; without one it is told unsigned, with a warning.
fn sign(head: &Head, inventory: &Inventory, context: &Context) -> SignedHead {
    let signed = AuditKey::at_hand(&context.data, inventory)
        .and_then(|audit_key| SignedHead::signed(head, &audit_key));
    signed.unwrap_or_else(|cause| {
        let (cause, hint) = (cause.message(), cause.hint().unwrap_or_default());
        context
            .report
            .warn(&format!("the head is not signed: {cause}. {hint}"));
        SignedHead::unsigned(head)
    })
}

fn write_head(head: &SignedHead, path: &Path, context: &Context) -> Result<()> {
    if head.signature.is_none() {
        return Err(Error::new(
            ErrorKind::NotPermitted,
            "a head without a signature is not written",
        )
        .with_hint("See the warning above for what the audit key lacks."));
    }
    let text = serde_json::to_string_pretty(&json!({"head": head})).unwrap_or_default();
    let octets = format!("{text}\n");
    file::write(path, octets.as_bytes(), Access::Public, Existing::Replace)?;
    context.report.say(&format!(
        "The head is in {}: keep it on another machine.",
        path.display()
    ));
    Ok(())
}

fn told(head: &SignedHead) -> String {
    table::facts(&[
        ("entry", head.entry.to_string()),
        ("at", head.at.clone().unwrap_or_default()),
        ("hash", head.hash.clone()),
    ])
}

fn checks(verification: &Verification) -> Vec<Check> {
    let check = |name, findings: &Findings, sound: String| Check {
        name,
        ok: Some(findings.count == 0),
        detail: match findings.count {
            0 => sound,
            1 => "1 thing is wrong".to_owned(),
            count => format!("{count} things are wrong"),
        },
    };
    let entries = verification.entries;
    vec![
        check(
            "chain",
            &verification.chain,
            format!("{entries} entries, each bound to the one before"),
        ),
        check(
            "certificates",
            &verification.certificates,
            "each is recorded by an entry, and none is gone".to_owned(),
        ),
        check(
            "revocations",
            &verification.revocations,
            "revocations and holds are what the entries tell".to_owned(),
        ),
    ]
}

fn problems(verification: &Verification) -> Vec<Value> {
    let kinds = [
        ("chain", &verification.chain),
        ("certificates", &verification.certificates),
        ("revocations", &verification.revocations),
    ];
    let mut problems = Vec::new();
    for (name, findings) in kinds {
        let told = findings.told.iter();
        problems.extend(told.map(|finding| problem(name, finding.entry, &finding.message)));
        let untold = findings.count - findings.told.len() as u64;
        if untold > 0 {
            problems.push(problem(name, None, &format!("{untold} more are wrong")));
        }
    }
    problems
}

fn problem(check: &str, entry: Option<i64>, message: &str) -> Value {
    json!({"check": check, "entry": entry, "message": message})
}

fn document(entry: &Entry) -> Value {
    json!({
        "entry": entry.id,
        "at": format_instant(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "detail": entry.detail,
        "hash": hexadecimal::encode(&entry.hash),
    })
}

fn row(entry: &Entry) -> [Cell; 5] {
    [
        entry.id.to_string().into(),
        format_instant(entry.at).into(),
        entry.action.clone().into(),
        what(&entry.detail).into(),
        entry.actor.clone().into(),
    ]
}

/// What an entry is about, in a line: whose certificate, and what else its detail tells in words.
fn what(detail: &Value) -> String {
    let text = |key: &str| detail.get(key).and_then(Value::as_str);
    if let (Some(issuer), Some(number)) = (text("issuer"), detail.get("crl_number")) {
        let revoked = detail.get("revoked_count").unwrap_or(&Value::Null);
        return format!("{issuer}: number {number}, {revoked} revoked");
    }
    let Some(serial_number) = text("serial_number") else {
        return in_words(detail);
    };
    let holder = match (text("name"), text("device")) {
        (Some(name), Some(device)) => format!("{name}/{device}"),
        (Some(name), None) => name.to_owned(),
        (None, _) => String::new(),
    };
    let serial_number: String = serial_number.chars().take(12).collect();
    let parts = [
        text("profile").unwrap_or_default(),
        &holder,
        &serial_number,
        text("reason_code").unwrap_or_default(),
    ];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

fn in_words(detail: &Value) -> String {
    let Some(fields) = detail.as_object() else {
        return detail.to_string();
    };
    let words = fields.iter().filter_map(|(key, value)| match value {
        Value::Null => None,
        // Digests are for programs: --json has them.
        Value::String(_) if key.ends_with("_sha256") => None,
        Value::String(text) => Some(format!("{key} {text}")),
        other => Some(format!("{key} {other}")),
    });
    words.collect::<Vec<_>>().join(", ")
}
