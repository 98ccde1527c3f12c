//! Files and inventory that must agree: asked of `ca-data` as it lies there, and of a backup before it takes its place.

use std::path::Path;

use crate::authority::ServerFiles;
use crate::bundle::pem;
use crate::certificate::{Certificate, CertificateList};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::issuer::Issuer;
use crate::key::PrivateKey;
use crate::secret::Secret;

/// What could be told of a CA's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It was opened, and it is the CA's.
    Proven,
    /// It is encrypted, and no passphrase at hand opens it: whether it is the CA's shows when it is used.
    Locked,
    /// It is not there, as a root's that was detached.
    Absent,
}

impl KeyState {
    /// The state's word in `--json` output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Locked => "locked",
            Self::Absent => "absent",
        }
    }
}

/// A CA's certificate must lie in its file as the inventory has it.
pub(in crate::authority) fn certificate(path: &Path, certificate: &Certificate) -> Result<()> {
    match file::read(path)? == certificate.pem().as_bytes() {
        true => Ok(()),
        false => Err(disagreement(format!(
            "{} is not the certificate of {} in the inventory",
            path.display(),
            certificate.subject()
        ))),
    }
}

/// A CA's CRL, where it is there, must be signed by that CA.
pub(in crate::authority) fn crl(
    path: &Path,
    authority: &Certificate,
) -> Result<Option<CertificateList>> {
    if !path.exists() {
        return Ok(None);
    }
    let list =
        CertificateList::from_der(file::read_crl(path)?).map_err(|cause| of(path, &cause))?;
    match list.is_signed_by(authority) {
        true => Ok(Some(list)),
        false => Err(disagreement(format!(
            "{} is not a CRL of {}",
            path.display(),
            authority.subject()
        ))),
    }
}

/// A CA's key, where it is there and can be opened, must be that of its certificate.
pub(in crate::authority) fn key(
    path: &Path,
    authority: &Certificate,
    passphrase: Option<&Secret>,
) -> Result<KeyState> {
    if !path.exists() {
        return Ok(KeyState::Absent);
    }
    let opened = PrivateKey::from_pem(&file::read_private(path)?, passphrase)
        .and_then(|key| Issuer::new(authority.clone(), key));
    match opened {
        Ok(_) => Ok(KeyState::Proven),
        Err(cause) if is_locked(&cause) => Ok(KeyState::Locked),
        Err(cause) => Err(of_key(path, cause)),
    }
}

/// What is wrong with the key of one of our CAs, by its file, and what mends it; a passphrase that is wrong is another matter.
pub(in crate::authority) fn of_key(path: &Path, cause: Error) -> Error {
    const PUT_BACK: &str = "Put back the key file from the newest backup that has it; pki verify-store says what else is wrong.";
    match cause.kind() {
        _ if is_locked(&cause) => cause,
        // It names the file, and a mode has a command of its own.
        ErrorKind::NotFound => cause.with_hint(PUT_BACK),
        ErrorKind::File => cause,
        _ => of(path, &cause).with_hint(PUT_BACK),
    }
}

fn is_locked(cause: &Error) -> bool {
    matches!(
        cause.kind(),
        ErrorKind::PassphraseRequired | ErrorKind::WrongPassphrase
    )
}

/// The same fact, of which file.
fn of(path: &Path, cause: &Error) -> Error {
    let fact = format!("{}: {}", path.display(), cause.message());
    match cause.hint() {
        Some(hint) => Error::new(cause.kind(), fact).with_hint(hint),
        None => Error::new(cause.kind(), fact),
    }
}

/// A server's key must be that of its chain; tells whose. Nothing where one of the two is not there.
pub(in crate::authority) fn server(files: &ServerFiles) -> Result<Option<Certificate>> {
    if !files.key.is_file() || !files.fullchain.is_file() {
        return Ok(None);
    }
    let of_chain = |cause| of(&files.fullchain, &cause);
    let chain = pem::read_certificates(&file::read(&files.fullchain)?).map_err(of_chain)?;
    let certificate = chain.into_iter().next().map(Certificate::from_der);
    let of_key = |cause| of(&files.key, &cause);
    let key = PrivateKey::from_pem(&file::read_private(&files.key)?, None).map_err(of_key)?;
    let Some(certificate) = certificate.transpose().map_err(of_chain)? else {
        return Ok(None);
    };
    let issuer = Issuer::new(certificate, key).map_err(of_key)?;
    Ok(Some(issuer.certificate().clone()))
}

fn disagreement(fact: String) -> Error {
    Error::new(ErrorKind::Malformed, fact)
}
