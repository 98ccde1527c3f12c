//! Finding and opening the bundle that a command works with.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::secrets;
use crate::bundle;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::{Record, Reference};
use crate::secret::Secret;

/// An opened bundle.
pub(super) struct Opened {
    pub(super) identity: bundle::Identity,
    pub(super) password: Secret,
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
    Ok(Opened { identity, password })
}

/// Opens the copy of a certificate's bundle that lies under `clients/`.
pub(super) fn open_reference(
    context: &Context,
    reference: &Reference,
    password_file: Option<&Path>,
) -> Result<Opened> {
    let record = context.inventory()?.resolve(reference, context.now())?;
    let files = bundles_of(context, &record);
    let fingerprint = record.certificate.fingerprint();
    let missing = || {
        Error::new(
            ErrorKind::NotFound,
            format!("no bundle of {} lies in ca-data", record.reference()),
        )
        .with_hint("Give the bundle that was handed over with --bundle FILE.")
    };
    if files.is_empty() {
        return Err(missing());
    }
    let password = secrets::bundle_password(password_file)?;
    let mut refusal = None;
    for path in files {
        match bundle::open(&file::read(&path)?, &password) {
            Ok(contents) => {
                let mut identities = contents.identities.into_iter();
                if let Some(identity) =
                    identities.find(|it| Fingerprint::of(&it.certificate) == fingerprint)
                {
                    return Ok(Opened { identity, password });
                }
            }
            Err(cause) => refusal = Some(cause),
        }
    }
    Err(refusal.unwrap_or_else(missing))
}

/// The bundles that lie under a record's name, in the order of their names.
fn bundles_of(context: &Context, record: &Record) -> Vec<PathBuf> {
    let Some(name) = &record.name else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(context.data.client_directory(name))
        .into_iter()
        .flatten()
        .flatten();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            path.extension().is_some_and(|ending| ending == "p12") && !hidden
        })
        .collect();
    paths.sort();
    paths
}
