//! `pki browser`: a bundle into the databases of this user's browsers.

mod outcome;

use std::path::PathBuf;

use serde_json::{Value, json};

use outcome::Outcome;

use super::context::Context;
use super::identity::{self, Opened};
use super::report::Exit;
use super::{nss, unconstrained};
use crate::bundle::Platform;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::Reference;
use crate::trust;
use crate::trust::nss::{Database, databases};
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki browser install alice
  pki browser install --bundle alice.p12 --password-file alice.password
  pki browser install alice --nssdb ~/.mozilla/firefox/abcd.default";

/// What still can be done with a bundle whose root nobody is to trust.
const WITHOUT_THE_ROOT: &str = "Give --no-trust to install the bundle without trusting its root.";

/// Put a bundle into Chromium's and Firefox's databases.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Install(Install),
}

/// Put a bundle into every database of this user's browsers, and trust its root there.
///
/// These are the databases of Chromium, Chrome, Edge and Brave on Linux and of each Firefox profile, whether installed from a
/// package, as a snap or from Flatpak. Firefox must be closed. What is there already stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "pki browser install [OPTIONS] <REF|--bundle FILE>")]
struct Install {
    /// Whose bundle: a name, name/device, serial number or fingerprint
    #[arg(
        value_name = "REF",
        required_unless_present = "bundle",
        conflicts_with = "bundle"
    )]
    reference: Option<String>,
    /// The bundle; else the copy that lies in ca-data
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// This database only, made where it is not there
    #[arg(long, value_name = "DIR")]
    nssdb: Option<PathBuf>,
    /// A file with the password of the databases (Firefox: primary password)
    #[arg(long, value_name = "FILE")]
    nssdb_password_file: Option<PathBuf>,
    /// Trust a root that has no name constraints without asking
    #[arg(long)]
    unconstrained: bool,
    /// Do not trust the root
    #[arg(long, conflicts_with = "unconstrained")]
    no_trust: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let Command::Install(install) = self.command;
        install.run(context)
    }
}

impl Install {
    fn run(self, context: &Context) -> Result<Exit> {
        let opened = self.open(context)?;
        let chain = opened.certificates()?;
        let certificate = chain.first().ok_or_else(nothing_inside)?;
        Platform::Firefox.check_key(&certificate.key_algorithm())?;
        let root = match self.no_trust {
            true => None,
            false => root_of(context, &chain)?,
        };
        let databases = self.databases()?;
        if let Some(root) = &root {
            // The bundle may be anybody's: its root is judged as pki trust install judges ours.
            trust::check_trustworthy(root, context.now())
                .map_err(|refusal| refusal.with_hint(WITHOUT_THE_ROOT))?;
        }
        if let Some(root) = &root
            && !trusted_everywhere(&databases, root)?
        {
            unconstrained::permit(context, root, self.unconstrained)?;
            unconstrained::name(context, root);
        }
        self.warn(context, certificate, root.as_ref());
        let programs = nss::programs(self.nssdb_password_file.as_deref())?;
        let outcomes: Vec<_> = databases
            .into_iter()
            .map(|database| Outcome::of(database, &programs, &opened.identity, root.as_ref()))
            .collect();
        drop(programs);
        let document = json!({
            "certificate": described(certificate),
            "root": root.as_ref().map(described),
            "databases": outcomes.iter().map(Outcome::document).collect::<Vec<_>>(),
        });
        context
            .report
            .result(&document, || outcome::text(&outcomes));
        Ok(outcome::conclude(context, &outcomes))
    }

    fn open(&self, context: &Context) -> Result<Opened> {
        let password_file = self.password_file.as_deref();
        match (&self.bundle, &self.reference) {
            (None, Some(reference)) => {
                let reference = Reference::parse(reference)?;
                let record = context.inventory()?.resolve(&reference, context.now())?;
                identity::warn_of_no_use(context, &record);
                identity::open_reference(context, &reference, password_file)
            }
            (path, _) => {
                let path = path.as_deref().ok_or_else(nothing_inside)?;
                identity::open_file(path, password_file)
            }
        }
    }

    fn databases(&self) -> Result<Vec<Database>> {
        if let Some(directory) = &self.nssdb {
            return Ok(vec![Database::named(directory.clone())]);
        }
        let home = nss::home()?;
        home.check_owner()?;
        let found = databases(&home);
        if found.is_empty() {
            return Err(Error::new(
                ErrorKind::NotFound,
                "this user has no browser with a database of its own",
            )
            .with_hint(
                "Start Firefox once, so that it makes its profile, or name a database with --nssdb DIR.",
            ));
        }
        Ok(found)
    }

    fn warn(&self, context: &Context, certificate: &Certificate, root: Option<&Certificate>) {
        let end = certificate.validity().not_after;
        // Of what a reference names, the inventory has told that already.
        if self.reference.is_none() && end < context.now() {
            context.report.warn(&format!(
                "the certificate ended on {}: no server that checks it lets it in",
                format_instant(end)
            ));
        }
        if root.is_none() && !self.no_trust {
            context
                .report
                .warn("the bundle does not lead to a root, so none is trusted");
        }
    }
}

/// The root to which the bundle's certificate leads by signatures: from the bundle, else from `ca-data`.
fn root_of(context: &Context, chain: &[Certificate]) -> Result<Option<Certificate>> {
    let signed = chain.iter().zip(chain.iter().skip(1));
    let leads_up = signed
        .into_iter()
        .all(|(below, above)| below.issuer() == above.subject() && below.is_signed_by(above));
    let Some(last) = chain.last().filter(|_| leads_up) else {
        return Ok(None);
    };
    if last.is_self_issued() {
        // A certificate that signed itself and stands alone leads to no CA.
        let is_root = chain.len() > 1 && last.is_signed_by(last);
        return Ok(is_root.then(|| last.clone()));
    }
    let path = context.data.root_certificate();
    if !path.is_file() {
        return Ok(None);
    }
    let root = Certificate::from_file(&file::read(&path)?)?;
    let leads_there = last.issuer() == root.subject() && last.is_signed_by(&root);
    Ok(leads_there.then_some(root))
}

/// Says whether there is nothing left to be trusted, and so nobody to be asked; a database that cannot be read counts as one
/// in which there is.
///
/// NSS's programs are here without the databases' password: the question that may follow can be broken off, and then
/// nobody would remove the file that holds it.
fn trusted_everywhere(databases: &[Database], root: &Certificate) -> Result<bool> {
    let programs = nss::programs(None)?;
    Ok(databases.iter().all(|database| {
        let entry = database.root(&programs, root).ok().flatten();
        entry.is_some_and(|entry| entry.is_trusted())
    }))
}

fn described(certificate: &Certificate) -> Value {
    let validity = certificate.validity();
    json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial_number": certificate.serial_number().to_string(),
        "not_before": format_instant(validity.not_before),
        "not_after": format_instant(validity.not_after),
        "key_algorithm": certificate.key_algorithm(),
        "fingerprint_sha256": certificate.fingerprint().to_string(),
    })
}

fn nothing_inside() -> Error {
    Error::new(ErrorKind::Malformed, "the bundle holds no certificate")
        .with_hint("Give the bundle that was handed over.")
}
