//! What is public of a CA, in the files that servers read.

use super::File;
use crate::certificate::{Certificate, CertificateList};

/// Another hierarchy that a server is to trust besides, as PEM.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// Its root.
    pub root: String,
    /// Its issuing CAs.
    pub issuing: String,
    /// The CRLs of all its CAs.
    pub crl: String,
}

/// What clients' certificates must come from, and what was revoked.
#[derive(Debug, Clone)]
pub struct Material {
    /// The roots.
    pub roots: Vec<Certificate>,
    /// The CAs beneath them.
    pub issuing: Vec<Certificate>,
    /// The CRLs of all of them.
    pub crls: Vec<CertificateList>,
    /// Another hierarchy besides.
    pub anchor: Option<Anchor>,
}

impl Material {
    /// The files.
    pub fn files(&self) -> Vec<File> {
        let certificates =
            |all: &[Certificate]| -> String { all.iter().map(Certificate::pem).collect() };
        let (mut root, mut issuing) = (certificates(&self.roots), certificates(&self.issuing));
        let mut crl: String = self.crls.iter().map(CertificateList::pem).collect();
        if let Some(anchor) = &self.anchor {
            root.push_str(&anchor.root);
            issuing.push_str(&anchor.issuing);
            crl.push_str(&anchor.crl);
        }
        vec![
            File::text("client-ca.pem", format!("{root}{issuing}")),
            File::text("root.pem", root),
            File::text("issuing.pem", issuing),
            File::text("crl.pem", crl),
        ]
    }
}
