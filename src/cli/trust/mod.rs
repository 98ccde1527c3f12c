//! `pki trust`: the root into this machine's trust stores, out again, and where it is.

mod telling;
mod with_rights;

use std::path::{Path, PathBuf};

use super::context::Context;
use super::report::Exit;
use super::{nss, secrets, unconstrained};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::secret::Secret;
use crate::trust::{self, Kind, Outcome, Standing, Store, Surroundings};
use crate::validity::format_instant;
use telling::{Told, Verb};
use with_rights::with_more_rights;

/// The password that keystores of Java are delivered with.
const OF_JAVA: &str = "changeit";

const EXAMPLES: &str = "\
Examples:
  pki trust install
  pki trust install --store nss
  pki trust status
  pki trust uninstall --store system --store java";

/// Put the root into this machine's trust stores, take it out again, or say where it is trusted.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Install(Install),
    Uninstall(Uninstall),
    Status(Status),
}

/// Let this machine's programs trust the root.
///
/// A root without name constraints could speak for every site: that needs a yes on the terminal, or --unconstrained. A root
/// that somebody else has put into a store stays there as it is.
#[derive(Debug, clap::Args)]
struct Install {
    #[command(flatten)]
    which: Which,
    /// Trust a root that no name constraints confine
    #[arg(long)]
    unconstrained: bool,
}

/// Take out of this machine's trust stores exactly what pki trust install put in.
#[derive(Debug, clap::Args)]
struct Uninstall {
    #[command(flatten)]
    which: Which,
    /// The root's certificate, where its CA is not here any more
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// Say where on this machine the root is trusted, and who put it there.
#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    which: Which,
    /// The root's certificate, where its CA is not here any more
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
}

/// Which stores, and what opens them.
#[derive(Debug, clap::Args)]
struct Which {
    /// system, nss (Chromium and Firefox) or java; else every one that is there (may be given several times)
    #[arg(long, value_name = "STORE", value_parser = Kind::parse)]
    store: Vec<Kind>,
    /// A file with the password of the browsers' databases, where they have one
    #[arg(long, value_name = "FILE")]
    nssdb_password_file: Option<PathBuf>,
    /// A file with the password of Java's keystores; else changeit, which they are delivered with
    #[arg(long, value_name = "FILE")]
    java_password_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.command {
            Command::Install(install) => install.run(context),
            Command::Uninstall(uninstall) => uninstall.run(context),
            Command::Status(status) => status.run(context),
        }
    }
}

impl Install {
    fn run(self, context: &Context) -> Result<Exit> {
        let root = root(context, None)?;
        trust::check_trustworthy(&root, context.now())?;
        unconstrained::permit(context, &root, self.unconstrained)?;
        let is_constrained = unconstrained::is_constrained(&root);
        let surroundings = self.which.surroundings()?;
        let told = self.which.each(context, &surroundings, |store| {
            let mut words = self.which.words(store.kind());
            words.extend(context_words(context));
            if !is_constrained {
                words.push("--unconstrained".into());
            }
            let mend = with_more_rights("install", &words, store);
            trust::install(store, &root, &mend)
        })?;
        let into_java = told
            .iter()
            .any(|told| told.kind == Kind::Java && told.outcome.changed);
        let exit = telling::tell(context.report, Verb::Install, &root, &told);
        if is_constrained && into_java {
            context.report.warn(
                "Java does not look at a root's name constraints: for it, whoever has this root's key could speak for every site",
            );
        }
        Ok(exit)
    }
}

impl Uninstall {
    fn run(self, context: &Context) -> Result<Exit> {
        let root = root(context, self.root.as_deref())?;
        let surroundings = self.which.surroundings()?;
        let told = self.which.each(context, &surroundings, |store| {
            let mut words = self.which.words(store.kind());
            words.extend(match &self.root {
                Some(file) => ["--root".into(), absolute(file)],
                None => context_words(context),
            });
            let mend = with_more_rights("uninstall", &words, store);
            let is_there = || !matches!(store.standing(&root), Ok(Standing::Absent));
            if !store.tells_whose() && is_there() {
                context.report.warn(&format!(
                    "{} does not tell who put the root in: it is taken out, whoever that was",
                    store.place()
                ));
            }
            trust::uninstall(store, &root, &mend)
        })?;
        Ok(telling::tell(context.report, Verb::Uninstall, &root, &told))
    }
}

impl Status {
    fn run(self, context: &Context) -> Result<Exit> {
        let root = root(context, self.root.as_deref())?;
        let surroundings = self.which.surroundings()?;
        let told = self
            .which
            .each(context, &surroundings, |store| trust::status(store, &root))?;
        telling::tell(context.report, Verb::Status, &root, &told);
        let end = root.validity().not_after;
        if end < context.now() {
            context.report.warn(&format!(
                "the root has ended on {}: no program trusts it any more, wherever it is",
                format_instant(end)
            ));
        }
        Ok(Exit::Done)
    }
}

impl Which {
    /// Does the same with every store that was asked for, or with each that is there.
    fn each(
        &self,
        context: &Context,
        surroundings: &Surroundings,
        act: impl Fn(&dyn Store) -> Outcome,
    ) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for kind in Kind::ALL {
            let is_asked_for = self.store.contains(&kind);
            if !self.store.is_empty() && !is_asked_for {
                continue;
            }
            let stores = trust::stores(kind, surroundings);
            if stores.is_empty() {
                match is_asked_for {
                    true => told.push(Told::missing(kind)),
                    false => context.report.say(&format!("{}.", telling::none(kind))),
                }
            }
            for store in stores {
                let (place, outcome) = (Some(store.place()), act(store.as_ref()));
                told.push(Told {
                    kind,
                    place,
                    outcome,
                });
            }
        }
        match told.is_empty() {
            false => Ok(told),
            true => Err(Error::new(
                ErrorKind::NotFound,
                "no trust store was found on this machine",
            )
            .with_hint("Import the root by hand where it is needed; it lies in root.pem.")),
        }
    }

    /// The options that say the same of one kind of store.
    fn words(&self, kind: Kind) -> Vec<String> {
        let mut words = vec!["--store".to_owned(), kind.as_str().to_owned()];
        let password = match kind {
            Kind::System => None,
            Kind::Nss => Some(("--nssdb-password-file", &self.nssdb_password_file)),
            Kind::Java => Some(("--java-password-file", &self.java_password_file)),
        };
        if let Some((option, Some(file))) = password {
            words.extend([option.to_owned(), absolute(file)]);
        }
        words
    }

    fn surroundings(&self) -> Result<Surroundings> {
        let read = |file: &Option<PathBuf>| file.as_deref().map(secrets::read).transpose();
        let java_password = read(&self.java_password_file)?;
        Ok(surroundings(
            read(&self.nssdb_password_file)?,
            java_password,
        ))
    }
}

/// What this machine is like, by its environment, with the passwords that were given.
pub(super) fn surroundings(
    nss_password: Option<Secret>,
    java_password: Option<Secret>,
) -> Surroundings {
    let variable = |name| std::env::var_os(name);
    // Where there is no home, nothing of a user is found below the root either.
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let home = home.unwrap_or_else(|| PathBuf::from("/"));
    let ours = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b"PKI_");
    Surroundings {
        root: PathBuf::from("/"),
        browsers: nss::home_at(home.clone()),
        home,
        path: variable("PATH").unwrap_or_default(),
        // Programs of others need no passphrase of ours.
        environment: std::env::vars_os()
            .filter(|(name, _)| !ours(name))
            .collect(),
        nss_password,
        java_home: variable("JAVA_HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_absolute()),
        java_password: java_password.unwrap_or_else(|| Secret::chosen(OF_JAVA)),
        temporary: std::env::temp_dir(),
    }
}

/// The certificate that is to be trusted: the root, and never an issuing CA, which a server presents itself.
fn root(context: &Context, file: Option<&Path>) -> Result<Certificate> {
    let root = match file {
        Some(file) => Certificate::from_file(&file::read(file)?)?,
        None => context.data.root()?,
    };
    trust::check_root(&root)?;
    Ok(root)
}

fn context_words(context: &Context) -> [String; 2] {
    ["--ca-data".to_owned(), absolute(context.data.directory())]
}

fn absolute(path: &Path) -> String {
    let absolute = std::path::absolute(path);
    absolute.as_deref().unwrap_or(path).display().to_string()
}
