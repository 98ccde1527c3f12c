//! `pki man`: the manual, from the same definitions as the help.

use std::path::PathBuf;

use clap::Command;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;
use crate::file;

/// Write the manual pages into a directory.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory
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
