//! The certificates that are looked at, each with how it is shown.

use std::path::Path;

use super::super::candidates::{of_bundle, of_databases, of_inventory};
use super::super::context::Context;
use super::super::identity::Opened;
use super::super::nss;
use crate::certificate::Certificate;
use crate::doctor::Known;
use crate::doctor::offer::{Candidate, Place};
use crate::error::Result;
use crate::inventory::{Inventory, Summary};
use crate::trust::nss::databases;

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

impl Sources<'_> {
    /// All candidates, each with how it is shown.
    pub(super) fn all(&self) -> Result<Vec<(Candidate, Summary)>> {
        let mut candidates = match self.opened {
            Some(opened) => vec![self.opened(opened)?],
            None => self.of_this_authority()?,
        };
        candidates.extend(self.of_browsers());
        let shown = candidates.into_iter().map(|candidate| {
            let summary = self.summary(&candidate.certificate)?;
            Ok((candidate, summary))
        });
        shown.collect()
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
    fn of_browsers(&self) -> Vec<Candidate> {
        // Without a home there are no databases either.
        let Ok(home) = nss::home() else {
            return Vec::new();
        };
        if !databases(&home).iter().any(|database| database.exists) {
            return Vec::new();
        }
        let held = nss::programs(None)
            .and_then(|programs| of_databases(&home, &programs, &self.known.authorities));
        let mut found = Vec::new();
        match held {
            Err(cause) => self.context.report.warn(cause.message()),
            Ok(held) => {
                for candidates in held {
                    match candidates {
                        Ok(candidates) => found.extend(candidates),
                        Err(cause) => self.context.report.warn(cause.message()),
                    }
                }
            }
        }
        found
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
