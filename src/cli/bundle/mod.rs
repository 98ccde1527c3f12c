//! `pki bundle`: any bundle examined, and the copies that lie in `ca-data` removed.

mod check;
mod forget;

use clap::Subcommand;

use super::context::Context;
use super::report::Exit;
use crate::error::Result;

/// Say who imports a bundle and what mends it; remove a copy that was kept.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Args),
    Forget(forget::Args),
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.command {
            Command::Check(args) => args.run(context),
            Command::Forget(args) => args.run(context),
        }
    }
}
