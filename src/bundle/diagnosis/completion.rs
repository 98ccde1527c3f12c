//! Puts the issuers that a bundle lacks into its chains.

use super::Diagnosis;
use crate::bundle::Identity;
use crate::certificate::Certificate;

impl Diagnosis {
    /// Goes on with each identity's chain as far as these certificates lead, as if they had been in the bundle; says how many were
    /// put in.
    pub fn complete(&mut self, among: &[Certificate]) -> usize {
        let identities = self.contents.identities.iter_mut();
        let mut added = 0;
        for (identity, traits) in identities.zip(&mut self.features.identities) {
            added += complete(identity, among);
            traits.has_issuer |= !identity.chain.is_empty();
        }
        added
    }
}

/// A name alone makes no issuer: the signature must be that key's.
fn complete(identity: &mut Identity, among: &[Certificate]) -> usize {
    let mut added = 0;
    while let Some(issuer) = missing_issuer(identity, among) {
        identity.chain.push(issuer.der().to_vec());
        added += 1;
    }
    added
}

fn missing_issuer<'a>(identity: &Identity, among: &'a [Certificate]) -> Option<&'a Certificate> {
    let top = identity.chain.last().unwrap_or(&identity.certificate);
    let top = Certificate::from_der(top.as_slice()).ok()?;
    if top.is_self_issued() {
        return None;
    }
    let mut candidates = among.iter().filter(|it| it.subject() == top.issuer());
    // Two CAs may certify each other.
    candidates.find(|it| !identity.chain.iter().any(|der| der == it.der()) && top.is_signed_by(it))
}
