//! `pki export`: a certificate in the form that somebody needs.

mod bundle;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::report::Exit;
use super::{handover, steps, table, values};
use crate::bundle::{self as bundles, Platform, pem, pkcs7};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::inventory::Reference;
use crate::secret::{Secret, Strength};

const EXAMPLES: &str = "\
Examples:
  pki export alice --form chain > alice.pem
  pki export root --form der --out root.crt
  pki export alice --for macos --out alice-mac.p12
  pki export alice --form mobileconfig --for ios --out alice.mobileconfig
  pki export --help-for ios

Any other bundle, whoever wrote it; no CA is needed:
  pki export ./old.p12 --for ios --out new.p12
  pki export --bundle old.p12 --for java --new-password --out new.p12
  pki export ./short.p12 --chain ca.pem --out whole.p12";

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

impl Form {
    fn has_key(self) -> bool {
        matches!(self, Self::P12 | Self::Mobileconfig)
    }
}

/// Write a certificate's public parts, or any bundle again in another form.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A name, name/device, serial number, fingerprint, file; or root, issuing; or a bundle's path: ./old.p12
    #[arg(value_name = "REF", required_unless_present_any = ["bundle", "help_for"])]
    reference: Option<String>,
    /// The form; of a bundle, and with --for, p12
    #[arg(long)]
    form: Option<Form>,
    /// Where the bundle will be imported
    #[arg(long = "for", value_name = "PLATFORM", value_parser = values::platform)]
    platform: Option<Platform>,
    /// The bundle to write again, whoever wrote it; else the copy that lies in ca-data
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// Certificates of CAs to put into the bundle where its chain ends too early
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A file with another password for the new bundle
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// Draw another password for the new bundle, and show it once
    #[arg(long, conflicts_with = "new_password_file", requires = "out")]
    new_password: bool,
    /// Where to write; else stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the steps by which a bundle gets into this platform, and nothing else
    #[arg(long, value_name = "PLATFORM", value_parser = values::platform,
          conflicts_with_all = ["reference", "form", "platform", "bundle"])]
    help_for: Option<Platform>,
}

/// What was asked for, read from the words of the command line.
struct Request {
    form: Form,
    platform: Platform,
    /// The bundle to take it from, where one was named.
    bundle: Option<PathBuf>,
    reference: Option<Reference>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        if let Some(platform) = self.help_for {
            return Ok(steps::print(context.report, platform));
        }
        let request = self.request()?;
        if request.form.has_key() {
            let opened = self.open(context, &request)?;
            let (contents, password) = self.write_again(context, &request, opened)?;
            return self.deliver(context, contents, Access::Private, Some(&password));
        }
        let (certificate, above) = match (&request.bundle, &request.reference) {
            (None, Some(reference)) => {
                self.refuse_passwords(false)?;
                if self.chain.is_some() {
                    return Err(Error::new(ErrorKind::Usage, "--chain is only for a bundle")
                        .with_hint("Leave it out: --form chain has what the CA has."));
                }
                let inventory = context.inventory()?;
                let certificate = inventory.resolve(reference, context.now())?.certificate;
                let above = inventory.chain_above(&certificate)?;
                (
                    certificate.der().to_vec(),
                    above.iter().map(|it| it.der().to_vec()).collect(),
                )
            }
            _ => {
                self.refuse_passwords(true)?;
                let identity = bundle::only(self.open(context, &request)?)?;
                (identity.certificate, identity.chain)
            }
        };
        let chain: Vec<Vec<u8>> = std::iter::once(certificate).chain(above).collect();
        let ders = chain.iter().map(Vec::as_slice);
        let contents = match request.form {
            Form::Pem => pem::certificates(ders.take(1)).into_bytes(),
            Form::Der => ders.take(1).flatten().copied().collect(),
            Form::Chain => pem::certificates(ders).into_bytes(),
            Form::P7b | Form::P12 | Form::Mobileconfig => pkcs7::write(ders),
        };
        self.deliver(context, Zeroizing::new(contents), Access::Public, None)
    }

    /// Tells a bundle's path from a certificate's reference.
    fn request(&self) -> Result<Request> {
        let has_key = self.form.map_or(self.platform.is_some(), Form::has_key);
        let path = self.reference.as_deref().filter(|text| {
            is_bundle_path(text) || has_key && self.bundle.is_none() && is_other_path(text)
        });
        if let (Some(path), Some(_)) = (path, &self.bundle) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("{path} and --bundle name two bundles"),
            )
            .with_hint(
                "Name one; with --bundle, REF says which certificate of the bundle is meant.",
            ));
        }
        let reference = match (&self.reference, path) {
            (Some(text), None) => Some(Reference::parse(text)?),
            _ => None,
        };
        if let Some(text) = self
            .reference
            .as_deref()
            .filter(|text| path.is_none() && is_bundle_name(text))
            && Path::new(text).is_file()
        {
            return Err(
                Error::new(ErrorKind::Usage, format!("{text} is read as a name"))
                    .with_hint(format!("Write ./{text} for the file.")),
            );
        }
        let is_bundle = self.platform.is_some() || self.bundle.is_some() || path.is_some();
        let form = match self.form.or(is_bundle.then_some(Form::P12)) {
            Some(form) => form,
            None => {
                return Err(Error::new(ErrorKind::Usage, "which form is wanted was not said")
                    .with_hint("Give --form pem, der, chain, p12, p7b or mobileconfig, or --for PLATFORM for a bundle."));
            }
        };
        let platform = self.platform.unwrap_or(match form {
            Form::Mobileconfig => Platform::Ios,
            _ => Platform::Any,
        });
        if form == Form::Mobileconfig {
            bundles::installs_mobileconfig(platform)?;
        }
        Ok(Request {
            form,
            platform,
            bundle: self.bundle.clone().or_else(|| path.map(PathBuf::from)),
            reference,
        })
    }

    /// Public parts have no password.
    fn refuse_passwords(&self, from_bundle: bool) -> Result<()> {
        let opens = self.password_file.is_some() && !from_bundle;
        if opens || self.new_password || self.new_password_file.is_some() {
            return Err(Error::new(
                ErrorKind::Usage,
                "a password is only for --form p12 and mobileconfig",
            )
            .with_hint("Leave the password out for public parts."));
        }
        Ok(())
    }

    fn deliver(
        &self,
        context: &Context,
        contents: Zeroizing<Vec<u8>>,
        access: Access,
        password: Option<&Secret>,
    ) -> Result<Exit> {
        let drawn = password.filter(|it| it.strength() == Strength::Generated);
        let drawn = drawn.map(Secret::expose);
        match &self.out {
            Some(path) => {
                file::write(path, &contents, access, Existing::Refuse)?;
                let document = json!({"path": handover::path(path), "password": drawn});
                context.report.result(&document, || match drawn {
                    None => path.display().to_string(),
                    Some(password) => table::facts(&[
                        ("bundle", path.display().to_string()),
                        ("password", password.to_owned()),
                    ]),
                });
                if drawn.is_some() {
                    context
                        .report
                        .say("The password is shown this once and kept nowhere.");
                }
            }
            None if context.report.is_json() => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "stdout cannot carry both the certificate and a JSON document",
                )
                .with_hint("Give --out FILE, or leave --json out."));
            }
            None if context.report.width().is_some() && std::str::from_utf8(&contents).is_err() => {
                return Err(Error::new(
                    ErrorKind::Usage,
                    "what is asked for is no text for a terminal",
                )
                .with_hint("Give --out FILE, or send it into a file or a pipe."));
            }
            None => context.report.bytes(&contents),
        }
        Ok(Exit::Done)
    }
}

/// Only a path with its beginning is one: `alice.p12` is somebody's name.
fn is_bundle_path(text: &str) -> bool {
    is_path(text) && is_bundle_name(text)
}

/// A path that is no certificate's by its ending, where a bundle is wanted.
fn is_other_path(text: &str) -> bool {
    is_path(text) && !ends_with_one_of(text, &[".pem", ".der", ".crt"])
}

fn is_bundle_name(text: &str) -> bool {
    ends_with_one_of(text, &[".p12", ".pfx"])
}

fn is_path(text: &str) -> bool {
    ["/", "./", "../"].iter().any(|it| text.starts_with(it))
}

fn ends_with_one_of(text: &str, endings: &[&str]) -> bool {
    let lower = text.to_ascii_lowercase();
    endings.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundles_path_begins_as_one_and_ends_as_one() {
        for path in ["./a.p12", "../A.PFX", "/tmp/a.p12"] {
            assert!(is_bundle_path(path), "{path}");
        }
        for other in ["alice.p12", "./alice.pem", "alice", ".p12"] {
            assert!(!is_bundle_path(other), "{other}");
        }
    }
}
