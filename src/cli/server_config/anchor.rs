//! The throw-away hierarchy that a server is to trust while it is probed.

use std::path::Path;

use crate::bundle::pem;
use crate::certificate::{Certificate, CertificateList};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::site::Material;

/// Reads what is public of it.
pub(super) fn read(directory: &Path) -> Result<Material> {
    let certificates = |name: &str| {
        let path = directory.join(name);
        let found = pem::read_certificates(&file::read(&path)?)?;
        let found = found.into_iter().map(Certificate::from_der);
        found
            .collect::<Result<Vec<_>>>()
            .map_err(|_| malformed(&path))
    };
    Ok(Material {
        roots: certificates("root.pem")?,
        issuing: certificates("issuing.pem")?,
        crls: crls(&directory.join("crl.pem"))?,
    })
}

fn crls(path: &Path) -> Result<Vec<CertificateList>> {
    let blocks = ::pem::parse_many(file::read(path)?).map_err(|_| malformed(path))?;
    let lists = blocks
        .into_iter()
        .map(|block| CertificateList::from_der(block.into_contents()));
    let lists: Result<Vec<_>> = lists.collect();
    match lists {
        Ok(lists) if !lists.is_empty() => Ok(lists),
        _ => Err(malformed(path)),
    }
}

fn malformed(path: &Path) -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!("{} is not what pki probe wrote", path.display()),
    )
    .with_hint("Remove that directory, and let pki probe --probe-anchor make it anew.")
}
