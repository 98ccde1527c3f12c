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
    let list = CertificateList::from_der(file::read_crl(path)?)?;
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
    match PrivateKey::from_pem(&file::read_private(path)?, passphrase) {
        Ok(key) => Issuer::new(authority.clone(), key).map(|_| KeyState::Proven),
        Err(cause) => match cause.kind() {
            ErrorKind::PassphraseRequired | ErrorKind::WrongPassphrase => Ok(KeyState::Locked),
            _ => Err(cause),
        },
    }
}

/// A server's key must be that of its chain; tells whose. Nothing where one of the two is not there.
pub(in crate::authority) fn server(files: &ServerFiles) -> Result<Option<Certificate>> {
    if !files.key.is_file() || !files.fullchain.is_file() {
        return Ok(None);
    }
    let chain = pem::read_certificates(&file::read(&files.fullchain)?)?;
    let certificate = chain.into_iter().next().map(Certificate::from_der);
    let key = PrivateKey::from_pem(&file::read_private(&files.key)?, None)?;
    let Some(certificate) = certificate.transpose()? else {
        return Ok(None);
    };
    let issuer = Issuer::new(certificate, key)?;
    Ok(Some(issuer.certificate().clone()))
}

fn disagreement(fact: String) -> Error {
    Error::new(ErrorKind::Malformed, fact)
}
