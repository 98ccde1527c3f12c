//! `pki completions`: what a shell needs to complete commands and options.

use clap::Command;
use clap_complete::Shell;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// bash, zsh, fish, elvish or powershell
    shell: Shell,
}

impl Args {
    pub(super) fn run(self, context: &Context, mut command: Command) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "pki", &mut script);
        context.report.bytes(&script);
        Ok(Exit::Done)
    }
}
