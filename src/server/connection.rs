//! One client after its handshake, judged anew for each request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::CertificateDer;

use super::patience::Occupied;
use super::{Event, Happening, Judgement, Shared};
use crate::certificate::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::judge::Verdict;
use crate::session::Evidence;

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
    pub(super) presented: Vec<CertificateDer<'static>>,
    /// What was decided at the last request.
    pub(super) judged: Mutex<Option<Verdict>>,
    /// Whether it waits for an application behind this server.
    pub(super) occupied: Occupied,
}

impl Connection {
    /// Judges what this client presented in its handshake, or in the one that this session resumes, by what is known now.
    ///
    /// Each verdict is told.
    pub(super) async fn judge(&self) -> Result<Judgement> {
        self.judge_and_tell(|_| true).await
    }

    /// The same, where only a verdict that differs from the one before is told: an application has a log of its own.
    pub(super) async fn judge_quietly(&self) -> Result<Judgement> {
        self.judge_and_tell(|repeated| !repeated).await
    }

    async fn judge_and_tell(&self, is_told: impl Fn(bool) -> bool) -> Result<Judgement> {
        let (shared, presented) = (self.shared.clone(), self.presented.clone());
        let judged =
            blocking(move || Judgement::of(&presented, &*shared.knowledge, (shared.clock)())).await;
        match judged {
            Ok(judgement) => {
                let subject = judgement.certificate().map(|it| it.subject.clone());
                let verdict = judgement.verdict;
                let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
                let repeated = judged.replace(verdict) == Some(verdict);
                drop(judged);
                if is_told(repeated) {
                    let login = Happening::Login {
                        verdict,
                        subject,
                        certificate: self.presented.first().map(|der| Fingerprint::of(der)),
                        repeated,
                    };
                    self.shared.tell(self.peer, login);
                }
                Ok(judgement)
            }
            Err(trouble) => {
                let public = Error::new(trouble.kind(), "the inventory could not be read")
                    .with_hint("The server's log says why.");
                self.shared.tell(self.peer, Happening::Trouble(trouble));
                Err(public)
            }
        }
    }
}

impl Shared {
    pub(super) fn tell(&self, peer: SocketAddr, happening: Happening) {
        self.log.write(&Event {
            at: (self.clock)(),
            peer,
            happening,
        });
    }
}

/// Runs a look-up that may wait for the disk away from the threads that serve everybody.
pub(super) async fn blocking<T: Send + 'static>(
    look_up: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(look_up).await {
        Ok(found) => found,
        Err(_) => Err(Error::new(
            ErrorKind::Internal,
            "a look-up in the inventory ended early",
        )),
    }
}
