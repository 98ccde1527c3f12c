//! `pki completions`: what a shell needs to complete commands and options.

use clap::Command;
use clap_complete::Shell;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;

const EXAMPLES: &str = "\
Examples:
  pki completions bash > ~/.local/share/bash-completion/completions/pki";

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Which one
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
