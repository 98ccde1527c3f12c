//! What a certificate is forged from.

use std::sync::Arc;

use super::Bearer;
use super::foreign::{Foreign, Identifiers};
use crate::certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::name::SubjectAltName;
use crate::probe::anchor::{Anchor, Rank};
use crate::probe::forge::{Certificate, Extension, Key, KeyKind, SignatureAlgorithm, Tbs};
use crate::probe::presented::Presented;

/// All that a forger has: what the CA issued and published, and perhaps a throw-away CA. No key of the CA is among it.
#[derive(Debug)]
pub struct Workshop<'a> {
    pub(super) plain: &'a Presented,
    pub(super) bearer: &'a Bearer,
    pub(super) authorities: &'a [certificate::Certificate],
    pub(super) anchor: Option<&'a Anchor>,
}

/// A certificate of the throw-away CA; it begins as one that is let in.
#[derive(Debug)]
pub(in crate::probe) struct Anchored {
    /// Which of its CAs signs.
    pub(in crate::probe) rank: Rank,
    /// Which kind of key it is for.
    pub(in crate::probe) key: KeyKind,
    /// With which algorithm it is signed.
    pub(in crate::probe) signature: SignatureAlgorithm,
    /// Names that it carries besides those of whom the probe pretends to be.
    pub(in crate::probe) names: Vec<SubjectAltName>,
}

impl Anchored {
    /// One of this CA.
    pub(in crate::probe) fn by(rank: Rank) -> Self {
        Self {
            rank,
            key: KeyKind::P256,
            signature: SignatureAlgorithm::EcdsaSha256,
            names: Vec::new(),
        }
    }
}

impl Workshop<'_> {
    /// The fields of the plain certificate, with a serial number and a key of its own.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(in crate::probe) fn copy(&self, kind: KeyKind) -> Result<(Tbs, Arc<Key>)> {
        let missing = || Error::new(ErrorKind::Internal, "the plain certificate is missing");
        let plain = self.plain.chain.first().ok_or_else(missing)?;
        let mut tbs = Certificate::read(plain)?.tbs;
        let key = Arc::new(Key::generate(kind)?);
        tbs.draw_serial_number()?;
        tbs.set_key(key.public_key())?;
        Ok((tbs, key))
    }

    /// One that a CA of our names signs, with keys of its own.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(in crate::probe) fn foreign(
        &self,
        identifiers: Identifiers,
    ) -> Result<(Presented, Foreign)> {
        self.by(Foreign::of(self.authorities, identifiers)?)
    }

    /// One that a CA signs that nobody knows, shown alone.
    ///
    /// # Errors
    /// Fails when the random source does.
    pub(in crate::probe) fn unknown(&self) -> Result<(Presented, Foreign)> {
        self.by(Foreign::unknown(self.authorities)?)
    }

    fn by(&self, foreign: Foreign) -> Result<(Presented, Foreign)> {
        let (tbs, key) = self.copy(KeyKind::P256)?;
        let chain = foreign.sign(tbs)?;
        Ok((Presented { chain, key }, foreign))
    }

    /// One that the throw-away CA signs.
    ///
    /// # Errors
    /// Says that there is none.
    pub(in crate::probe) fn anchored(&self, wanted: Anchored) -> Result<Presented> {
        let anchor = self.anchor.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the real CA never signs such a certificate",
            )
            .with_hint("Give --probe-anchor DIR: a throw-away CA is made there, and DIR/README.txt says how the server is told to trust it.")
        })?;
        let (mut tbs, key) = self.copy(wanted.key)?;
        if !wanted.names.is_empty() {
            // A name that the constraints cannot permit would break them a second time.
            let own = self.bearer.subject_alt_names.iter();
            let own = own.filter(|name| anchor.permits(wanted.rank, name));
            let names: Vec<_> = own.chain(&wanted.names).cloned().collect();
            tbs.set(Extension::subject_alt_names(&names));
        }
        let chain = anchor.sign(wanted.rank, tbs, wanted.signature)?;
        Ok(Presented { chain, key })
    }
}
