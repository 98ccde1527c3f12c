//! A session that is resumed later: then the server does not see the certificate again (RFC 8446 §2.2, RFC 5246 §7.3).

use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::told::Told;
use super::prover::Prover;
use super::{Attempt, Place, identity, unreached};
use crate::login::Version;
use crate::login::visit::{Returning, Visitor};

/// A session that was opened with a certificate, and that nobody has resumed yet.
#[derive(Debug)]
pub struct Session {
    client: Returning,
    visitor: Visitor,
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
        let client = Returning::new(&visitor).map_err(|cause| unreached(&cause))?;
        let session = Self { client, visitor };
        let attempt = session.visit(place, let_in).await;
        match attempt.told {
            Told::LetIn(_) => Ok(session),
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

    /// Comes again, and says whether the server resumed the session. One that does not makes a whole handshake, and then that is
    /// what counts.
    pub async fn resume(&self, place: &Place, let_in: &LetIn) -> Attempt {
        let attempt = self.visit(place, let_in).await;
        match attempt.resumed {
            Some(true) => attempt.noting("The server resumed the session."),
            Some(false) => attempt.noting(
                "The server did not resume the session: a whole handshake took place, with the certificate.",
            ),
            None => attempt,
        }
    }

    async fn visit(&self, place: &Place, let_in: &LetIn) -> Attempt {
        match self.client.visit(&place.url, &place.question()).await {
            Ok(visit) => Attempt {
                resumed: visit.is_spoken().then_some(visit.resumed),
                ..place.judge(&visit, &self.visitor, let_in)
            },
            Err(cause) => unreached(&cause),
        }
    }
}
