//! `pki renew`: a new key and serial number under the same names.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::context::Context;
use super::report::Exit;
use super::secrets::{self, BUNDLE_PASSWORD_VARIABLE};
use super::{busy, handover, publication, sign_csr, steps, table, values};
use crate::authority::{BundlePassword, NewRenewal, Renewed};
use crate::bundle::Platform;
use crate::csr::CertificationRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::{Reference, Summary};
use crate::profile::Profile;
use crate::validity::{Lifetime, format_instant};

const EXAMPLES: &str = "\
Examples:
  pki renew alice
  pki renew alice/phone --for ios --revoke-old
  pki renew www.example.org --overlap 1d
  pki renew build-42 --csr build-42.csr";

/// Renew a certificate: a new key and serial number, the same names.
///
/// The old certificate stays valid for the overlap and counts as revoked (superseded) from then on.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint or file
    #[arg(value_name = "REF")]
    reference: String,
    /// How long the old certificate may still be used
    #[arg(long, value_name = "D", default_value = "7d", value_parser = values::lifetime)]
    overlap: Lifetime,
    /// The old certificate counts as revoked at once
    #[arg(long, conflicts_with = "overlap")]
    revoke_old: bool,
    /// A request with the key to certify; else a new key is made
    #[arg(long, value_name = "FILE")]
    csr: Option<PathBuf>,
    /// Where a client's bundle will be imported; any where nothing is said
    #[arg(long = "for", value_name = "PLATFORM", value_parser = values::platform)]
    platform: Option<Platform>,
    /// Where to write the bundle or the chain; then no copy stays in ca-data
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else one is drawn
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let reference = Reference::parse(&self.reference)?;
        let csr = match &self.csr {
            Some(path) => Some(CertificationRequest::from_file(&file::read(path)?)?),
            None => None,
        };
        if let Some(csr) = &csr {
            sign_csr::say_what_is_not_granted(csr, context.report);
        }
        let password =
            match secrets::at_hand(self.password_file.as_deref(), BUNDLE_PASSWORD_VARIABLE)? {
                Some(password) => BundlePassword::Chosen(password),
                None => BundlePassword::Generate,
            };
        // What can be refused is refused before a passphrase is asked for; meanwhile others may change it.
        let old = context.inventory()?.resolve(&reference, context.now())?;
        let platform = self.platform.unwrap_or(Platform::Any);
        if old.profile == Profile::Client && csr.is_none() {
            platform.check_key(&old.certificate.key_algorithm())?;
            if let BundlePassword::Chosen(password) = &password {
                platform.check_password(password)?;
            }
        } else if self.platform.is_some() {
            return Err(Error::new(
                ErrorKind::Usage,
                "--for is about a bundle, and none is made here",
            )
            .with_hint(
                "Leave --for out: a server's certificate and that of a request come without one.",
            ));
        }
        let authority = context.authority()?;
        let now = context.now();
        let old = authority.inventory().resolve(&reference, now)?;
        let old_until = if self.revoke_old {
            now
        } else {
            self.overlap.after(now)?
        };
        let old_ends = old_until.min(old.certificate.validity().not_after);
        let new = NewRenewal {
            old_until,
            csr,
            form: platform.form(),
            password,
            out: self.out,
        };
        let renew = || authority.renew(&old, new, now);
        let (issued, renewed) = busy::during(context.report, "making the key", renew)?;
        // What is revoked by that stands in the CRL at once.
        let upkeep = context.keep_up(&authority);
        let until = issued.record.certificate.validity().not_after;
        let mut document = json!({"certificate": Summary::of_record(&issued.record, now)});
        let mut rows = vec![("for", issued.record.reference())];
        describe(&renewed, platform, &mut document, &mut rows);
        rows.push(("until", format_instant(until)));
        context.report.result(&document, || table::facts(&rows));
        handover::warn_if_shortened(context.report, &issued);
        handover::warn_if_taken_for_a_host(context.report, &issued);
        if let Renewed::Bundle(handover) = &renewed {
            handover::warn_of_password(context.report, platform, &handover.password);
        }
        context.report.say(&match self.revoke_old {
            true => "The old certificate counts as revoked from now on.".to_owned(),
            false => format!(
                "The old certificate can be used until {}.",
                format_instant(old_ends)
            ),
        });
        for crl in &upkeep.crls {
            context.report.say(&publication::sentence(crl));
        }
        if let Renewed::Bundle(handover) = &renewed {
            steps::say_next(context, &issued.record, handover, platform);
        }
        Ok(Exit::Done)
    }
}

/// Adds what was written to the JSON document and to the facts.
fn describe(
    renewed: &Renewed,
    platform: Platform,
    document: &mut Value,
    rows: &mut Vec<(&str, String)>,
) {
    match renewed {
        Renewed::Bundle(handover) => {
            let password = handover::generated_password(handover);
            document["bundle"] = handover::bundle(handover, platform);
            rows.push(("bundle", handover.path.display().to_string()));
            rows.push((
                "password",
                password.unwrap_or("the one that you gave").to_owned(),
            ));
        }
        Renewed::Server(files) => {
            document["fullchain"] = json!(handover::path(&files.fullchain));
            document["key"] = json!(handover::path(&files.key));
            rows.push(("fullchain", files.fullchain.display().to_string()));
            rows.push(("key", files.key.display().to_string()));
        }
        Renewed::Chain(path) => {
            document["path"] = json!(handover::path(path));
            rows.push(("certificate", path.display().to_string()));
        }
    }
}
