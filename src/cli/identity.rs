//! Finding and opening the bundle that a command works with.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::secrets;
use crate::bundle;
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::inventory::Reference;

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
    let (path, fingerprint) = copy_of(context, reference)?;
    let contents = file::read(&path)?;
    let password = secrets::bundle_password(password_file)?;
    let mut identities = bundle::open(&contents, &password)?.identities.into_iter();
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

/// Where the copy of a certificate's bundle lies, and which certificate that is.
pub(super) fn copy_of(context: &Context, reference: &Reference) -> Result<(PathBuf, Fingerprint)> {
    let record = context.inventory()?.resolve(reference, context.now())?;
    let bundles = match &record.name {
        Some(name) => context.data.bundles_with(name, &record.certificate)?,
        None => Vec::new(),
    };
    let path = bundles.into_iter().next().ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            format!("no bundle of {} lies in ca-data", record.reference()),
        )
        .with_hint("Give the bundle that was handed over with --bundle FILE.")
    })?;
    Ok((path, record.certificate.fingerprint()))
}
