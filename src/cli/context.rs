//! What every command has: where the CA lies, how to speak, and what time it is.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};

use clap::Args;
use time::OffsetDateTime;

use super::report::{Color, Report};
use super::secrets;
use crate::authority::{self, Authority, CaData, Upkeep};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Inventory;
use crate::profile::Profile;
use crate::secret::Secret;
use crate::validity::format_instant;

/// A client certificate's, unless somebody asks for more or less.
const LONGEST_DEFAULT: time::Duration = time::Duration::days(365);

/// Where the help shows them: behind the options that are a command's own.
const EVERYWHERE: &str = "Options of every command";

/// Options that every command takes.
#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// The directory of the certificate authority
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        value_name = "DIR",
        env = "PKI_CA_DATA",
        default_value = "./ca-data"
    )]
    ca_data: PathBuf,
    /// A file with the CA's passphrase (`-` for stdin); else PKI_PASSPHRASE, else a prompt
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print one JSON document on stdout
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// Say nothing but data, warnings and errors
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    quiet: bool,
    /// When to use colours
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

/// One run of the program.
pub(super) struct Context {
    pub(super) data: CaData,
    pub(super) report: Report,
    now: Cell<OffsetDateTime>,
    passphrase_file: Option<PathBuf>,
    /// The passphrase once it was given, so that a file that can be read only once is.
    passphrase: OnceCell<Secret>,
    /// What will run out, as it was when the CA was last looked at: the last word of the command.
    endings: RefCell<Vec<String>>,
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
            now: Cell::new(OffsetDateTime::now_utc()),
            passphrase_file: global.passphrase_file,
            passphrase: OnceCell::new(),
            endings: RefCell::default(),
        }
    }

    /// The time of this run: one for everything that it says and does, looked up anew after somebody was waited for.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.now.get()
    }

    /// Looks at the clock again, after a question: meanwhile others may have revoked, and what is signed now must know it.
    pub(super) fn look_at_the_clock(&self) {
        self.now.set(OffsetDateTime::now_utc());
    }

    /// Opens the inventory and says what an earlier command could not finish.
    pub(super) fn inventory(&self) -> Result<Inventory> {
        let inventory = self.data.open()?;
        self.warn_of_unfinished();
        self.bring_forward(&inventory);
        self.look_for_endings(&inventory);
        Ok(inventory)
    }

    /// Lets revocations, and lifted holds, count that a clock ahead of this one wrote, and says so.
    fn bring_forward(&self, inventory: &Inventory) {
        match inventory.bring_forward(OffsetDateTime::now_utc) {
            Ok(brought) => brought
                .iter()
                .for_each(|it| self.report.warn(&it.sentence())),
            Err(cause) => self.report.warn(&format!(
                "changes that lie ahead could not be looked for: {}",
                cause.message()
            )),
        }
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
        self.look_at_the_clock();
        self.warn_of_unfinished();
        self.bring_forward(authority.inventory());
        self.look_for_endings(authority.inventory());
        Ok(authority)
    }

    /// Opens the CA where its key is not encrypted or the passphrase was given without asking anybody.
    pub(super) fn unlock_at_hand(&self, inventory: &Inventory) -> Result<Option<Authority>> {
        let Some(issuing) = inventory.issuing_authority()? else {
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
        // A CRL that is signed now says how things stand now, however long the command itself waited for others.
        self.look_at_the_clock();
        self.told(authority, authority.keep_up(self.now.get()))
    }

    /// The same with the passphrase of a root that has one of its own, and a close look at the published CRLs.
    pub(super) fn keep_up_with(
        &self,
        authority: &Authority,
        root_passphrase: Option<&Secret>,
    ) -> Upkeep {
        self.look_at_the_clock();
        self.told(
            authority,
            authority.keep_up_with(root_passphrase, self.now.get()),
        )
    }

    fn told(&self, authority: &Authority, upkeep: Upkeep) -> Upkeep {
        for warning in &upkeep.warnings {
            self.report.warn(warning);
        }
        self.look_for_endings(authority.inventory());
        upkeep
    }

    /// Looks anew which published CRL ends soon, or has, and whether the CA itself does: after each step that may change it.
    pub(super) fn look_for_endings(&self, inventory: &Inventory) {
        let look = || {
            let mut endings = authority::ending_crls(&self.data, inventory, self.now.get())?;
            endings.extend(self.end_of_the_issuing_ca(inventory)?);
            Ok::<_, Error>(endings)
        };
        // The command itself says what is wrong with an inventory that cannot be read.
        *self.endings.borrow_mut() = look().unwrap_or_default();
    }

    /// The last word of a command that opened the CA: what it found to run out. It is said once.
    pub(super) fn warn_of_endings(&self) {
        for ending in self.endings.take() {
            self.report.warn(&ending);
        }
    }

    /// The passphrase of the root's key, where that of the CA does not open it.
    pub(super) fn root_passphrase(
        &self,
        authority: &Authority,
        file: Option<&Path>,
    ) -> Result<Option<Secret>> {
        if file.is_none() {
            match authority.issuer_of(authority.root(), None) {
                Ok(_) => return Ok(None),
                Err(cause) => match cause.kind() {
                    ErrorKind::WrongPassphrase | ErrorKind::PassphraseRequired => {}
                    _ => return Err(cause),
                },
            }
        }
        let passphrase = secrets::root_passphrase(file)?;
        self.look_at_the_clock();
        Ok(Some(passphrase))
    }

    /// Says, in the last part of the issuing CA's life and after it, what makes the next one.
    fn end_of_the_issuing_ca(&self, inventory: &Inventory) -> Result<Option<String>> {
        let (Some(issuing), Some(root)) = (
            inventory.issuing_authority()?,
            inventory.current_authority(Profile::Root)?,
        ) else {
            return Ok(None);
        };
        let validity = issuing.certificate.validity();
        let (end, now) = (validity.not_after, self.now.get());
        let (left, life) = (end - now, end - validity.not_before);
        if left >= LONGEST_DEFAULT || left >= life / 3 {
            return Ok(None);
        }
        let remedy = match root.certificate.validity().not_after > end {
            true => "pki rotate-issuing makes the next one, and what was issued stays valid",
            false => "the root does too, so that only a new CA can take its place",
        };
        let (end, has_ended) = (format_instant(end), end < now);
        Ok(Some(match has_ended {
            false => {
                format!(
                    "the issuing CA ends on {end}, and nothing that it issues outlives it: {remedy}"
                )
            }
            true => format!(
                "the issuing CA has ended on {end}, and nothing that it issued lets anybody in: {}",
                remedy.replace(", and what was issued stays valid", "")
            ),
        }))
    }

    /// The CA's passphrase: from the file, the environment, or a prompt.
    pub(super) fn passphrase(&self) -> Result<Secret> {
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
