//! A probe from its beginning to its end: the kit is issued, the server is shown it, and everything is revoked.
//!
//! The order is that in which nothing disturbs anything else: what is opened before a revocation, the revocation, all that has
//! nothing to do with it while it spreads, and what must be refused after it.

mod baselines;
mod findings;
mod revocation;

use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::anchor::Anchor;
use super::attempt::{self, Attempt, Place, Renegotiation, Session};
use super::case::{Act, Baseline, Case};
use super::kit::{Bearer, Kit, Made, Plan};
use super::let_in::{By, LetIn};
use super::presented::Presented;
use super::remedy::{Cause, KeptOut, Matter};
use super::report::Report;
use super::software::{Signs, Software};
use super::told::Told;
use crate::authority::Authority;
use crate::error::Result;
use crate::inventory::Record;
use crate::login::visit::{Answer, End, Visit, distrust};
use baselines::Bars;
use findings::Tried;
use revocation::Revocation;

/// How long a server may take to begin anew, and how often it is looked for.
const SETTLED: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// What is to be probed, and with what.
pub struct Probe<'a> {
    /// The CA that the server trusts.
    pub authority: &'a Authority,
    /// The throw-away CA that it was told to trust besides, if it was.
    pub anchor: Option<&'a Anchor>,
    /// The server.
    pub place: Place,
    /// Whom the certificates name.
    pub bearer: Bearer,
    /// Which cases are tried.
    pub cases: Vec<&'static Case>,
    /// The server's software, where somebody said it.
    pub software: Option<Software>,
    /// A line of the shell that brings a new CRL to the server.
    pub refresh: Option<String>,
    /// For how long a revocation is waited for.
    pub wait: Duration,
    /// The clock.
    pub clock: fn() -> OffsetDateTime,
    /// Who is told what goes on.
    pub say: &'a dyn Fn(&str),
}

/// A probe whose kit is issued. Whoever has one ends it, whatever comes of it ([`Prepared::end`]).
pub struct Prepared<'a> {
    probe: Probe<'a>,
    kit: Kit,
    issued: Vec<Record>,
}

/// What was opened before the revocation.
#[derive(Default)]
struct Opened {
    sessions: Vec<(&'static str, std::result::Result<Session, Attempt>)>,
    connections: Vec<(&'static str, Renegotiation)>,
}

impl<'a> Probe<'a> {
    /// Has the CA issue the kit.
    ///
    /// # Errors
    /// Says what the CA cannot certify; nothing is issued then.
    pub fn prepare(self) -> Result<Prepared<'a>> {
        let plan = Plan::new(
            self.cases.iter().copied(),
            self.bearer.clone(),
            self.authority.chain(),
            (self.clock)(),
        )?;
        let issued = self
            .authority
            .issue_probes(&plan.wanted(), (self.clock)())?;
        let kit = match plan.make(&issued, self.anchor) {
            Ok(kit) => kit,
            Err(cause) => {
                revocation::revoke_rest(self.authority, &issued, (self.clock)())?;
                return Err(cause);
            }
        };
        Ok(Prepared {
            probe: self,
            kit,
            issued,
        })
    }
}

impl Prepared<'_> {
    /// What each case shows.
    pub fn kit(&self) -> &Kit {
        &self.kit
    }

    /// Shows the server everything, and reports.
    ///
    /// # Errors
    /// Fails where nobody answers, the inventory cannot be written, or the command that brings the CRL to the server fails.
    pub async fn run(&self) -> Result<Report> {
        let Probe { place, say, .. } = &self.probe;
        let Some(Ok(plain)) = self.plain() else {
            return Err(revocation::lost());
        };
        say("Trying a good certificate, and none.");
        let baseline = attempt::Baseline::take(place, plain).await?;
        let nonsense = match baseline.with.is_spoken() {
            true => place.nonsense(plain).await,
            false => None,
        };
        let software = self
            .probe
            .software
            .or_else(|| recognised(nonsense.as_ref(), [&baseline.without, &baseline.with]));
        let mut report = Report {
            url: format!("https://{}{}", place.url.authority(), place.url.path()),
            name: place.name.clone(),
            software: software.map(Software::as_str),
            server_is_ours: (baseline.with.is_spoken())
                .then(|| distrust(&baseline.with, &place.root, &place.url).is_none()),
            let_in: None,
            kept_out: None,
            revocation: None,
            cases: Vec::new(),
            right: 0,
            wrong: 0,
            could_not_tell: 0,
        };
        let has_asked = baseline.with.request.is_some();
        let tried = match &baseline.let_in {
            Ok(let_in) => {
                report.let_in = Some(findings::described(let_in));
                self.show_all(let_in, has_asked, &mut report).await?
            }
            Err(why) => {
                let ours = self.probe.authority.chain().iter();
                let ours: Vec<_> = ours.map(|authority| authority.subject().der()).collect();
                let kept_out = KeptOut::of(why, &baseline.with, &ours, software);
                let tried = self.all_untold(&kept_out.why);
                report.kept_out = Some(kept_out);
                tried
            }
        };
        let arrived = report.revocation.as_ref().map(|spread| spread.has_arrived);
        let cause = Cause::of(has_asked, findings::wrongly_let_in(&tried), arrived);
        report.cases = findings::of(tried, cause, report.revocation.as_ref(), software);
        report.count();
        Ok(report)
    }

    /// Revokes whatever of the kit still counts, and publishes the CRL.
    ///
    /// # Errors
    /// Fails where the inventory cannot be written; the certificates end within the hour then.
    pub fn end(&self) -> Result<()> {
        let now = (self.probe.clock)();
        revocation::revoke_rest(self.probe.authority, &self.issued, now)
    }

    /// Tries every case whose baseline is let in.
    async fn show_all(
        &self,
        let_in: &LetIn,
        has_asked: bool,
        report: &mut Report,
    ) -> Result<Vec<Tried>> {
        let say = self.probe.say;
        let mut opened = self.open(let_in).await;
        let mut revocation = Revocation::begin(&self.probe, &self.kit).await?;
        self.settle(let_in).await;
        let bars = Bars::find(&self.probe.place, &self.kit, let_in).await;
        say("Showing the kit.");
        let mut tried: Vec<Tried> = Vec::new();
        for made in self.kit.made() {
            let attempt = match bars.before(made.case) {
                Some(why) => untold(why),
                None if is_later(made.case) => continue,
                None => self.show(made, let_in).await,
            };
            tried.push((made.case, attempt, None));
        }
        let nobody_will_be_refused = !has_asked || is_let_in_whoever_comes(let_in, &tried);
        match self.plain() {
            Some(Ok(plain)) if !nobody_will_be_refused => {
                revocation.wait(&self.probe, plain, let_in).await;
            }
            _ => {
                if revocation.spread().is_some() {
                    say("The revocation is not waited for: the server lets in without it, too.");
                }
                revocation.forget();
            }
        }
        for made in self.kit.made().iter().filter(|made| is_later(made.case)) {
            if bars.before(made.case).is_none() {
                let attempt = self.show_later(made, &mut opened, let_in).await;
                tried.push((made.case, attempt, revocation.sentence()));
            }
        }
        report.revocation = revocation.spread();
        if !self.check_again(let_in, &mut tried).await {
            report.let_in = None;
        }
        findings::note(let_in, &mut tried);
        // In the order of the kit, whenever each was tried.
        let position = |case: &Case| {
            self.kit
                .made()
                .iter()
                .position(|it| it.case.name == case.name)
        };
        tried.sort_by_key(|(case, ..)| position(case));
        Ok(tried)
    }

    /// Waits until the server answers again: the command that brought it the CRL may have begun it anew.
    async fn settle(&self, let_in: &LetIn) {
        let Some(Ok(plain)) = self.plain() else {
            return;
        };
        let begin = Instant::now();
        while begin.elapsed() < SETTLED {
            let attempt = self.probe.place.visit(Some(plain), None, let_in).await;
            if attempt.told.is_let_in() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The certificate that is let in.
    fn plain(&self) -> Option<&Result<Presented>> {
        let made = self.kit.find(Baseline::Plain.case());
        made.map(|made| &made.presented)
    }

    /// Opens what is to be resumed, or negotiated anew, after the revocation.
    async fn open(&self, let_in: &LetIn) -> Opened {
        let place = &self.probe.place;
        let mut opened = Opened::default();
        for made in self.kit.made() {
            let Ok(presented) = &made.presented else {
                continue;
            };
            match made.case.act {
                Act::Resume {
                    version,
                    after_revocation: true,
                } => {
                    let session = Session::open(place, presented, version, let_in).await;
                    opened.sessions.push((made.case.name, session));
                }
                Act::Renegotiate => {
                    let connection = Renegotiation::open(place, presented, let_in).await;
                    opened.connections.push((made.case.name, connection));
                }
                _ => {}
            }
        }
        opened
    }

    async fn show(&self, made: &Made, let_in: &LetIn) -> Attempt {
        let place = &self.probe.place;
        let presented = match &made.presented {
            Ok(presented) => presented,
            Err(cause) => return untold(cause.message()),
        };
        match made.case.act {
            Act::WithoutCertificate => place.visit_without(let_in).await,
            Act::Visit(version) => place.visit(Some(presented), version, let_in).await,
            Act::AfterRevocation(_) => place.visit(Some(presented), None, let_in).await,
            Act::Sign(proof) => attempt::sign(place, presented, proof, let_in).await,
            Act::Resume { version, .. } => {
                match Session::open(place, presented, version, let_in).await {
                    Ok(session) => session.resume(place, made.case.must, let_in).await,
                    Err(attempt) => attempt,
                }
            }
            Act::Headers(spelling) => attempt::headers(place, presented, spelling, let_in).await,
            Act::Crowd => attempt::crowd(place, presented, let_in).await,
            Act::Renegotiate => untold("the connection was not kept"),
        }
    }

    /// Shows what the server must refuse by now: over what was opened before, where the case is about that.
    async fn show_later(&self, made: &Made, opened: &mut Opened, let_in: &LetIn) -> Attempt {
        let (place, name) = (&self.probe.place, made.case.name);
        let of_case = |(of, _): &(&str, Renegotiation)| *of == name;
        if let Some(position) = opened.connections.iter().position(of_case) {
            let (_, connection) = opened.connections.swap_remove(position);
            return connection.renegotiate(place, let_in).await;
        }
        match opened.sessions.iter().find(|(of, _)| *of == name) {
            Some((_, Ok(session))) => session.resume(place, made.case.must, let_in).await,
            Some((_, Err(attempt))) => attempt.clone(),
            None => self.show(made, let_in).await,
        }
    }

    /// Tries the baseline once more: where it is kept out by now, a refusal since then may have had any reason.
    /// Says whether it is still let in.
    async fn check_again(&self, let_in: &LetIn, tried: &mut [Tried]) -> bool {
        let Some(Ok(plain)) = self.plain() else {
            return false;
        };
        let again = self.probe.place.visit(Some(plain), None, let_in).await;
        if again.told.is_let_in() {
            return true;
        }
        let why = format!(
            "the good certificate was let in at the beginning, and not any more at the end: {}",
            again.told.how()
        );
        for (_, attempt, _) in tried.iter_mut() {
            if !attempt.told.is_let_in() {
                attempt.told = Told::CouldNotTell(why.clone());
            }
        }
        false
    }

    fn all_untold(&self, why: &str) -> Vec<Tried> {
        let made = self.kit.made().iter();
        made.map(|made| (made.case, untold(why), None)).collect()
    }
}

fn untold(why: &str) -> Attempt {
    Attempt::of(Told::CouldNotTell(why.to_owned()))
}

/// Says whether a case has its turn when the revocation has spread.
fn is_later(case: &Case) -> bool {
    matches!(
        case.act,
        Act::AfterRevocation(_)
            | Act::Renegotiate
            | Act::Resume {
                after_revocation: true,
                ..
            }
    )
}

/// Says whether nobody is kept out, so that nobody will be after a revocation either: not who has no certificate, nor who made one.
fn is_let_in_whoever_comes(let_in: &LetIn, tried: &[Tried]) -> bool {
    let forged =
        |(case, attempt, _): &Tried| case.matter == Matter::Trust && attempt.told.is_let_in();
    let_in.by() == By::Nothing && tried.iter().any(forged)
}

fn recognised(to_nonsense: Option<&Answer>, visits: [&Visit; 2]) -> Option<Software> {
    let answers = visits.iter().filter_map(|visit| match &visit.end {
        End::Answered(answer) => Some(answer),
        _ => None,
    });
    Software::recognised(&Signs {
        to_nonsense,
        others: &answers.collect::<Vec<_>>(),
    })
}
