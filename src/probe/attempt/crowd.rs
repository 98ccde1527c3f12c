//! Two hundred connections at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::super::told::Told;
use super::prover::Prover;
use super::{Attempt, Place, identity, unreached};
use crate::login::Version;
use crate::login::visit::{Question, Returning, Visitor};

/// How many come.
const CROWD: usize = 200;
/// How long all may take together: a server may serve one after the other.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long until who found nobody to accept the connection tries again.
const PAUSE: Duration = Duration::from_millis(200);
/// How often: where nobody listens nobody will.
const REFUSALS: usize = 10;

/// Starts two hundred visits together, each with a handshake of its own. None waits for another, but a server may let them wait.
pub async fn crowd(place: &Place, shown: &Presented, let_in: &LetIn) -> Attempt {
    let visitor = Visitor {
        identity: Some(identity(shown, Prover::honest(shown.key.clone()))),
        version: None,
    };
    let end = Instant::now() + PATIENCE;
    let mut visits = JoinSet::new();
    for _ in 0..CROWD {
        let client = match Returning::forgetful(&visitor) {
            Ok(client) => client,
            Err(cause) => return unreached(&cause),
        };
        let (place, visitor, let_in) = (place.clone(), visitor.clone(), let_in.clone());
        visits.spawn(async move {
            let began = Instant::now();
            // A connection that is refused while others wait to be accepted says nothing: it is tried again.
            let mut refusals = 0;
            let attempt = loop {
                let question = Question {
                    patience: end.saturating_duration_since(Instant::now()),
                    ..place.question()
                };
                match client.visit(&place.url, &question).await {
                    Ok(visit) => break place.judge(&visit, &visitor, &let_in),
                    Err(cause) if refusals == REFUSALS || question.patience.is_zero() => {
                        break unreached(&cause);
                    }
                    Err(_) => {
                        refusals += 1;
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            };
            (attempt, began.elapsed())
        });
    }
    let mut tally = Tally::default();
    while let Some(visited) = visits.join_next().await {
        match visited {
            Ok((attempt, took)) => tally.count(attempt, took),
            Err(cause) => return Attempt::of(Told::CouldNotTell(cause.to_string())),
        }
    }
    tally.told()
}

/// What came of all of them.
#[derive(Debug, Default)]
struct Tally {
    let_in: usize,
    slowest: Duration,
    /// How many were kept out in each way.
    others: BTreeMap<String, usize>,
    refused: Option<Told>,
    version: Option<Version>,
    distrust: Option<String>,
}

impl Tally {
    fn count(&mut self, attempt: Attempt, took: Duration) {
        self.slowest = self.slowest.max(took);
        self.version = self.version.or(attempt.version);
        self.distrust = self.distrust.take().or(attempt.distrust);
        if attempt.told.is_let_in() {
            self.let_in += 1;
            return;
        }
        *self
            .others
            .entry(attempt.told.how().to_owned())
            .or_default() += 1;
        if attempt.told.is_refused() {
            self.refused = self.refused.take().or(Some(attempt.told));
        }
    }

    fn told(self) -> Attempt {
        let others = self
            .others
            .iter()
            .map(|(how, count)| format!("; {count}: {how}"));
        let summary = format!(
            "{} of {CROWD} were let in, the slowest answer took {:.1} s{}",
            self.let_in,
            self.slowest.as_secs_f64(),
            others.collect::<String>()
        );
        let told = match self.refused {
            None if self.others.is_empty() => Told::LetIn(summary),
            None => Told::CouldNotTell(summary),
            Some(Told::RefusedByStatus(_)) => Told::RefusedByStatus(summary),
            Some(_) => Told::RefusedInHandshake(summary),
        };
        Attempt {
            version: self.version,
            distrust: self.distrust,
            ..Attempt::of(told)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(all: &[(Told, usize)]) -> Told {
        let mut tally = Tally::default();
        for (told, times) in all {
            for _ in 0..*times {
                tally.count(Attempt::of(told.clone()), Duration::from_millis(1500));
            }
        }
        tally.told().told
    }

    #[test]
    fn all_must_have_been_let_in() {
        let in_ = || Told::LetIn("HTTP 200".to_owned());
        let all = told(&[(in_(), CROWD)]);
        assert_eq!(
            all,
            Told::LetIn("200 of 200 were let in, the slowest answer took 1.5 s".to_owned())
        );
        let silent = Told::CouldNotTell("no answer in time".to_owned());
        let some = told(&[(in_(), 198), (silent.clone(), 2)]);
        let Told::CouldNotTell(how) = some else {
            panic!("{some:?}");
        };
        assert!(how.ends_with("1.5 s; 2: no answer in time"), "{how}");
        let refused = Told::RefusedByStatus("HTTP 503".to_owned());
        let some = told(&[(in_(), 197), (silent, 1), (refused, 2)]);
        assert!(matches!(some, Told::RefusedByStatus(how) if how.starts_with("197 of 200")));
    }
}
