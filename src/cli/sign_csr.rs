//! `pki sign-csr`: a certificate for a key that somebody else made.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::context::Context;
use super::issue_server::name_of_server;
use super::report::{Exit, Report};
use super::{handover, table, values};
use crate::authority::NewFromCsr;
use crate::certificate::object_identifier as oid;
use crate::csr::CertificationRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::Summary;
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::Profile;
use crate::validity::{Lifetime, Validity, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki sign-csr alice.csr --profile client --name alice
  pki sign-csr www.csr --profile server --out www.pem";

/// What the certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// A person or device that logs in.
    Client,
    /// A server.
    Server,
}

/// Sign a certificate request (PKCS#10) that somebody else made.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The request, in PEM or DER
    file: PathBuf,
    /// What the certificate is for
    #[arg(long, value_name = "PROFILE")]
    profile: Purpose,
    /// Whom it is for; a client needs it, a server takes its first host
    #[arg(long)]
    name: Option<String>,
    /// On which device the key lies
    #[arg(long, value_name = "D")]
    device: Option<String>,
    /// An e-mail address of the client (may be given several times)
    #[arg(long, value_name = "E", value_parser = values::email)]
    email: Vec<SubjectAltName>,
    /// How long it lives: a client 1y, a server 397d
    #[arg(long, value_name = "D", value_parser = values::lifetime)]
    validity: Option<Lifetime>,
    /// Where to write the certificate and its chain
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let csr = CertificationRequest::from_file(&file::read(&self.file)?)?;
        let report = context.report;
        say_what_is_not_granted(&csr, report);
        let new = self.into_new(&csr, context)?;
        if new.profile == Profile::Server {
            let hosts = csr
                .hosts
                .iter()
                .map(SubjectAltName::value)
                .collect::<Vec<_>>()
                .join(", ");
            report.say(&format!("The request names {hosts}."));
        }
        let authority = context.authority()?;
        let (issued, path) = authority.sign_csr(&csr, &new, context.now())?;
        let until = issued.record.certificate.validity().not_after;
        let document = json!({"certificate": Summary::of_record(&issued.record, context.now()), "path": handover::path(&path)});
        report.result(&document, || {
            table::facts(&[
                ("for", issued.record.reference()),
                ("certificate", path.display().to_string()),
                ("until", format_instant(until)),
            ])
        });
        handover::warn_if_shortened(report, &issued);
        handover::warn_if_taken_for_a_host(report, &issued);
        Ok(Exit::Done)
    }

    fn into_new(self, csr: &CertificationRequest, context: &Context) -> Result<NewFromCsr> {
        let usage =
            |fact: &str, hint: &str| Err(Error::new(ErrorKind::Usage, fact).with_hint(hint));
        let (profile, name, default) = match self.profile {
            Purpose::Client => match &self.name {
                Some(name) => (Profile::Client, Name::parse(name)?, Lifetime::years(1)),
                None => {
                    return usage(
                        "a client's name is never taken from the request",
                        "Say whom it is for with --name.",
                    );
                }
            },
            Purpose::Server if !self.email.is_empty() || self.device.is_some() => {
                return usage(
                    "--email and --device are for clients",
                    "Leave them out for a server.",
                );
            }
            Purpose::Server => (
                Profile::Server,
                name_of_server(self.name.as_deref(), &csr.hosts)?,
                Lifetime::days(397),
            ),
        };
        Ok(NewFromCsr {
            profile,
            name,
            device: self.device.as_deref().map(Device::parse).transpose()?,
            subject_alt_names: self.email,
            validity: Validity::starting(context.now(), self.validity.unwrap_or(default))?,
            out: self.out,
        })
    }
}

/// Tells of the extensions that a request asks for and no certificate of ours gets from it.
pub(super) fn say_what_is_not_granted(csr: &CertificationRequest, report: Report) {
    if csr.ignored_extensions.is_empty() {
        return;
    }
    let names: Vec<_> = (csr.ignored_extensions.iter())
        .map(|oid| extension_name(oid))
        .collect();
    report.say(&format!(
        "The request also asks for the extensions {}; the profile decides, and they are not granted.",
        names.join(", ")
    ));
}

/// The name of RFC 5280 §4.2 for an extension that requests are known to ask for.
fn extension_name(object_identifier: &str) -> &str {
    match object_identifier {
        oid::SUBJECT_KEY_IDENTIFIER => "subjectKeyIdentifier",
        oid::KEY_USAGE => "keyUsage",
        oid::BASIC_CONSTRAINTS => "basicConstraints",
        oid::NAME_CONSTRAINTS => "nameConstraints",
        oid::EXTENDED_KEY_USAGE => "extKeyUsage",
        other => other,
    }
}
