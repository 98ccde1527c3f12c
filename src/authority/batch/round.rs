//! The rows' way round: handed out, and recorded when they come back.

use std::collections::HashSet;
use std::sync::mpsc;

use time::OffsetDateTime;

use super::group::{Group, Published, Ready, Recorded, write};
use super::making::{Job, Made};
use super::passwords::Passwords;
use super::{Batch, Member, Outcome};
use crate::authority::Authority;
use crate::authority::outbox::{self, Staged, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::name::Device;
use crate::profile::Profile;

/// How many groups are under way: one is made, one is written, one is synced, one is recorded. Another one gets its names meanwhile.
const UNDER_WAY: usize = 4;

/// What goes round with the groups.
pub(super) struct Round<'a> {
    pub(super) authority: &'a Authority,
    pub(super) batch: &'a Batch,
    pub(super) clock: fn() -> OffsetDateTime,
    pub(super) jobs: mpsc::Sender<Job>,
    pub(super) groups: mpsc::Sender<Group>,
    pub(super) recorded: mpsc::Sender<Recorded>,
    pub(super) behind: mpsc::Receiver<Published>,
    /// How many of the groups that are recorded are not behind yet.
    pub(super) unnamed: usize,
    /// Nobody gives names any more.
    pub(super) is_over: bool,
    /// Who is being made, and whose files, so that nobody is twice.
    pub(super) in_hand: HashSet<String>,
    /// Those of groups of which one was refused: they are recorded one by one, once no group is on the disk that is not recorded. Whoever
    /// waits for all that is on its way, as a backup does, keeps others from setting out meanwhile.
    pub(super) aside: Vec<(Member, Made)>,
}

impl Round<'_> {
    /// Goes on until the rows are behind, or something fails. Then what is staged goes away with the receiver: nobody waits for it.
    pub(super) fn go(
        mut self,
        mut members: impl Iterator<Item = Result<Member>>,
        ready: mpsc::Receiver<Ready<Staged>>,
        mut passwords: Option<&mut Passwords>,
        outcome: &mut Outcome,
        observe: &mut dyn FnMut(&Outcome),
    ) -> Result<()> {
        let mut under_way = 0;
        loop {
            while self.aside.is_empty()
                && under_way < UNDER_WAY
                && self.hand_out(&mut members, outcome)?
            {
                under_way += 1;
            }
            if self.is_over {
                return Ok(());
            } else if under_way > 0 {
                // It ends before the last group is back only by a panic, which the end of the scope passes on.
                let Ok(ready) = ready.recv() else {
                    return Ok(());
                };
                under_way -= 1;
                self.record(ready, passwords.as_deref_mut(), outcome)?;
            } else if self.unnamed > 0 {
                self.settle(outcome);
            } else if self.aside.is_empty() {
                return Ok(());
            } else {
                self.record_aside(passwords.as_deref_mut(), outcome)?;
            }
            observe(outcome);
        }
    }

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
            self.in_hand.extend(self.batch.marks(&member));
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
        let mut marks = self.batch.marks(member);
        if marks.any(|mark| self.in_hand.contains(&mark)) {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!("{} stands in the file twice", member.stem()),
            )
            .with_hint("Give the second a device of its own, or take it out."));
        }
        let holder = member.holder();
        let inventory = self.authority.inventory();
        let files = self.batch.handing.files(&self.batch.directory, member);
        let there = files.iter().find(|file| file.symlink_metadata().is_ok());
        if there.is_some()
            && files.iter().all(|file| file.exists())
            && inventory.has_valid_client(&holder, now)?
        {
            return Ok(false);
        }
        inventory.check_free(&holder, Profile::Client, now)?;
        // Found here, it costs no key, and its group stays together.
        match there {
            Some(file) => Err(outbox::exists_already(file)),
            None => Ok(true),
        }
    }

    /// Records a group together, while the one before it gets its names; where one of it is refused, it is laid aside.
    fn record(
        &mut self,
        ready: Ready<Staged>,
        passwords: Option<&mut Passwords>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let Ready {
            made,
            refused,
            files,
            now,
        } = ready;
        for (member, refusal) in refused {
            self.let_go(&member);
            outcome.refused.push((member.line, refusal));
        }
        let recorded = files.and_then(|staged| {
            let Some(staged) = staged else {
                return Ok(None);
            };
            let outcome = self.commit(&made, passwords, now);
            staged
                .recorded(outcome, self.authority.inventory())
                .map(Some)
        });
        match recorded {
            Ok(staged) => {
                let recorded = staged.map(|staged| Recorded { made, staged });
                if let Some(recorded) = recorded {
                    // Where nobody takes it, nothing comes back either, and its note stays.
                    let _ = self.recorded.send(recorded);
                    self.unnamed += 1;
                }
                while self.unnamed > 1 && !self.is_over {
                    self.settle(outcome);
                }
                Ok(())
            }
            Err(refusal) if is_of_the_row(&refusal) => {
                self.aside.extend(made);
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Waits until the next of the groups that are recorded has its names. Only then do its rows count, so that it does not depend on
    /// how fast the disk is what a later row with the same name is told.
    fn settle(&mut self, outcome: &mut Outcome) {
        self.unnamed -= 1;
        match self.behind.recv() {
            Ok(published) => self.count(published, outcome),
            // By a panic alone, which the end of the scope passes on.
            Err(_) => self.is_over = true,
        }
    }

    fn count(&mut self, published: Published, outcome: &mut Outcome) {
        let Published { made, elsewhere } = published;
        made.iter().for_each(|(member, _)| self.let_go(member));
        outcome.issued += made.len() as u64;
        let count = |is: fn(&Made) -> bool| made.iter().filter(|(_, made)| is(made)).count() as u64;
        outcome.shortened += count(|made| made.shortened);
        outcome.taken_for_hosts += count(|made| made.taken_for_a_host);
        outcome.elsewhere.extend(elsewhere);
    }

    /// Records one by one what was laid aside.
    fn record_aside(
        &mut self,
        mut passwords: Option<&mut Passwords>,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let (pending, now) = (self.authority.data().pending(), (self.clock)());
        for one in std::mem::take(&mut self.aside) {
            let made = vec![one];
            let staged = write(&pending, &made)
                .and_then(|written| written.map(Written::sync).transpose())
                .and_then(|staged| {
                    let Some(staged) = staged else {
                        return Ok(None);
                    };
                    let outcome = self.commit(&made, passwords.as_deref_mut(), now);
                    staged
                        .recorded(outcome, self.authority.inventory())
                        .map(Some)
                });
            match staged {
                Ok(Some(staged)) => self.count(Recorded { made, staged }.publish(), outcome),
                Ok(None) => {}
                Err(refusal) if is_of_the_row(&refusal) => {
                    made.iter().for_each(|(member, _)| self.let_go(member));
                    let lines = made.iter().map(|(member, _)| member.line);
                    (outcome.refused).extend(lines.zip(Some(refusal)));
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn let_go(&mut self, member: &Member) {
        for mark in self.batch.marks(member) {
            self.in_hand.remove(&mark);
        }
    }

    /// The passwords and then the record, which the files' names follow.
    fn commit(
        &self,
        made: &[(Member, Made)],
        passwords: Option<&mut Passwords>,
        now: OffsetDateTime,
    ) -> Result<()> {
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
            Some(passwords) => passwords.with(made, record),
            None => record(),
        }
    }
}

impl Batch {
    /// Who it is, whatever the case of the letters, and the files, of which one may be called like one of somebody else.
    fn marks(&self, member: &Member) -> impl Iterator<Item = String> + use<> {
        let device = member.device.as_ref().map(Device::folded);
        let who = format!("{}\0{}", member.name.folded(), device.unwrap_or_default());
        let files = self.handing.files(&self.directory, member);
        let files = files
            .into_iter()
            .filter_map(|file| file.into_os_string().into_string().ok());
        std::iter::once(who).chain(files)
    }
}

/// Says whether a refusal is about one row, so that the others go on.
pub(super) fn is_of_the_row(refusal: &Error) -> bool {
    matches!(
        refusal.kind(),
        ErrorKind::AlreadyExists | ErrorKind::NotPermitted | ErrorKind::InvalidInput
    )
}
