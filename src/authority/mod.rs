//! A certificate authority at work: the inventory and the issuing CA's key together.
//!
//! The order of issuance: draw a serial number, sign with no lock held, read the DER back and check it, write and sync
//! the files under temporary names, record in one transaction, commit, rename. Nothing leaves before the commit, and no
//! kill after it loses the only key.

mod audit;
mod backup;
mod batch;
mod change;
mod client;
mod crl;
mod csr;
mod desk;
mod import;
mod init;
mod layout;
mod outbox;
mod own_server;
mod passphrase;
mod probe;
mod renew;
mod responder;
mod restore;
mod root;
mod rotate;
mod server;
mod store;
mod upkeep;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use time::OffsetDateTime;

pub use audit::{AuditKey, SignedHead, check_head};
pub use backup::{AuditHead, BackedUp, Bundles, Facts, back_up};
pub use batch::{Batch, Handing, Member, Outcome};
pub use client::{BundlePassword, Handover, NewClient};
pub use crl::{CrlFailure, CrlRound, PublishedCrl, ending_crls, published_crls};
pub use csr::NewFromCsr;
pub use import::{
    Continuation, ForeignAuthority, Import, Origin, Refused, Renamed, import, import_ca,
    open_foreign_key, read_index,
};
pub use init::{Initialized, NewAuthority, init};
pub use layout::{CaData, Copies};
pub use outbox::{Directory, Output};
pub use own_server::{OWN_NAME, OwnServer, own_server_at_hand};
pub use passphrase::{Keys, Rekeyed, change_passphrase, leading_authority};
pub use probe::{Names, NewProbe, PROBE_LIFETIME};
pub use renew::{NewRenewal, Renewed};
pub use responder::{ResponderAtHand, responder_at_hand};
pub use restore::{BrokenLog, Loss, Restored, Restoring};
pub use root::{Detached, attach_root};
pub use rotate::{NewIssuing, Rotated};
pub use server::{NewServer, ServerFiles};
pub use store::agreement::KeyState;
pub use store::{Examination, Observer, Problem};
pub use upkeep::Upkeep;

use self::store::agreement;
use crate::certificate::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Stamp};
use crate::inventory::{Holder, Inventory, ReasonCode, Record, Setting};
use crate::issuer::Issuer;
use crate::key::{PrivateKey, is_encrypted};
use crate::name::SubjectAltName;
use crate::profile::{BaseUrl, Profile, Request};
use crate::secret::Secret;
use crate::validity::format_instant;

/// An unlocked certificate authority.
#[derive(Debug)]
pub struct Authority {
    data: CaData,
    inventory: Inventory,
    issuing: Issuer,
    /// The issuing CA, those above it, the root last; the root alone where it issues itself.
    chain: Vec<Certificate>,
    root: Certificate,
    organization: Option<String>,
    base_url: Option<BaseUrl>,
    /// What opened the issuing key; it opens the keys of earlier issuing CAs and, unless it has one of its own, the root's.
    passphrase: Option<Secret>,
    /// Which versions of key files it did not open: each further try would cost 600,000 iterations for nothing.
    stays_locked: RefCell<HashMap<PathBuf, Stamp>>,
}

/// A certificate that was recorded, and whether it had to end earlier than was asked.
#[derive(Debug)]
pub struct Issued {
    /// The inventory's record of it.
    pub record: Record,
    /// Its validity was cut to that of the issuing CA.
    pub shortened: bool,
    /// Servers that verify with OpenSSL take its commonName for a host that the CA may not certify.
    pub taken_for_a_host: bool,
}

impl Authority {
    /// Opens a CA and its issuing key; `passphrase` is asked only where the key is encrypted.
    ///
    /// # Errors
    /// Refuses a directory without a CA, a wrong passphrase, and a key file that others may read.
    pub fn open(data: &CaData, passphrase: impl FnOnce() -> Result<Secret>) -> Result<Self> {
        let inventory = data.open()?;
        let missing = || {
            Error::new(
                ErrorKind::Inventory,
                "the inventory holds no root or no issuing CA",
            )
            .with_hint("Put back the newest backup.")
        };
        let issuing = inventory
            .issuing_authority()?
            .ok_or_else(missing)?
            .certificate;
        let mut chain = vec![issuing.clone()];
        chain.extend(inventory.chain_above(&issuing)?);
        let root = inventory
            .current_authority(Profile::Root)?
            .ok_or_else(missing)?
            .certificate;
        let path = data.issuer_key(&issuing);
        let of_key = |cause| agreement::of_key(&path, cause);
        let pem = file::read_private(&path).map_err(of_key)?;
        let passphrase = is_encrypted(&pem).then(passphrase).transpose()?;
        let key = PrivateKey::from_pem(&pem, passphrase.as_ref()).map_err(of_key)?;
        let base_url = inventory
            .setting(Setting::BaseUrl)?
            .as_deref()
            .map(BaseUrl::parse)
            .transpose()?;
        Ok(Self {
            data: data.clone(),
            organization: inventory.setting(Setting::Organization)?,
            base_url,
            issuing: Issuer::new(issuing, key).map_err(of_key)?,
            chain,
            root,
            inventory,
            passphrase,
            stays_locked: RefCell::default(),
        })
    }

    /// Opens the CA anew, with the passphrase that opened it, where another process gave it another issuing CA meanwhile.
    ///
    /// # Errors
    /// Those of [`Authority::open`]; the passphrase may be another one by now.
    pub fn reopened(&self) -> Result<Option<Self>> {
        let issuing = self.inventory.issuing_authority()?;
        if issuing.is_none_or(|issuing| &issuing.certificate == self.issuing()) {
            return Ok(None);
        }
        let passphrase = || {
            self.passphrase.clone().ok_or_else(|| {
                Error::new(
                    ErrorKind::PassphraseRequired,
                    "the key of the new issuing CA has a passphrase",
                )
                .with_hint("Start pki serve anew and give it.")
            })
        };
        Self::open(&self.data, passphrase).map(Some)
    }

    /// Opens the key of another CA of ours: of the root, or of an earlier issuing CA.
    ///
    /// `passphrase` is that of a key which has one of its own; without it, that of the issuing key is tried.
    ///
    /// # Errors
    /// Says that the key is not on this machine, as a detached root's, or that the passphrase does not open it.
    pub fn issuer_of(
        &self,
        authority: &Certificate,
        passphrase: Option<&Secret>,
    ) -> Result<Issuer> {
        let path = self.data.issuer_key(authority);
        if matches!(path.try_exists(), Ok(false)) {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("the key of {} is not on this machine", authority.subject()),
            )
            .with_hint("A root's key that was taken off is put back with pki root attach."));
        }
        let stamp = Stamp::of(&path);
        let pem = file::read_private(&path)?;
        let ours = passphrase.is_none();
        if ours && stamp.is_some() && self.stays_locked.borrow().get(&path) == stamp.as_ref() {
            return Err(Error::new(
                ErrorKind::WrongPassphrase,
                format!(
                    "the passphrase does not open the key of {}",
                    authority.subject()
                ),
            )
            .with_hint("Give that of this key, which has one of its own."));
        }
        let passphrase = is_encrypted(&pem)
            .then_some(passphrase.or(self.passphrase.as_ref()))
            .flatten();
        let key = PrivateKey::from_pem(&pem, passphrase).inspect_err(|cause| {
            if ours && cause.kind() == ErrorKind::WrongPassphrase {
                let stamp = stamp.map(|stamp| (path.clone(), stamp));
                self.stays_locked.borrow_mut().extend(stamp);
            }
        });
        key.and_then(|key| Issuer::new(authority.clone(), key))
            .map_err(|cause| agreement::of_key(&path, cause))
    }

    /// The inventory.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The directory.
    pub fn data(&self) -> &CaData {
        &self.data
    }

    /// The trust anchor.
    pub fn root(&self) -> &Certificate {
        &self.root
    }

    /// The CA that signs end entities.
    pub fn issuing(&self) -> &Certificate {
        self.issuing.certificate()
    }

    /// The issuing CA first, then those above it, the root last; the root alone where it issues itself.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Says whether the CA and all above it permit a name.
    fn permits(&self, name: &SubjectAltName) -> bool {
        let permits = |above: &Certificate| above.extensions().name_constraints.permits(name);
        self.chain.iter().all(permits)
    }

    /// Revokes certificates; it counts at once.
    ///
    /// # Errors
    /// Refuses what is revoked already.
    pub fn revoke(
        &self,
        records: &[Record],
        reason: ReasonCode,
        now: OffsetDateTime,
    ) -> Result<()> {
        self.inventory.revoke(records, reason, now)
    }

    /// Refuses to sign where the issuing CA's life has not begun or is over.
    fn check_alive(&self, now: OffsetDateTime) -> Result<()> {
        let validity = self.issuing().validity();
        if validity.contains(now) {
            return Ok(());
        }
        let (from, until) = (
            format_instant(validity.not_before),
            format_instant(validity.not_after),
        );
        Err(Error::new(
            ErrorKind::NotPermitted,
            format!(
                "the issuing CA is valid from {from} until {until}, and it is {}",
                format_instant(now)
            ),
        )
        .with_hint("Check this machine's clock; where the CA has ended, make a new one."))
    }

    /// Signs, stages the files that `outputs` makes of the certificate, records, and publishes them.
    fn issue(
        &self,
        request: &Request,
        holder: &Holder,
        now: OffsetDateTime,
        outputs: impl FnOnce(&Certificate) -> Result<Vec<Output>>,
    ) -> Result<(Issued, Vec<PathBuf>)> {
        self.check_alive(now)?;
        let certificate = self.desk().sign(request)?;
        let serial_number = certificate.serial_number();
        let outputs = outputs(&certificate)?;
        let staged = outbox::stage(&self.data.pending(), serial_number, &outputs)?;
        let outcome = self
            .inventory
            .record(&certificate, request.profile(), Some(holder), now);
        let staged = staged.recorded(outcome, &self.inventory)?;
        let places = outputs.into_iter().zip(staged.publish());
        let places = places
            .map(|(output, elsewhere)| elsewhere.unwrap_or(output.path))
            .collect();
        let record = self
            .inventory
            .find_by_serial_number(serial_number)?
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Inventory,
                    "a certificate that was just recorded is not in the inventory",
                )
            })?;
        let issued = Issued {
            record,
            shortened: self.desk().shortens(request),
            taken_for_a_host: self.desk().is_taken_for_a_host(request),
        };
        Ok((issued, places))
    }
}

/// Says whether a CA's key file needs a passphrase.
///
/// # Errors
/// Says why the file could not be read.
pub fn needs_passphrase(data: &CaData, authority: &Certificate) -> Result<bool> {
    Ok(is_encrypted(&file::read_private(
        &data.issuer_key(authority),
    )?))
}

/// Says whether a CA's key lies here without a passphrase.
///
/// # Errors
/// Says which file could not be read.
pub fn keys_lie_open(data: &CaData, inventory: &Inventory) -> Result<bool> {
    for record in inventory.authorities()? {
        let authority = record.certificate;
        if data.issuer_key(&authority).exists() && !needs_passphrase(data, &authority)? {
            return Ok(true);
        }
    }
    Ok(false)
}
