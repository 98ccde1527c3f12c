//! The certificates that are looked at, each with how it is shown.

use std::path::Path;

use super::super::candidates::{how_it_chooses, of_bundle, of_databases, of_inventory};
use super::super::context::Context;
use super::super::identity::Opened;
use super::super::nss;
use crate::certificate::Certificate;
use crate::doctor::offer::{Candidate, Place};
use crate::doctor::{Database, Known};
use crate::error::Result;
use crate::inventory::{Inventory, Summary};

/// How many certificates of this CA are looked at, the newest.
const LIMIT: usize = 100;

/// Where candidates come from.
pub(super) struct Sources<'a> {
    pub(super) context: &'a Context,
    pub(super) inventory: Option<&'a Inventory>,
    pub(super) known: &'a Known,
    /// The bundle that was named.
    pub(super) bundle: Option<&'a Path>,
    /// What is logged in with; none, to look at all of this CA.
    pub(super) opened: Option<&'a Opened>,
}

/// What was found.
pub(super) struct Found {
    pub(super) candidates: Vec<(Candidate, Summary)>,
    /// The databases of this user's browsers, as far as servers are judged by them.
    pub(super) databases: Vec<Database>,
}

impl Sources<'_> {
    /// All candidates, each with how it is shown, and the databases that were looked into.
    pub(super) fn all(&self) -> Result<Found> {
        let mut candidates = match self.opened {
            Some(opened) => vec![self.opened(opened)?],
            None => self.of_this_authority()?,
        };
        let (of_browsers, databases) = self.of_browsers();
        candidates.extend(of_browsers);
        let shown = candidates.into_iter().map(|candidate| {
            let summary = self.summary(&candidate.certificate)?;
            Ok((candidate, summary))
        });
        Ok(Found {
            candidates: shown.collect::<Result<_>>()?,
            databases,
        })
    }

    fn opened(&self, opened: &Opened) -> Result<Candidate> {
        let path = self.bundle.unwrap_or(Path::new(""));
        let mut candidate = of_bundle(path, opened, &self.known.authorities)?;
        if self.bundle.is_none() {
            candidate.place = Place::Inventory;
        }
        Ok(candidate)
    }

    fn of_this_authority(&self) -> Result<Vec<Candidate>> {
        let Some(inventory) = self.inventory else {
            return Ok(Vec::new());
        };
        let (candidates, are_more) = of_inventory(inventory, LIMIT, self.context.now())?;
        if are_more {
            self.context.report.say(&format!(
                "Of this CA's certificates the {LIMIT} newest are looked at; name another one with --as REF."
            ));
        }
        Ok(candidates)
    }

    /// What lies in the browsers' databases; what cannot be read is said, and keeps nobody from the rest.
    fn of_browsers(&self) -> (Vec<Candidate>, Vec<Database>) {
        // Without a home there are no databases either.
        let all = nss::home()
            .and_then(|home| of_databases(&home, || nss::programs(None), &self.known.authorities));
        let all = all.unwrap_or_else(|cause| {
            self.context.report.warn(cause.message());
            Vec::new()
        });
        let (mut candidates, mut databases) = (Vec::new(), Vec::new());
        let mut told = Vec::new();
        for (database, held) in all {
            let authorities = match held {
                Ok(held) => {
                    candidates.extend(held.candidates);
                    Some(held.authorities)
                }
                Err(cause) => {
                    // Where certutil is missing, it is missing for all of them.
                    if !told.iter().any(|it| it == cause.message()) {
                        self.context.report.warn(cause.message());
                        told.push(cause.message().to_owned());
                    }
                    None
                }
            };
            databases.push(Database {
                owner: database.owner(),
                browser: how_it_chooses(database.browser),
                place: database.directory.display().to_string(),
                authorities,
            });
        }
        (candidates, databases)
    }

    fn summary(&self, certificate: &Certificate) -> Result<Summary> {
        let now = self.context.now();
        let record = match self.inventory {
            Some(inventory) => inventory.find_by_fingerprint(&certificate.fingerprint())?,
            None => None,
        };
        Ok(match record {
            Some(record) => Summary::of_record(&record, now),
            None => Summary::of_unknown(certificate, now),
        })
    }
}
