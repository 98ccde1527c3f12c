//! CAs that are not ours: of the same names with other keys, and one that nobody knows.

use std::sync::Arc;

use crate::certificate::{self, Subject};
use crate::error::Result;
use crate::probe::forge::{Certificate, Key, KeyKind, SignatureAlgorithm, Tbs};

/// What the key identifiers of a foreign CA say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::probe) enum Identifiers {
    /// Its own keys.
    Own,
    /// Ours, though its keys are others.
    Copied,
}

/// The name of the CA that nobody knows.
const UNKNOWN: &str = "pki probe unknown CA";

/// A copy of our CAs, certificate by certificate, but for the keys; or of our root alone, under another name.
#[derive(Debug)]
pub(in crate::probe) struct Foreign {
    identifiers: Identifiers,
    /// The root first.
    authorities: Vec<(Vec<u8>, Arc<Key>)>,
    /// How many of them a client presents.
    presented: usize,
}

impl Foreign {
    /// Copies these CAs, the issuing one first and the root last.
    pub(super) fn of(ours: &[certificate::Certificate], identifiers: Identifiers) -> Result<Self> {
        let mut foreign = Self {
            identifiers,
            authorities: Vec::with_capacity(ours.len()),
            presented: ours.iter().filter(|known| !known.is_self_issued()).count(),
        };
        for original in ours.iter().rev() {
            let kind = KeyKind::of_public_key(&original.facts().public_key);
            // A key of a kind that is not made here belongs to an imported CA far above.
            let key = Arc::new(Key::generate(kind.unwrap_or(KeyKind::P256))?);
            let mut copy = Certificate::read(original.der())?.tbs;
            copy.draw_serial_number()?;
            copy.public_key = key.public_key();
            if identifiers == Identifiers::Own {
                copy.set_key(key.public_key())?;
            }
            let signer = foreign.authorities.last().map(|(_, key)| key.clone());
            let signed = foreign.signed(copy, &signer.unwrap_or_else(|| key.clone()))?;
            foreign.authorities.push((signed, key));
        }
        Ok(foreign)
    }

    /// A root that nobody knows, which issues by itself and which no client presents; else as ours.
    pub(super) fn unknown(ours: &[certificate::Certificate]) -> Result<Self> {
        let roots = ours.last().map(std::slice::from_ref).unwrap_or_default();
        let mut foreign = Self::of(roots, Identifiers::Own)?;
        let name = Subject {
            common_name: UNKNOWN.to_owned(),
            organization: None,
        };
        let name = name.to_name()?.der().to_vec();
        for (der, key) in &mut foreign.authorities {
            let mut tbs = Certificate::read(der)?.tbs;
            tbs.subject.clone_from(&name);
            tbs.issuer.clone_from(&name);
            let how = SignatureAlgorithm::of_authority(key.kind());
            *der = tbs.sign(key, how)?.der();
        }
        foreign.presented = 0;
        Ok(foreign)
    }

    /// Its CAs with their keys, the root first.
    #[cfg(test)]
    pub(in crate::probe) fn authorities(&self) -> &[(Vec<u8>, Arc<Key>)] {
        &self.authorities
    }

    /// Signs an end entity's certificate in the issuing CA's name; the chain is as long as that of ours.
    pub(in crate::probe) fn sign(&self, mut tbs: Tbs) -> Result<Vec<Vec<u8>>> {
        let mut chain = Vec::with_capacity(1 + self.presented);
        if let Some((issuer, key)) = self.authorities.last() {
            tbs.issuer = Certificate::read(issuer)?.tbs.subject;
            chain.push(self.signed(tbs, key)?);
        }
        let above = self.authorities.iter().rev().map(|(der, _)| der.clone());
        chain.extend(above.take(self.presented));
        Ok(chain)
    }

    fn signed(&self, mut tbs: Tbs, signer: &Key) -> Result<Vec<u8>> {
        if self.identifiers == Identifiers::Own {
            tbs.set_issuer_key(&signer.public_key())?;
        }
        // As the original was signed; where the key is of another kind, as a CA with such a key does.
        let how = SignatureAlgorithm::of_identifier(&tbs.signature)
            .filter(|how| how.goes_with(signer.kind()));
        let how = how.unwrap_or_else(|| SignatureAlgorithm::of_authority(signer.kind()));
        Ok(tbs.sign(signer, how)?.der())
    }
}
