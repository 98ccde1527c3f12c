//! What every command has: where the CA lies, how to speak, and what time it is.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;

use super::report::{Color, Report};
use super::secrets;
use crate::authority::{Authority, CaData};
use crate::error::Result;
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
        }
    }

    /// Opens the CA with its issuing key, asking for the passphrase where the key needs one.
    pub(super) fn authority(&self) -> Result<Authority> {
        Authority::open(&self.data, || self.passphrase())
    }

    /// The CA's passphrase: from the file, the environment, or a prompt.
    pub(super) fn passphrase(&self) -> Result<Secret> {
        secrets::passphrase(self.passphrase_file.as_deref())
    }

    /// The passphrase of a CA that is being made: a prompt asks for it twice.
    pub(super) fn new_passphrase(&self) -> Result<Secret> {
        secrets::new_passphrase(self.passphrase_file.as_deref())
    }

    /// The CA's passphrase where one was given without asking anybody.
    pub(super) fn passphrase_at_hand(&self) -> Result<Option<Secret>> {
        secrets::at_hand(
            self.passphrase_file.as_deref(),
            secrets::PASSPHRASE_VARIABLE,
        )
    }
}
