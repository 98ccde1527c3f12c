//! `pki show`: one certificate, every field that matters.

use anstyle::Style;
use serde::Serialize;
use time::OffsetDateTime;

use super::context::Context;
use super::history::{self, Event};
use super::report::Exit;
use super::{look, table};
use crate::certificate::object_identifier as oid;
use crate::error::Result;
use crate::hexadecimal;
use crate::inventory::{PastLogin, Record, Reference, Summary};

const EXAMPLES: &str = "\
Examples:
  pki show alice
  pki show alice/phone --json
  pki show 4f3a9c12
  pki show ./alice.pem";

/// Show one certificate and its history.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let reference = Reference::parse(&self.reference)?;
        let inventory = context.inventory()?;
        let record = inventory.resolve(&reference, context.now())?;
        let shown = Shown {
            certificate: Summary::of_record(&record, context.now()),
            last_login_from: inventory.last_login(&record)?.map(|login| login.peer),
            logins: inventory.logins_of(&record, LOGINS)?,
            history: history::of(&record, &inventory)?,
        };
        context.report.result(&shown, || {
            let rows = rows(&record, &shown, context.now());
            let style = |word: &str| match word {
                "status" => look::style(&record, context.now()),
                _ => Style::new(),
            };
            table::fitted_facts(&rows, style, context.report)
        });
        Ok(Exit::Done)
    }
}

/// How many logins are told.
const LOGINS: u32 = 5;

/// The document of `pki show`.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    certificate: Summary,
    last_login_from: Option<String>,
    logins: Vec<PastLogin>,
    history: Vec<Event>,
}

fn rows(record: &Record, shown: &Shown, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let summary = &shown.certificate;
    let validity = record.certificate.validity();
    let certificate = &record.certificate;
    let extensions = certificate.extensions();
    let mut rows = Vec::new();
    if record.name.is_some() {
        rows.push(("name", record.reference()));
    }
    rows.extend([
        ("profile", record.profile.to_string()),
        ("status", summary.status.to_owned()),
        ("subject", summary.subject.clone()),
        ("issuer", summary.issuer.clone()),
        ("serial number", summary.serial_number.clone()),
        ("not before", look::instant(validity.not_before, now)),
        ("not after", look::instant(validity.not_after, now)),
        ("issued", look::instant(record.issued_at, now)),
        ("key", summary.key_algorithm.clone()),
    ]);
    let names = extensions.subject_alt_names.iter().map(ToString::to_string);
    rows.extend(names.map(|name| ("subject alt name", name)));
    if let Some(usage) = extensions.key_usage {
        rows.push(("key usage", usage.names().join(", ")));
    }
    let purposes = extensions
        .extended_key_usage
        .iter()
        .map(|purpose| oid::name_of_purpose(purpose));
    rows.extend(purposes.map(|purpose| ("extended key usage", purpose.to_owned())));
    if let Some(constraints) = extensions
        .basic_constraints
        .filter(|constraints| constraints.ca)
    {
        let length = constraints
            .path_length
            .map_or_else(|| "any".to_owned(), |length| length.to_string());
        rows.push(("path length", length));
    }
    rows.extend(
        extensions
            .name_constraints
            .permitted
            .iter()
            .map(|tree| ("permits", tree.to_string())),
    );
    rows.extend(
        extensions
            .name_constraints
            .excluded
            .iter()
            .map(|tree| ("excludes", tree.to_string())),
    );
    if let Some(identifier) = &extensions.subject_key_identifier {
        rows.push(("subject key id", hexadecimal::encode(identifier)));
    }
    if let Some(identifier) = &extensions.authority_key_identifier {
        rows.push(("authority key id", hexadecimal::encode(identifier)));
    }
    rows.extend(
        extensions
            .crl_distribution_points
            .iter()
            .map(|url| ("CRL", url.clone())),
    );
    rows.extend(extensions.ocsp.iter().map(|url| ("OCSP", url.clone())));
    rows.extend(
        extensions
            .ca_issuers
            .iter()
            .map(|url| ("issuer's certificate", url.clone())),
    );
    rows.push(("fingerprint", summary.fingerprint_sha256.clone()));
    if let Some(revocation) = record.revocation {
        let (at, reason) = (look::instant(revocation.at, now), revocation.reason);
        rows.push(("revoked", format!("{at}: {reason}")));
    }
    rows.extend(
        summary
            .supersedes
            .iter()
            .map(|serial| ("renews", serial.clone())),
    );
    rows.extend(
        summary
            .superseded_by
            .iter()
            .map(|serial| ("renewed by", serial.clone())),
    );
    if let (Some(at), Some(peer)) = (record.last_login_at, &shown.last_login_from) {
        rows.push((
            "last login",
            format!("{} from {peer}", look::instant(at, now)),
        ));
    }
    rows.extend(shown.logins.iter().map(|login| ("login", told(login, now))));
    rows.extend(shown.history.iter().map(|it| ("history", it.line(now))));
    rows
}

fn told(login: &PastLogin, now: OffsetDateTime) -> String {
    let reason = login.reason.iter().map(|reason| format!(" ({reason})"));
    let (at, verdict, peer) = (look::instant(login.at, now), &login.verdict, &login.peer);
    format!("{at} {verdict}{} from {peer}", reason.collect::<String>())
}
