//! `pki export`: a certificate in the form that somebody needs.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::ArgPredicate::IsPresent;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::identity::{self, Opened};
use super::report::Exit;
use super::{handover, secrets, steps, values};
use crate::bundle::{self, Platform, pem, pkcs7};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::Reference;

const EXAMPLES: &str = "\
Examples:
  pki export alice --form chain > alice.pem
  pki export root --form der --out root.crt
  pki export alice --form p12 --for macos --out alice-mac.p12
  pki export alice --form mobileconfig --for ios --out alice.mobileconfig
  pki export --help-for ios";

/// In which form a certificate is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The certificate alone, in PEM.
    Pem,
    /// The certificate alone, in DER.
    Der,
    /// The certificate and those above it, in PEM.
    Chain,
    /// A bundle with the private key: PKCS#12.
    P12,
    /// The certificate and those above it, without a key: PKCS#7.
    P7b,
    /// The bundle and the root in a configuration profile for iOS and macOS.
    Mobileconfig,
}

/// Write a certificate's public parts, or its bundle in another form.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint, file; or root, issuing
    #[arg(
        value_name = "REF",
        required = false,
        required_unless_present = "help_for",
        default_value_if("help_for", IsPresent, "")
    )]
    reference: String,
    /// The form
    #[arg(
        long,
        required = false,
        required_unless_present = "help_for",
        default_value_if("help_for", IsPresent, "pem")
    )]
    form: Form,
    /// Where the bundle will be imported
    #[arg(long = "for", value_name = "PLATFORM", default_value = "any", value_parser = values::platform)]
    platform: Platform,
    /// The bundle to write again; else the copy that lies in ca-data
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file with another password for the new bundle
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Where to write; else stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the steps by which a bundle gets into this platform, and nothing else
    #[arg(long, value_name = "PLATFORM", value_parser = values::platform, conflicts_with_all = ["reference", "form"])]
    help_for: Option<Platform>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        if let Some(platform) = self.help_for {
            return Ok(steps::print(context.report, platform));
        }
        if self.form == Form::Mobileconfig {
            bundle::installs_mobileconfig(self.platform)?;
        }
        let inventory = context.inventory()?;
        let certificate = inventory
            .resolve(&Reference::parse(&self.reference)?, context.now())?
            .certificate;
        if matches!(self.form, Form::P12 | Form::Mobileconfig) {
            let contents = self.bundle(context, &certificate)?;
            return self.deliver(context, contents, Access::Private);
        }
        if self.bundle.is_some() || self.password_file.is_some() || self.new_password_file.is_some()
        {
            return Err(Error::new(
                ErrorKind::Usage,
                "a bundle is only for --form p12 and mobileconfig",
            )
            .with_hint("Leave --bundle and the password files out for public parts."));
        }
        let above = inventory.chain_above(&certificate)?;
        let chain = std::iter::once(certificate).chain(above);
        let chain: Vec<_> = chain.collect();
        let ders = chain.iter().map(Certificate::der);
        let contents = match self.form {
            Form::Pem => pem::certificates(ders.take(1)).into_bytes(),
            Form::Der => ders.take(1).flatten().copied().collect(),
            Form::Chain => pem::certificates(ders).into_bytes(),
            Form::P7b | Form::P12 | Form::Mobileconfig => pkcs7::write(ders),
        };
        self.deliver(context, Zeroizing::new(contents), Access::Public)
    }

    /// The bundle of this certificate, written again.
    fn bundle(&self, context: &Context, certificate: &Certificate) -> Result<Zeroizing<Vec<u8>>> {
        let password_file = self.password_file.as_deref();
        let opened: Opened = match &self.bundle {
            Some(path) => identity::open_file(path, password_file)?,
            None => {
                let reference = Reference::Fingerprint(certificate.fingerprint());
                identity::open_reference(context, &reference, password_file)?
            }
        };
        if opened.identity.certificate != certificate.der() {
            return Err(Error::new(
                ErrorKind::NotPermitted,
                format!(
                    "the bundle holds another certificate than {}",
                    certificate.subject()
                ),
            )
            .with_hint(
                "Name the certificate that the bundle holds: its serial number or fingerprint.",
            ));
        }
        self.platform.check_key(&certificate.key_algorithm())?;
        let password = match &self.new_password_file {
            Some(path) => secrets::read(path)?,
            None => opened.password.clone(),
        };
        if password.expose().is_empty() {
            context.report.warn(secrets::EMPTY_PASSWORD);
        }
        match self.form {
            Form::Mobileconfig => bundle::mobileconfig(&opened.identity, &password),
            _ => bundle::write(&opened.identity, &password, self.platform.form()),
        }
    }

    fn deliver(
        &self,
        context: &Context,
        contents: Zeroizing<Vec<u8>>,
        access: Access,
    ) -> Result<Exit> {
        match &self.out {
            Some(path) => {
                file::write(path, &contents, access, Existing::Refuse)?;
                context
                    .report
                    .result(&json!({"path": handover::path(path)}), || {
                        path.display().to_string()
                    });
            }
            None if context.report.is_json() => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "stdout cannot carry both the certificate and a JSON document",
                )
                .with_hint("Give --out FILE, or leave --json out."));
            }
            None => context.report.bytes(&contents),
        }
        Ok(Exit::Done)
    }
}
