//! The keeper of a running server: renews what is due where the CA's key is open, and warns of what runs out.
//!
//! It has a thread and an inventory of its own, so that no login waits for a signature.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::super::report::Report;
use super::lookout::Lookout;
use crate::authority::Authority;
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Head;
use crate::server::OnDisk;
use crate::validity::format_instant;

/// How often it is looked whether another process changed the inventory.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is looked what has become due by the clock alone.
const TICK: Duration = Duration::from_secs(5);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// How long the end waits for a renewal that has begun; one that is cut off is finished by the next command.
const PATIENCE: Duration = Duration::from_secs(5);

/// A thread that looks after what runs out, until it is told to stop.
pub(super) struct Keeper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Begins at once: with an authority it renews, without one it only warns.
    pub(super) fn start(
        report: Report,
        on_disk: Arc<OnDisk>,
        authority: Option<Authority>,
    ) -> Result<Self> {
        let mut lookout = Lookout::default();
        if authority.is_none() {
            let now = OffsetDateTime::now_utc();
            if let Some(warning) = lookout.begin_locked(&on_disk.endings(now)?, now) {
                report.warn(&warning);
            }
        }
        let mut renewal = authority.map(|authority| Renewal::by(report, authority));
        let (stop, stopped) = channel();
        let work = move || {
            let mut ticked = None;
            loop {
                if let Some(renewal) = &mut renewal {
                    renewal.look();
                }
                if ticked.is_none_or(|ticked: Instant| ticked.elapsed() >= TICK) {
                    ticked = Some(Instant::now());
                    warn(report, &on_disk, &mut lookout);
                }
                if is_over(&stopped) {
                    break;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(work)
            .map_err(|cause| {
                Error::new(
                    ErrorKind::Internal,
                    format!("no thread could be started: {cause}"),
                )
                .with_hint("Look at the limits on threads.")
            })?;
        Ok(Self { stop, thread })
    }

    /// Stops it, after what it is just renewing.
    pub(super) fn stop(self) {
        drop(self.stop);
        let deadline = Instant::now() + PATIENCE;
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn is_over(stopped: &Receiver<()>) -> bool {
    !matches!(stopped.recv_timeout(LOOK), Err(RecvTimeoutError::Timeout))
}

/// That the inventory cannot be read is told by each login; here it is no news.
fn warn(report: Report, on_disk: &OnDisk, lookout: &mut Lookout) {
    let now = OffsetDateTime::now_utc();
    for brought in on_disk
        .bring_forward(OffsetDateTime::now_utc)
        .unwrap_or_default()
    {
        report.warn(&brought.sentence());
    }
    let endings = on_disk.endings(now).unwrap_or_default();
    for warning in lookout.warnings(&endings, now) {
        report.warn(&warning);
    }
}

/// The renewing part.
struct Renewal {
    report: Report,
    authority: Authority,
    /// The last entry of the audit log that was seen: whatever changes a certificate's status appends one.
    seen: Option<Head>,
    next: Instant,
    failures: Failures,
}

/// What could not be renewed, as it was told, and how long to wait before it is tried again.
struct Failures {
    told: HashSet<String>,
    pause: Duration,
}

impl Renewal {
    fn by(report: Report, authority: Authority) -> Self {
        Self {
            report,
            authority,
            seen: None,
            next: Instant::now(),
            failures: Failures {
                told: HashSet::new(),
                pause: TICK,
            },
        }
    }

    /// Renews what is due after a change by whomever, and as time passes.
    fn look(&mut self) {
        // Where it cannot be read, there is nothing to go by but the clock.
        let head = self.authority.inventory().head().ok();
        let has_changed = head.is_some() && head != self.seen;
        let by_clock = Instant::now() >= self.next;
        if !has_changed && !by_clock {
            return;
        }
        // What changes from here on is seen the next time.
        self.seen = head.or(self.seen);
        let mut warnings = Vec::new();
        match self.authority.reopened() {
            Ok(Some(authority)) => self.authority = authority,
            Ok(None) => {}
            Err(cause) => warnings.push(format!(
                "the key of the new issuing CA stays locked: {}",
                cause.message()
            )),
        }
        let now = OffsetDateTime::now_utc();
        let upkeep = self.authority.keep_up(now);
        for renewed in upkeep.renewed() {
            let now = format_instant(now);
            self.report.say(&format!("{now} renewed {renewed}"));
        }
        warnings.extend(upkeep.warnings);
        for news in self.failures.news(warnings, by_clock) {
            self.report.warn(&news);
        }
        // Where nothing helps, what it did itself is no reason to try again at once, and so for ever.
        if !self.failures.told.is_empty() {
            self.seen = self.authority.inventory().head().ok().or(self.seen);
        }
        if by_clock || self.failures.told.is_empty() {
            self.next = Instant::now() + self.failures.pause;
        }
    }
}

impl Failures {
    /// What is to be told now: a failure once, until it is another one or none. Those that last are tried ever more rarely.
    fn news(&mut self, warnings: Vec<String>, by_clock: bool) -> Vec<String> {
        self.pause = match (warnings.is_empty(), by_clock) {
            (true, _) => TICK,
            (false, true) => (self.pause * 2).min(LONGEST_PAUSE),
            // Somebody else's changes are no reason to lose patience.
            (false, false) => self.pause,
        };
        let before = std::mem::replace(&mut self.told, warnings.iter().cloned().collect());
        let mut news = warnings;
        news.retain(|warning| !before.contains(warning));
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_and_tried_ever_more_rarely_until_it_is_mended() {
        let mut failures = Failures {
            told: HashSet::new(),
            pause: TICK,
        };
        let disk = || vec!["the disk is full".to_owned()];
        assert_eq!(failures.news(disk(), true), disk());
        assert_eq!(failures.pause, TICK * 2);
        for _ in 0..20 {
            assert!(failures.news(disk(), true).is_empty());
        }
        assert_eq!(failures.pause, LONGEST_PAUSE);
        let both = [disk(), vec!["the root is elsewhere".to_owned()]].concat();
        assert_eq!(failures.news(both, true), ["the root is elsewhere"]);
        assert!(failures.news(Vec::new(), true).is_empty());
        assert_eq!(failures.pause, TICK);
        assert_eq!(failures.news(disk(), true), disk());
    }

    #[test]
    fn the_changes_of_others_do_not_lengthen_the_pause() {
        let mut failures = Failures {
            told: HashSet::new(),
            pause: TICK,
        };
        for _ in 0..20 {
            failures.news(vec!["the disk is full".to_owned()], false);
        }
        assert_eq!(failures.pause, TICK);
    }
}
