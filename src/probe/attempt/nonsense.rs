//! A request that no server understands: whoever reads the requests answers it, and nobody behind.

use super::super::presented::Presented;
use super::prover::Prover;
use super::{Place, identity};
use crate::login::visit::{Answer, End, Question, Returning, Visitor};

/// No name of a field has a space in it (RFC 9110 §5.6.2).
const FIELD: &str = "No such field";

impl Place {
    /// What is answered to a request that is none, from who has a good certificate; nothing where it is not answered.
    pub async fn nonsense(&self, good: &Presented) -> Option<Answer> {
        let visitor = Visitor {
            identity: Some(identity(good, Prover::honest(good.key.clone()))),
            version: None,
        };
        let question = Question {
            fields: vec![(FIELD.to_owned(), String::new())],
            ..Question::default()
        };
        let client = Returning::forgetful(&visitor).ok()?;
        match client.visit(&self.url, &question).await.ok()?.end {
            End::Answered(answer) => Some(answer),
            _ => None,
        }
    }
}
