//! `pki issue-client`: one client certificate and its bundle.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::secrets::{self, BUNDLE_PASSWORD_VARIABLE};
use super::{busy, handover, steps, table, values};
use crate::authority::{BundlePassword, NewClient};
use crate::bundle::Platform;
use crate::error::Result;
use crate::inventory::Summary;
use crate::key::KeyAlgorithm;
use crate::name::{Device, Name, SubjectAltName};
use crate::validity::{Lifetime, Validity, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki issue-client alice
  pki issue-client alice@example.org --device phone --for ios
  pki issue-client build-42 --uri spiffe://example.org/build --validity 30d --out build.p12";

/// Issue a client certificate and the bundle to import.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Whom it is for: a name or an e-mail address
    #[arg(allow_hyphen_values = true)]
    name: String,
    /// On which device it will lie: laptop, phone
    #[arg(long, value_name = "D")]
    device: Option<String>,
    /// An e-mail address (may be given several times)
    #[arg(long, value_name = "E", value_parser = values::email)]
    email: Vec<SubjectAltName>,
    /// A Microsoft user principal name (may be given several times)
    #[arg(long, value_name = "U", value_parser = values::upn)]
    upn: Vec<SubjectAltName>,
    /// A URI, such as spiffe://example.org/alice (may be given several times)
    #[arg(long, value_name = "U", value_parser = values::uri)]
    uri: Vec<SubjectAltName>,
    /// How long it lives
    #[arg(long, value_name = "D", default_value = "1y", value_parser = values::lifetime)]
    validity: Lifetime,
    /// p256, p384, rsa-2048, rsa-3072, rsa-4096 or ed25519
    #[arg(long, value_name = "A", default_value = "p256", value_parser = values::key_algorithm)]
    key_algorithm: KeyAlgorithm,
    /// Where it will be imported: any, firefox, chrome, windows, windows-2016, macos, ios, android, java, java-8, openssl
    #[arg(long = "for", value_name = "PLATFORM", default_value = "any", value_parser = values::platform)]
    platform: Platform,
    /// Where to write the bundle; then no copy stays in ca-data
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else one is drawn
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let name = Name::parse(&self.name)?;
        let device = self.device.as_deref().map(Device::parse).transpose()?;
        self.platform.check_key(self.key_algorithm.as_str())?;
        let password =
            match secrets::at_hand(self.password_file.as_deref(), BUNDLE_PASSWORD_VARIABLE)? {
                Some(password) => {
                    self.platform.check_password(&password)?;
                    BundlePassword::Chosen(password)
                }
                None => BundlePassword::Generate,
            };
        if self.name.contains('@')
            && let Err(refusal) = SubjectAltName::parse_email(&self.name)
        {
            report.warn(&format!(
                "{}; the certificate carries it as a name only",
                refusal.message()
            ));
        }
        let new = NewClient {
            name,
            device,
            subject_alt_names: self
                .email
                .into_iter()
                .chain(self.upn)
                .chain(self.uri)
                .collect(),
            validity: Validity::starting(context.now(), self.validity)?,
            key_algorithm: self.key_algorithm,
            form: self.platform.form(),
            out: self.out,
        };
        let authority = context.authority()?;
        let issue = || authority.issue_client(&new, password, context.now());
        let (issued, handover) = busy::during(report, "making the key", issue)?;
        handover::warn_of_password(report, self.platform, &handover.password);
        let password = handover::generated_password(&handover);
        let document = json!({
            "certificate": Summary::of_record(&issued.record, context.now()),
            "bundle": handover::bundle(&handover, self.platform),
        });
        let until = issued.record.certificate.validity().not_after;
        report.result(&document, || {
            table::facts(&[
                ("for", issued.record.reference()),
                ("bundle", handover.path.display().to_string()),
                (
                    "password",
                    password.map_or_else(|| "the one that you gave".to_owned(), str::to_owned),
                ),
                ("until", format_instant(until)),
            ])
        });
        handover::warn_if_shortened(report, &issued);
        handover::warn_if_taken_for_a_host(report, &issued);
        if password.is_some() {
            report.say("The password is shown this once and kept nowhere.");
        }
        handover::warn_of_ed25519(report, self.key_algorithm);
        steps::say_next(context, &issued.record, &handover, self.platform);
        Ok(Exit::Done)
    }
}
