//! `pki bundle check`: what is in a bundle, who imports it, and the command that mends it.

mod mend;
mod told;

use std::path::PathBuf;

use crate::bundle::diagnosis::Judgement;
use crate::bundle::{Anatomy, Platform, diagnose};
use crate::cli::context::Context;
use crate::cli::report::Exit;
use crate::cli::{secrets, values};
use crate::error::Result;
use crate::file;

const EXAMPLES: &str = "\
Examples:
  pki bundle check old.p12
  pki bundle check old.p12 --for macos

No CA is needed. Whoever wrote the file, `pki export` writes it again for another platform; the last
lines say how.

Exit codes: 0 read, 3 the platform of --for would not import it, 1 it cannot be opened.";

/// Say for each platform whether a bundle will import, why not, and what mends it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The bundle, whoever wrote it
    file: PathBuf,
    /// The platform that is asked about; it decides the exit code
    #[arg(long = "for", value_name = "PLATFORM", value_parser = values::platform)]
    platform: Option<Platform>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let contents = file::read(&self.file)?;
        // What is no bundle is told before a password is asked for.
        Anatomy::read(&contents)?;
        let password = secrets::bundle_password(self.password_file.as_deref())?;
        let diagnosis = diagnose(&contents, &password, context.now())?;
        let judgements: Vec<Judgement> = Platform::ALL
            .into_iter()
            .map(|platform| diagnosis.judge(platform))
            .collect();
        let mends = mend::commands(
            &judgements,
            &self.file,
            self.password_file.as_deref(),
            &context.data,
        );
        let document = told::document(&self.file, &diagnosis, &judgements, &mends);
        context.report.result(&document, || {
            // Who asks for one platform wants to know of that one.
            let asked =
                |judgement: &Judgement| self.platform.is_none_or(|it| it == judgement.platform);
            let told = judgements.iter().zip(&mends).filter(|(it, _)| asked(it));
            let (judgements, mends): (Vec<_>, Vec<_>) = told.unzip();
            told::text(&self.file, &diagnosis, &judgements, &mends, context.report)
        });
        let refused = |judgement: &&Judgement| {
            Some(judgement.platform) == self.platform && !judgement.imports()
        };
        Ok(match judgements.iter().find(refused) {
            Some(_) => Exit::Found,
            None => Exit::Done,
        })
    }
}
