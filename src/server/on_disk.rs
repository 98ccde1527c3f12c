//! The server's knowledge as it lies on the disk: what another process changes there counts with the next look.
//!
//! The inventory is asked each time, if only whether what was read there lately still holds. Files are read again when their [`Stamp`] says that they were replaced.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use axum::body::Bytes;
use time::OffsetDateTime;

use super::following::Following;
use super::glances::Glances;
use super::recent::Recent;
use super::{Crl, Knowledge};
use crate::authority::{CaData, OwnServer, ResponderAtHand, ServerFiles};
use crate::bundle::pem;
use crate::certificate::{Certificate, CrlDates, DistinguishedName, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{self, Stamp};
use crate::inventory::{BroughtForward, Inventory, Record, Standing};
use crate::judge::Verified;
use crate::key::PrivateKey;
use crate::ocsp::Responder;
use crate::serial::SerialNumber;
use crate::session::Identity;

/// How many threads at most may glance at the inventory at once; more of them wait for one another.
const MOST_GLANCES: usize = 16;

/// What a running server answers from.
pub struct OnDisk {
    data: CaData,
    inventory: Mutex<Inventory>,
    glances: Arc<Glances>,
    recent: Recent,
    following: Following,
    files: ServerFiles,
    own: Mutex<Own>,
    responder: ResponderAtHand,
    crls: Mutex<HashMap<PathBuf, (Stamp, Crl)>>,
}

/// The server's own certificate and key as they were last good, and which files were looked at last.
struct Own {
    seen: [Option<Stamp>; 2],
    certificate: Certificate,
    identity: Identity,
}

impl OnDisk {
    /// Answers from a CA's directory and its inventory, and presents what lies in the server's own files.
    ///
    /// # Errors
    /// Says which of the server's own files cannot be read, or that key and certificate do not belong together.
    pub fn new(data: CaData, inventory: Inventory, own: &OwnServer) -> Result<Self> {
        let files = own.files.clone();
        let seen = stamps(&files);
        let (certificate, identity) = load(&files)?;
        let threads = available_parallelism().map_or(1, |threads| threads.get().min(MOST_GLANCES));
        let glances = (0..threads).map(|_| data.open());
        let glances = Arc::new(Glances::new(glances.collect::<Result<_>>()?)?);
        Ok(Self {
            responder: ResponderAtHand::new(data.clone()),
            following: Following::new(data.open()?),
            data,
            inventory: Mutex::new(inventory),
            recent: Recent::new(glances.clone()),
            glances,
            files,
            own: Mutex::new(Own {
                seen,
                certificate,
                identity,
            }),
            crls: Mutex::default(),
        })
    }

    /// The server's own certificate as the next handshake presents it.
    pub fn own_certificate(&self) -> Certificate {
        self.own().certificate.clone()
    }

    /// Lets revocations and lifted holds count that were written by a clock ahead of this one; tells which.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn bring_forward(
        &self,
        clock: impl FnOnce() -> OffsetDateTime,
    ) -> Result<Vec<BroughtForward>> {
        self.inventory().bring_forward(clock)
    }

    /// The inventory, one look-up at a time.
    pub(super) fn inventory(&self) -> MutexGuard<'_, Inventory> {
        lock(&self.inventory)
    }

    /// What is presented, after a look at the files.
    ///
    /// A key is replaced before its certificate, so that for a moment the two do not belong together. Then, and whenever one
    /// of them cannot be read, the pair that was good before stays.
    fn own(&self) -> MutexGuard<'_, Own> {
        let mut own = lock(&self.own);
        let seen = stamps(&self.files);
        if seen != own.seen {
            // Where that fails, as for want of a file descriptor, the next handshake tries again.
            if let Ok((certificate, identity)) = load(&self.files) {
                own.seen = seen;
                own.certificate = certificate;
                own.identity = identity;
            }
        }
        own
    }
}

impl Knowledge for OnDisk {
    fn authorities(&self) -> Result<Arc<Vec<Record>>> {
        match self.authorities_at_hand() {
            Some(authorities) => Ok(authorities),
            None => self.recent.authorities(&self.inventory()),
        }
    }

    fn authorities_at_hand(&self) -> Option<Arc<Vec<Record>>> {
        self.recent.authorities_at_hand()
    }

    fn verified(&self, fingerprint: &Fingerprint) -> Result<Option<Arc<Verified>>> {
        match self.recent.verified_at_hand(fingerprint) {
            Some(verified) => Ok(Some(verified)),
            None => self.recent.verified(&self.inventory(), fingerprint),
        }
    }

    fn verified_at_hand(&self, fingerprint: &Fingerprint) -> Option<Arc<Verified>> {
        self.recent.verified_at_hand(fingerprint)
    }

    fn record(&self, fingerprint: &Fingerprint) -> Result<Option<Record>> {
        self.inventory().find_by_fingerprint(fingerprint)
    }

    fn standing(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Result<Standing> {
        self.inventory().standing(issuer, serial_number)
    }

    fn standing_at_hand(
        &self,
        issuer: &DistinguishedName,
        serial_number: &SerialNumber,
    ) -> Option<Standing> {
        let head = self.glances.head()?;
        let in_memory = self.following.at_hand(&head, issuer, serial_number);
        in_memory.or_else(|| {
            self.glances
                .ask(|inventory| inventory.standing(issuer, serial_number))
        })
    }

    fn responder(&self, now: OffsetDateTime) -> Result<Option<Arc<Responder>>> {
        self.responder.get(&self.inventory(), now)
    }

    fn responder_at_hand(&self) -> Option<Arc<Responder>> {
        self.responder.at_hand()
    }

    fn identity(&self) -> Identity {
        self.own().identity.clone()
    }

    fn identity_at_hand(&self) -> Option<Identity> {
        let own = self.own.try_lock().ok()?;
        (own.seen == stamps(&self.files)).then(|| own.identity.clone())
    }

    fn crl(&self, authority: &Certificate) -> Result<Option<Crl>> {
        let path = self.data.crl(authority);
        // Held while the file is read: who asks meanwhile for a large one waits instead of reading it too.
        let mut crls = lock(&self.crls);
        let Some(stamp) = Stamp::of(&path) else {
            crls.remove(&path);
            return Ok(None);
        };
        if let Some((_, crl)) = crls.get(&path).filter(|(known, _)| *known == stamp) {
            return Ok(Some(crl.clone()));
        }
        let der = file::read_crl(&path)?;
        let crl = Crl {
            fingerprint: Fingerprint::of(&der),
            dates: CrlDates::of_der(&der)?,
            modified: OffsetDateTime::from_unix_timestamp(stamp.modified())
                .unwrap_or(OffsetDateTime::UNIX_EPOCH),
            der: Bytes::from(der),
        };
        crls.insert(path, (stamp, crl.clone()));
        Ok(Some(crl))
    }
}

/// A look-up that panicked has changed nothing, so what is behind a poisoned lock is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which versions of key and chain are there.
fn stamps(files: &ServerFiles) -> [Option<Stamp>; 2] {
    [&files.key, &files.fullchain].map(|path| Stamp::of(path))
}

fn load(files: &ServerFiles) -> Result<(Certificate, Identity)> {
    let key = PrivateKey::from_pem(&file::read_private(&files.key)?, None)?;
    let chain = pem::read_certificates(&file::read(&files.fullchain)?)?;
    let chain = chain
        .into_iter()
        .map(Certificate::from_der)
        .collect::<Result<Vec<_>>>()?;
    let identity = Identity::new(&chain, key.pkcs8())?;
    let certificate = chain.into_iter().next().ok_or_else(|| {
        Error::new(
            ErrorKind::Malformed,
            "the server's chain holds no certificate",
        )
    })?;
    Ok((certificate, identity))
}
