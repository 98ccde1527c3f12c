//! What is public of a CA, in the files that servers read.

use super::File;
use crate::certificate::{Certificate, CertificateList};

/// What clients' certificates must come from, and what was revoked.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// The roots.
    pub roots: Vec<Certificate>,
    /// The CAs that issue to end entities: those beneath the roots, or a root that does so itself.
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

    /// Every CA once, the roots first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Certificate> {
        let beneath = self.issuing.iter();
        let beneath = beneath.filter(|issuing| !self.roots.contains(issuing));
        self.roots.iter().chain(beneath)
    }

    /// The files of every server.
    pub(super) fn files(&self) -> Vec<File> {
        let root = self.roots.iter().map(Certificate::pem).collect();
        let issuing = self.issuing.iter().map(Certificate::pem).collect();
        let crl = self.crls.iter().map(CertificateList::pem).collect();
        vec![
            File::text("client-ca.pem", self.all().map(Certificate::pem).collect()),
            File::text("root.pem", root),
            File::text("issuing.pem", issuing),
            File::text("crl.pem", crl),
        ]
    }
}
