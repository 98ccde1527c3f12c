//! What every command has: where the CA lies, how to speak, and what time it is.

use std::cell::OnceCell;
use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::report::{Color, Report};
use super::secrets;
use crate::authority::{Authority, CaData};
use crate::error::Result;
use crate::inventory::Inventory;
use crate::secret::Secret;

/// Options that every command takes.
#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// The directory of the certificate authority
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "PKI_CA_DATA",
        default_value = "./ca-data"
    )]
    ca_data: PathBuf,
    /// A file with the CA's passphrase (`-` for stdin); else PKI_PASSPHRASE, else a prompt
    #[arg(long, global = true, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but data, warnings and errors
    #[arg(long, global = true)]
    quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

/// One run of the program.
pub(super) struct Context {
    pub(super) data: CaData,
    pub(super) report: Report,
    pub(super) now: OffsetDateTime,
    passphrase_file: Option<PathBuf>,
    /// The passphrase once it was given, so that a file that can be read only once is.
    passphrase: OnceCell<Secret>,
}

impl GlobalArgs {
    pub(super) fn report(&self) -> Report {
        Report::new(self.json, self.quiet, self.color)
    }
}

impl Context {
    pub(super) fn new(global: GlobalArgs, report: Report) -> Self {
        Self {
            data: CaData::new(global.ca_data),
            report,
            now: OffsetDateTime::now_utc(),
            passphrase_file: global.passphrase_file,
            passphrase: OnceCell::new(),
        }
    }

    /// Opens the inventory and says what an earlier command could not finish.
    pub(super) fn inventory(&self) -> Result<Inventory> {
        let inventory = self.data.open()?;
        self.warn_of_unfinished();
        Ok(inventory)
    }

    fn warn_of_unfinished(&self) {
        for (place, name) in self.data.unfinished() {
            self.report.warn(&format!(
                "{} waits to be called {}: look whether its directory is there and the name is free",
                place.display(),
                name.display()
            ));
        }
    }

    /// Opens the CA with its issuing key, asking for the passphrase where the key needs one, and renews the audit key where
    /// that is due.
    pub(super) fn authority(&self) -> Result<Authority> {
        let authority = Authority::open(&self.data, || self.passphrase())?;
        self.warn_of_unfinished();
        if let Err(cause) = authority.renew_audit_key(self.now) {
            let (cause, hint) = (cause.message(), cause.hint().unwrap_or_default());
            self.report
                .warn(&format!("the audit key was not renewed: {cause}. {hint}"));
        }
        Ok(authority)
    }

    /// The CA's passphrase: from the file, the environment, or a prompt.
    fn passphrase(&self) -> Result<Secret> {
        match self.passphrase_at_hand()? {
            Some(passphrase) => Ok(passphrase),
            None => secrets::ask_passphrase(),
        }
    }

    /// The passphrase of a CA that is being made: a prompt asks for it twice.
    pub(super) fn new_passphrase(&self) -> Result<Secret> {
        secrets::new_passphrase(self.passphrase_file.as_deref())
    }

    /// The CA's passphrase where it was given without asking anybody.
    pub(super) fn passphrase_at_hand(&self) -> Result<Option<Secret>> {
        if let Some(known) = self.passphrase.get() {
            return Ok(Some(known.clone()));
        }
        let given = secrets::at_hand(
            self.passphrase_file.as_deref(),
            secrets::PASSPHRASE_VARIABLE,
        )?;
        Ok(given.map(|given| self.passphrase.get_or_init(|| given).clone()))
    }
}
