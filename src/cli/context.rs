//! What every command has: where the CA lies, how to speak, and what time it is.

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::report::{Color, Report};
use super::secrets;
use crate::authority::{self, Authority, CaData, Upkeep};
use crate::error::Result;
use crate::inventory::Inventory;
use crate::profile::Profile;
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
    /// Whether the CA was opened, so that its state is worth a word at the end.
    opened: Cell<bool>,
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
            opened: Cell::new(false),
        }
    }

    /// Opens the inventory and says what an earlier command could not finish.
    pub(super) fn inventory(&self) -> Result<Inventory> {
        let inventory = self.data.open()?;
        self.opened.set(true);
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

    /// Opens the CA with its issuing key, asking for the passphrase where the key needs one, and renews what is due.
    pub(super) fn authority(&self) -> Result<Authority> {
        let authority = self.unlock()?;
        self.keep_up(&authority);
        Ok(authority)
    }

    /// Opens the CA with its issuing key, asking for the passphrase where the key needs one.
    pub(super) fn unlock(&self) -> Result<Authority> {
        let authority = Authority::open(&self.data, || self.passphrase())?;
        self.opened.set(true);
        self.warn_of_unfinished();
        Ok(authority)
    }

    /// Opens the CA where its key is not encrypted or the passphrase was given without asking anybody.
    pub(super) fn unlock_at_hand(&self, inventory: &Inventory) -> Result<Option<Authority>> {
        let Some(issuing) = inventory.current_authority(Profile::Issuing)? else {
            return Ok(None);
        };
        let encrypted = authority::needs_passphrase(&self.data, &issuing.certificate)?;
        if encrypted && self.passphrase_at_hand()?.is_none() {
            return Ok(None);
        }
        self.unlock().map(Some)
    }

    /// Renews what is due and warns of what could not be renewed.
    pub(super) fn keep_up(&self, authority: &Authority) -> Upkeep {
        self.keep_up_with(authority, None)
    }

    /// The same with the passphrase of a root that has one of its own.
    pub(super) fn keep_up_with(
        &self,
        authority: &Authority,
        root_passphrase: Option<&Secret>,
    ) -> Upkeep {
        let upkeep = authority.keep_up_with(root_passphrase, self.now);
        for warning in &upkeep.warnings {
            self.report.warn(warning);
        }
        upkeep
    }

    /// The last word of a command that opened the CA: which published CRL ends soon, or has. It is said once.
    pub(super) fn warn_of_endings(&self) {
        if !self.opened.replace(false) {
            return;
        }
        // The command has said already what is wrong with an inventory that cannot be read.
        let endings = Inventory::open(&self.data.inventory())
            .and_then(|inventory| authority::ending_crls(&self.data, &inventory, self.now));
        for ending in endings.unwrap_or_default() {
            self.report.warn(&ending);
        }
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
