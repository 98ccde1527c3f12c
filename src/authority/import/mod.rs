//! Taking over a CA that somebody else made, and what it had issued.

mod arrivals;
mod files;
mod fitness;
mod index;
mod past;

use time::OffsetDateTime;

pub use arrivals::{Import, Refused, Renamed, import};
pub use index::read_index;
pub use past::Origin;

use super::init::{Foundation, Founder, FounderKey, found};
use super::{CaData, Initialized};
use crate::bundle;
use crate::certificate::{Certificate, ForeignList, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::{IndexEntry, Past};
use crate::issuer::Issuer;
use crate::key::{KeyAlgorithm, PrivateKey};
use crate::profile::{BaseUrl, Profile};
use crate::secret::Secret;
use crate::serial::SerialNumber;
use crate::validity::{Lifetime, Validity};

/// A CA that somebody else made, and that can be continued.
#[derive(Debug)]
pub struct ForeignAuthority {
    /// The CA itself, then those above it, the root last.
    lineage: Vec<Certificate>,
}

/// How it is continued.
#[derive(Debug)]
pub struct Continuation {
    /// Its private key.
    pub key: PrivateKey,
    /// What encrypts that key from now on.
    pub passphrase: Option<Secret>,
    /// The organization in every subject.
    pub organization: Option<String>,
    /// Where CRLs, OCSP and CA certificates will be published.
    pub base_url: Option<BaseUrl>,
    /// What its index and its last CRL say of what it had issued, as [`ForeignAuthority::past`] puts them together.
    pub past: Past,
}

impl ForeignAuthority {
    /// Takes the certificate of the CA that issues, and those above it in any order; others among them are passed over.
    ///
    /// # Errors
    /// Refuses what could not be continued correctly, saying why.
    pub fn examine(
        certificate: &Certificate,
        chain: &[Certificate],
        now: OffsetDateTime,
    ) -> Result<Self> {
        let lineage = fitness::lineage(certificate, chain, now)?;
        Ok(Self { lineage })
    }

    /// The CA itself, then those above it, the root last.
    pub fn lineage(&self) -> &[Certificate] {
        &self.lineage
    }

    /// What speaks against it and does not forbid it, a sentence each.
    pub fn warnings(&self, now: OffsetDateTime) -> Vec<String> {
        fitness::warnings(&self.lineage, now)
    }

    /// The organization of its own subject, where one of ours may stand in subjects.
    pub fn organization(&self) -> Option<String> {
        let organization = self.lineage.first()?.organization()?;
        super::init::check_organization(&organization)
            .is_ok()
            .then_some(organization)
    }

    /// What the CA's index and its last CRL say together.
    ///
    /// # Errors
    /// Refuses a CRL that the CA did not sign, and one that says that the CA, or one above it, is revoked.
    pub fn past(&self, index: Vec<IndexEntry>, list: Option<&ForeignList>) -> Result<Past> {
        past::past(self.issuing()?, &self.lineage, index, list)
    }

    fn issuing(&self) -> Result<&Certificate> {
        self.lineage
            .first()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the CA that was examined is not there"))
    }

    /// The CA with its key, after a trial: what it signs must verify, and name the issuer and its key octet for octet.
    fn tried(&self, key: PrivateKey, now: OffsetDateTime) -> Result<Issuer> {
        let issuer = Issuer::new(self.issuing()?.clone(), key).map_err(|cause| {
            Error::new(ErrorKind::NotPermitted, cause.message())
                .with_hint("Give the key of this very certificate, in --key.")
        })?;
        let subject = Subject {
            common_name: "trial".to_owned(),
            organization: None,
        };
        let trial = PrivateKey::generate(KeyAlgorithm::P256)?;
        let validity = Validity::starting(now, Lifetime::days(1))?;
        let request = Profile::Client.request(subject, Vec::new(), validity, trial.public_key())?;
        // Signing reads the result back and compares it; the certificate and its key end here.
        issuer.sign(&request, SerialNumber::draw()?, None)?;
        Ok(issuer)
    }
}

/// Opens the key of a CA that somebody else made: PEM in any form and encryption that such programs write.
///
/// # Errors
/// Tells a missing and a wrong passphrase, a form that is not read, and an algorithm that no CA here has.
pub fn open_foreign_key(pem: &[u8], passphrase: Option<&Secret>) -> Result<PrivateKey> {
    let blocks = pem::parse_many(pem).unwrap_or_default();
    // The first private key counts, as where there is no passphrase.
    let first = blocks
        .iter()
        .find(|block| block.tag().ends_with("PRIVATE KEY"));
    let encrypted = first.filter(|block| block.tag() == "ENCRYPTED PRIVATE KEY");
    if let (Some(block), Some(passphrase)) = (encrypted, passphrase) {
        match bundle::open_private_key(block.contents(), passphrase) {
            // Another scheme, such as scrypt, which is of no use in bundles.
            Err(cause) if cause.kind() == ErrorKind::Malformed => {}
            opened => return PrivateKey::from_pkcs8(&opened?),
        }
    }
    PrivateKey::from_pem(pem, passphrase)
}

/// Makes a CA of ours of one that somebody else made, in a directory that holds none.
///
/// # Errors
/// Refuses a key that is not the CA's, and a directory that holds a CA or parts of one; nothing in it is changed then.
pub fn import_ca(
    data: &CaData,
    foreign: &ForeignAuthority,
    how: Continuation,
    now: OffsetDateTime,
) -> Result<Initialized> {
    let Continuation {
        key,
        passphrase,
        organization,
        base_url,
        past,
    } = how;
    found(data, now, || {
        let pem = key.to_pem(passphrase.as_ref())?;
        let issuer = foreign.tried(key, now)?;
        let mut only_key = Some(FounderKey { issuer, pem });
        let founders = foreign.lineage.iter().map(|certificate| Founder {
            profile: match certificate.is_self_issued() {
                true => Profile::Root,
                false => Profile::Issuing,
            },
            // The first is the one that issues: only its key is here.
            key: only_key.take(),
            certificate: certificate.clone(),
        });
        let mut authorities: Vec<_> = founders.collect();
        authorities.reverse();
        Ok(Foundation {
            authorities,
            organization,
            base_url,
            elsewhere: Some(past),
        })
    })
}
