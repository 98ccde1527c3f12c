//! Finding and opening the bundle that a command works with.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::secrets;
use crate::bundle;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::{Record, Reference, Summary};
use crate::profile::Profile;

/// An opened bundle.
pub(super) struct Opened {
    pub(super) identity: bundle::Identity,
}

impl Opened {
    /// The certificates, the end entity's first, in the order in which a client sends them.
    pub(super) fn certificates(&self) -> Result<Vec<Certificate>> {
        let all = std::iter::once(&self.identity.certificate).chain(&self.identity.chain);
        all.map(|der| Certificate::from_der(der.as_slice()))
            .collect()
    }
}

/// Opens a bundle in a file.
pub(super) fn open_file(path: &Path, password_file: Option<&Path>) -> Result<Opened> {
    let contents = file::read(path)?;
    let password = secrets::bundle_password(password_file)?;
    let mut identities = bundle::open(&contents, &password)?.identities;
    match identities.len() {
        1 => {}
        0 => {
            return Err(Error::new(
                ErrorKind::Malformed,
                format!("{} holds no private key", path.display()),
            )
            .with_hint("Give the bundle that was handed over, not a file of certificates."));
        }
        many => {
            return Err(Error::new(
                ErrorKind::Ambiguous,
                format!("{} holds {many} private keys", path.display()),
            )
            .with_hint("Give a bundle with one identity."));
        }
    }
    let identity = identities.remove(0);
    Ok(Opened { identity })
}

/// Opens the copy of a certificate's bundle that lies under `clients/`.
pub(super) fn open_reference(
    context: &Context,
    reference: &Reference,
    password_file: Option<&Path>,
) -> Result<Opened> {
    let record = context.inventory()?.resolve(reference, context.now())?;
    open_record(context, record, password_file)
}

/// The same where the certificate was found in the inventory already.
pub(super) fn open_record(
    context: &Context,
    record: Record,
    password_file: Option<&Path>,
) -> Result<Opened> {
    let Kept { record, copies } = kept_of(context, record)?;
    let password = secrets::bundle_password(password_file)?;
    let fingerprint = record.certificate.fingerprint();
    let (path, contents) = first_that_opens(&copies, |file| bundle::open(file, &password))?;
    let mut identities = contents.identities.into_iter();
    let identity = identities.find(|it| Fingerprint::of(&it.certificate) == fingerprint);
    match identity {
        Some(identity) => Ok(Opened { identity }),
        None => Err(Error::new(
            ErrorKind::Malformed,
            format!("{} holds another certificate than it says", path.display()),
        )
        .with_hint("Give the bundle that was handed over with --bundle FILE.")),
    }
}

/// What a client sends: the chain without the trust anchor, which the server has (RFC 8446 §4.4.2).
pub(super) fn without_anchor(mut certificates: Vec<Certificate>) -> Vec<Certificate> {
    let mut is_first = true;
    certificates.retain(|it| std::mem::take(&mut is_first) || !it.is_self_issued());
    certificates
}

/// A certificate and the copies of its bundle that lie in `ca-data`, at least one.
pub(super) struct Kept {
    pub(super) record: Record,
    pub(super) copies: Vec<PathBuf>,
}

/// Finds the copies of a certificate's bundle.
pub(super) fn kept(context: &Context, reference: &Reference) -> Result<Kept> {
    kept_of(
        context,
        context.inventory()?.resolve(reference, context.now())?,
    )
}

fn kept_of(context: &Context, record: Record) -> Result<Kept> {
    let copies = match &record.name {
        Some(name) => context.data.bundles_with(name, &record.certificate)?,
        None => Vec::new(),
    };
    if !copies.is_empty() {
        return Ok(Kept { record, copies });
    }
    Err(match record.profile {
        Profile::Client => Error::new(
            ErrorKind::NotFound,
            format!("no bundle of {} lies in ca-data", record.reference()),
        )
        .with_hint("Give the bundle that was handed over with --bundle FILE."),
        profile => Error::new(
            ErrorKind::NotPermitted,
            format!("there is no bundle of {profile} certificates"),
        )
        .with_hint("Ask for its public parts: --form pem, der or chain."),
    })
}

/// Opens the first of several files that lets itself be opened: one may have been written again under another password.
pub(super) fn first_that_opens<T>(
    paths: &[PathBuf],
    open: impl Fn(&[u8]) -> Result<T>,
) -> Result<(PathBuf, T)> {
    let mut refusal = None;
    for path in paths {
        match open(&file::read(path)?) {
            Ok(opened) => return Ok((path.clone(), opened)),
            Err(cause) => refusal = refusal.or(Some(cause)),
        }
    }
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let names = names.join(" or ");
    Err(match refusal {
        Some(cause) if cause.kind() == ErrorKind::WrongPassphrase => Error::new(
            ErrorKind::WrongPassphrase,
            format!("the password does not open {names}"),
        )
        .with_hint(
            "Check the password; a lost one cannot be recovered, and pki renew makes a new bundle.",
        ),
        Some(cause) => cause,
        None => Error::new(ErrorKind::NotFound, "there is no bundle to open"),
    })
}

/// Warns of a certificate that no server lets in.
pub(super) fn warn_of_no_use(context: &Context, record: &Record) {
    let status = Summary::of_record(record, context.now()).status;
    if status != "valid" {
        context.report.warn(&format!(
            "the certificate of {} is {status}: no server that checks it lets it in",
            record.reference()
        ));
    }
}
