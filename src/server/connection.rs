//! One client after its handshake, judged anew for each request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::judgement::{Decision, decide, decide_at_hand};
use super::patience::Occupied;
use super::room::Seat;
use super::turns::{OwnTurns, Turn};
use super::{Event, Happening, Judgement, Peer, Shared};
use crate::certificate::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::judge::Verdict;
use crate::session::{Chain, Evidence};

/// One client whose handshake is complete.
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) peer: SocketAddr,
    /// What is known of its handshake, to be told where somebody asks.
    pub(super) evidence: Evidence,
    /// The host name that it greeted (RFC 6066 §3).
    pub(super) server_name: Option<String>,
    /// Whether HTTP/2 was agreed on, else it is HTTP/1.1.
    pub(super) speaks_http_2: bool,
    pub(super) presented: Chain,
    /// What was decided at the last request.
    pub(super) judged: Mutex<Option<Verdict>>,
    /// What the server presented in that handshake, or would have in one that was resumed.
    pub(super) own: Chain,
    pub(super) turns: OwnTurns,
    /// How it stands to its place.
    pub(super) seat: Arc<Seat>,
    /// Whether it waits for an application behind this server, and may be still meanwhile.
    pub(super) occupied: Occupied,
    /// Whether anything of it is on its way to or from an application, and it is to be judged again meanwhile.
    pub(super) passing: Occupied,
}

impl Connection {
    /// Judges what this client presented in its handshake, or in the one that this session resumes, by what is known now.
    pub(super) async fn judge(&self) -> Result<Judgement> {
        let judgement = self.judgement().await?;
        let verdict = judgement.verdict;
        let subject = judgement.certificate().map(|it| it.subject.clone());
        self.tell(verdict, subject, self.is_repeated(verdict));
        Ok(judgement)
    }

    /// Says whether its certificate lets it in, where that can be found out; nobody is told, as nothing was asked for yet.
    pub(super) async fn is_let_in(&self) -> bool {
        if self.presented.is_empty() {
            return false;
        }
        let decided = match self.decision_at_hand() {
            Some(decision) => Ok(decision),
            // Until that is known nobody is a stranger, nor waits for one.
            None => self.decision_looked_up(None).await,
        };
        decided.is_ok_and(|it| self.stands_by(it.verdict))
    }

    /// Decides the same, mostly without waiting, and tells only a verdict that differs from the one before: an application has a log
    /// of its own.
    pub(super) async fn decide(&self) -> Result<Decision> {
        let decided = match self.decision_at_hand() {
            Some(decision) => Ok(decision),
            // Who takes a request back takes back no look-up that has begun: so a stranger begins one at a time.
            None => self.decision_looked_up(self.strangers_turn().await).await,
        };
        let decision = decided.map_err(|trouble| self.in_trouble(trouble))?;
        self.stands_by(decision.verdict);
        if !self.is_repeated(decision.verdict) {
            let subject = self.presented.first().and_then(|own| {
                let certificate = Certificate::from_der(own.as_ref()).ok()?;
                Some(certificate.subject().to_string())
            });
            self.tell(decision.verdict, subject, false);
        }
        Ok(decision)
    }

    fn decision_at_hand(&self) -> Option<Decision> {
        let own = self.presented.first().map(|own| Fingerprint::of(own));
        let now = (self.shared.clock)();
        decide_at_hand(own.as_ref(), &*self.shared.knowledge, now)
    }

    async fn decision_looked_up(&self, turn: Option<Turn>) -> Result<Decision> {
        let (shared, presented) = (self.shared.clone(), self.presented.clone());
        let decided = blocking(move || {
            let _turn = turn;
            decide(&presented, &*shared.knowledge, (shared.clock)())
        });
        decided.await
    }

    /// A turn for what takes a while, where the client is a stranger.
    async fn strangers_turn(&self) -> Option<Turn> {
        match self.turns.is_stranger() {
            true => Some(self.turns.take(&self.shared.turns).await),
            false => None,
        }
    }

    /// The judgement, of which only trouble is told.
    pub(super) async fn judgement(&self) -> Result<Judgement> {
        let (shared, presented) = (self.shared.clone(), self.presented.clone());
        // What a stranger presents may be large, and is taken apart each time.
        let turn = self.strangers_turn().await;
        let judged = blocking(move || {
            let _turn = turn;
            Judgement::of(&presented, &*shared.knowledge, (shared.clock)())
        });
        let judged = judged.await;
        let judgement = judged.map_err(|trouble| self.in_trouble(trouble))?;
        self.stands_by(judgement.verdict);
        Ok(judgement)
    }

    /// Says whether this lets it in; from now on it has its place and its turns as one that is or is not.
    fn stands_by(&self, verdict: Verdict) -> bool {
        let is_let_in = verdict == Verdict::Accepted;
        self.turns.let_in(is_let_in);
        match is_let_in {
            true => self.seat.keep(),
            false => self.seat.let_go(),
        }
        is_let_in
    }

    /// Says whether this was the verdict at the last request too.
    fn is_repeated(&self, verdict: Verdict) -> bool {
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        judged.replace(verdict) == Some(verdict)
    }

    fn tell(&self, verdict: Verdict, subject: Option<String>, repeated: bool) {
        let login = Happening::Login {
            verdict,
            subject,
            certificate: self.presented.first().map(|der| Fingerprint::of(der)),
            repeated,
        };
        self.shared.tell(self.peer, login);
    }

    /// Tells what went wrong, and gives what the client may hear of it.
    fn in_trouble(&self, trouble: Error) -> Error {
        let public = Error::new(trouble.kind(), "the inventory could not be read")
            .with_hint("The server's log says why.");
        self.shared.tell(self.peer, Happening::Trouble(trouble));
        public
    }
}

impl Shared {
    pub(super) fn tell(&self, peer: impl Into<Peer>, happening: Happening) {
        self.log.write(&Event {
            at: (self.clock)(),
            peer: peer.into(),
            happening,
        });
    }
}

/// Runs what may wait for the disk, or takes a while, away from the threads that serve everybody.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(
            ErrorKind::Internal,
            "what was to be answered ended early",
        )),
    }
}
