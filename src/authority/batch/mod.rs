//! Many client certificates: made on all cores, recorded in groups.
//!
//! A group is one transaction, and its files are synced together: what one certificate costs is mostly what it takes to make it. While
//! a group is recorded, the next is written to the disk, and the one after it is made. A kill at any instant leaves each row done wholly or not at all, as it leaves a single
//! certificate ([`super::outbox`]); the same rows once more go on behind what is done.

mod group;
mod making;
mod passwords;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, mpsc};
use std::thread;

use time::OffsetDateTime;

use super::Authority;
use super::layout::file_name;
use super::outbox::Staged;
use crate::bundle::Form;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Holder;
use crate::key::KeyAlgorithm;
use crate::name::{Device, Name, SubjectAltName};
use crate::profile::Profile;
use crate::validity::Lifetime;
use group::{Group, Ready, stage};
use making::{Job, Made, Making};
use passwords::Passwords;

/// How many certificates are recorded in one transaction: the more of them, the fewer pages of each index are written twice.
const GROUP: usize = 512;
/// The same for keys that take long: what a kill takes back, and what is waited for until the next is told, is seconds of work.
const SLOW_GROUP: usize = 16;
/// How many rows a thread takes at a time, so that it seldom waits for the others.
const HANDFUL: usize = 8;
/// How many groups are under way: one is made, one is written to the disk, one is recorded.
const UNDER_WAY: usize = 3;

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
        let making = Making {
            desk: self.desk(),
            batch,
        };
        self.inventory.expect_many()?;
        let mut outcome = Outcome::default();
        let mut members = members.into_iter();
        let (jobs, queue) = mpsc::channel::<Job>();
        let (groups, to_stage) = mpsc::channel::<Group>();
        let (ready, to_record) = mpsc::channel::<Ready>();
        let queue = Mutex::new(queue);
        thread::scope(|scope| {
            let (making, queue) = (&making, &queue);
            for _ in 0..batch.jobs.get() {
                scope.spawn(move || making.work(queue));
            }
            let pending = self.data().pending();
            scope.spawn(move || {
                for group in to_stage {
                    // Nobody takes it only where the whole has failed, and then its files are removed with it.
                    let _ = ready.send(group.stage(&pending));
                }
            });
            let mut round = Round {
                authority: self,
                batch,
                clock,
                // Whoever stops handing out work sends the threads home.
                jobs,
                groups,
                in_hand: HashSet::new(),
            };
            let mut under_way = 0;
            loop {
                while under_way < UNDER_WAY && round.hand_out(&mut members, &mut outcome)? {
                    under_way += 1;
                }
                if under_way == 0 {
                    return Ok(outcome);
                }
                // It ends before the last group is back only by a panic, which the end of the scope passes on.
                let Ok(ready) = to_record.recv() else {
                    return Ok(outcome);
                };
                under_way -= 1;
                round.record(ready, passwords.as_mut(), &mut outcome)?;
                observe(&outcome);
            }
        })
    }
}

/// What goes round with the groups.
struct Round<'a> {
    authority: &'a Authority,
    batch: &'a Batch,
    clock: fn() -> OffsetDateTime,
    jobs: mpsc::Sender<Job>,
    groups: mpsc::Sender<Group>,
    /// Who is being made, so that nobody is twice.
    in_hand: HashSet<String>,
}

impl Round<'_> {
    /// Hands out the next group; false where there are no rows left.
    fn hand_out(
        &mut self,
        members: &mut impl Iterator<Item = Result<Member>>,
        outcome: &mut Outcome,
    ) -> Result<bool> {
        let now = (self.clock)();
        let (group, handful) = self.batch.sizes();
        let mut open = Vec::new();
        while open.len() < group
            && let Some(member) = members.next()
        {
            let member = member?;
            match self.is_open(&member, now) {
                Ok(true) => {}
                Ok(false) => {
                    outcome.done_before += 1;
                    continue;
                }
                Err(refusal) if is_of_the_row(&refusal) => {
                    outcome.refused.push((member.line, refusal));
                    continue;
                }
                Err(failure) => return Err(failure),
            }
            self.in_hand.insert(key(&member));
            open.push(member);
        }
        if open.is_empty() {
            return Ok(false);
        }
        let (answer, answers) = mpsc::channel();
        let mut open = open.into_iter();
        while let members = open.by_ref().take(handful).collect::<Vec<_>>()
            && !members.is_empty()
        {
            let answer = answer.clone();
            let job = Job {
                members,
                now,
                answer,
            };
            // Nobody takes it only where every thread has ended, and then no answer comes either.
            let _ = self.jobs.send(job);
        }
        let _ = self.groups.send(Group { answers, now });
        Ok(true)
    }

    /// Says whether somebody's certificate is still to be issued.
    fn is_open(&self, member: &Member, now: OffsetDateTime) -> Result<bool> {
        if self.in_hand.contains(&key(member)) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} stands in the file twice", member.stem()),
            )
            .with_hint("Give the second a device of its own, or take it out."));
        }
        let holder = member.holder();
        let inventory = self.authority.inventory();
        let files = self.batch.handing.files(&self.batch.directory, member);
        if files.iter().all(|file| file.exists()) && inventory.has_valid_client(&holder, now)? {
            return Ok(false);
        }
        inventory.check_free(&holder, Profile::Client, now)?;
        Ok(true)
    }

    /// Records a group: together, or where one of it is refused, one by one.
    fn record(
        &mut self,
        ready: Ready,
        mut passwords: Option<&mut Passwords>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let Ready {
            made,
            refused,
            staged,
            now,
        } = ready;
        for member in
            (made.iter().map(|(member, _)| member)).chain(refused.iter().map(|(member, _)| member))
        {
            self.in_hand.remove(&key(member));
        }
        let refused = refused.into_iter();
        (outcome.refused).extend(refused.map(|(member, refusal)| (member.line, refusal)));
        let together =
            staged.and_then(|staged| self.commit(&made, staged, passwords.as_deref_mut(), now));
        match together {
            Ok(elsewhere) => count(&made, elsewhere, outcome),
            Err(refusal) if is_of_the_row(&refusal) => {
                let pending = self.authority.data().pending();
                for one in made {
                    let one = std::slice::from_ref(&one);
                    let alone = stage(&pending, one)
                        .and_then(|staged| self.commit(one, staged, passwords.as_deref_mut(), now));
                    match alone {
                        Ok(elsewhere) => count(one, elsewhere, outcome),
                        Err(refusal) if is_of_the_row(&refusal) => {
                            let lines = one.iter().map(|(member, _)| member.line);
                            (outcome.refused).extend(lines.zip(Some(refusal)));
                        }
                        Err(failure) => return Err(failure),
                    }
                }
            }
            Err(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Passwords, the record, and the files' names, in this order; tells which files lie elsewhere.
    fn commit(
        &self,
        made: &[(Member, Made)],
        staged: Option<Staged>,
        passwords: Option<&mut Passwords>,
        now: OffsetDateTime,
    ) -> Result<Vec<PathBuf>> {
        let Some(staged) = staged else {
            return Ok(Vec::new());
        };
        let holders: Vec<_> = made.iter().map(|(member, _)| member.holder()).collect();
        let certificates: Vec<_> = made
            .iter()
            .zip(&holders)
            .map(|((_, made), holder)| (&made.certificate, holder))
            .collect();
        let record = || {
            self.authority
                .inventory()
                .record_clients(&certificates, now)
        };
        match passwords {
            Some(passwords) => passwords.with(made, record)?,
            None => record()?,
        }
        Ok(staged.publish().into_iter().flatten().collect())
    }
}

fn count(recorded: &[(Member, Made)], elsewhere: Vec<PathBuf>, outcome: &mut Outcome) {
    outcome.issued += recorded.len() as u64;
    let shortened = recorded.iter().filter(|(_, made)| made.shortened);
    outcome.shortened += shortened.count() as u64;
    outcome.elsewhere.extend(elsewhere);
}

/// Who it is, whatever the case of the letters.
fn key(member: &Member) -> String {
    let device = member.device.as_ref().map(Device::folded);
    format!("{}\0{}", member.name.folded(), device.unwrap_or_default())
}

/// Says whether a refusal is about one row, so that the others go on.
fn is_of_the_row(refusal: &Error) -> bool {
    matches!(
        refusal.kind(),
        ErrorKind::AlreadyExists | ErrorKind::NotPermitted | ErrorKind::InvalidInput
    )
}
