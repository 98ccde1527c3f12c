//! `pki doctor`: why does the browser not offer my certificate, and why was I refused?

mod candidates;
mod known;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use super::context::Context;
use super::identity::{self, Opened};
use super::report::Exit;
use super::runtime;
use crate::doctor::{self, Diagnosis, Facts, Patient, Presented};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{Inventory, Reference};
use crate::login::{Identity, Url};

const EXAMPLES: &str = "\
Examples:
  pki doctor https://www.example.org/private
  pki doctor https://localhost:8443 --as alice
  pki doctor https://www.example.org --bundle alice.p12 --json

Exit codes: 0 a login would work, 3 it would not, 1 nobody answers there.";

/// After how long it is said what is waited for.
const LONG: Duration = Duration::from_secs(3);

/// Say what a server asks for, which certificates a browser would offer to it, and why not.
///
/// Connects as a browser would, without a certificate in TLS 1.2 and in TLS 1.3, and says whether a browser would trust the server;
/// whether, when and for which issuers it asks for a client certificate; and for each certificate of this CA, and of the databases
/// of this user's browsers, whether it would be offered. With --as or --bundle it also logs in. It sends nothing but GET requests for
/// this URL, and works without a CA.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, group = clap::ArgGroup::new("login").args(["reference", "bundle"]))]
pub(super) struct Args {
    /// Where the login does not work, with the path that needs the certificate
    #[arg(value_name = "URL")]
    url: String,
    /// Log in with this certificate's bundle: a name, name/device, serial number or fingerprint
    #[arg(long = "as", value_name = "REF", conflicts_with = "bundle")]
    reference: Option<String>,
    /// Log in with this bundle
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE", requires = "login")]
    password_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let url = Url::parse(&self.url)?;
        let inventory = match context.data.inventory().exists() {
            true => Some(context.inventory()?),
            false => None,
        };
        let opened = self.open(context, inventory.as_ref())?;
        let certificates = match &opened {
            Some(opened) => opened.certificates()?,
            None => Vec::new(),
        };
        let patient = Patient {
            url,
            identity: match &opened {
                Some(opened) => Some(presented(opened)?),
                None => None,
            },
            path: std::env::var_os("PATH").unwrap_or_default(),
        };
        let facts = runtime::build()?.block_on(gather(context, patient))?;
        let mut known = known::gather(context, inventory.as_ref(), &certificates)?;
        let candidates = candidates::Sources {
            context,
            inventory: inventory.as_ref(),
            known: &known,
            bundle: self.bundle.as_deref(),
            opened: opened.as_ref(),
        };
        let found = candidates.all()?;
        known.databases = found.databases;
        let diagnosis = Diagnosis::of(&facts, &known, &found.candidates, context.now());
        context
            .report
            .result(&diagnosis, || text::of(&diagnosis, context.report));
        Ok(match diagnosis.verdict.login_works {
            true => Exit::Done,
            false => Exit::Found,
        })
    }

    fn open(&self, context: &Context, inventory: Option<&Inventory>) -> Result<Option<Opened>> {
        let password_file = self.password_file.as_deref();
        match (&self.bundle, &self.reference) {
            (Some(path), _) => identity::open_file(path, password_file).map(Some),
            (None, Some(reference)) => {
                let reference = Reference::parse(reference)?;
                let record = match inventory {
                    Some(inventory) => inventory.resolve(&reference, context.now())?,
                    None => context.inventory()?.resolve(&reference, context.now())?,
                };
                identity::warn_of_no_use(context, &record);
                identity::open_record(context, record, password_file).map(Some)
            }
            (None, None) => Ok(None),
        }
    }
}

/// Gathers until somebody ends this program: what it has started ends with it.
async fn gather(context: &Context, patient: Patient) -> Result<Facts> {
    let waiting = format!(
        "Waiting for {}, for 15 seconds at the most in each step …",
        patient.url.authority()
    );
    let say = async {
        tokio::time::sleep(LONG).await;
        context.report.say(&waiting);
        std::future::pending().await
    };
    tokio::select! {
        facts = doctor::gather(patient) => facts,
        () = runtime::interrupted() => Err(Error::new(
            ErrorKind::Network,
            "the search was ended before the server had answered".to_owned(),
        )
        .with_hint("Start it again; each step takes 15 seconds at the most.")),
        facts = say => facts,
    }
}

fn presented(opened: &Opened) -> Result<Presented> {
    let chain = identity::without_anchor(opened.certificates()?);
    Ok(Presented {
        identity: Identity::new(&chain, &opened.identity.private_key)?,
        private_key: opened.identity.private_key.clone(),
        chain,
    })
}
