//! Puts together what each case shows: what the CA must sign for it, and what becomes of that.
//!
//! All that a run needs is asked of the CA at once ([`Plan`]); with what it issued, the kit is complete ([`Kit`]). The keys are in
//! memory only.

mod foreign;
mod issue;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
mod workshop;

use std::sync::Arc;

use time::OffsetDateTime;

pub(super) use foreign::Identifiers;
pub use issue::Issue;
pub(super) use workshop::Anchored;
pub use workshop::Workshop;

use super::anchor::Anchor;
use super::case::{Baseline, Case, Presents};
use super::forge::Key;
use super::presented::Presented;
use crate::authority::NewProbe;
use crate::certificate::{Certificate, DistinguishedName};
use crate::error::{Error, ErrorKind, Result};
use crate::inventory::Record;
use crate::name::SubjectAltName;

/// Whom a probe pretends to be: what its certificates bear.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// The subject of the certificate that is let in.
    pub subject: DistinguishedName,
    /// Its names.
    pub subject_alt_names: Vec<SubjectAltName>,
}

/// What the CA is asked for, and the keys that go with it.
#[derive(Debug)]
pub struct Plan {
    bearer: Bearer,
    /// The issuing CA first, the root last.
    authorities: Vec<Certificate>,
    /// Where a case has something issued, the place of it among what is wanted.
    cases: Vec<(&'static Case, Result<Option<usize>>)>,
    wanted: Vec<(NewProbe, Arc<Key>)>,
}

/// One case, made.
#[derive(Debug)]
pub struct Made {
    /// The case.
    pub case: &'static Case,
    /// What it shows, or why that could not be made.
    pub presented: Result<Presented>,
    /// What the CA issued for this case alone.
    pub record: Option<Record>,
}

/// Everything that a run shows.
#[derive(Debug)]
pub struct Kit {
    made: Vec<Made>,
}

impl Plan {
    /// Plans what these cases need of the CA whose certificates are given, the issuing one first and the root last.
    ///
    /// # Errors
    /// Says that the CA cannot certify the bearer's names, without which there is no probe; fails when the random source does.
    pub fn new(
        cases: impl IntoIterator<Item = &'static Case>,
        bearer: Bearer,
        authorities: &[Certificate],
        now: OffsetDateTime,
    ) -> Result<Self> {
        let asked = Issue::new(&bearer, authorities, now);
        let mut plan = Self {
            bearer,
            authorities: authorities.to_vec(),
            cases: Vec::new(),
            wanted: Vec::new(),
        };
        // Whatever is forged begins with the plain one, wanted or not.
        plan.want(&asked)?;
        for case in cases {
            let place = match case.presents {
                _ if case.name == Baseline::Plain.case() => Ok(Some(PLAIN)),
                Presents::Issued(change) | Presents::Misused(change, _) => {
                    let mut asked = asked.clone();
                    change(&mut asked).and_then(|()| plan.want(&asked).map(Some))
                }
                Presents::Plain | Presents::Bent(_) | Presents::Forged(_) => Ok(None),
            };
            plan.cases.push((case, place));
        }
        Ok(plan)
    }

    /// What the CA shall sign, in one go ([`crate::authority::Authority::issue_probes`]).
    pub fn wanted(&self) -> Vec<NewProbe> {
        self.wanted.iter().map(|(new, _)| new.clone()).collect()
    }

    /// Makes the kit of what the CA issued, in the order in which it was wanted.
    ///
    /// # Errors
    /// Says that less was issued than was wanted. What cannot be made says so by itself ([`Made::presented`]).
    pub fn make(self, issued: &[Record], anchor: Option<&Anchor>) -> Result<Kit> {
        let Self {
            bearer,
            authorities,
            cases,
            wanted,
        } = self;
        let shown = |place: usize| {
            let found = issued.get(place).zip(wanted.get(place));
            let shown = found.map(|(record, (_, key))| presented(record, &authorities, key));
            shown.ok_or_else(|| {
                Error::new(
                    ErrorKind::Internal,
                    "the CA issued less than the probe needs",
                )
            })
        };
        let plain = shown(PLAIN)?;
        let workshop = Workshop {
            plain: &plain,
            bearer: &bearer,
            authorities: &authorities,
            anchor,
        };
        let made = cases.into_iter().map(|(case, place)| {
            let own = place.as_ref().ok().copied().flatten();
            let presented = place.and_then(|place| {
                let issued = place.map(shown).transpose()?;
                make(case, issued, &workshop)
            });
            Made {
                case,
                presented,
                record: own.and_then(|place| issued.get(place)).cloned(),
            }
        });
        Ok(Kit {
            made: made.collect(),
        })
    }

    fn want(&mut self, asked: &Issue<'_>) -> Result<usize> {
        asked.check_names()?;
        let key = Arc::new(Key::generate(asked.key)?);
        self.wanted.push((asked.wanted(key.public_key()), key));
        Ok(self.wanted.len() - 1)
    }
}

/// What a client presents: its certificate, and every CA above but the trust anchor (RFC 8446 §4.4.2).
fn presented(record: &Record, authorities: &[Certificate], key: &Arc<Key>) -> Presented {
    let above = authorities.iter().filter(|above| !above.is_self_issued());
    let chain = std::iter::once(&record.certificate).chain(above);
    Presented {
        chain: chain
            .map(|certificate| certificate.der().to_vec())
            .collect(),
        key: key.clone(),
    }
}

/// The place of the plain certificate among what is wanted.
const PLAIN: usize = 0;

fn make(case: &Case, issued: Option<Presented>, workshop: &Workshop<'_>) -> Result<Presented> {
    let issued = issued.unwrap_or_else(|| workshop.plain.clone());
    match case.presents {
        Presents::Plain | Presents::Issued(_) => Ok(issued),
        Presents::Bent(bend) => {
            let mut bent = issued;
            bend(&mut bent)?;
            Ok(bent)
        }
        Presents::Forged(forge) => forge(workshop),
        Presents::Misused(_, forge) => forge(&issued, workshop),
    }
}

impl Kit {
    /// Every case, in the order in which they were planned.
    pub fn made(&self) -> &[Made] {
        &self.made
    }

    /// The case of this name.
    pub fn find(&self, name: &str) -> Option<&Made> {
        self.made.iter().find(|made| made.case.name == name)
    }
}
