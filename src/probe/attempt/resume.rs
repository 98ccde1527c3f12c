//! A session that is resumed later: then the server does not see the certificate again (RFC 8446 §2.2, RFC 5246 §7.3).
//!
//! In TLS 1.2 there are two ways, and a server may know one, both or none: it gives a ticket (RFC 5077), or keeps the session itself and
//! names it by an identifier. Where a client takes tickets it gives no identifier, so each way is tried by itself.

use super::super::case::Must;
use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::told::Told;
use super::prover::Prover;
use super::{Attempt, Place, identity, unreached};
use crate::login::Version;
use crate::login::visit::{Returning, Visitor};

/// How a client comes back to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By what the server gave it, as clients commonly do.
    Ticket,
    /// By the identifier of a session that the server keeps.
    Identifier,
}

/// A session that was opened with a certificate, and that nobody has resumed yet; in TLS 1.2 one for each way.
#[derive(Debug)]
pub struct Session {
    visitor: Visitor,
    /// The one that nobody was let in to gives what came of it.
    ways: Vec<(Way, Result<Returning, Attempt>)>,
}

impl Session {
    /// Logs in, in one version, and keeps what a later connection resumes.
    ///
    /// # Errors
    /// Gives the attempt where the client was not let in: then there is nothing to resume.
    pub async fn open(
        place: &Place,
        shown: &Presented,
        version: Version,
        let_in: &LetIn,
    ) -> Result<Self, Attempt> {
        let visitor = Visitor {
            identity: Some(identity(shown, Prover::honest(shown.key.clone()))),
            version: Some(version),
        };
        let mut session = Self {
            ways: Vec::new(),
            visitor,
        };
        let first = session.opened(Way::Ticket, place, let_in).await?;
        session.ways.push((Way::Ticket, Ok(first)));
        if version == Version::Tls12 {
            let second = session.opened(Way::Identifier, place, let_in).await;
            session.ways.push((Way::Identifier, second));
        }
        Ok(session)
    }

    async fn opened(&self, way: Way, place: &Place, let_in: &LetIn) -> Result<Returning, Attempt> {
        let client = match way {
            Way::Ticket => Returning::new(&self.visitor),
            Way::Identifier => Returning::without_tickets(&self.visitor),
        };
        let client = client.map_err(|cause| unreached(&cause))?;
        let attempt = self.visit(&client, place, let_in).await;
        match attempt.told {
            Told::LetIn(_) => Ok(client),
            Told::NotDone(_) | Told::CouldNotTell(_) => Err(attempt),
            ref kept_out => {
                let how = format!("no session could be opened: {}", kept_out.how());
                Err(Attempt {
                    told: Told::CouldNotTell(how),
                    ..attempt
                })
            }
        }
    }

    /// Comes again in each way, and says whether the server resumed the session; where it does not there is a whole handshake, and
    /// then that is what counts. Of several ways that counts which is furthest from what must be.
    pub async fn resume(&self, place: &Place, must: Must, let_in: &LetIn) -> Attempt {
        let mut attempts = Vec::new();
        for (way, client) in &self.ways {
            attempts.push(match client {
                Ok(client) => self.again(*way, client, place, let_in).await,
                Err(attempt) => attempt.clone(),
            });
        }
        // For who must be let in one way that keeps out is what counts.
        let kept_out = |attempt: &&Attempt| must == Must::Accept && !attempt.told.is_let_in();
        let told = attempts.iter().find(kept_out).map(|it| it.told.clone());
        let resumed = attempts.iter().any(|it| it.resumed == Some(true));
        let known = attempts.iter().any(|it| it.resumed.is_some());
        let all = Attempt::of_all(attempts);
        Attempt {
            told: told.unwrap_or(all.told),
            resumed: known.then_some(resumed),
            ..all
        }
    }

    async fn again(&self, way: Way, client: &Returning, place: &Place, let_in: &LetIn) -> Attempt {
        let attempt = self.visit(client, place, let_in).await;
        let which = match (way, self.ways.len()) {
            (Way::Ticket, 1) => "",
            (Way::Ticket, _) => " by the ticket it gave",
            (Way::Identifier, _) => " by its identifier, without tickets",
        };
        match attempt.resumed {
            Some(true) => {
                let note = format!("The server resumed the session{which}.");
                let told = match attempt.told {
                    Told::LetIn(how) => Told::LetIn(format!("{how}; resumed{which}")),
                    other => other,
                };
                Attempt { told, ..attempt }.noting(note)
            }
            Some(false) => attempt.noting(format!(
                "The server did not resume the session{which}: a whole handshake took place, with the certificate."
            )),
            None => attempt,
        }
    }

    async fn visit(&self, client: &Returning, place: &Place, let_in: &LetIn) -> Attempt {
        match client.visit(&place.url, &place.question()).await {
            Ok(visit) => Attempt {
                resumed: visit.is_spoken().then_some(visit.resumed),
                ..place.judge(&visit, &self.visitor, let_in)
            },
            Err(cause) => unreached(&cause),
        }
    }
}
