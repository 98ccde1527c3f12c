//! `pki probe`: does this server really check client certificates?

mod text;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use tokio::runtime::Runtime;

use super::context::Context;
use super::report::Exit;
use super::runtime;
use crate::authority::Authority;
use crate::bundle::pem;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::login::Url;
use crate::name::{Name, Quoted};
use crate::probe::case::{self, Baseline, Case};
use crate::probe::{self, Anchor, Bearer, Place, Prepared, Probe, Software};

const EXAMPLES: &str = "\
Examples:
  pki probe https://www.example.org/private --as alice --refresh ca-data/sites/nginx/refresh
  pki probe https://localhost:8443 --as alice --only expired --only revoked
  pki probe --list

Exit codes: 0 no answer is wrong, and what could not be told is said; 3 one is wrong, or a good certificate is not let in; 1 nobody
answers there.";

/// Find out whether a server really checks client certificates.
///
/// Issues a kit of certificates that live for an hour at the most, all for NAME, shows them to the server one by one, and says what it
/// should have refused and what it should have let in, and what mends it. The server must trust this CA and let NAME in. The keys never
/// leave memory, and every certificate is revoked when the probe is over. What this CA never signs, such as another CA or SHA-1, is shown
/// beneath a throw-away root that you tell the server to trust (--probe-anchor). Probe only servers that are yours.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The server, with a path that only those who log in may see
    #[arg(value_name = "URL", required_unless_present = "list")]
    url: Option<String>,
    /// Whom the application lets in: the certificates are made out to this name
    #[arg(long = "as", value_name = "NAME", required_unless_present = "list", value_parser = Name::parse)]
    name: Option<Name>,
    /// The throw-away root for what this CA never signs; made where the directory is not there
    #[arg(long, value_name = "DIR")]
    probe_anchor: Option<PathBuf>,
    /// List the cases, and probe nothing
    #[arg(long)]
    list: bool,
    /// Only this case (may be given several times)
    #[arg(long, value_name = "CASE")]
    only: Vec<String>,
    /// Run this line of the shell once the CRL with the revoked certificates is written: it brings it to the server
    #[arg(long, value_name = "COMMAND")]
    refresh: Option<String>,
    /// For how many seconds a revocation is waited for
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
    /// The server's software, where its answers do not tell: nginx, apache, haproxy, caddy, …
    #[arg(long, value_name = "SOFTWARE", value_parser = software)]
    software: Option<Software>,
    /// Write what is shown in each case into this directory: DIR/CASE.pem, certificates alone
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let cases = self.cases()?;
        let (Some(url), Some(name), false) = (&self.url, &self.name, self.list) else {
            return Ok(list(context, &cases));
        };
        let url = Url::parse(url)?;
        let authority = context.authority()?;
        let bearer = bearer(context, &authority, name)?;
        let anchor = self.anchor(context, &bearer)?;
        let cases = match &anchor {
            Some(_) => cases,
            None => self.without_anchor(cases)?,
        };
        let say = |text: &str| context.report.say(text);
        let probe = Probe {
            authority: &authority,
            anchor: anchor.as_ref(),
            place: Place {
                url,
                name: name.to_string(),
                root: authority.root().clone(),
                path: std::env::var_os("PATH").unwrap_or_default(),
            },
            bearer,
            cases,
            software: self.software,
            refresh: self.refresh.clone(),
            wait: Duration::from_secs(self.wait),
            clock: OffsetDateTime::now_utc,
            say: &say,
        };
        let runtime = runtime::build()?;
        // Whoever ends the program from here on ends the probe, and with it the kit.
        let interrupted = {
            let _context = runtime.enter();
            runtime::interrupted_or_left()
        };
        let prepared = probe.prepare()?;
        let outcome = self.show(&prepared, &runtime, interrupted);
        // Whatever came of it, none of the kit counts any longer.
        let ended = prepared.end();
        if let (Err(_), Err(cause)) = (&outcome, &ended) {
            context.report.warn(&format!(
                "the kit could not be revoked: {}. It ends within the hour, and its keys are gone",
                cause.message()
            ));
        }
        let report = outcome?;
        ended?;
        context
            .report
            .result(&report, || text::of(&report, context.report));
        Ok(match report.is_good() {
            true => Exit::Done,
            false => Exit::Found,
        })
    }

    fn show(
        &self,
        prepared: &Prepared<'_>,
        runtime: &Runtime,
        interrupted: impl Future<Output = ()>,
    ) -> Result<probe::Report> {
        if let Some(directory) = &self.certificates {
            write_certificates(prepared, directory)?;
        }
        runtime.block_on(async {
            tokio::select! {
                report = prepared.run() => report,
                () = interrupted => Err(Error::new(
                    ErrorKind::Network,
                    "the probe was ended before it was over",
                )
                .with_hint("What was issued for it lets nobody in any more; start it again.")),
            }
        })
    }

    /// The cases that are asked for, with the baselines that they are measured by.
    fn cases(&self) -> Result<Vec<&'static Case>> {
        let all: Vec<&'static Case> = case::all().collect();
        if self.only.is_empty() {
            return Ok(all);
        }
        for name in &self.only {
            if !all.iter().any(|case| case.name == name) {
                return Err(Error::new(
                    ErrorKind::Usage,
                    format!("there is no case {}", Quoted(name)),
                )
                .with_hint("pki probe --list tells the cases."));
            }
        }
        let wanted = all
            .iter()
            .filter(|case| self.only.iter().any(|name| name == case.name));
        let mut names: Vec<&str> = wanted.clone().map(|case| case.baseline.case()).collect();
        names.extend(wanted.map(|case| case.name));
        // The constrained one is measured by the plain one of its CA.
        if names.contains(&Baseline::Constrained.case()) {
            names.push(Baseline::Anchor.case());
        }
        names.push(Baseline::Plain.case());
        Ok(all
            .into_iter()
            .filter(|case| names.contains(&case.name))
            .collect())
    }

    /// Leaves out what only the throw-away root can sign.
    fn without_anchor(&self, cases: Vec<&'static Case>) -> Result<Vec<&'static Case>> {
        let mut asked = cases
            .iter()
            .filter(|case| self.only.iter().any(|name| name == case.name));
        if let Some(case) = asked.find(|case| case.needs_anchor()) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the case {} needs a throw-away root", case.name),
            )
            .with_hint("Give --probe-anchor DIR; the directory is made where it is not there."));
        }
        Ok(cases
            .into_iter()
            .filter(|case| !case.needs_anchor())
            .collect())
    }

    fn anchor(&self, context: &Context, bearer: &Bearer) -> Result<Option<Anchor>> {
        let Some(directory) = &self.probe_anchor else {
            return Ok(None);
        };
        let (anchor, is_new) =
            Anchor::open_or_make(directory, &bearer.subject_alt_names, context.now())?;
        if is_new {
            let directory = directory.display();
            context.report.say(&format!(
                "A throw-away root was made in {directory}: let the server trust it as {directory}/README.txt says, and run this again. \
                 Until then the cases beneath it tell nothing."
            ));
        }
        Ok(Some(anchor))
    }
}

fn list(context: &Context, cases: &[&'static Case]) -> Exit {
    let document: Vec<_> = cases
        .iter()
        .map(|case| {
            json!({
                "case": case.name,
                "must": case.must.as_str(),
                "needs_probe_anchor": case.needs_anchor(),
                "says": case.says,
                "section": case.section,
            })
        })
        .collect();
    context.report.result(&json!({"cases": document}), || {
        text::list(cases.iter().copied(), context.report)
    });
    Exit::Done
}

/// What the certificates bear: what the name's newest valid one bears, or what a new one would.
fn bearer(context: &Context, authority: &Authority, name: &Name) -> Result<Bearer> {
    let names = authority.names_of(name, context.now())?;
    if !names.are_known {
        context.report.warn(&format!(
            "no valid certificate of {name} is in the inventory: the kit bears what a new one would"
        ));
    }
    Ok(Bearer {
        subject: names.subject,
        subject_alt_names: names.subject_alt_names,
    })
}

/// Writes the chain of each case, for whoever wants to look at it; no key is written anywhere.
fn write_certificates(prepared: &Prepared<'_>, directory: &Path) -> Result<()> {
    file::create_private_directory(directory)?;
    for made in prepared.kit().made() {
        if let Ok(presented) = &made.presented {
            let path = directory.join(format!("{}.pem", made.case.name));
            let pem = pem::certificates(presented.chain.iter().map(Vec::as_slice));
            file::write(&path, pem.as_bytes(), Access::Public, Existing::Replace)?;
        }
    }
    Ok(())
}

fn software(text: &str) -> Result<Software> {
    let mut all = Software::ALL.into_iter();
    all.find(|software| software.as_str() == text)
        .ok_or_else(|| {
            let known = Software::ALL.map(Software::as_str).join(", ");
            Error::new(
                ErrorKind::InvalidInput,
                format!("{} is not known here", Quoted(text)),
            )
            .with_hint(format!("Choose one of {known}, or leave it out."))
        })
}
