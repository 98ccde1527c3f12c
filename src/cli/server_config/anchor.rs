//! The throw-away hierarchy that a server is to trust while it is probed.

use std::path::Path;

use crate::bundle::pem;
use crate::certificate::{Certificate, ForeignList};
use crate::error::{Error, ErrorKind, Result};
use crate::file;
use crate::site::Anchor;

/// Reads what is public of it.
pub(super) fn read(directory: &Path) -> Result<Anchor> {
    let text = |name: &str| -> Result<String> {
        let path = directory.join(name);
        String::from_utf8(file::read(&path)?).map_err(|_| malformed(&path))
    };
    let certificates = |name: &str| -> Result<String> {
        let path = directory.join(name);
        let found = pem::read_certificates(&file::read(&path)?)?;
        let found: Result<Vec<_>> = found.into_iter().map(Certificate::from_der).collect();
        let found = found.map_err(|_| malformed(&path))?;
        Ok(found.iter().map(Certificate::pem).collect())
    };
    let crl = text("crl.pem")?;
    ForeignList::from_file(crl.as_bytes()).map_err(|_| malformed(&directory.join("crl.pem")))?;
    Ok(Anchor {
        root: certificates("root.pem")?,
        issuing: certificates("issuing.pem")?,
        crl,
    })
}

fn malformed(path: &Path) -> Error {
    Error::new(
        ErrorKind::Malformed,
        format!("{} is not what pki probe wrote", path.display()),
    )
    .with_hint("Remove that directory, and let pki probe --probe-anchor make it anew.")
}
