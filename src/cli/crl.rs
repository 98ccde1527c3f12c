//! `pki crl`: a new CRL, and the file of CRLs that a server wants.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use super::context::Context;
use super::report::Exit;
use super::{busy, handover, publication, secrets, table};
use crate::certificate::CertificateList;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Access, Existing};
use crate::validity::format_instant;

const EXAMPLES: &str = "\
Examples:
  pki crl
  pki crl --bundle --out /etc/nginx/crl.pem
  pki crl --form der --out issuing.crl";

/// In which form a CRL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// PEM.
    Pem,
    /// DER, one CRL.
    Der,
}

/// Make a new CRL of the issuing CA and publish it.
///
/// The published file lies in ca-data and is named at the end. --out writes a copy, replacing an older one; --form or
/// --bundle without --out writes to stdout.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Where to write a copy (`-` for stdout); an older one is replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The form of the copy: pem where nothing is said
    #[arg(long)]
    form: Option<Form>,
    /// With the CRLs of every valid CA, the root's too, as nginx, Apache and HAProxy want them
    #[arg(long)]
    bundle: bool,
    /// A file with the passphrase of a root that has one of its own
    #[arg(long, value_name = "FILE")]
    root_passphrase_file: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let report = context.report;
        let copy = self.copy();
        self.check(copy, report.is_json())?;
        let root_passphrase = match &self.root_passphrase_file {
            Some(file) => Some(secrets::read(file)?),
            None => None,
        };
        let authority = context.unlock()?;
        let published = busy::during(report, "signing the CRL", || {
            authority.publish_crl(context.now())
        })?;
        let renewed = context.keep_up_with(&authority, root_passphrase.as_ref());
        let bundle;
        let lists = match self.bundle {
            true => {
                bundle = authority.crl_bundle(context.now())?;
                bundle.as_slice()
            }
            false => std::slice::from_ref(&published.list),
        };
        let pieces = || pieces(lists, self.form);
        let path = match copy {
            Copy::File(path) => {
                file::write_pieces(path, pieces(), Access::Public, Existing::Replace)?;
                path
            }
            Copy::Stdout => {
                pieces().for_each(|piece| report.bytes(&piece));
                report.say(&publication::sentence(&published));
                return Ok(Exit::Done);
            }
            Copy::None => &published.path,
        };
        let record = published.record;
        let document = json!({
            "crl_number": record.crl_number,
            "this_update": format_instant(record.this_update),
            "next_update": format_instant(record.next_update),
            "revoked_count": record.revoked_count,
            "path": handover::path(path),
        });
        report.result(&document, || {
            table::facts(&[
                ("CRL of", published.issuer.subject().to_string()),
                ("number", record.crl_number.to_string()),
                ("revoked", record.revoked_count.to_string()),
                ("until", format_instant(record.next_update)),
                ("path", path.display().to_string()),
            ])
        });
        for other in &renewed.crls {
            report.say(&publication::sentence(other));
        }
        Ok(Exit::Done)
    }

    fn copy(&self) -> Copy<'_> {
        match &self.out {
            Some(path) if path == Path::new("-") => Copy::Stdout,
            Some(path) => Copy::File(path),
            None if self.bundle || self.form.is_some() => Copy::Stdout,
            None => Copy::None,
        }
    }

    fn check(&self, copy: Copy<'_>, json: bool) -> Result<()> {
        if self.bundle && self.form == Some(Form::Der) {
            return Err(Error::new(
                ErrorKind::Usage,
                "a file in DER holds one CRL, and a bundle is several",
            )
            .with_hint("Leave --form out: a bundle is written in PEM."));
        }
        if json && copy == Copy::Stdout {
            return Err(Error::new(
                ErrorKind::Usage,
                "stdout cannot carry both the CRL and a JSON document",
            )
            .with_hint("Give --out FILE, or leave --json out."));
        }
        Ok(())
    }
}

/// Where the copy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copy<'a> {
    File(&'a Path),
    Stdout,
    None,
}

/// CRLs one after the other; one may be long, and is in memory already.
fn pieces(lists: &[CertificateList], form: Option<Form>) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let piece = |text: String| Cow::Owned(text.into_bytes());
    let (in_der, in_pem) = match form {
        Some(Form::Der) => (lists, &[][..]),
        Some(Form::Pem) | None => (&[][..], lists),
    };
    let der = in_der.iter().map(|list| Cow::Borrowed(list.der()));
    der.chain(
        in_pem
            .iter()
            .flat_map(move |list| list.pem_pieces().map(piece)),
    )
}
