//! `pki man`: the manual, from the same definitions as the help.

use std::path::PathBuf;

use clap::Command;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;
use crate::file;

const EXAMPLES: &str = "\
Examples:
  pki man ~/.local/share/man/man1";

/// Write the manual pages into a directory.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The directory, made where it is not there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context, command: Command) -> Result<Exit> {
        let failed = |cause: std::io::Error| file::failure("write", &self.directory, &cause);
        std::fs::create_dir_all(&self.directory).map_err(failed)?;
        clap_mangen::generate_to(command, &self.directory).map_err(failed)?;
        context.report.say(&format!(
            "The manual begins with {}.",
            self.directory.join("pki.1").display()
        ));
        Ok(Exit::Done)
    }
}
