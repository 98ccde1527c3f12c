//! `pki login`: log in as a browser would, and tell what happened.

mod told;

use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use rustls::KeyLog;

use super::context::Context;
use super::recording::Recording;
use super::report::{Exit, Report as Speaker};
use super::shell::{quoted, quoted_path};
use super::{identity, runtime};
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::Reference;
use crate::login::{self, Client, Outcome, Report, Url, Version};
use crate::session::KeyLogFile;

const EXAMPLES: &str = "\
Examples:
  pki login alice
  pki login alice https://localhost:8443 --tls 1.2
  pki login alice --resume                (twice: what does resuming keep?)
  pki login --bundle alice.p12 https://www.example.org
  pki login alice --pcap alice.pcapng     (for Wireshark)
  pki login https://localhost:8443        (without a certificate)";

/// The version of TLS to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tls {
    /// TLS 1.2
    #[value(name = "1.2")]
    Tls12,
    /// TLS 1.3
    #[value(name = "1.3")]
    Tls13,
}

/// Log in as a browser would, and report what happened.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "pki login [OPTIONS] <REF|--bundle FILE> [URL]")]
pub(super) struct Args {
    /// Whose bundle to use: a name, name/device, serial number or fingerprint
    #[arg(value_name = "REF")]
    first: Option<String>,
    /// Where to log in; https://localhost:8443 if nothing is said
    #[arg(value_name = "URL")]
    second: Option<String>,
    /// A bundle to log in with
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    /// A file with the bundle's password; else PKI_BUNDLE_PASSWORD, else a prompt
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Offer this version of TLS only
    #[arg(long, value_name = "VERSION")]
    tls: Option<Tls>,
    /// Log in twice and tell the second login: what resuming the session of the first kept and renewed
    #[arg(long)]
    resume: bool,
    /// Tell the outcome only, not the handshake message by message (JSON always tells all)
    #[arg(long)]
    brief: bool,
    /// Write the session's secrets to this file (SSLKEYLOGFILE)
    #[arg(long, value_name = "FILE")]
    keylog: Option<PathBuf>,
    /// Record the connection with its secrets in this new file, for Wireshark (pcapng)
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let (reference, url) = self.words()?;
        let url = Url::parse(url.unwrap_or(Url::DEFAULT))?;
        let password_file = self.password_file.as_deref();
        let opened = match (&self.bundle, reference) {
            (Some(path), _) => Some(identity::open_file(path, password_file)?),
            (None, Some(reference)) => Some(identity::open_reference(
                context,
                &Reference::parse(reference)?,
                password_file,
            )?),
            (None, None) => None,
        };
        let certificates = opened
            .as_ref()
            .map(identity::Opened::certificates)
            .transpose()?;
        let root = root(context, certificates.as_deref())?;
        let identity = match (&opened, certificates) {
            (Some(opened), Some(certificates)) => Some(login::Identity::new(
                &identity::without_anchor(certificates),
                &opened.identity.private_key,
            )?),
            _ => None,
        };
        let pcap = self.pcap.clone();
        let recording = pcap.map(|path| Recording::begin(context.report, path));
        let recording = recording.transpose()?;
        let key_log = match &self.keylog {
            Some(path) => {
                let log = KeyLogFile::open(path)?;
                context.report.warn(&format!(
                    "the secrets of this session are written to {}: whoever has the file can decrypt it",
                    path.display()
                ));
                Some(Arc::new(log) as Arc<dyn KeyLog>)
            }
            None => None,
        };
        let version = self.tls.map(|tls| match tls {
            Tls::Tls12 => Version::Tls12,
            Tls::Tls13 => Version::Tls13,
        });
        let has_identity = identity.is_some();
        let config = login::Config {
            root,
            identity,
            version,
            key_log,
            tape: recording.as_ref().map(Recording::tape),
        };
        let came = runtime::build()?.block_on(async {
            let mut client = Client::new(config)?;
            let first = client.login(&url).await?;
            // What came to nothing leaves nothing to resume.
            match self.resume && first.alert.is_none() && first.session.is_some() {
                true => Ok((client.login(&url).await?, true)),
                false => Ok((first, false)),
            }
        });
        // What failed is what one wants to look at.
        let recorded = recording.is_none_or(|recording| recording.finish(context.report));
        let (report, is_second) = came?;
        self.remark(context.report, &report, is_second, has_identity);
        context.report.result(&report, || {
            let doctor = self.doctor(reference, &url);
            told::text(&report, &url, doctor, self.brief, context.report)
        });
        Ok(match report.verdict {
            Outcome::Accepted if recorded => Exit::Done,
            Outcome::Accepted | Outcome::NoCertificate | Outcome::Refused => Exit::Refused,
        })
    }

    /// Says what the report does not: what was wanted and did not come about.
    fn remark(&self, speaker: Speaker, report: &Report, is_second: bool, has_identity: bool) {
        let Some(session) = &report.session else {
            return;
        };
        match (self.resume, is_second, session.resumed) {
            (true, false, _) => {
                speaker.warn("the first login was broken off: there was no second one");
            }
            (true, true, false) => {
                speaker
                    .warn("the server did not resume the session: the second login is a full one");
            }
            _ => {}
        }
        let told = &session.handshake;
        // On the terminal the verdict says so of whoever was let in.
        let is_told = report.verdict == Outcome::Accepted && !speaker.is_json();
        if told.complete && !session.resumed && told.certificate_request.is_none() && !is_told {
            speaker.warn("the server asked for no certificate in the handshake: what it answered says nothing about one");
        }
        if let Some(request) = &told.certificate_request
            && has_identity
            && told.client_certificate.is_empty()
        {
            speaker.warn(&format!(
                "the certificate was not sent: its key can sign in none of the schemes that the server accepts ({})",
                request.signature_schemes.join(", ")
            ));
        }
    }

    /// The command that looks into the same server with the same certificate, without which it sees no refusal.
    fn doctor(&self, reference: Option<&str>, url: &Url) -> String {
        let url = url.to_string();
        let who = match (&self.bundle, reference) {
            (Some(path), _) => format!(" --bundle {}", quoted_path(path)),
            (None, Some(reference)) => format!(" --as {}", quoted(reference)),
            (None, None) => String::new(),
        };
        format!("pki doctor {}{who}", quoted(&url))
    }

    /// Which of the two words is the reference and which the URL.
    fn words(&self) -> Result<(Option<&str>, Option<&str>)> {
        let is_url = |word: &&str| word.contains("://");
        match (self.first.as_deref(), self.second.as_deref(), &self.bundle) {
            (Some(url), None, _) if is_url(&url) => Ok((None, Some(url))),
            (None, None, _) => Ok((None, None)),
            (Some(reference), url, None) => Ok((Some(reference), url)),
            _ => Err(
                Error::new(ErrorKind::Usage, "both a reference and a bundle were given").with_hint(
                    "Give one of them: pki login alice, or pki login --bundle alice.p12.",
                ),
            ),
        }
    }
}

/// The root to trust: that of `ca-data`, else the one in the bundle.
fn root(context: &Context, certificates: Option<&[Certificate]>) -> Result<Certificate> {
    let path = context.data.root_certificate();
    if path.is_file() {
        return Certificate::from_file(&file::read(&path)?);
    }
    let last = certificates.and_then(<[Certificate]>::last);
    let anchor = last.filter(|last| last.subject() == last.issuer() && last.is_signed_by(last));
    anchor.cloned().ok_or_else(|| {
        Error::new(
            ErrorKind::NotInitialized,
            "there is no root certificate to verify the server with",
        )
        .with_hint(
            "Name the CA's directory with --ca-data, or log in with a bundle that holds its root.",
        )
    })
}
