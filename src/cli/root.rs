//! `pki root`: takes the root's key off this machine, and puts it back.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{handover, secrets, table};
use crate::authority;
use crate::error::Result;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki root detach --out /media/usb/root
  pki root attach /media/usb/root";

/// Take the root's key off this machine, or put it back.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Detach(Detach),
    Attach(Attach),
}

/// Move the root's key elsewhere, after signing a root CRL that outlasts the issuing CA.
///
/// The key is removed here only once the copy was read back. It leaves with the passphrase that it has.
#[derive(Debug, clap::Args)]
struct Detach {
    /// The directory to which it goes, made where it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A file with the passphrase of a root that has one of its own; else a prompt
    #[arg(long, value_name = "FILE")]
    root_passphrase_file: Option<PathBuf>,
}

/// Put the root's key back, after proving that it is the root's.
#[derive(Debug, clap::Args)]
struct Attach {
    /// The directory that `pki root detach` wrote, or the key's file
    #[arg(value_name = "DIR")]
    from: PathBuf,
    /// A file with the passphrase of a root that has one of its own; else that of the CA
    #[arg(long, value_name = "FILE")]
    root_passphrase_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.command {
            Command::Detach(detach) => detach.run(context),
            Command::Attach(attach) => attach.run(context),
        }
    }
}

impl Detach {
    fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let authority = context.authority()?;
        let passphrase =
            context.root_passphrase(&authority, self.root_passphrase_file.as_deref())?;
        let detached = authority.detach_root(&self.out, passphrase.as_ref(), context.now())?;
        context.look_for_endings(authority.inventory());
        let crl_until = format_instant(detached.crl_until);
        let document = json!({
            "key": handover::path(&detached.key),
            "certificate": handover::path(&detached.certificate),
            "crl_next_update": crl_until,
        });
        report.result(&document, || {
            table::facts(&[
                ("key", detached.key.display().to_string()),
                ("certificate", detached.certificate.display().to_string()),
                ("root CRL until", crl_until.clone()),
            ])
        });
        if detached.unencrypted {
            report.warn(&format!(
                "{} has no passphrase: whoever finds it can use it; pki passphrase --root gives the root one before it leaves",
                detached.key.display()
            ));
        }
        if detached.readable_by_others {
            report.warn(&format!(
                "others may read {}: its file system keeps no modes, so that the passphrase alone protects it",
                detached.key.display()
            ));
        }
        report.say(
            "The key is not on this machine any more. Keep a second copy; without it no issuing CA can be made or revoked.",
        );
        Ok(Exit::Done)
    }
}

impl Attach {
    fn run(self, context: &Context) -> Result<Exit> {
        let inventory = context.inventory()?;
        let file = self.root_passphrase_file.as_deref();
        let passphrase = || match file {
            Some(_) => secrets::root_passphrase(file),
            None => context.passphrase(),
        };
        let root = authority::attach_root(
            &context.data,
            &inventory,
            &self.from,
            passphrase,
            context.now(),
        )?;
        context.look_for_endings(&inventory);
        let document = json!({"root": root.subject().to_string()});
        context
            .report
            .result(&document, || format!("attached {}", root.subject()));
        context
            .report
            .say(&format!("The copy in {} stays there.", self.from.display()));
        Ok(Exit::Done)
    }
}
