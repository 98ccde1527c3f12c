//! What is public of a CA, in the files that servers read.

use super::File;
use crate::certificate::{Certificate, CertificateList};

/// What clients' certificates must come from, and what was revoked.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The roots.
    pub roots: Vec<Certificate>,
    /// The CAs beneath them that issue to end entities.
    pub issuing: Vec<Certificate>,
    /// The CRLs of all of them.
    pub crls: Vec<CertificateList>,
}

impl Material {
    /// Takes in another hierarchy that the server is to trust besides.
    pub fn extend(&mut self, other: Self) {
        self.roots.extend(other.roots);
        self.issuing.extend(other.issuing);
        self.crls.extend(other.crls);
    }

    /// The files.
    pub fn files(&self) -> Vec<File> {
        let certificates =
            |all: &[Certificate]| -> String { all.iter().map(Certificate::pem).collect() };
        let (root, issuing) = (certificates(&self.roots), certificates(&self.issuing));
        let crl = self.crls.iter().map(CertificateList::pem).collect();
        vec![
            File::text("client-ca.pem", format!("{root}{issuing}")),
            File::text("root.pem", root),
            File::text("issuing.pem", issuing),
            File::text("crl.pem", crl),
        ]
    }
}
