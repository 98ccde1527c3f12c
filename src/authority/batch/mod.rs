//! Many client certificates: made on all cores, recorded in groups.
//!
//! A group is one transaction, and its files are synced together: what one certificate costs is mostly what it takes to make it. Each
//! step that waits for the disk has a thread: while a group gets its names, the next is recorded, the ones behind it are synced, written
//! and made. A kill at any instant leaves each row done wholly or not at all, as it leaves a single certificate ([`super::outbox`]); the
//! same rows once more go on behind what is done.

mod group;
mod making;
mod passwords;
mod round;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use time::OffsetDateTime;

use super::Authority;
use super::layout::file_name;
use super::outbox::{Staged, Written};
use crate::bundle::Form;
use crate::error::{Error, Result};
use crate::inventory::Holder;
use crate::key::KeyAlgorithm;
use crate::name::{Device, Name, SubjectAltName};
use crate::validity::Lifetime;
use group::{Group, Published, Ready, Recorded};
use making::{Job, Making};
use passwords::Passwords;
use round::Round;

/// How many certificates are recorded in one transaction: the more of them, the fewer pages of each index are written twice.
const GROUP: usize = 512;
/// The same for keys that take long: what a kill takes back, and what is waited for until the next is told, is seconds of work.
const SLOW_GROUP: usize = 16;
/// How many rows a thread takes at a time, so that it seldom waits for the others.
const HANDFUL: usize = 8;

/// One of many clients.
#[derive(Debug, Clone)]
pub struct Member {
    /// The line on which it stands.
    pub line: u64,
    /// Whom the certificate is for.
    pub name: Name,
    /// On which device it will lie.
    pub device: Option<Device>,
    /// E-mail addresses and user principal names.
    pub subject_alt_names: Vec<SubjectAltName>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// How many certificates are handed out.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where the files go; it is there.
    pub directory: PathBuf,
    /// As what.
    pub handing: Handing,
    /// Their keys' algorithm.
    pub key_algorithm: KeyAlgorithm,
    /// How many threads make them.
    pub jobs: NonZeroUsize,
}

/// As what a certificate and its key are handed out.
#[derive(Debug, Clone)]
pub enum Handing {
    /// Bundles, `NAME.p12`, each with a password of its own.
    Bundles {
        /// Their form.
        form: Form,
        /// Where the passwords are written, a row each.
        passwords: PathBuf,
    },
    /// The certificate with those above it, `NAME.pem`, and the key, `NAME.key.pem`.
    Pem,
}

/// What came of many.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many were issued now.
    pub issued: u64,
    /// How many had been before: certificate and file are there.
    pub done_before: u64,
    /// How many end earlier than was asked, because the issuing CA does.
    pub shortened: u64,
    /// How many servers that verify with OpenSSL take for hosts that the CA may not certify.
    pub taken_for_hosts: u64,
    /// Rows for which nothing was issued.
    pub refused: Vec<(u64, Error)>,
    /// Files that could not have their names, and where they lie.
    pub elsewhere: Vec<PathBuf>,
}

impl Member {
    fn holder(&self) -> Holder {
        Holder::client(&self.name, self.device.as_ref())
    }

    /// The beginning of its files' names.
    fn stem(&self) -> String {
        let whole = match &self.device {
            Some(device) => format!("{}-{device}", self.name),
            None => self.name.to_string(),
        };
        file_name(&whole).into_owned()
    }
}

impl Batch {
    /// How many rows are recorded in one go, and how many a thread takes at a time.
    fn sizes(&self) -> (usize, usize) {
        match self.key_algorithm {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
                (SLOW_GROUP, 1)
            }
            KeyAlgorithm::P256 | KeyAlgorithm::P384 | KeyAlgorithm::Ed25519 => (GROUP, HANDFUL),
        }
    }
}

impl Handing {
    /// The files of somebody, the one that is asked for first.
    fn files(&self, directory: &Path, member: &Member) -> Vec<PathBuf> {
        let stem = member.stem();
        let endings: &[&str] = match self {
            Self::Bundles { .. } => &["p12"],
            Self::Pem => &["pem", "key.pem"],
        };
        let file = |ending: &&str| directory.join(format!("{stem}.{ending}"));
        endings.iter().map(file).collect()
    }
}

impl Authority {
    /// Issues a certificate to each of many; `observe` is told after each group how many rows are behind.
    ///
    /// # Errors
    /// Fails where the inventory or a file cannot be written: what was recorded before is complete, and the same rows again go on
    /// behind it. A row that is refused alone is no error, but told in the outcome.
    pub fn issue_clients(
        &self,
        members: impl IntoIterator<Item = Result<Member>>,
        batch: &Batch,
        clock: fn() -> OffsetDateTime,
        observe: &mut dyn FnMut(&Outcome),
    ) -> Result<Outcome> {
        self.check_alive(clock())?;
        let mut passwords = match &batch.handing {
            Handing::Bundles { passwords, .. } => Some(Passwords::open(
                passwords,
                &batch.directory,
                &self.inventory,
            )?),
            Handing::Pem => None,
        };
        let desk = self.desk();
        let making = Making {
            above: desk.above_as_pem(),
            desk,
            batch,
            is_over: AtomicBool::new(false),
        };
        self.inventory.expect_many()?;
        let mut outcome = Outcome::default();
        let (jobs, queue) = mpsc::channel::<Job>();
        let (groups, to_write) = mpsc::channel::<Group>();
        let (written, to_sync) = mpsc::channel::<Ready<Written>>();
        let (ready, to_record) = mpsc::channel::<Ready<Staged>>();
        let (recorded, to_publish) = mpsc::channel::<Recorded>();
        let (published, behind) = mpsc::channel::<Published>();
        // It goes away with the last thread that takes from it, and what waits in it too: nobody is waited for who will not come.
        let queue = Arc::new(Mutex::new(queue));
        let whole = thread::scope(|scope| {
            let making = &making;
            for queue in std::iter::repeat_n(queue, batch.jobs.get()) {
                scope.spawn(move || making.work(&queue));
            }
            let pending = self.data().pending();
            scope.spawn(move || pass_on(to_write, &written, |group| group.write(&pending)));
            scope.spawn(move || pass_on(to_sync, &ready, Ready::sync));
            scope.spawn(move || pass_on(to_publish, &published, Recorded::publish));
            let round = Round {
                authority: self,
                batch,
                clock,
                // Whoever stops handing out work sends the threads home.
                jobs,
                groups,
                recorded,
                behind,
                unnamed: 0,
                is_over: false,
                in_hand: HashSet::new(),
                aside: Vec::new(),
            };
            let members = members.into_iter();
            let whole = round.go(
                members,
                to_record,
                passwords.as_mut(),
                &mut outcome,
                observe,
            );
            // Where it failed, much may still be under way that nobody will take.
            making.is_over.store(true, Ordering::Relaxed);
            whole
        });
        // Some are refused before they are made, others when their group is behind.
        outcome.refused.sort_by_key(|(line, _)| *line);
        whole.map(|()| outcome)
    }
}

/// Does with each that comes what is to be done. Nobody takes what comes of it only where the whole has failed: files that were not
/// recorded are removed with it then.
fn pass_on<From, To>(from: mpsc::Receiver<From>, to: &mpsc::Sender<To>, step: impl Fn(From) -> To) {
    for one in from {
        let _ = to.send(step(one));
    }
}
