//! `pki man`: the manual, from the same definitions as the help.

use std::path::PathBuf;

use clap::Command;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;
use crate::file::{self, Access, Existing};

/// Write the manual pages into a directory.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The directory
    directory: PathBuf,
}

impl Args {
    pub(super) fn run(self, context: &Context, command: Command) -> Result<Exit> {
        let failed = |path: &PathBuf, cause: std::io::Error| file::failure("write", path, &cause);
        std::fs::create_dir_all(&self.directory).map_err(|cause| failed(&self.directory, cause))?;
        let mut pages = vec![("pki".to_owned(), command.clone())];
        for subcommand in command.get_subcommands() {
            let name = format!("pki-{}", subcommand.get_name());
            pages.push((name.clone(), subcommand.clone().name(name)));
        }
        for (name, command) in pages {
            let path = self.directory.join(format!("{name}.1"));
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(|cause| failed(&path, cause))?;
            file::write(&path, &page, Access::Public, Existing::Replace)?;
            context.report.say(&path.display().to_string());
        }
        Ok(Exit::Done)
    }
}
