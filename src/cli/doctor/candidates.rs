//! The certificates that a browser has, or could have: of this CA, of a bundle, of the databases of this user's browsers.

use std::path::Path;

use super::super::context::Context;
use super::super::nss;
use crate::certificate::Certificate;
use crate::doctor::Known;
use crate::doctor::offer::{Browser, Candidate, Place};
use crate::error::Result;
use crate::inventory::{Filter, Inventory, Status, Summary};
use crate::profile::Profile;
use crate::trust::nss::{self as databases, Database, Entry, Programs};

/// How many certificates of this CA are looked at, the newest.
const LIMIT: usize = 100;

/// Where candidates come from.
pub(super) struct Sources<'a> {
    pub(super) context: &'a Context,
    pub(super) inventory: Option<&'a Inventory>,
    pub(super) known: &'a Known,
    /// The bundle that was named.
    pub(super) bundle: Option<&'a Path>,
    /// The certificates of that which is logged in with, its own first; none, to look at all of this CA.
    pub(super) opened: &'a [Certificate],
}

impl Sources<'_> {
    /// All candidates, each with how it is shown.
    pub(super) fn all(&self) -> Result<Vec<(Candidate, Summary)>> {
        let mut found = match self.opened.split_first() {
            Some((own, chain)) => vec![self.opened(own, chain)?],
            None => self.of_this_authority()?,
        };
        found.extend(self.of_databases()?);
        Ok(found)
    }

    fn opened(&self, own: &Certificate, chain: &[Certificate]) -> Result<(Candidate, Summary)> {
        let place = match self.bundle {
            Some(path) => Place::Bundle(path.to_path_buf()),
            None => Place::Inventory,
        };
        Ok((
            self.candidate(own, chain.to_vec(), place),
            self.summary(own)?,
        ))
    }

    /// The valid certificates of clients.
    fn of_this_authority(&self) -> Result<Vec<(Candidate, Summary)>> {
        let Some(inventory) = self.inventory else {
            return Ok(Vec::new());
        };
        let filter = Filter {
            profile: Some(Profile::Client),
            status: Some(Status::Valid),
            limit: LIMIT,
            ..Filter::default()
        };
        let now = self.context.now();
        let page = inventory.list(&filter, now)?;
        if page.next_cursor.is_some() {
            self.context.report.say(&format!(
                "Of this CA's certificates the {LIMIT} newest are looked at; name another one with --as REF."
            ));
        }
        let mut found = Vec::new();
        for record in page.records {
            let chain = inventory.chain_above(&record.certificate)?;
            let candidate = self.candidate(&record.certificate, chain, Place::Inventory);
            found.push((candidate, Summary::of_record(&record, now)));
        }
        Ok(found)
    }

    /// What lies in the databases, and what cannot be read is said.
    fn of_databases(&self) -> Result<Vec<(Candidate, Summary)>> {
        // Without a home there are no databases either.
        let Ok(home) = nss::home() else {
            return Ok(Vec::new());
        };
        let mut there = databases::databases(&home);
        there.retain(|database| database.exists);
        let mut found = Vec::new();
        if there.is_empty() {
            return Ok(found);
        }
        let programs = match nss::programs(None) {
            Ok(programs) => programs,
            Err(cause) => {
                self.context.report.warn(cause.message());
                return Ok(found);
            }
        };
        for database in there {
            match self.of_database(&database, &programs) {
                Ok(more) => found.extend(more),
                Err(cause) => self.context.report.warn(cause.message()),
            }
        }
        Ok(found)
    }

    fn of_database(
        &self,
        database: &Database,
        programs: &Programs,
    ) -> Result<Vec<(Candidate, Summary)>> {
        let entries = database.certificates(programs)?;
        let read = |entry: &Entry| Certificate::from_der(entry.der.as_slice()).ok();
        let readable = entries
            .iter()
            .filter_map(|entry| Some((entry, read(entry)?)));
        let readable: Vec<_> = readable.collect();
        let is_authority = |certificate: &Certificate| {
            let constraints = certificate.extensions().basic_constraints;
            constraints.is_some_and(|it| it.ca) || certificate.is_self_issued()
        };
        let authorities: Vec<_> = (readable.iter())
            .filter(|(_, certificate)| is_authority(certificate))
            .map(|(_, certificate)| certificate.clone())
            .collect();
        // Others' certificates lie there, too: without its key, only one of a CA that is known here was meant for a login.
        let is_ours = |certificate: &Certificate| {
            let mut known = self.known.authorities.iter();
            known.any(|it| it.subject() == certificate.issuer() && !is_authority(certificate))
        };
        let mut found = Vec::new();
        for (entry, certificate) in &readable {
            if !entry.has_key() && !is_ours(certificate) {
                continue;
            }
            let place = Place::Database {
                browser: database.browser.map(kind),
                owner: database.owner(),
                directory: database.directory.clone(),
            };
            let candidate = Candidate {
                has_key: entry.has_key(),
                ..self.candidate(certificate, authorities.clone(), place)
            };
            found.push((candidate, self.summary(certificate)?));
        }
        Ok(found)
    }

    fn candidate(&self, own: &Certificate, chain: Vec<Certificate>, place: Place) -> Candidate {
        Candidate {
            certificate: own.clone(),
            chain,
            elsewhere: self.known.authorities.clone(),
            has_key: true,
            place,
        }
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

/// How a browser chooses.
fn kind(browser: databases::Browser) -> Browser {
    match browser {
        databases::Browser::Firefox | databases::Browser::LibreWolf => Browser::Firefox,
        databases::Browser::Chromium
        | databases::Browser::Chrome
        | databases::Browser::Edge
        | databases::Browser::Brave => Browser::Chromium,
    }
}
