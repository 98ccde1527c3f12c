//! The visits that everything else is measured by.

use super::super::let_in::LetIn;
use super::super::presented::Presented;
use super::prover::Prover;
use super::{Place, identity};
use crate::error::Result;
use crate::login::Identity;
use crate::login::visit::{Returning, Visit, Visitor};

/// What a good certificate comes to, and what comes of none.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// What it looks like to be let in, or why that cannot be told.
    pub let_in: std::result::Result<LetIn, String>,
    /// The visit with the good certificate.
    pub with: Visit,
    /// The visit without one.
    pub without: Visit,
}

impl Baseline {
    /// Visits with the good certificate, without one, and with it again.
    ///
    /// # Errors
    /// Fails where nobody accepts a connection.
    pub async fn take(place: &Place, good: &Presented) -> Result<Self> {
        let with = Some(identity(good, Prover::honest(good.key.clone())));
        let first = visit(place, with.clone()).await?;
        if !first.is_spoken() {
            // Who speaks no TLS, or says nothing, would be waited for each time.
            return Ok(Self {
                let_in: LetIn::learn(&place.name, [&first.end, &first.end], &first.end),
                without: first.clone(),
                with: first,
            });
        }
        let without = visit(place, None).await?;
        let second = visit(place, with).await?;
        Ok(Self {
            let_in: LetIn::learn(&place.name, [&first.end, &second.end], &without.end),
            with: first,
            without,
        })
    }
}

async fn visit(place: &Place, identity: Option<Identity>) -> Result<Visit> {
    let visitor = Visitor {
        identity,
        version: None,
    };
    let client = Returning::forgetful(&visitor)?;
    client.visit(&place.url, &place.question()).await
}
