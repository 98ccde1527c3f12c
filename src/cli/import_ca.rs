//! `pki import-ca`: goes on with a CA that another program made.

use std::path::{Path, PathBuf};

use serde_json::json;
use zeroize::Zeroizing;

use super::context::Context;
use super::report::Exit;
use super::{handover, last_crl, secrets, table, values};
use crate::authority::{Continuation, ForeignAuthority, import_ca, open_foreign_key, read_index};
use crate::bundle::pem;
use crate::certificate::Certificate;
use crate::error::Result;
use crate::file;
use crate::inventory::Summary;
use crate::key::{PrivateKey, is_encrypted};
use crate::profile::BaseUrl;
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki import-ca --cert pki/ca.crt --key pki/private/ca.key --index pki/index.txt     (easy-rsa)
  pki import-ca --cert rootCA.pem --key rootCA-key.pem                               (mkcert)
  pki import-ca --cert intermediate_ca.crt --key intermediate_ca_key --chain root_ca.crt --crl last.crl
Then:
  pki import pki/issued --index pki/index.txt";

/// Go on with a CA that openssl, easy-rsa, mkcert, step-ca, XCA or cfssl made.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The certificate of the CA that issues, in PEM or DER
    #[arg(long, value_name = "FILE")]
    cert: PathBuf,
    /// Its private key, in PEM
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The certificates above it up to the root, in PEM, where it is not a root itself
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,
    /// A file with the passphrase that the key has now; else PKI_KEY_PASSPHRASE, else a prompt
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// OpenSSL's index.txt: what it says was revoked stays revoked from the first CRL on
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
    /// The last CRL that it had signed: what it lists stays revoked, and ours go on above its number
    #[arg(long, value_name = "FILE")]
    crl: Option<PathBuf>,
    /// The organization in every certificate; else the CA's own, and none where this is empty
    #[arg(long, value_name = "O")]
    organization: Option<String>,
    /// Where CRLs, OCSP and CA certificates will be found: http://HOST[/PATH]
    #[arg(long, value_name = "URL", value_parser = values::base_url)]
    base_url: Option<BaseUrl>,
    /// Keep the key unencrypted, readable by its owner alone
    #[arg(long, conflicts_with = "passphrase_file")]
    no_passphrase: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let certificate = Certificate::from_file(&file::read(&self.cert)?)?;
        let chain = match &self.chain {
            Some(path) => certificates(path)?,
            None => Vec::new(),
        };
        let foreign = ForeignAuthority::examine(&certificate, &chain, context.now())?;
        let index = match &self.index {
            Some(path) => read_index(&file::read(path)?)?,
            None => Vec::new(),
        };
        let crl = last_crl::read(self.crl.as_deref())?;
        let past = foreign.past(index, crl.as_ref())?;
        let revoked = past.revoked();
        let key = self.open_key()?;
        let organization = match &self.organization {
            Some(given) => Some(given.clone()).filter(|given| !given.is_empty()),
            None => foreign.organization(),
        };
        let how = Continuation {
            key,
            passphrase: match self.no_passphrase {
                true => None,
                false => Some(context.new_passphrase()?),
            },
            organization,
            base_url: self.base_url,
            past,
        };
        let made = import_ca(&context.data, &foreign, how, context.now())?;
        let document = json!({
            "root": Summary::of_record(&made.root, context.now()),
            "issuing": Summary::of_record(&made.issuing, context.now()),
            "root_certificate": handover::path(&context.data.root_certificate()),
            "issuing_certificate": handover::path(&context.data.issuing_certificate()),
            "revoked": revoked,
        });
        report.result(&document, || {
            let issuing = &made.issuing.certificate;
            table::facts(&[
                ("CA", issuing.subject().to_string()),
                ("root", made.root.certificate.subject().to_string()),
                (
                    "fingerprint",
                    made.root.certificate.fingerprint().to_string(),
                ),
                ("until", format_instant(issuing.validity().not_after)),
                ("revoked", revoked.to_string()),
            ])
        });
        if let Some(crl) = &crl {
            last_crl::say(report, crl, context.now());
        }
        for warning in foreign.warnings(context.now()) {
            report.warn(&warning);
        }
        if self.no_passphrase {
            report.warn(
                "the key is not encrypted: whoever can read this directory can issue certificates",
            );
        }
        report.warn(&format!(
            "the key still lies in {} too: let no other program issue with it any more, and take it off this machine",
            self.key.display()
        ));
        report.say("Next, before anything is issued or served: pki import with the certificates that it had issued.");
        Ok(Exit::Done)
    }

    fn open_key(&self) -> Result<PrivateKey> {
        let pem = Zeroizing::new(file::read(&self.key)?);
        if let Ok(metadata) = std::fs::metadata(&self.key) {
            secrets::warn_of_readers(&self.key, &metadata);
        }
        let passphrase = match is_encrypted(&pem) {
            true => Some(secrets::key_passphrase(
                self.key_passphrase_file.as_deref(),
            )?),
            false => None,
        };
        open_foreign_key(&pem, passphrase.as_ref())
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    let contents = file::read(path)?;
    if contents.starts_with(b"0") {
        return Ok(vec![Certificate::from_der(contents)?]);
    }
    let ders = pem::read_certificates(&contents)?;
    ders.into_iter().map(Certificate::from_der).collect()
}
